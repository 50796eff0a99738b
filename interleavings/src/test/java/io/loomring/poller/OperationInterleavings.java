package io.loomring.poller;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.loomring.interleavings.Meeting;
import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.OperationHandle;
import io.loomring.op.Probe;
import io.loomring.ring.UserData;
import io.loomring.sys.Errno;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.LII_Result;

/** The points at which an operation is changed by more than one thread: its end, and who waits for that. */
public final class OperationInterleavings {
  private static final int RESULT = 7;
  private static final int CANCELLED = io.loomring.op.Outcome.CANCELLED;
  private static final int CLOSED = io.loomring.op.Outcome.CLOSED;

  private OperationInterleavings() {}

  /** Somebody asks for the end of an operation that ends just now. */
  @JCStressTest
  @Outcome(id = "1, 7, 1", expect = ACCEPTABLE, desc = "the request was in time, and found nothing")
  @Outcome(id = "0, 7, 1", expect = ACCEPTABLE, desc = "it had ended")
  @Outcome(expect = FORBIDDEN, desc = "it ends once, with what the kernel said (I-4, I-8)")
  @State
  public static class CancelAndCompletion {
    private final Rig rig = Rig.take();
    private final Operation op = rig.issued();
    private final int generation = op.generation();

    @Actor
    public void canceller(III_Result r) {
      r.r1 = Probe.requestCancel(op, generation, CANCELLED) ? 1 : 0;
    }

    @Actor
    public void batonsHolder() {
      rig.turn();
      rig.complete(op, UserData.MAIN, RESULT);
    }

    @Arbiter
    public void rest(III_Result r) {
      rig.turn();
      rig.answerCancels(-Errno.ENOENT);
      r.r2 = op.result();
      r.r3 = rig.ended();
    }
  }

  /** Somebody asks for the end of an operation that is issued just now. */
  @JCStressTest
  @Outcome(id = "1, 2, -5002, 1", expect = ACCEPTABLE, desc = "issued, and cancelled in the kernel")
  @Outcome(expect = FORBIDDEN, desc = "what is asked for is done, and it ends once (I-4)")
  @State
  public static class CancelAndIssue {
    private final Rig rig = Rig.take();
    private final Operation op = rig.made();
    private final int generation = op.generation();

    public CancelAndIssue() {
      op.submit(Deadline.NONE, false);
    }

    @Actor
    public void canceller(IIII_Result r) {
      r.r1 = Probe.requestCancel(op, generation, CANCELLED) ? 1 : 0;
    }

    @Actor
    public void batonsHolder() {
      rig.turn();
    }

    @Arbiter
    public void rest(IIII_Result r) {
      rig.turn();
      r.r2 = rig.entered();
      if (r.r2 != 0) {
        rig.complete(op, UserData.MAIN, -Errno.ECANCELED);
        rig.answerCancels(0);
      }
      r.r3 = op.result();
      r.r4 = rig.ended();
    }
  }

  /** Somebody asks for the end of an operation whose deadline the baton's holder finds passed. */
  @JCStressTest
  @Outcome(id = "1, 1, -5002, 1", expect = ACCEPTABLE, desc = "the request was first")
  @Outcome(id = "0, 1, -5001, 1", expect = ACCEPTABLE, desc = "the deadline was first")
  @Outcome(expect = FORBIDDEN, desc = "one of the two counts, and one cancel is sent (I-2)")
  @State
  public static class CancelAndDeadline {
    private final Rig rig = Rig.take();
    private final Operation op = rig.made();
    private final int generation = op.generation();

    public CancelAndDeadline() {
      op.submit(rig.nanoTime() + 1, false);
      rig.turn();
      rig.passes(1);
      rig.complete(op, UserData.TIMEOUT, -Errno.ECANCELED);
    }

    @Actor
    public void canceller(IIII_Result r) {
      r.r1 = Probe.requestCancel(op, generation, CANCELLED) ? 1 : 0;
    }

    @Actor
    public void batonsHolder() {
      rig.turn();
    }

    @Arbiter
    public void rest(IIII_Result r) {
      rig.turn();
      r.r2 = rig.entered(UserData.CANCEL);
      rig.complete(op, UserData.MAIN, -Errno.ECANCELED);
      rig.answerCancels(0);
      r.r3 = op.result();
      r.r4 = rig.ended();
    }
  }

