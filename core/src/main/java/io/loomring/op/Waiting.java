package io.loomring.op;

import java.util.concurrent.CountDownLatch;

/** Waits that an interrupt does not end; the flag is there again afterwards. */
public final class Waiting {
  private Waiting() {}

  public static void uninterruptibly(CountDownLatch latch) {
    boolean interrupted = false;
    while (true) {
      try {
        latch.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
