package io.loomring.error;

import java.io.IOException;

/**
 * The descriptor was closed, before the operation or during it.
 *
 * @since 0.1
 */
public sealed class DescriptorClosedException extends IOException permits PrematureCloseException {
  private static final long serialVersionUID = 1L;

  /** Takes the message, which says what was waited for. */
  public DescriptorClosedException(String message) {
    super(message);
  }
}