  /** Two ask for the end of an operation, each for a reason of its own. */
  @JCStressTest
  @Outcome(id = "1, 0, 1, -5002", expect = ACCEPTABLE, desc = "the one was first")
  @Outcome(id = "0, 1, 1, -5003", expect = ACCEPTABLE, desc = "the other was first")
  @Outcome(expect = FORBIDDEN, desc = "one request a generation (I-2)")
  @State
  public static class TwoCancels {
    private final Rig rig = Rig.take();
    private final Operation op = rig.issued();
    private final int generation = op.generation();

    @Actor
    public void one(IIII_Result r) {
      r.r1 = Probe.requestCancel(op, generation, CANCELLED) ? 1 : 0;
    }

    @Actor
    public void other(IIII_Result r) {
      r.r2 = Probe.requestCancel(op, generation, CLOSED) ? 1 : 0;
    }

    @Arbiter
    public void rest(IIII_Result r) {
      rig.turn();
      rig.complete(op, UserData.MAIN, -Errno.ECANCELED);
      rig.answerCancels(0);
      r.r4 = op.result();
      r.r3 = rig.ended();
    }
  }

  /** A handle cancels an operation that ends just now. */
  @JCStressTest
  @Outcome(id = "ALREADY_DONE, 7, 1", expect = ACCEPTABLE, desc = "the answer is the operation's")
  @Outcome(expect = FORBIDDEN, desc = "the answer says what became of it")
  @State
  public static class HandleAndCompletion {
    private final Rig rig = Rig.take();
    private final OperationHandle handle = new OperationHandle();
    private final Operation op = rig.made();

    public HandleAndCompletion() {
      op.bind(handle);
      op.submit(Deadline.NONE, false);
      rig.turn();
    }

    @Actor
    public void canceller(LII_Result r) {
      r.r1 = handle.cancel();
    }

    @Actor
    public void batonsHolder() {
      rig.complete(op, UserData.MAIN, RESULT);
      // Asked for meanwhile, it has to be seen; and may be on its way still.
      while (rig.endedSoFar() == 0) {
        rig.turn();
        rig.answerCancels(-Errno.ENOENT);
      }
    }

    @Arbiter
    public void rest(LII_Result r) {
      r.r2 = op.result();
      r.r3 = rig.ended();
    }
  }

  /** A handle is cancelled while a call begins with it. */
  @JCStressTest
  @Outcome(id = "CANCELLED, 0, 0", expect = ACCEPTABLE, desc = "refused before it began")
  @Outcome(id = "CANCELLED, 1, 1", expect = ACCEPTABLE, desc = "begun, and cancelled")
  @Outcome(id = "ALREADY_DONE, 1, 1", expect = ACCEPTABLE, desc = "begun, and over")
  @Outcome(expect = FORBIDDEN, desc = "it never runs on after the answer")
  @State
  public static class HandleAndBeginning {
    private final Rig rig = Rig.take();
    private final OperationHandle handle = new OperationHandle();
    private final Operation op = rig.made();

    @Actor
    public void canceller(LII_Result r) {
      r.r1 = handle.cancel();
    }

    @Actor
    public void batonsHolder(LII_Result r) {
      if (op.bind(handle)) {
        r.r2 = 1;
        op.submit(Deadline.NONE, false);
        rig.turn();
        boolean cancelled = rig.entered(UserData.CANCEL) > 0;
        if (rig.entered() > 0) {
          rig.complete(op, UserData.MAIN, cancelled ? -Errno.ECANCELED : RESULT);
        }
        while (rig.endedSoFar() == 0) {
          rig.turn();
          rig.answerCancels(cancelled ? 0 : -Errno.ENOENT);
        }
      } else {
        op.release();
      }
    }

    @Arbiter
    public void rest(LII_Result r) {
      r.r3 = rig.ended();
    }
  }

  /** A thread waits for an operation that ends just now. */
  @JCStressTest
  @Outcome(id = "7, 1", expect = ACCEPTABLE, desc = "it is back, with the result")
  @Outcome(expect = FORBIDDEN, desc = "what was written before the end is read after it")
  @State
  public static class WaiterAndCompletion {
    private final Rig rig = Rig.take();
    private final Operation op = rig.made();
    private final Meeting meeting = new Meeting(512, 64);

    @Actor
    public void waiter(II_Result r) {
      op.submit(Deadline.NONE, true);
      meeting.one();
      r.r1 = op.await(false);
      op.release();
    }

    @Actor
    public void batonsHolder() {
      while (!rig.turn()) {
        Thread.onSpinWait();
      }
      meeting.other();
      rig.complete(op, UserData.MAIN, RESULT);
    }

    @Arbiter
    public void rest(II_Result r) {
      r.r2 = rig.ended();
    }
  }
}
