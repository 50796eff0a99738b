package io.loomring.poller;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.loomring.interleavings.Meeting;
import io.loomring.op.Deadline;
import io.loomring.op.Mailbox;
import io.loomring.op.Waiting;
import java.util.concurrent.CountDownLatch;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** What ends the wait at a mailbox, with the message that it waits for: what it did not take is there for the next. */
public final class MailboxInterleavings {
  /** A wait of this long is one that nothing ended. */
  private static final long LONG_NANOS = 30_000_000_000L;

  private static final int REFUSED = -1;
  private static final int SLEPT = -2;

  private MailboxInterleavings() {}

  /** A box of a rig's ring, with a message on its way for each that it holds. */
  private static Mailbox box(Rig rig, int capacity) {
    Mailbox box = new Mailbox(rig.table, capacity);
    for (int i = 0; i < capacity; i++) {
      box.reserve();
    }
    return box;
  }

  /** The message that is there, or what there is instead. */
  private static int now(Mailbox box) {
    return take(box, Deadline.afterNanos(0));
  }

  private static int take(Mailbox box, long deadline) {
    int[] outcome = new int[1];
    long begun = System.nanoTime();
    try {
      int message = box.take(deadline, outcome);
      // With the time up it looks once more, and so has in the end what it slept over.
      if (System.nanoTime() - begun >= LONG_NANOS) {
        return SLEPT;
      }
      return outcome[0] == 0 ? message : outcome[0];
    } catch (IllegalStateException another) {
      return REFUSED;
    }
  }

  /** How much room there is. */
  private static int room(Mailbox box) {
    int room = 0;
    while (box.reserve()) {
      room++;
    }
    return room;
  }

  private static void end(Rig rig, Mailbox box) {
    box.close();
    rig.ended();
  }

  /** A box is closed while a message comes, and a thread goes to wait for it. */
  @JCStressTest
  @Outcome(id = "9, -5003, 1", expect = ACCEPTABLE, desc = "it has the message")
  @Outcome(id = "-5003, 9, 1", expect = ACCEPTABLE, desc = "told of the close, with the message still there")
  @Outcome(expect = FORBIDDEN, desc = "it sleeps over the close, or a message is lost that came before that")
  @State
  public static class MessageCloseAndTaker {
    private final Rig rig = Rig.take();
    private final Mailbox box = box(rig, 1);

    @Actor
    public void taker(III_Result r) {
      r.r1 = take(box, Deadline.afterNanos(LONG_NANOS));
    }

    @Actor
    public void batonsHolder() {
      rig.complete(box.userData(), 9, 0);
      box.close();
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r2 = now(box);
      r.r3 = room(box);
      end(rig, box);
    }
  }

  /** A box is closed by its taker's side, while a message is on its way. */
  @JCStressTest
  @Outcome(id = "9, -5003, 1, 0", expect = ACCEPTABLE, desc = "the message was in time, and taken")
  @Outcome(id = "-5003, 9, 1, 0", expect = ACCEPTABLE, desc = "it was in time, and is still there")
  @Outcome(id = "-5003, -5003, 0, 0", expect = ACCEPTABLE, desc = "it is nobody's")
  @Outcome(id = "9, -5003, 1, 1", expect = ACCEPTABLE, desc = "it had come before the close, and was taken")
  @Outcome(id = "-5003, -5003, 0, 2", expect = ACCEPTABLE, desc = "it came behind the close, and is nobody's")
  @Outcome(expect = FORBIDDEN, desc = "lost though it came before the close, or kept though it came behind it")
  @State
  public static class CloseAndMessage {
    private static final int BEFORE = 1;
    private static final int BEHIND = 2;

    private final Meeting meeting = new Meeting();
    private volatile boolean came;
    private volatile boolean closed;
    private int order;
    private int sendersOrder;
    private final Rig rig = Rig.take();
    private final Mailbox box = box(rig, 1);

    @Actor
    public void taker(IIII_Result r) {
      meeting.one();
      order = came ? BEFORE : 0;
      box.close();
      closed = true;
      r.r1 = take(box, Deadline.afterNanos(LONG_NANOS));
    }

    @Actor
    public void batonsHolder() {
      meeting.other();
      sendersOrder = closed ? BEHIND : 0;
      rig.complete(box.userData(), 9, 0);
      came = true;
    }

    @Arbiter
    public void rest(IIII_Result r) {
      r.r4 = order + sendersOrder;
      r.r2 = now(box);
      r.r3 = room(box);
      end(rig, box);
    }
  }

  /** A box is closed while a thread goes to wait at it. */
  @JCStressTest
  @Outcome(id = "-5003, 1", expect = ACCEPTABLE, desc = "told of the close")
  @Outcome(expect = FORBIDDEN, desc = "it sleeps over the close")
  @State
  public static class CloseAndTaker {
    private final Rig rig = Rig.take();
    private final Mailbox box = new Mailbox(rig.table, 1);

    @Actor
    public void taker(II_Result r) {
      r.r1 = take(box, Deadline.afterNanos(LONG_NANOS));
    }

    @Actor
    public void closer() {
      box.close();
    }

    @Arbiter
    public void rest(II_Result r) {
      r.r2 = room(box);
      end(rig, box);
    }
  }

  /** The time of a wait is up while the message comes. */
  @JCStressTest
  @Outcome(id = "9, -5001, 1", expect = ACCEPTABLE, desc = "it has the message")
  @Outcome(id = "-5001, 9, 1", expect = ACCEPTABLE, desc = "it was too early, and the next has it")
  @Outcome(expect = FORBIDDEN, desc = "the message is lost, or taken twice")
  @State
  public static class TimeoutAndMessage {
    private static final long SHORT_NANOS = 1_000;

