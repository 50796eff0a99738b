package io.loomring.op;

import io.loomring.sys.Errno;

/**
 * Results that are not the kernel's: what became of an operation that moved nothing. They lie below every
 * {@code -errno}, so that one {@code int} tells all: zero or above is the result, {@code -1} to {@code -4095} is
 * {@code -errno}, and these.
 */
public final class Outcome {
  /** The deadline passed first. */
  public static final int TIMED_OUT = -5001;
  /** Cancelled through its handle. */
  public static final int CANCELLED = -5002;
  /** The descriptor was closed. */
  public static final int CLOSED = -5003;
  /** The waiting virtual thread was interrupted. */
  public static final int INTERRUPTED = -5004;
  /** The ring failed or was shut down; the cause is the table's. */
  public static final int RING_DEAD = -5005;

  /** An operation of many completions was ended because nobody took what it had brought: it goes on later. */
  public static final int PAUSED = -5006;

  /** The ring's table of direct descriptors is full. */
  public static final int NO_SLOT = -5007;

  private Outcome() {}

  /** Whether this is an {@code -errno} of the kernel. */
  public static boolean isErrno(int result) {
    return result < 0 && result > -4096;
  }

  /** Whether a result says that the operation was ended, not how it went: by a cancel, or with its submitter (K-35). */
  public static boolean isInterruption(int result) {
    return result == -Errno.ECANCELED || result == -Errno.EINTR || result == -Errno.ERESTARTSYS;
  }

  /** For messages. */
  public static String name(int outcome) {
    return switch (outcome) {
      case TIMED_OUT -> "timed out";
      case CANCELLED -> "cancelled";
      case CLOSED -> "closed";
      case INTERRUPTED -> "interrupted";
      case RING_DEAD -> "ring dead";
      case NO_SLOT -> "no slot";
      default -> Integer.toString(outcome);
    };
  }
}
