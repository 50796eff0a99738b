package io.loomring.poller;

import io.loomring.op.Counters.Counter;
import io.loomring.ring.KernelRing;
import io.loomring.ring.Ring;
import io.loomring.ring.RingOptions;
import java.util.function.BooleanSupplier;

/**
 * A ring without a thread of its own: the one that made it runs the turns, when it likes to, and whenever it waits for an
 * operation itself. It is the ring's only issuer (K-02).
 *
 * <p>Who hands something in from another thread does so as on a loop: adds it, and then looks whether the driving thread
 * waits, which says so first, and then looks again.
 */
final class CallerDriver extends RingDriver {
  /** How long one turn waits in the kernel on behalf of who waits for something that is no completion. */
  private static final long OTHER_WAIT_NANOS = 1_000_000;

  /** Longer than this is waited for in pieces. */
  private static final long WAIT_NANOS_MAX = 3_600_000_000_000L;

  private final Thread thread = Thread.currentThread();
  private final WakeUp wakeUp;
  private final Sleeper sleeper = new Sleeper();
  private final BooleanSupplier whileWaiting = () -> !inbox.isEmpty() || isStopping();

  private CallerDriver(String name, Ring ring, int tableCapacity, WakeUp wakeUp) {
    super(name, ring, tableCapacity, false, true);
    this.wakeUp = wakeUp;
  }

  /**
   * Makes one that the calling thread drives.
   *
   * @throws io.loomring.error.UringUnavailableException if the ring cannot be had
   * @throws IllegalStateException if the calling thread is virtual, which has no kernel thread of its own
   */
  static CallerDriver open(String name, RingOptions options, int tableCapacity) {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException(
          "a virtual thread has no kernel thread of its own to drive a ring with: open it on a platform thread");
    }
    WakeUp wakeUp = WakeUp.make();
    try {
      Ring ring = KernelRing.open(options.with(LoopPoller.SETUP_FLAGS));
      try {
        return new CallerDriver(name, ring, tableCapacity, wakeUp);
      } catch (RuntimeException | Error failed) {
        ring.closeFd();
        ring.unmap();
        throw failed;
      }
    } catch (RuntimeException | Error failed) {
      wakeUp.close();
      throw failed;
    }
  }

  private boolean isMine() {
    return Thread.currentThread() == thread;
  }

  @Override
  void requireDriver() {
    if (!isMine()) {
      throw new IllegalStateException(this + " is driven by " + thread + ", and " + Thread.currentThread()
          + " must leave that to it: the kernel takes entries from the thread that opened the ring only");
    }
  }

  /**
   * Runs a turn, by the driving thread.
   *
   * @param waitNanos how long to wait for something to happen where nothing does at once
   * @return whether anything moved
   */
  boolean turn(long waitNanos) {
    requireDriver();
    boolean moved = runTurn(false);
    if (!moved && waitNanos > 0 && wakeUp.watch(turn)) {
      moved = !sleeper.announce(Sleeper.ASLEEP, whileWaiting) || runWait(Math.min(waitNanos, WAIT_NANOS_MAX));
      sleeper.awake();
      moved |= runTurn(false);
    }
    wakeUp.spend(turn);
    return moved;
  }

  /** Whether there is nothing that a turn could do or wait for. */
  boolean isIdle() {
    return !hasWork() && counters().get(Counter.SUBMITTED) == counters().get(Counter.COMPLETED);
  }

  @Override
  void wakeIfAsleep() {
    if (sleeper.wake(Sleeper.ASLEEP)) {
      alarm();
    }
  }

  @Override
  void alarm() {
    wakeUp.signal();
  }

  @Override
  public boolean isPollerThread() {
    // It may wait: it runs turns meanwhile.
    return false;
  }

  @Override
  public void park(Object blocker) {
    if (isMine()) {
      turn(Long.MAX_VALUE);
    } else {
      super.park(blocker);
    }
  }

  @Override
  public boolean turnIfPinned() {
    if (!isMine()) {
      return false;
    }
    turn(OTHER_WAIT_NANOS);
    return true;
  }

  /** There is no other thread that could do the rest. */
  @Override
  void stop() {
    super.stop();
    tearDown();
    wakeUp.close();
    stopped();
  }
}
