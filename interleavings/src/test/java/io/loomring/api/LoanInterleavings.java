package io.loomring.api;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.loomring.buffer.LentMemory;
import io.loomring.buffer.Resource;
import io.loomring.interleavings.Meeting;
import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.poller.Rig;
import io.loomring.ring.UserData;
import io.loomring.sys.Errno;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;

/** Memory that was lent: it comes back to its borrower, or is recycled where that has left; one of the two, once. */
public final class LoanInterleavings {
  /** A wait of this long is one that nothing ended. */
  private static final long LONG_NANOS = 30_000_000_000L;

  private static final int RESULT = 7;
  private static final int REFUSED = -1;

  private LoanInterleavings() {}

  /** Memory that nobody touches. */
  private static final class Counted implements Resource {
    private static final AtomicLong NEXT = new AtomicLong(1L << 40);

    private final long address = NEXT.getAndAdd(Long.BYTES);
    final AtomicInteger returned = new AtomicInteger();
    final AtomicInteger recycled = new AtomicInteger();

    @Override
    public long address() {
      return address;
    }

    @Override
    public long byteSize() {
      return Long.BYTES;
    }

    @Override
    public void returned() {
      returned.incrementAndGet();
    }

    @Override
    public void recycle() {
      recycled.incrementAndGet();
    }
  }

  /** An operation that the kernel has, with memory that was lent to it. */
  private abstract static class Lent {
    final Rig rig = Rig.take();
    final Counted memory = new Counted();
    final LoanState loan = new LoanState(null, null, LentMemory.lend(memory, true, "a test"), true);
    private final Operation op = rig.made();

    Lent() {
      op.carry(loan);
      op.submit(Deadline.NONE, false);
      rig.turn();
    }

    int taken() {
      try {
        long begun = System.nanoTime();
        int result = loan.take();
        return System.nanoTime() - begun < LONG_NANOS ? result : -2;
      } catch (IllegalStateException decided) {
        return REFUSED;
      }
    }

    void complete() {
      rig.complete(op, UserData.MAIN, RESULT);
      while (rig.endedSoFar() == 0) {
        rig.turn();
        rig.answerCancels(-Errno.ENOENT);
      }
    }

    void count(IIII_Result r, boolean left) {
      long begun = System.nanoTime();
      while (left && memory.recycled.get() == 0 && System.nanoTime() - begun < LONG_NANOS) {
        Thread.onSpinWait();
      }
      r.r2 = memory.returned.get();
      r.r3 = memory.recycled.get();
      rig.turn();
      rig.answerCancels(-Errno.ENOENT);
      r.r4 = rig.ended();
    }
  }

  /** A loan is left while its operation ends. */
  @JCStressTest
  @Outcome(id = "0, 1, 1, 1", expect = ACCEPTABLE, desc = "recycled")
  @Outcome(expect = FORBIDDEN, desc = "recycled twice, or never")
  @State
  public static class EndAndLeave extends Lent {
    private final Meeting meeting = new Meeting(512, 64);
    @Actor
    public void borrower() {
      meeting.one();
      loan.leave();
    }

    @Actor
    public void batonsHolder() {
      meeting.other();
      complete();
    }

    @Arbiter
    public void rest(IIII_Result r) {
      count(r, true);
    }
  }

  /** A borrower goes to wait for its loan, whose operation ends just now. */
  @JCStressTest
  @Outcome(id = "7, 1, 0, 1", expect = ACCEPTABLE, desc = "it has it again")
  @Outcome(expect = FORBIDDEN, desc = "it waits over the end, or the memory is recycled too")
  @State
  public static class EndAndTake extends Lent {
    private final Meeting meeting = new Meeting(512, 64);
    @Actor
    public void borrower(IIII_Result r) {
      meeting.one();
      r.r1 = taken();
    }

    @Actor
    public void batonsHolder() {
      meeting.other();
      complete();
    }

    @Arbiter
    public void rest(IIII_Result r) {
      count(r, false);
    }
  }

  /** One takes a loan back, and another leaves it. */
  @JCStressTest
  @Outcome(id = "7, 1, 0, 1", expect = ACCEPTABLE, desc = "taken back")
  @Outcome(id = "-1, 1, 1, 1", expect = ACCEPTABLE, desc = "left, and recycled")
  @Outcome(expect = FORBIDDEN, desc = "the memory is its borrower's, and recycled as well (I-3)")
  @State
  public static class TakeAndLeave extends Lent {
    private final Meeting meeting = new Meeting();
    @Actor
    public void borrower(IIII_Result r) {
      meeting.one();
      r.r1 = taken();
    }

    @Actor
    public void other() {
      meeting.other();
      loan.leave();
      complete();
    }

    @Arbiter
    public void rest(IIII_Result r) {
      count(r, r.r1 == REFUSED);
    }
  }
}
