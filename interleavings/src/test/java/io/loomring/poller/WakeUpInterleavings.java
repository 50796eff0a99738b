package io.loomring.poller;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.loomring.op.Counters.Counter;
import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.OperationKind;
import io.loomring.op.Probe;
import io.loomring.ring.Opcode;
import io.loomring.ring.RingOptions;
import io.loomring.ring.Sqe;
import io.loomring.sys.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** What ends a driver's wait in the kernel, and who brings it something meanwhile; the descriptors are the kernel's. */
public final class WakeUpInterleavings {
  /** A wait of this long is one that nothing ended. */
  private static final long LONG_NANOS = 30_000_000_000L;

  private WakeUpInterleavings() {}

  /** How often an eventfd was written since it was last read. */
  private static int written(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(ValueLayout.JAVA_LONG);
      return SystemCalls.read(fd, value.address(), Long.BYTES) < 0 ? 0 : (int) value.get(ValueLayout.JAVA_LONG, 0);
    }
  }

  /** A driver is woken while what wakes it is closed, and its number given to another. */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "nothing came to the other")
  @Outcome(expect = FORBIDDEN, desc = "the wake-up is written to another's descriptor")
  @State
  public static class SignalAndClose {
    private final WakeUp wakeUp = new WakeUp(SystemCalls.eventfd());
    private volatile int next;

    @Actor
    public void waker() {
      wakeUp.signal();
    }

    @Actor
    public void driver() {
      wakeUp.close();
      next = SystemCalls.eventfd();
    }

    @Arbiter
    public void rest(I_Result r) {
      r.r1 = written(next);
      SystemCalls.close(next);
    }
  }

  /** A loop goes to sleep while two nodes are handed in. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "asleep, and woken once")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "saw them, and was woken for nothing")
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "saw them, and is awake")
  @Outcome(expect = FORBIDDEN, desc = "asleep over what was handed in, or woken by each")
  @State
  public static class SleepAndTwoHandIns {
    private final LoopPoller loop = Pollers.takeLoop();
    private final Operation first = loop.table().tryAcquire();
    private final Operation second = loop.table().tryAcquire();

    @Actor
    public void driver(II_Result r) {
      r.r1 = loop.announceSleep() ? 1 : 0;
    }

    @Actor
    public void caller() {
      loop.submit(Probe.idleNode(first));
      loop.submit(Probe.idleNode(second));
    }

    @Arbiter
    public void rest(II_Result r) {
      r.r2 = written(loop.wakeUp.fd);
      loop.runTurn(false);
      first.release();
      second.release();
      Pollers.back(loop);
    }
  }

  /** A ring that an actor's thread drives, of the kernel's; the thread ends with the process. */
  private static final ThreadLocal<CallerDriver> DRIVERS = ThreadLocal.withInitial(() -> CallerDriver.open(
      "meets", new RingOptions(8, 16, 0, Set.of(Opcode.NOP, Opcode.POLL_ADD)), 8));

  private static Operation nop(CallerDriver driver) {
    Operation op = driver.table().tryAcquire();
    Sqe.prepNop(op.memory(), op.base());
    op.describe(OperationKind.NOP, null, null);
    return op;
  }

  /** Runs turns until so many operations have ended; false where that took as long as nothing does that is woken. */
  private static boolean drive(CallerDriver driver, long ended) {
    long begun = System.nanoTime();
    while (driver.counters().get(Counter.OPERATIONS_ENDED) != ended) {
      driver.turn(LONG_NANOS);
    }
    return System.nanoTime() - begun < LONG_NANOS;
  }

  /** A driver waits in the kernel while something is handed in, and again. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "it has had both")
  @Outcome(expect = FORBIDDEN, desc = "it waits over what was handed in")
  @State
  public static class WaitAndHandIn {
    private volatile Operation first;
    private volatile Operation second;

    @Actor
    public void driver(II_Result r) {
      CallerDriver driver = DRIVERS.get();
      long before = driver.counters().get(Counter.OPERATIONS_ENDED);
      first = nop(driver);
      r.r1 = drive(driver, before + 1) ? 1 : 0;
      second = nop(driver);
      r.r2 = drive(driver, before + 2) ? 1 : 0;
    }

    @Actor
    public void caller() {
      while (first == null) {
        Thread.onSpinWait();
      }
      first.submit(Deadline.NONE, false);
      while (second == null) {
        Thread.onSpinWait();
      }
      second.submit(Deadline.NONE, false);
    }
  }

  /** The time of a wait is up while it is ended by a signal; that one comes late, and the next wait is another. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "it has had both")
  @Outcome(expect = FORBIDDEN, desc = "it waits over what was handed in, since a signal came too late before")
  @State
  public static class SleepersEndAndSignal {
    private static final long SHORT_NANOS = 10_000;

    private volatile Operation first;
    private volatile Operation second;

    @Actor
    public void driver(II_Result r) {
      CallerDriver driver = DRIVERS.get();
      long before = driver.counters().get(Counter.OPERATIONS_ENDED);
      first = nop(driver);
      driver.turn(SHORT_NANOS);
      r.r1 = drive(driver, before + 1) ? 1 : 0;
      second = nop(driver);
      driver.turn(SHORT_NANOS);
      r.r2 = drive(driver, before + 2) ? 1 : 0;
    }

    @Actor
    public void caller() {
      handIn(true);
      handIn(false);
    }

    private void handIn(boolean former) {
      Operation op = null;
      while (op == null) {
        op = former ? first : second;
      }
      long begun = System.nanoTime();
      while (System.nanoTime() - begun < SHORT_NANOS) {
        Thread.onSpinWait();
      }
      op.submit(Deadline.NONE, false);
    }
  }

  /** A thread becomes runnable on a loop that ends. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "it has run, here or elsewhere")
  @Outcome(expect = FORBIDDEN, desc = "it never runs again, or twice")
  @State
  public static class ThreadAndLoopsEnd {
    private final CountDownLatch ran = new CountDownLatch(2);
    private volatile LoopPoller loop;

    @Actor
    public void loop() {
      LoopPoller mine = LoopPoller.make("ends", Pollers::ring, 2, 0);
      mine.stop();
      loop = mine;
      mine.run();
    }

    @Actor
    public void other() {
      LoopPoller its = null;
      while (its == null) {
        its = loop;
      }
      its.execute(ran::countDown);
    }

    @Arbiter
    public void rest(I_Result r) {
      long begun = System.nanoTime();
      while (ran.getCount() == 2 && System.nanoTime() - begun < LONG_NANOS) {
        Thread.onSpinWait();
      }
      r.r1 = 2 - (int) ran.getCount();
    }
  }
}
