package io.loomring.api;

import io.loomring.op.OperationTable;
import io.loomring.op.Waiting;
import io.loomring.poller.PollerGroup;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks from time to time for connections that only wait, and has them give their buffers back. Less often where there
 * are none.
 */
final class IdleWatch implements Runnable {
  private static final long PERIOD_NANOS_MAX = 500_000_000L;

  private final PollerGroup group;
  private final long periodNanos;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread thread;
  private volatile boolean stopping;

  /** Makes one that looks every {@code periodNanos}. */
  IdleWatch(String name, PollerGroup group, long periodNanos) {
    this.group = group;
    this.periodNanos = periodNanos;
    this.thread = Thread.ofPlatform().daemon(true).name(name + "-idle").unstarted(this);
  }

  void start() {
    thread.start();
  }

  @Override
  public void run() {
    try {
      long pause = periodNanos;
      while (!stopping && group.failure() == null) {
        LockSupport.parkNanos(this, pause);
        int waiting = stopping ? 0 : group.sum(OperationTable::restIdleReceives);
        pause = waiting > 0 ? periodNanos : Math.min(2 * pause, Math.max(periodNanos, PERIOD_NANOS_MAX));
      }
    } finally {
      ended.countDown();
    }
  }

  /** Ends it, and waits for that: from then on it hands nothing in. */
  void stop() {
    stopping = true;
    LockSupport.unpark(thread);
    Waiting.uninterruptibly(ended);
  }
}
