package io.loomring.op;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits that an interrupt does not end; the flag is there again afterwards. */
public final class Waiting {
  private Waiting() {}

  public static void uninterruptibly(CountDownLatch latch) {
    boolean ignored = uninterruptibly(latch, Deadline.NONE);
  }

  /**
   * The same until a deadline.
   *
   * @param deadline on the clock of {@link Deadline}
   * @return false if it passed first
   */
  public static boolean uninterruptibly(CountDownLatch latch, long deadline) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          if (deadline == Deadline.NONE) {
            // A wait with a time costs a virtual thread two switches to the scheduler's timer thread.
            latch.await();
            return true;
          }
          return latch.await(Deadline.remainingNanos(deadline), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
