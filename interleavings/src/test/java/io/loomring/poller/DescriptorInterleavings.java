package io.loomring.poller;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.loomring.fd.RegularDescriptor;
import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.OperationKind;
import io.loomring.ring.Opcode;
import io.loomring.ring.Sqe;
import io.loomring.ring.UserData;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** The life cycle of a descriptor: what begins on it, and ends, while it is closed. */
public final class DescriptorInterleavings {

  private DescriptorInterleavings() {}

  /** An operation begins on a descriptor that is being closed. */
  @JCStressTest
  @Outcome(id = "0, 0, 1, 0", expect = ACCEPTABLE, desc = "it was refused")
  @Outcome(id = "1, 1, 1, 1", expect = ACCEPTABLE, desc = "issued before the close")
  @Outcome(id = "1, 0, 1, 1", expect = ACCEPTABLE, desc = "begun before the close, and never issued")
  @Outcome(expect = FORBIDDEN, desc = "no entry names the descriptor behind its close (I-5), which comes once")
  @State
  public static class OperationAndClose {
    private final Rig rig = Rig.take();
    private final RegularDescriptor descriptor = rig.descriptor();

    @Actor
    public void caller(IIII_Result r) {
      Operation op = rig.made();
      if (descriptor.beginOperation()) {
        r.r1 = 1;
        op.describe(OperationKind.READ, descriptor, null);
        Sqe.prepRead(op.memory(), op.base(), descriptor.fd(), 0, 0, 0);
        op.submit(Deadline.NONE, false);
        rig.turn();
      } else {
        op.release();
      }
    }

    @Actor
    public void closer() {
      descriptor.closeWithoutWaiting();
    }

    @Arbiter
    public void rest(IIII_Result r) {
      rig.turn();
      int work = rig.index(UserData.MAIN, Opcode.READ);
      r.r2 = work < 0 ? 0 : work < rig.index(UserData.CANCEL, Opcode.ASYNC_CANCEL) ? 1 : -1;
      rig.completeAll();
      r.r3 = descriptor.isClosed() && descriptor.inFlight() == 0 ? 1 : 0;
      r.r4 = rig.ended();
    }
  }

  /** A plain call is under way on a descriptor that is being closed. */
  @JCStressTest
  @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "it was refused")
  @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "it was over before the close was handed in")
  @Outcome(expect = FORBIDDEN, desc = "the number is closed under a call, or not once")
  @State
  public static class CallAndClose {
    private final Rig rig = Rig.take();
    private final RegularDescriptor descriptor = rig.descriptor();

    @Actor
    public void caller(III_Result r) {
      if (descriptor.beginCall()) {
        r.r1 = rig.inbox.isEmpty() ? 1 : -1;
        descriptor.endCall();
      }
    }

    @Actor
    public void closer() {
      descriptor.closeWithoutWaiting();
    }

    @Arbiter
    public void rest(III_Result r) {
      rig.turn();
      r.r2 = rig.entered(UserData.MAIN);
      rig.completeAll();
      r.r3 = descriptor.isClosed() && rig.ended() == 0 ? 1 : 0;
    }
  }

  /** Two close a descriptor. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "closed once")
  @Outcome(expect = FORBIDDEN, desc = "the number is closed twice, and the second time it may be another's")
  @State
  public static class TwoClosers {
    private final Rig rig = Rig.take();
    private final RegularDescriptor descriptor = rig.descriptor();

    @Actor
    public void one() {
      descriptor.closeWithoutWaiting();
    }

    @Actor
    public void other() {
      descriptor.closeWithoutWaiting();
    }

    @Arbiter
    public void rest(II_Result r) {
      rig.turn();
      r.r1 = rig.entered(UserData.MAIN);
      rig.completeAll();
      r.r2 = descriptor.isClosed() && rig.ended() == 0 ? 1 : 0;
    }
  }

  /** A thread waits for the close that ends just now. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "it is back, and the descriptor closed")
  @Outcome(expect = FORBIDDEN, desc = "it comes back sooner")
  @State
  public static class CloserAndEnd {
    private final Rig rig = Rig.take();
    private final RegularDescriptor descriptor = rig.descriptor();

    public CloserAndEnd() {
      descriptor.closeWithoutWaiting();
      rig.turn();
    }

    @Actor
    public void closer(II_Result r) {
      descriptor.awaitClosed();
      r.r1 = descriptor.isClosed() ? 1 : 0;
    }

    @Actor
    public void batonsHolder() {
      rig.completeAll();
    }

    @Arbiter
    public void rest(II_Result r) {
      r.r2 = rig.ended();
    }
  }

  /** The last operation on a descriptor that is being closed ends, and its closer asks how many are left. */
  @JCStressTest
  @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "ended, and closed")
  @Outcome(expect = FORBIDDEN, desc = "the close is through before its operations, or never (I-5)")
  @State
  public static class EndAndClose {
    private final Rig rig = Rig.take();
    private final RegularDescriptor descriptor = rig.descriptor();
    private final Operation op = rig.made();

    public EndAndClose() {
      descriptor.beginOperation();
      op.describe(OperationKind.READ, descriptor, null);
      op.submit(Deadline.NONE, false);
      rig.turn();
    }

    @Actor
    public void batonsHolder() {
      rig.complete(op, UserData.MAIN, 0);
      rig.turn();
    }

    @Actor
    public void closer() {
      descriptor.closeWithoutWaiting();
    }

    @Arbiter
    public void rest(III_Result r) {
      rig.turn();
      r.r1 = descriptor.inFlight() == 0 ? 1 : 0;
      rig.completeAll();
      r.r2 = descriptor.isClosed() ? 1 : 0;
      r.r3 = rig.ended();
    }
  }
}
