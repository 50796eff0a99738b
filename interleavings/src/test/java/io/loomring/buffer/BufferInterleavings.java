package io.loomring.buffer;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.loomring.interleavings.Meeting;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** A buffer that the kernel picks: who holds it, and when the kernel gets it again, which is once. */
public final class BufferInterleavings {
  /** A wait of this long is one that nothing ended. */
  private static final long LONG_NANOS = 30_000_000_000L;

  private static final int BUFFER = 0;
  private static final int BYTES = 8;

  private BufferInterleavings() {}

  /** Of one buffer each, used again since they have memory outside the heap. */
  private static final Queue<BufferGroup> IDLE = new ConcurrentLinkedQueue<>();

  private static BufferGroup group() {
    BufferGroup idle = IDLE.poll();
    return idle == null ? new BufferGroup(0, 1, 4 * BYTES) : idle;
  }

  /** How many buffers the kernel can pick from; the last thing asked of it. */
  private static int provided(BufferGroup group) {
    int provided = group.provided();
    if (provided == 1) {
      IDLE.add(group);
    }
    return provided;
  }

  /** The last two readers of a buffer give it back. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "the kernel has it again")
  @Outcome(expect = FORBIDDEN, desc = "it is provided twice, or never, or too early (I-3)")
  @State
  public static class LastTwoReaders {
    private final BufferGroup group = group();
    private final int before;

    public LastTwoReaders() {
      group.arrived(BUFFER, BYTES, true);
      group.arrived(BUFFER, BYTES, false);
      before = group.provided();
    }

    @Actor
    public void one() {
      group.release(BUFFER);
    }

    @Actor
    public void other() {
      group.release(BUFFER);
    }

    @Arbiter
    public void rest(II_Result r) {
      r.r1 = before;
      r.r2 = provided(group);
    }
  }

  /** A reader gives its part of a buffer back while the kernel puts more into it. */
  @JCStressTest
  @Outcome(id = "8, 0, 1", expect = ACCEPTABLE, desc = "the kernel has it when the last is through")
  @Outcome(expect = FORBIDDEN, desc = "it is provided while it is read, or never (I-3)")
  @State
  public static class ReaderAndNextBytes {
    private final BufferGroup group = group();

    public ReaderAndNextBytes() {
      group.arrived(BUFFER, BYTES, true);
    }

    @Actor
    public void reader() {
      group.release(BUFFER);
    }

    @Actor
    public void batonsHolder(III_Result r) {
      r.r1 = group.arrived(BUFFER, BYTES, true);
      group.arrived(BUFFER, BYTES, false);
    }

    @Arbiter
    public void rest(III_Result r) {
      group.release(BUFFER);
      r.r2 = group.provided();
      group.release(BUFFER);
      r.r3 = provided(group);
    }
  }

  /** A stream waits for a buffer, and the only one comes back. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "it goes on")
  @Outcome(expect = FORBIDDEN, desc = "it waits while there is a buffer")
  @State
  public static class BufferAndWaiter {
    private final Meeting meeting = new Meeting();
    private final BufferGroup group = group();

    public BufferAndWaiter() {
      group.arrived(BUFFER, BYTES, false);
    }

    @Actor
    public void reader() {
      meeting.one();
      group.release(BUFFER);
    }

    @Actor
    public void waiter(II_Result r) {
      meeting.other();
      long begun = System.nanoTime();
      while (group.provided() == 0) {
        group.notifyOf(Thread.currentThread());
        if (group.provided() == 0) {
          LockSupport.parkNanos(LONG_NANOS);
        }
      }
      group.forget(Thread.currentThread());
      r.r1 = System.nanoTime() - begun < LONG_NANOS ? 0 : 1;
    }

    @Arbiter
    public void rest(II_Result r) {
      r.r2 = provided(group);
    }
  }

  private static ProvidedBuffer arrived(BufferGroup group) {
    return new ProvidedBuffer(group, BUFFER, group.arrived(BUFFER, BYTES, false), BYTES);
  }

  /** A buffer is lent to an operation while it is given back. */
  @JCStressTest
  @Outcome(id = "1, 0, 1", expect = ACCEPTABLE, desc = "lent, and not given back before that is over")
  @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "given back, and not lent")
  @Outcome(expect = FORBIDDEN, desc = "the kernel reads from it and writes to it (I-3)")
  @State
  public static class LendAndClose {
    private final Meeting meeting = new Meeting();
    private final BufferGroup group = group();
    private final ProvidedBuffer buffer = arrived(group);

    @Actor
    public void borrower(III_Result r) {
      meeting.one();
      try {
        buffer.lent();
        r.r1 = 1;
      } catch (IllegalStateException closed) {
        r.r1 = 0;
      }
    }

    @Actor
    public void closer(III_Result r) {
      meeting.other();
      try {
        buffer.close();
        r.r2 = 1;
      } catch (IllegalStateException lent) {
        r.r2 = 0;
      }
    }

    @Arbiter
    public void rest(III_Result r) {
      if (r.r1 == 1) {
        buffer.returned();
      }
      if (r.r2 == 0) {
        buffer.close();
      }
      r.r3 = provided(group);
    }
  }

  /** Two give a buffer back. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "once")
  @Outcome(expect = FORBIDDEN, desc = "it is provided twice, the second time from under its next reader")
  @State
  public static class TwoClosers {
    private final BufferGroup group = group();
    private final ProvidedBuffer buffer = arrived(group);

    @Actor
    public void one() {
      buffer.close();
    }

    @Actor
    public void other() {
      buffer.close();
    }

    @Arbiter
    public void rest(II_Result r) {
      r.r2 = provided(group);
    }
  }
}
