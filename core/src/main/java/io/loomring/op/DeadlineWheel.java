package io.loomring.op;

import io.loomring.ring.Sqe;
import io.loomring.ring.TimeoutFlags;
import io.loomring.ring.UserData;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Operations whose deadline is far off. Most of them end long before it, so none has a timeout of the kernel's until its
 * deadline is near: it stands in a list with those of about the same time, and one timeout of the ring's has the first
 * list looked at when that is due. Each slot stands in one list at most, and stays there when its operation ends: the
 * next one in the same slot is likely to have a later deadline, for which the slot is found early enough where it is. So
 * an operation costs nothing here, as a rule.
 *
 * <p>For the baton's holder alone. Allocates nothing (I-10).
 */
final class DeadlineWheel {
  /** No list. */
  static final long NOWHERE = Long.MIN_VALUE;

  private static final long NEVER = Long.MAX_VALUE;

  /** What is nearer than this gets a timeout of the kernel's at once. */
  static final long NEAR_NANOS = 500_000_000L;

  /** A list covers 2^26 nanoseconds: 67 ms. */
  private static final int TICK_SHIFT = 26;
  /** Lists, a power of two: they reach 68 s. What is farther off is looked at earlier, and moved on. */
  private static final int LISTS = 1024;
  private static final int TIMESPEC_BYTES = 16;

  private final OperationTable table;
  private final long origin;
  private final @Nullable Operation[] heads = new Operation[LISTS];
  private int size;
  /** The last tick whose list was looked at. */
  private long looked;

  // Timeouts of the ring's that are on their way, the next one last: only an earlier one is ever added.
  private final long[] armed = new long[LISTS + 1];
  private final MemorySegment timespecs = Arena.ofAuto().allocate((LISTS + 1L) * TIMESPEC_BYTES, Long.BYTES);
  private int armedCount;
  /** When one is wanted that is not on its way yet, or {@link #NEVER}. */
  private long wanted = NEVER;
  /** Has one armed, from the queue of all that wants an entry. */
  private final Arming arming = new Arming();

  DeadlineWheel(OperationTable table) {
    this.table = table;
    this.origin = table.nanoTime();
  }

  /** The tick in which a deadline falls: it is looked at when that begins, which is never too late. */
  private long tickOf(long nanoTime) {
    return nanoTime - origin >> TICK_SHIFT;
  }

  /**
   * Watches over an operation's deadline, unless it is near.
   *
   * @return false if it is
   */
  boolean watch(Operation op, long now) {
    if (op.deadline - now < NEAR_NANOS) {
      return false;
    }
    if (size == 0) {
      looked = tickOf(now);
    }
    put(op);
    return true;
  }

  private void put(Operation op) {
    long tick = Math.min(tickOf(op.deadline), looked + LISTS - 1);
    if (op.wheelTick != NOWHERE) {
      if (op.wheelTick <= tick) {
        return;
      }
      remove(op);
    }
    int list = (int) tick & LISTS - 1;
    Operation head = heads[list];
    op.wheelTick = tick;
    op.wheelNext = head;
    op.wheelPrevious = null;
    if (head != null) {
      head.wheelPrevious = op;
    }
    heads[list] = op;
    size++;
    want(tick);
  }

  private void want(long tick) {
    if (armedCount == 0 || tick < armed[armedCount - 1]) {
      wanted = Math.min(wanted, tick);
    }
  }

  private void remove(Operation op) {
    Operation before = op.wheelPrevious;
    Operation behind = op.wheelNext;
    if (before == null) {
      heads[(int) op.wheelTick & LISTS - 1] = behind;
    } else {
      before.wheelNext = behind;
    }
    if (behind != null) {
      behind.wheelPrevious = before;
    }
    op.wheelNext = null;
    op.wheelPrevious = null;
    op.wheelTick = NOWHERE;
    size--;
  }

  /**
   * Takes the next operation out whose deadline is near, or the next slot whose turn has come; to be called until it
   * answers null. What it answers may have ended, or have another deadline by now: that is the caller's to see, who puts
   * it back with {@link #watch}.
   */
  @Nullable Operation next(long now) {
    long current = tickOf(now);
    while (size > 0 && looked < current) {
      Operation op = heads[(int) (looked + 1) & LISTS - 1];
      if (op != null) {
        remove(op);
        return op;
      }
      looked++;
    }
    return null;
  }

  // ---- the ring's timeouts

  /** What is to be queued for an entry, or null where none is wanted, or it is queued already. */
  @Nullable InboxNode arming() {
    if (wanted == NEVER || arming.queued) {
      return null;
    }
    arming.queued = true;
    return arming;
  }

  /** Writes the entry of the timeout that is wanted. */
  void arm(MemorySegment sqes, long entry) {
    long tick = wanted;
    wanted = NEVER;
    arming.queued = false;
    long at = (long) armedCount * TIMESPEC_BYTES;
    long nanos = Math.max(0, table.toKernelNanos((tick << TICK_SHIFT) + origin));
    timespecs.set(ValueLayout.JAVA_LONG, at, nanos / 1_000_000_000L);
    timespecs.set(ValueLayout.JAVA_LONG, at + 8, nanos % 1_000_000_000L);
    armed[armedCount++] = tick;
    Sqe.prepTimeout(sqes, entry, timespecs.address() + at, 0, TimeoutFlags.TIMEOUT_ABS);
    Sqe.setUserData(sqes, entry, UserData.DEADLINES);
  }

  /** The next timeout has come: to be called before what is due is taken out. */
  void expired() {
    armedCount--;
  }

  /** All that is due has been taken out: the next timeout is for what comes first now. */
  void lookedThrough() {
    if (size > 0) {
      long tick = looked + 1;
      while (heads[(int) tick & LISTS - 1] == null) {
        tick++;
      }
      want(tick);
    }
  }

  /** In the queue at most once. */
  static final class Arming extends InboxNode {
    private boolean queued;
  }
}
