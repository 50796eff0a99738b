package io.loomring.op;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The slots of a call that takes more than one, of one table or of several: all of them or none.
 *
 * <p>Who waits for a slot with another one in hand keeps that from all who do the same, and they might wait for each
 * other for ever. So of a Uring's callers one at a time does: what it waits for is an operation's then, which ends, or an
 * open descriptor's. The others wait for their turn, and hold nothing.
 */
public final class SlotSet {
  private final List<OperationTable> tables;
  private final @Nullable Operation[] slots;

  /** Names the tables of one Uring, each as often as slots of it are wanted; nothing is taken yet. */
  public SlotSet(List<OperationTable> tables) {
    this.tables = List.copyOf(tables);
    this.slots = new Operation[tables.size()];
  }

  /**
   * Takes all, waiting as {@link OperationTable#acquire} does where one is not free.
   *
   * @return 0, or the {@link Outcome} for which it was refused: then nothing is held
   * @throws IllegalStateException if called by the poller itself
   */
  public int acquire(@Nullable Endpoint endpoint, long deadline) {
    tables.getFirst().ensureMayWait();
    if (tryAcquire()) {
      return 0;
    }
    ReentrantLock turn = tables.getFirst().gathering();
    int refused = await(turn, endpoint, deadline);
    if (refused != 0) {
      return refused;
    }
    try {
      return acquireEach(endpoint, deadline);
    } finally {
      turn.unlock();
    }
  }

  private boolean tryAcquire() {
    for (int i = 0; i < slots.length; i++) {
      slots[i] = tables.get(i).tryAcquire();
      if (slots[i] == null) {
        release();
        return false;
      }
    }
    return true;
  }

  private int acquireEach(@Nullable Endpoint endpoint, long deadline) {
    for (int i = 0; i < slots.length; i++) {
      slots[i] = tables.get(i).acquire(endpoint, deadline);
      if (slots[i] == null) {
        release();
        return tables.get(i).refusal(endpoint, deadline);
      }
    }
    return 0;
  }

  /** Waits for the turn, as for a slot: an interrupt does not end it, and now and then it looks whether it is refused. */
  private int await(ReentrantLock turn, @Nullable Endpoint endpoint, long deadline) {
    boolean interrupted = false;
    try {
      while (!turn.tryLock()) {
        int refused = refusal(endpoint, deadline);
        if (refused != 0) {
          return refused;
        }
        try {
          if (!tables.getFirst().turnIfPinned()
              && turn.tryLock(
                  Math.min(OperationTable.SLOT_WAIT_NANOS, Deadline.remainingNanos(deadline)), TimeUnit.NANOSECONDS)) {
            return 0;
          }
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      return 0;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private int refusal(@Nullable Endpoint endpoint, long deadline) {
    for (OperationTable table : tables) {
      int refused = table.refusal(endpoint, deadline);
      if (refused != 0) {
        return refused;
      }
    }
    return 0;
  }

  /** Hands one over: whoever gets it gives it back. */
  public Operation take(int index) {
    Operation taken = slots[index];
    if (taken == null) {
      throw new IllegalStateException("slot " + index + " is not held");
    }
    slots[index] = null;
    return taken;
  }

  /** Hands the last one over. */
  public Operation takeLast() {
    return take(slots.length - 1);
  }

  /** Gives back those that nobody took. */
  public void release() {
    for (int i = 0; i < slots.length; i++) {
      Operation held = slots[i];
      if (held != null) {
        slots[i] = null;
        held.release();
      }
    }
  }
}
