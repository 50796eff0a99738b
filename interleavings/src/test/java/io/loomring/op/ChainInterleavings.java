package io.loomring.op;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.loomring.interleavings.Meeting;
import io.loomring.poller.Rig;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** A chain of several parts, and who waits for the last of them. */
public final class ChainInterleavings {
  /** A wait of this long is one that nothing ended. */
  private static final long LONG_NANOS = 30_000_000_000L;

  private ChainInterleavings() {}

  /** A thread waits for a chain that ends just now. */
  @JCStressTest
  @Outcome(id = "-5002, 0, 0", expect = ACCEPTABLE, desc = "it is back, and knows how")
  @Outcome(expect = FORBIDDEN, desc = "it waits over the end")
  @State
  public static class ChainsEndAndWaiter {
    private final Meeting meeting = new Meeting();
    private final Rig rig = Rig.take();
    private final Operation op = rig.made();
    private final Parts parts = new Parts(1, Parts.WHOLE, List.of(), new DescriptorReceiver[1]);

    @Actor
    public void waiter(III_Result r) {
      meeting.one();
      long begun = System.nanoTime();
      r.r1 = parts.await(op, op.generation(), false);
      r.r2 = System.nanoTime() - begun < LONG_NANOS ? 0 : 1;
    }

    @Actor
    public void batonsHolder() {
      meeting.other();
      LockSupport.unpark(parts.end(io.loomring.op.Outcome.CANCELLED));
    }

    @Arbiter
    public void rest(III_Result r) {
      op.release();
      r.r3 = rig.ended();
    }
  }
}
