package io.loomring.testkit;

import io.loomring.ring.OpFlags;
import io.loomring.ring.Opcode;
import io.loomring.ring.RingOptions;
import io.loomring.ring.Sqe;
import io.loomring.ring.SqeFlags;
import io.loomring.ring.SqeLayout;
import io.loomring.ring.SubmissionQueue;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A ring of the kernel's that answers some operations with results which the kernel has no occasion to give: just before
 * it takes their entries they are made ones that do nothing, and have that result (Linux 6.10).
 */
public final class ChangedResults extends ForwardingRing {
  private static final int LINKS = SqeFlags.IO_LINK | SqeFlags.IO_HARDLINK;

  private final AtomicInteger left = new AtomicInteger();
  private final AtomicLong changed = new AtomicLong();
  private volatile Opcode opcode = Opcode.NOP;
  private volatile int result;
  // Entries that the kernel has taken so far: the baton's holder's.
  private int taken;

  public ChangedResults() {
    super(new RingOptions(64, 256, 0, Set.of()));
  }

  /** Has the next {@code times} operations of a kind end at once with {@code newResult}. */
  public void answer(Opcode of, int newResult, int times) {
    left.set(0);
    opcode = of;
    result = newResult;
    left.set(times);
  }

  /** How many were answered like that so far. */
  public long changed() {
    return changed.get();
  }

  private void change(int toSubmit) {
    SubmissionQueue queue = sq();
    for (int i = taken; i != taken + toSubmit && left.get() > 0; i++) {
      long at = (long) (i & queue.entries() - 1) * SqeLayout.BYTES;
      if (queue.memory().get(ValueLayout.JAVA_BYTE, at + SqeLayout.OPCODE) == (byte) opcode.code()) {
        answer(queue.memory(), at);
        left.getAndDecrement();
        changed.getAndIncrement();
      }
    }
  }

  private void answer(MemorySegment sqes, long at) {
    long userData = sqes.get(ValueLayout.JAVA_LONG, at + SqeLayout.USER_DATA);
    int links = Sqe.flags(sqes, at) & LINKS;
    Sqe.prepNop(sqes, at);
    sqes.set(ValueLayout.JAVA_INT, at + SqeLayout.LEN, result);
    sqes.set(ValueLayout.JAVA_INT, at + SqeLayout.OP_FLAGS, OpFlags.NOP_INJECT_RESULT);
    Sqe.setFlags(sqes, at, links);
    Sqe.setUserData(sqes, at, userData);
  }

  private int counted(int submitted) {
    taken += Math.max(0, submitted);
    return submitted;
  }

  @Override
  public int enter(int toSubmit, int minComplete, int flags) {
    change(toSubmit);
    return counted(super.enter(toSubmit, minComplete, flags));
  }

  @Override
  public int enterAndWait(int toSubmit, long nanos, int flags) {
    change(toSubmit);
    return counted(super.enterAndWait(toSubmit, nanos, flags));
  }
}
