package io.loomring.op;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A point in time on the clock of {@link System#nanoTime}, kept as a plain {@code long} of nanoseconds so that it costs
 * nothing. {@link #NONE} is never reached.
 */
public final class Deadline {
  /** No deadline. */
  public static final long NONE = Long.MAX_VALUE;

  /** Longest wait that is told apart from none: about 146 years. */
  private static final long MAX_WAIT_NANOS = Long.MAX_VALUE / 2;

  private Deadline() {}

  /** {@code nanos} from now; {@link #NONE} where that is too far away to matter. */
  public static long afterNanos(long nanos) {
    return nanos >= MAX_WAIT_NANOS ? NONE : System.nanoTime() + nanos;
  }

  /** {@code millis} from now; zero means no deadline, as SO_TIMEOUT has it. */
  public static long ofTimeoutMillis(int millis) {
    return millis == 0 ? NONE : afterNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  /**
   * {@code timeout} from now.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public static long after(Duration timeout) {
    if (timeout.isNegative()) {
      throw new IllegalArgumentException("timeout " + timeout + " is negative");
    }
    return timeout.compareTo(Duration.ofNanos(MAX_WAIT_NANOS)) >= 0 ? NONE : afterNanos(timeout.toNanos());
  }

  public static boolean hasPassed(long deadline) {
    return deadline != NONE && System.nanoTime() - deadline >= 0;
  }

  /** Nanoseconds left, zero or below where it has passed. */
  public static long remainingNanos(long deadline) {
    return deadline == NONE ? Long.MAX_VALUE : deadline - System.nanoTime();
  }
}
