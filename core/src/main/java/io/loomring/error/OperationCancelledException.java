package io.loomring.error;

import java.io.IOException;

/**
 * The operation was cancelled through its handle. The descriptor stays usable.
 *
 * @since 0.1
 */
public final class OperationCancelledException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Takes the message, which says what was waited for. */
  public OperationCancelledException(String message) {
    super(message);
  }
}
