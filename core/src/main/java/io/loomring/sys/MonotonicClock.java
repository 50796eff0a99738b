package io.loomring.sys;

/** How {@link System#nanoTime} relates to the clock that the kernel measures ring timeouts with. */
public final class MonotonicClock {
  private static final int SAMPLES = 5;

  private MonotonicClock() {}

  /**
   * What to add to {@link System#nanoTime} for CLOCK_MONOTONIC, in nanoseconds. HotSpot uses that very clock, which is
   * seen here and not taken for granted: then the answer is exactly 0.
   */
  public static long offsetFromNanoTime() {
    long best = 0;
    long bestWidth = Long.MAX_VALUE;
    for (int i = 0; i < SAMPLES; i++) {
      long before = System.nanoTime();
      long kernel = SystemCalls.monotonicNanos();
      long after = System.nanoTime();
      if (before <= kernel && kernel <= after) {
        return 0;
      }
      if (after - before < bestWidth) {
        bestWidth = after - before;
        best = kernel - after;
      }
    }
    return best;
  }
}
