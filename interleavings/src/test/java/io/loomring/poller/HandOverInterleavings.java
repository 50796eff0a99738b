package io.loomring.poller;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.loomring.interleavings.Meeting;
import io.loomring.op.Arrivals;
import io.loomring.op.Deadline;
import io.loomring.op.InboxNode;
import io.loomring.op.Mailbox;
import io.loomring.op.Operation;
import io.loomring.op.Probe;
import io.loomring.ring.CqeFlags;
import io.loomring.ring.UserData;
import io.loomring.sys.Errno;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** What goes from one thread to another: nodes to the baton's holder, who may sleep, and what came to who waits. */
public final class HandOverInterleavings {
  private static final Throwable CAUSE = new IllegalStateException("dead");
  /** A wait of this long is one that nothing ended. */
  private static final long LONG_NANOS = 30_000_000_000L;

  private HandOverInterleavings() {}

  /** One hands in, another takes what there is. */
  @JCStressTest
  @Outcome(id = "2, 1", expect = ACCEPTABLE, desc = "all came, in order")
  @Outcome(expect = FORBIDDEN, desc = "something was lost, came twice, or overtook another (I-4, I-5)")
  @State
  public static class PushAndDrain {
    private final Rig rig = Rig.take();
    private final Operation first = rig.made();
    private final Operation second = rig.made();

    @Actor
    public void caller() {
      first.submit(Deadline.NONE, false);
      second.submit(Deadline.NONE, false);
    }

    @Actor
    public void batonsHolder() {
      rig.turn();
      rig.turn();
    }

    @Arbiter
    public void rest(II_Result r) {
      rig.turn();
      r.r1 = rig.entered();
      r.r2 = rig.index(first) == 0 && rig.index(second) == 1 ? 1 : 0;
      rig.completeAll();
      rig.ended();
    }
  }

  /** Two hand in. */
  @JCStressTest
  @Outcome(id = "3, 1", expect = ACCEPTABLE, desc = "all came, in the order of each")
  @Outcome(expect = FORBIDDEN, desc = "something was lost, came twice, or overtook another (I-4, I-5)")
  @State
  public static class TwoPushes {
    private final Rig rig = Rig.take();
    private final Operation first = rig.made();
    private final Operation second = rig.made();
    private final Operation others = rig.made();

    @Actor
    public void one() {
      first.submit(Deadline.NONE, false);
      second.submit(Deadline.NONE, false);
    }

    @Actor
    public void other() {
      others.submit(Deadline.NONE, false);
    }

    @Arbiter
    public void rest(II_Result r) {
      rig.turn();
      r.r1 = rig.entered();
      r.r2 = rig.index(first) < rig.index(second) ? 1 : 0;
      rig.completeAll();
      rig.ended();
    }
  }

  /** An operation is handed in while its ring dies. */
  @JCStressTest
  @Outcome(id = "-5005, 1", expect = ACCEPTABLE, desc = "told that the ring is dead")
  @Outcome(expect = FORBIDDEN, desc = "lost with the ring: its waiter would wait for ever (I-11)")
  @State
  public static class HandedInAndDeath {
    private final DyingRing ring = new DyingRing();
    private final Operation op = ring.made();

    @Actor
    public void caller() {
      op.submit(Deadline.NONE, false);
    }

    @Actor
    public void batonsHolder() {
      ring.poison(CAUSE);
    }

    @Arbiter
    public void rest(II_Result r) {
      r.r1 = op.result();
      r.r2 = Probe.state(op) == Probe.TERMINAL && ring.inbox.isEmpty() ? 1 : 0;
    }
  }

