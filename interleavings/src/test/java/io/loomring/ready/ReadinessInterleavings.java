package io.loomring.ready;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.loomring.interleavings.Meeting;
import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.OperationHandle;
import io.loomring.op.PollSink;
import io.loomring.op.SinkList;
import io.loomring.poller.Rig;
import io.loomring.ring.CqeFlags;
import io.loomring.ring.UserData;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** What polls report, and who takes that; a poll that begins while its registration is dropped. */
public final class ReadinessInterleavings {
  /** A wait of this long is one that nothing ended. */
  private static final long LONG_NANOS = 30_000_000_000L;

  private ReadinessInterleavings() {}

  private static final class Sink extends PollSink {
    Sink(SinkList list) {
      super(list, null);
    }
  }

  /** A poll of {@code rig} that the kernel has. */
  private static Operation poll(Rig rig, PollSink sink) {
    Operation op = rig.made();
    op.deliverTo(sink);
    op.submit(Deadline.NONE, false);
    rig.turn();
    return op;
  }

  /** Events are reported while somebody takes those before, and goes to wait for more. */
  @JCStressTest
  @Outcome(id = "65535, 0, 1", expect = ACCEPTABLE, desc = "all, and the end")
  @Outcome(expect = FORBIDDEN, desc = "it waits over an event, or the end, or misses one (I-9)")
  @State
  public static class EventsAndTaker {
    private static final int EVENTS = 16;

    private final Meeting meeting = new Meeting(512, 64);
    private final Rig rig = Rig.take();
    private final SinkList list = new SinkList();
    private final Sink sink = new Sink(list);
    private final Operation op = poll(rig, sink);

    @Actor
    public void batonsHolder() {
      meeting.other();
      long userData = UserData.of(op.slot(), op.generation(), UserData.MAIN);
      for (int i = 0; i < EVENTS; i++) {
        rig.complete(userData, 1 << i, CqeFlags.MORE);
      }
      rig.complete(op, UserData.MAIN, 0);
    }

    @Actor
    public void taker(III_Result r) {
      meeting.one();
      long begun = System.nanoTime();
      list.waiter(Thread.currentThread());
      boolean ended = false;
      while (!ended) {
        for (PollSink next = list.takeAll(); next != null;) {
          PollSink listed = next;
          next = listed.unlist();
          ended = listed.isEnded();
          r.r1 |= listed.takeEvents();
        }
        if (!ended && list.isEmpty()) {
          LockSupport.parkNanos(LONG_NANOS);
        }
        if (System.nanoTime() - begun >= LONG_NANOS) {
          r.r2 = 1;
          ended |= sink.isEnded();
        }
      }
      list.waiter(null);
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.ended();
    }
  }

  /** Two rings report to the same taker. */
  @JCStressTest
  @Outcome(id = "2, 5, 0", expect = ACCEPTABLE, desc = "it has both")
  @Outcome(expect = FORBIDDEN, desc = "it waits over one of them, or has one twice")
  @State
  public static class TwoRingsReport {
    private final Rig mine = Rig.take();
    private final Rig others = Rig.take();
    private final SinkList list = new SinkList();
    private final Operation first = poll(mine, new Sink(list));
    private final Operation second = poll(others, new Sink(list));

    @Actor
    public void one() {
      mine.complete(first, UserData.MAIN, 1);
    }

    @Actor
    public void other() {
      others.complete(second, UserData.MAIN, 4);
    }

    @Arbiter
    public void rest(III_Result r) {
      for (PollSink next = list.takeAll(); next != null;) {
        PollSink listed = next;
        next = listed.unlist();
        r.r1++;
        r.r2 += listed.takeEvents();
      }
      r.r3 = list.isEmpty() && mine.ended() + others.ended() == 2 ? 0 : 1;
    }
  }

  /** A registration is dropped while its poll is about to begin. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "it does not begin")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "it does not begin, and would not")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "it begins, and is cancelled")
  @Outcome(expect = FORBIDDEN, desc = "a poll of nobody's goes on, of a number that may be another's soon")
  @State
  public static class DropAndBeginning {
    private final Registration registration =
        new Registration(0, Interest.READABLE, true, ready -> { }, null, null, null, null);
    private final OperationHandle handle = new OperationHandle();

    @Actor
    public void beginner(II_Result r) {
      r.r1 = registration.mayBegin(handle) ? 1 : 0;
    }

    @Actor
    public void dropper() {
      registration.drop(false);
    }

    @Arbiter
    public void rest(II_Result r) {
      r.r2 = handle.isCancelled() ? 1 : 0;
    }
  }
}
