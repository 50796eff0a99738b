package io.loomring.error;

import java.io.InterruptedIOException;

/**
 * The timeout or deadline of an operation passed before there was a result. Nothing is lost: what was moved before is
 * in {@code bytesTransferred}, and the descriptor stays usable.
 *
 * @since 0.1
 */
public final class OperationTimeoutException extends InterruptedIOException {
  private static final long serialVersionUID = 1L;

  /** Takes the message, which says what was waited for. */
  public OperationTimeoutException(String message) {
    super(message);
  }
}