  /** A driver goes to sleep while something is handed in. */
  @JCStressTest
  @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "asleep, and woken")
  @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "saw it, and was woken for nothing")
  @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "saw it, and is awake")
  @Outcome(expect = FORBIDDEN, desc = "asleep over what was handed in")
  @State
  public static class SleepAndWake {
    private final Rig rig = Rig.take();
    private final Operation op = rig.made();
    private final InboxNode node = Probe.idleNode(op);
    private final Sleeper sleeper = new Sleeper();
    private final BooleanSupplier hasWork = () -> !rig.inbox.isEmpty();

    @Actor
    public void driver(III_Result r) {
      r.r1 = sleeper.announce(Sleeper.ASLEEP, hasWork) ? 1 : 0;
    }

    @Actor
    public void caller(III_Result r) {
      rig.inbox.push(node);
      r.r2 = sleeper.wake(Sleeper.ASLEEP) ? 1 : 0;
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = sleeper.isAwake() ? 1 : 0;
      rig.turn();
      op.release();
      rig.ended();
    }
  }

  /** Two wake a driver. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "by the one")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "by the other")
  @Outcome(expect = FORBIDDEN, desc = "woken by both, or by nobody")
  @State
  public static class TwoWakers {
    private final Sleeper sleeper = new Sleeper();

    public TwoWakers() {
      sleeper.announce(Sleeper.ASLEEP, () -> false);
    }

    @Actor
    public void one(II_Result r) {
      r.r1 = sleeper.wake(Sleeper.ASLEEP) ? 1 : 0;
    }

    @Actor
    public void other(II_Result r) {
      r.r2 = sleeper.wake(Sleeper.ASLEEP) ? 1 : 0;
    }
  }

  /** A message comes for a thread that goes to wait for it. */
  @JCStressTest
  @Outcome(id = "0, 9", expect = ACCEPTABLE, desc = "it has it")
  @Outcome(expect = FORBIDDEN, desc = "it sleeps over the message, or has another")
  @State
  public static class MessageAndTaker {
    private final Meeting meeting = new Meeting();
    private final Rig rig = Rig.take();
    private final Mailbox box = new Mailbox(rig.table, 1);

    public MessageAndTaker() {
      box.reserve();
    }

    @Actor
    public void taker(II_Result r) {
      meeting.one();
      int[] outcome = new int[1];
      long begun = System.nanoTime();
      r.r2 = box.take(Deadline.afterNanos(LONG_NANOS), outcome);
      // With the time up it looks once more, and so has in the end what it slept over.
      r.r1 = System.nanoTime() - begun < LONG_NANOS ? outcome[0] : 1;
    }

    @Actor
    public void batonsHolder() {
      meeting.other();
      rig.complete(box.userData(), 9, 0);
    }

    @Arbiter
    public void rest(II_Result r) {
      box.close();
      rig.ended();
    }
  }

  /** What a stream brings comes while its consumer goes to wait for it. */
  @JCStressTest
  @Outcome(id = "5, 6, 0", expect = ACCEPTABLE, desc = "both came, in order, and the end")
  @Outcome(expect = FORBIDDEN, desc = "it waits over what came, or misses some of it (I-9)")
  @State
  public static class ArrivalAndTaker {
    private final Rig rig = Rig.take();
    private final Arrivals arrivals = new Arrivals(null, false);
    private final Operation op = rig.made();

    public ArrivalAndTaker() {
      op.deliverTo(arrivals);
      op.submit(Deadline.NONE, false);
      rig.turn();
    }

    @Actor
    public void batonsHolder() {
      rig.complete(UserData.of(op.slot(), op.generation(), UserData.MAIN), 5, CqeFlags.MORE);
      rig.complete(UserData.of(op.slot(), op.generation(), UserData.MAIN), 6, CqeFlags.MORE);
      rig.complete(op, UserData.MAIN, -Errno.ENOBUFS);
    }

    @Actor
    public void taker(III_Result r) {
      r.r1 = next();
      r.r2 = next();
      r.r3 = next();
    }

    private int next() {
      long begun = System.nanoTime();
      arrivals.waiter(Thread.currentThread());
      while (arrivals.isEmpty() && !arrivals.isEnded()) {
        LockSupport.parkNanos(this, LONG_NANOS);
      }
      arrivals.waiter(null);
      if (System.nanoTime() - begun >= LONG_NANOS) {
        return -1;
      }
      return arrivals.take() ? arrivals.result() : 0;
    }

    @Arbiter
    public void rest() {
      rig.ended();
    }
  }

  /** The same where parts of the queue are full, and the next is begun, which may be one that was used before. */
  @JCStressTest
  @Outcome(id = "198, 0, 1", expect = ACCEPTABLE, desc = "all came, in order")
  @Outcome(expect = FORBIDDEN, desc = "something was lost, came twice, or overtook another (I-9)")
  @State
  public static class ArrivalsBeyondASegment {
    private static final int BEFORE = 63;
    /** Into the fourth part of 64; what waits is never so much that the stream is paused. */
    private static final int ALL = 198;

    private final Rig rig = Rig.take();
    private final Arrivals arrivals = new Arrivals(null, false);
    private final Operation op = rig.made();
    private final long userData = UserData.of(op.slot(), op.generation(), UserData.MAIN);

    public ArrivalsBeyondASegment() {
      op.deliverTo(arrivals);
      op.submit(Deadline.NONE, false);
      rig.turn();
      for (int i = 0; i < BEFORE; i++) {
        rig.complete(userData, i, CqeFlags.MORE);
      }
      for (int i = 0; i < BEFORE; i++) {
        arrivals.take();
      }
    }

    @Actor
    public void batonsHolder() {
      for (int i = BEFORE; i < ALL; i++) {
        rig.complete(userData, i, CqeFlags.MORE);
      }
      rig.complete(op, UserData.MAIN, -Errno.ENOBUFS);
    }

    @Actor
    public void taker(III_Result r) {
      int next = BEFORE;
      while (!(arrivals.isEnded() && arrivals.isEmpty())) {
        if (arrivals.take()) {
          r.r2 |= arrivals.result() == next ? 0 : 1;
          next++;
        }
      }
      r.r1 = next;
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.ended();
    }
  }
}
