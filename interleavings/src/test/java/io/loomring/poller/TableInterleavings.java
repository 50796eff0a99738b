package io.loomring.poller;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.loomring.buffer.IndexStack;
import io.loomring.op.Deadline;
import io.loomring.op.InFlight;
import io.loomring.op.Operation;
import io.loomring.op.OperationKind;
import io.loomring.op.Probe;
import io.loomring.ring.UserData;
import io.loomring.sys.Errno;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The table's slots and their generations, and the stack of those that are free. */
public final class TableInterleavings {
  private static final Throwable CAUSE = new IllegalStateException("closed");

  private TableInterleavings() {}

  /** Somebody asks for the end of an operation whose slot is another's by then. */
  @JCStressTest
  @Outcome(id = "1, 7, 8, 2", expect = ACCEPTABLE, desc = "it was in time")
  @Outcome(id = "0, 7, 8, 2", expect = ACCEPTABLE, desc = "it was too late, and is refused")
  @Outcome(expect = FORBIDDEN, desc = "the next operation in the slot is not touched (I-2)")
  @State
  public static class StaleRequest {
    private final Rig rig = Rig.take();
    private final Operation op = rig.issued();
    private final int generation = op.generation();

    @Actor
    public void canceller(IIII_Result r) {
      r.r1 = Probe.requestCancel(op, generation, io.loomring.op.Outcome.CANCELLED) ? 1 : 0;
    }

    @Actor
    public void batonsHolder(IIII_Result r) {
      rig.complete(op, UserData.MAIN, 7);
      while (rig.endedSoFar() == 0) {
        rig.turn();
      }
      r.r2 = op.result();
      Operation next = rig.issued();
      assert next == op;
    }

    @Arbiter
    public void rest(IIII_Result r) {
      rig.turn();
      boolean asked = rig.entered(UserData.CANCEL) > 0;
      rig.complete(op, UserData.MAIN, asked ? -Errno.ECANCELED : 8);
      rig.answerCancels(0);
      r.r3 = op.result();
      r.r4 = rig.ended();
    }
  }

  /** A slot is looked at while it goes from one operation to the next. */
  @JCStressTest
  @Outcome(id = "0, 2", expect = ACCEPTABLE, desc = "not in flight when it was looked at")
  @Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "the first")
  @Outcome(id = "2, 2", expect = ACCEPTABLE, desc = "the second")
  @Outcome(expect = FORBIDDEN, desc = "what is seen is of one operation")
  @State
  public static class LookAtASlot {
    private final Rig rig = Rig.take();
    private final Operation op = rig.made();

    public LookAtASlot() {
      op.describe(OperationKind.READ, new Numbered(1), null);
      op.submit(Deadline.NONE, false);
      rig.turn();
    }

    @Actor
    public void batonsHolder() {
      rig.complete(op, UserData.MAIN, 0);
      Operation next = rig.made();
      next.describe(OperationKind.WRITE, new Numbered(2), null);
      next.submit(Deadline.NONE, false);
      rig.turn();
    }

    @Actor
    public void other(II_Result r) {
      for (InFlight seen : rig.table.look()) {
        boolean first = seen.kind() == OperationKind.READ && seen.descriptor() == 1;
        boolean second = seen.kind() == OperationKind.WRITE && seen.descriptor() == 2;
        r.r1 = first ? 1 : second ? 2 : -1;
      }
    }

    @Arbiter
    public void rest(II_Result r) {
      rig.complete(op, UserData.MAIN, 0);
      r.r2 = rig.ended();
    }
  }

  /** Two take slots and give them back, so that the top of the stack goes and comes back. */
  @JCStressTest
  @Outcome(id = "0, 3", expect = ACCEPTABLE, desc = "each was one's")
  @Outcome(expect = FORBIDDEN, desc = "a slot was given to two, or is gone")
  @State
  public static class SlotsGivenOnce {
    private final IndexStack stack = new IndexStack(3, true);
    private final AtomicIntegerArray owners = new AtomicIntegerArray(3);
    private volatile int doubles;

    private int pop() {
      int index = stack.pop();
      if (index >= 0 && owners.getAndIncrement(index) != 0) {
        doubles = 1;
      }
      return index;
    }

    private void push(int index) {
      if (index >= 0) {
        owners.getAndDecrement(index);
        stack.push(index);
      }
    }

    @Actor
    public void one() {
      int a = pop();
      int b = pop();
      push(a);
      int c = pop();
      push(b);
      push(c);
    }

    @Actor
    public void other() {
      int a = pop();
      int b = pop();
      push(b);
      push(a);
    }

    @Arbiter
    public void rest(II_Result r) {
      r.r1 = doubles;
      r.r2 = stack.size();
    }
  }

  /** A slot is asked for while the table is closed, and found empty. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "refused")
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "given, and seen")
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "refused, and seen while it was looked at")
  @Outcome(expect = FORBIDDEN, desc = "a slot is given behind the end")
  @State
  public static class SlotAndClose {
    private final Rig rig = Rig.fresh();
    private final Throwable cause = CAUSE;

    @Actor
    public void caller(II_Result r) {
      r.r1 = rig.table.tryAcquire() == null ? 0 : 1;
    }

    @Actor
    public void closer(II_Result r) {
      rig.table.close(cause);
      r.r2 = rig.table.isEmpty() ? 1 : 0;
    }
  }

  /** Slots are counted while others come and go, and one is in use. */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "not all are free")
  @Outcome(expect = FORBIDDEN, desc = "all are free, while one is in use")
  @State
  public static class CountOfSlots {
    private final IndexStack stack = new IndexStack(3, true);

    public CountOfSlots() {
      stack.pop();
    }

    @Actor
    public void counter(I_Result r) {
      r.r1 = stack.isFull() ? 1 : 0;
    }

    @Actor
    public void other() {
      int a = stack.pop();
      int b = stack.pop();
      stack.push(a);
      stack.push(b);
    }
  }
}
