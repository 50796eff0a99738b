package io.loomring.error;

import java.io.InterruptedIOException;

/**
 * The waiting virtual thread was interrupted; its interrupt flag is set. The descriptor stays usable.
 *
 * @since 0.1
 */
public final class OperationInterruptedException extends InterruptedIOException {
  private static final long serialVersionUID = 1L;

  /** Takes the message, which says what was waited for. */
  public OperationInterruptedException(String message) {
    super(message);
  }
}
