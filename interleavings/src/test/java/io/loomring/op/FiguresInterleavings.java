package io.loomring.op;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.loomring.interleavings.Meeting;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** What is counted, and noted for a time, by several. */
public final class FiguresInterleavings {
  private FiguresInterleavings() {}

  /** Two want the last slot of the table of direct descriptors. */
  @JCStressTest
  @Outcome(id = "1, 0, 2", expect = ACCEPTABLE, desc = "the one has it")
  @Outcome(id = "0, 1, 2", expect = ACCEPTABLE, desc = "the other has it")
  @Outcome(expect = FORBIDDEN, desc = "both have it: an accept would drop its connection (K-66); or neither")
  @State
  public static class LastDirectSlot {
    private final Meeting meeting = new Meeting();
    private final DirectSlots slots = new DirectSlots(2);

    public LastDirectSlot() {
      slots.take();
    }

    @Actor
    public void one(III_Result r) {
      meeting.one();
      r.r1 = slots.tryTake() ? 1 : 0;
    }

    @Actor
    public void other(III_Result r) {
      meeting.other();
      r.r2 = slots.tryTake() ? 1 : 0;
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = slots.taken();
    }
  }

  /** Times are asked for again while a turn ends what they were asked for before. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "they are noted")
  @Outcome(expect = FORBIDDEN, desc = "who asked last has none")
  @State
  public static class LeaseAndItsEnd {
    private static final long LONG_NANOS = 3_600_000_000_000L;

    private final Timings timings = new Timings();

    public LeaseAndItsEnd() {
      timings.lease(1);
    }

    @Actor
    public void reader() {
      timings.lease(LONG_NANOS);
    }

    @Actor
    public void batonsHolder() {
      timings.endAt(System.nanoTime());
    }

    @Arbiter
    public void rest(I_Result r) {
      r.r1 = timings.isOn() ? 1 : 0;
    }
  }
}