    private final Rig rig = Rig.take();
    private final Mailbox box = box(rig, 1);

    @Actor
    public void taker(III_Result r) {
      r.r1 = take(box, Deadline.afterNanos(SHORT_NANOS));
    }

    @Actor
    public void batonsHolder() {
      rig.complete(box.userData(), 9, 0);
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r2 = now(box);
      r.r3 = room(box);
      end(rig, box);
    }
  }

  /** A platform thread that waits is interrupted, and its message comes. */
  @JCStressTest
  @Outcome(id = "9, 1, -5001, 1", expect = ACCEPTABLE, desc = "it has the message, and is interrupted")
  @Outcome(expect = FORBIDDEN, desc = "the wait, or the interrupt, is lost")
  @State
  public static class InterruptAndMessage {
    private final Rig rig = Rig.take();
    private final Mailbox box = box(rig, 1);
    private volatile Thread taker;

    @Actor
    public void taker(IIII_Result r) {
      taker = Thread.currentThread();
      r.r1 = take(box, Deadline.afterNanos(LONG_NANOS));
      r.r2 = Thread.interrupted() ? 1 : 0;
    }

    @Actor
    public void batonsHolder() {
      Thread waits = null;
      while (waits == null) {
        waits = taker;
      }
      waits.interrupt();
      rig.complete(box.userData(), 9, 0);
    }

    @Arbiter
    public void rest(IIII_Result r) {
      r.r3 = now(box);
      r.r4 = room(box);
      end(rig, box);
    }
  }

  /** A virtual thread that waits is interrupted, which ends its wait, and its message comes. */
  @JCStressTest
  @Outcome(id = "9, 1, -5001, 1", expect = ACCEPTABLE, desc = "it has the message, and is interrupted")
  @Outcome(id = "-5004, 1, 9, 1", expect = ACCEPTABLE, desc = "interrupted, and the next has the message")
  @Outcome(expect = FORBIDDEN, desc = "the message, the wait or the interrupt is lost")
  @State
  public static class VirtualInterruptAndMessage {
    private final Rig rig = Rig.take();
    private final Mailbox box = box(rig, 1);
    private final CountDownLatch back = new CountDownLatch(1);
    private volatile Thread taker;

    @Actor
    public void taker(IIII_Result r) {
      taker = Thread.ofVirtual().start(() -> {
        r.r1 = take(box, Deadline.afterNanos(LONG_NANOS));
        r.r2 = Thread.currentThread().isInterrupted() ? 1 : 0;
        back.countDown();
      });
      Waiting.uninterruptibly(back);
    }

    @Actor
    public void batonsHolder() {
      Thread waits = null;
      while (waits == null) {
        waits = taker;
      }
      waits.interrupt();
      rig.complete(box.userData(), 9, 0);
    }

    @Arbiter
    public void rest(IIII_Result r) {
      r.r3 = now(box);
      r.r4 = room(box);
      end(rig, box);
    }
  }

  /** Two take, where one at a time may, and there is a message for each. */
  @JCStressTest
  @Outcome(id = "8, 9, -5001, 2", expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(id = "9, 8, -5001, 2", expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(id = "8, -1, 9, 2", expect = ACCEPTABLE, desc = "one was refused, and the message is still there")
  @Outcome(id = "-1, 8, 9, 2", expect = ACCEPTABLE, desc = "one was refused, and the message is still there")
  @Outcome(expect = FORBIDDEN, desc = "a message is lost, or taken twice")
  @State
  public static class TwoTakers {
    private final Rig rig = Rig.take();
    private final Mailbox box = box(rig, 2);

    public TwoTakers() {
      rig.complete(box.userData(), 8, 0);
      rig.complete(box.userData(), 9, 0);
    }

    @Actor
    public void one(IIII_Result r) {
      r.r1 = take(box, Deadline.afterNanos(LONG_NANOS));
    }

    @Actor
    public void other(IIII_Result r) {
      r.r2 = take(box, Deadline.afterNanos(LONG_NANOS));
    }

    @Arbiter
    public void rest(IIII_Result r) {
      r.r3 = now(box);
      r.r4 = room(box);
      end(rig, box);
    }
  }

  /** A message is about to be sent to a box while another is taken out of it. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "the one has its room, and the other gave its own back")
  @Outcome(expect = FORBIDDEN, desc = "room is lost, or given twice")
  @State
  public static class RoomAndTaker {
    private final Rig rig = Rig.take();
    private final Mailbox box = box(rig, 2);

    public RoomAndTaker() {
      rig.complete(box.userData(), 9, 0);
      box.unreserve();
    }

    @Actor
    public void sender(II_Result r) {
      r.r1 = box.reserve() ? 1 : 0;
    }

    @Actor
    public void taker() {
      take(box, Deadline.afterNanos(LONG_NANOS));
    }

    @Arbiter
    public void rest(II_Result r) {
      r.r2 = room(box);
      end(rig, box);
    }
  }

  /** Two messages are about to be sent to a box that has room for one. */
  @JCStressTest
  @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "the one's")
  @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "the other's")
  @Outcome(expect = FORBIDDEN, desc = "room is lost, or given twice")
  @State
  public static class TwoSenders {
    private final Rig rig = Rig.take();
    private final Mailbox box = new Mailbox(rig.table, 1);

    @Actor
    public void one(III_Result r) {
      r.r1 = box.reserve() ? 1 : 0;
    }

    @Actor
    public void other(III_Result r) {
      r.r2 = box.reserve() ? 1 : 0;
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = room(box);
      end(rig, box);
    }
  }
}
