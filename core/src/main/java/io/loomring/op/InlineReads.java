package io.loomring.op;

/**
 * How much of files threads may read inline, without a park, before others get their carriers. A round is what goes on
 * between two moments in which the driver lets others in, some millisecond.
 *
 * <p>Plain fields, for the driver and the readers alike: what is seen late, or lost between two that count at once, makes
 * a round longer or shorter by a read.
 */
public final class InlineReads {
  /** Reads that all threads which share a round do in it, 0.7 to 1 us each; and one of them in a row. */
  private static final int PER_ROUND = 1_024;
  private static final int RUN_MAX = 64;
  private static final int RUN_MIN = 4;
  /** Reads of a turn that the page cache does not have: looking there begins the read-ahead, some 30 us of computing. */
  private static final int MISSES_MAX = 8;

  private int run = RUN_MAX;
  private int missesLeft = MISSES_MAX;
  private boolean any;

  InlineReads() {}

  /**
   * How many reads a thread may do in a row before it parks once: the fewer the more threads share a round, so that the
   * round does not get longer by them.
   */
  public int run() {
    return run;
  }

  /** Whether somebody may look into the page cache: not where many have just found nothing there. */
  public boolean mayLook() {
    return missesLeft > 0;
  }

  /** Notes that somebody has looked into the page cache. */
  public void looked(boolean found) {
    if (!found) {
      missesLeft--;
    }
    if (!any) {
      any = true;
    }
  }

  /** Whether anybody has looked in this round. */
  public boolean any() {
    return any;
  }

  /** Has every thread park at its next read, until {@link #share}. */
  public void endRound() {
    run = 0;
    any = false;
  }

  /** Has threads read on, and says how many share a round. */
  public void share(int threads) {
    int now = Math.clamp(PER_ROUND / Math.max(1, threads), RUN_MIN, RUN_MAX);
    if (now != run) {
      run = now;
    }
    if (missesLeft != MISSES_MAX) {
      missesLeft = MISSES_MAX;
    }
  }
}
