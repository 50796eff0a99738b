package io.loomring.poller;

/** The ring can no longer be trusted; everything on it fails with this as the cause (I-11, I-14). */
final class RingFailure extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  RingFailure(String message) {
    super(message);
  }
}
