package io.loomring.api;

import io.loomring.buffer.Lend;
import io.loomring.buffer.Recycler;
import io.loomring.op.Extension;
import io.loomring.op.Outcome;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What an operation holds of a {@link Loan} or {@link Transfer}: the memory, and who is to have it in the end.
 *
 * <pre>
 *  IN_FLIGHT -> ENDED         in the turn of the last completion: whoever waits takes the memory back
 *  IN_FLIGHT -> LEFT          nobody will: the operation is cancelled, and the memory recycled at the last completion
 * </pre>
 *
 * <p>Beside that {@link #taken} says whether somebody has decided which: it is decided once. One that nobody can decide
 * about any more, since the loan is unreachable, is left by a {@link Cleaner}.
 */
final class LoanState extends Extension implements Runnable {
  private static final Cleaner CLEANER = Cleaner.create();

  private static final int IN_FLIGHT = 0;
  private static final int LEFT = 1;
  private static final int ENDED = 2;

  private final Uring uring;
  private final DataOperation what;
  private final Lend lend;
  private final boolean interruptible;
  private final AtomicBoolean taken = new AtomicBoolean();
  private final AtomicInteger state = new AtomicInteger(IN_FLIGHT);
  // Written before the state is ENDED, or the recycler gets it.
  private volatile int result;
  // Each side writes its own and then reads the other's: either the turn sees who waits, or that sees the end.
  private volatile @Nullable Thread waiter;

  LoanState(Uring uring, DataOperation what, Lend lend, boolean interruptible) {
    this.uring = uring;
    this.what = what;
    this.lend = lend;
    this.interruptible = interruptible;
  }

  /** Has {@code owner} stand for it: when that is unreachable, nobody is left to take the memory back. */
  Cleaner.Cleanable leftWith(Object owner) {
    return CLEANER.register(owner, this::leave);
  }

  @Override
  protected @Nullable Thread ended(int how) {
    result = how;
    if (!state.compareAndSet(IN_FLIGHT, ENDED)) {
      Recycler.execute(this);
      return null;
    }
    return waiter;
  }

  boolean isDone() {
    return state.get() == ENDED;
  }

  /** Leaves the memory to the library, unless it has been taken back. */
  void leave() {
    if (taken.compareAndSet(false, true)) {
      if (state.compareAndSet(IN_FLIGHT, LEFT)) {
        requestCancel(Outcome.CANCELLED);
      } else {
        Recycler.execute(this);
      }
    }
  }

  /** Recycles what was left. For the recycler. */
  @Override
  public void run() {
    if (result == Outcome.RING_DEAD) {
      lend.abandon();
    } else {
      lend.recycle();
    }
  }

  /**
   * Waits for the last completion, and takes the memory back.
   *
   * @return the result, {@code -errno}, or an {@link Outcome}
   * @throws IllegalStateException if it has been taken back, or left
   */
  int take() {
    if (!taken.compareAndSet(false, true)) {
      throw new IllegalStateException("the result of " + what + " has been taken, or given up by close()");
    }
    await();
    if (result == Outcome.RING_DEAD) {
      lend.abandon();
    } else {
      lend.giveBack();
    }
    return result;
  }

  private void await() {
    Thread me = Thread.currentThread();
    boolean asks = interruptible && me.isVirtual();
    boolean interrupted = false;
    waiter = me;
    while (state.get() == IN_FLIGHT) {
      if (me.isInterrupted()) {
        if (asks && !interrupted) {
          requestCancel(Outcome.INTERRUPTED);
        }
        // Cleared, since a thread with the flag set does not park.
        interrupted |= Thread.interrupted();
      }
      park();
    }
    if (interrupted) {
      me.interrupt();
    }
  }

  /** The exception for a result below zero. */
  IOException failure(int how) {
    return uring.failure(what.call(), how, what.on());
  }

  /** What callers get for a result of zero or above. */
  int answer(int how) {
    return what.answer(how);
  }

  @Override
  public String toString() {
    return what + ", with " + lend;
  }
}
