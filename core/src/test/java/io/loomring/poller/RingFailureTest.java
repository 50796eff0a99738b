package io.loomring.poller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.fd.Descriptor;
import io.loomring.fd.DirectDescriptor;
import io.loomring.fd.RegularDescriptor;
import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.op.SlotLayout;
import io.loomring.ring.KernelRing;
import io.loomring.ring.Ring;
import io.loomring.ring.RingOptions;
import io.loomring.ring.Sqe;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.NativeMemory;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.ForwardingRing;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.TestDriver;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

/** A ring that dies ends everyone who waits on it, with the cause (I-11, I-14). */
class RingFailureTest {
  /** A ring of the kernel whose enter does something else first: answers, throws, or lets the kernel's be. */
  private static final class Meddled extends ForwardingRing {
    private static final int GO_ON = Integer.MIN_VALUE;
    volatile IntUnaryOperator meddling = toSubmit -> GO_ON;

    Meddled(int setUpFlags) {
      super(new RingOptions(8, 16, setUpFlags, Set.of()));
    }

    @Override
    public int enter(int toSubmit, int minComplete, int flags) {
      int instead = meddling.applyAsInt(toSubmit);
      return instead == GO_ON ? super.enter(toSubmit, minComplete, flags) : instead;
    }

    @Override
    public int enterAndWait(int toSubmit, long nanos, int flags) {
      int instead = meddling.applyAsInt(toSubmit);
      return instead == GO_ON ? super.enterAndWait(toSubmit, nanos, flags) : instead;
    }
  }

  private Meddled ring;
  private final RingDriver driver = TestDriver.current() == TestDriver.LOOPS ? loop() : poller();
  private final OperationTable table = driver.table();
  private final MemorySegment buffer = NativeMemory.anonymous(4096);

  private Poller poller() {
    ring = new Meddled(0);
    Poller poller = new Poller("failing", ring, 64, false, 0);
    poller.start();
    return poller;
  }

  private LoopPoller loop() {
    return LoopPoller.start("failing", () -> ring = new Meddled(LoopPoller.SETUP_FLAGS), 64, 0);
  }

  /** A virtual thread; over a loop, one of its own. */
  private Caller virtual(Callable<?> call) {
    return driver instanceof LoopPoller loop
        ? Caller.on(LoopThreads.builder(loop).name("caller").factory(), call)
        : Caller.virtual(call);
  }

  private int[] socketPair() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment fds = arena.allocate(8, 4);
      assertEquals(0, SystemCalls.socketpair(
          Constants.AF_UNIX, Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC, 0, fds.address()));
      return fds.toArray(ValueLayout.JAVA_INT);
    }
  }

  private int receive(Descriptor from) {
    Operation op = table.acquire(from, Deadline.NONE);
    if (op == null) {
      return table.refusal(from, Deadline.NONE);
    }
    assertTrue(from.beginOperation());
    Sqe.prepRecv(op.memory(), op.base(), from.fd(), buffer.address(), 10, 0);
    op.describe(OperationKind.RECV, from, buffer);
    op.submit(Deadline.NONE, true);
    return op.await(true);
  }

  private int nop() {
    Operation op = table.acquire(null, Deadline.NONE);
    if (op == null) {
      return table.refusal(null, Deadline.NONE);
    }
    Sqe.prepNop(op.memory(), op.base());
    op.describe(OperationKind.NOP, null, null);
    op.submit(Deadline.NONE, true);
    int result = op.await(true);
    if (result != Outcome.RING_DEAD) {
      op.release();
    }
    return result;
  }

  private void dies(IntUnaryOperator how, Class<? extends Throwable> cause) throws Exception {
    int[] fds = socketPair();
    String socket = Descriptors.target(fds[0]);
    Descriptor descriptor = RegularDescriptor.of(table, table.acquire(null, Deadline.NONE), fds[0], true);
    Descriptor other = RegularDescriptor.of(table, table.acquire(null, Deadline.NONE), fds[1], true);
    // Its slot has a number that is another's in the process.
    Descriptor direct = DirectDescriptor.of(table, table.acquire(null, Deadline.NONE), fds[0], true);
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      callers.add(i % 2 == 0 ? virtual(() -> receive(descriptor)) : Caller.platform(() -> receive(descriptor)));
    }
    Await.until("they are in flight", () -> table.inFlight(OperationKind.RECV) == callers.size());
    assertEquals(0, nop());
    ring.meddling = how;
    assertEquals(Outcome.RING_DEAD, nop());
    for (Caller caller : callers) {
      assertEquals(Outcome.RING_DEAD, caller.value());
    }
    assertEquals(cause, driver.failure().getClass());
    assertSame(driver.failure(), table.closedCause());
    assertEquals(Outcome.RING_DEAD, nop());
    assertEquals(Outcome.RING_DEAD, receive(descriptor));
    direct.close();
    assertEquals(socket, Descriptors.target(fds[0]));
    descriptor.close();
    assertNotEquals(socket, Descriptors.target(fds[0]));
    other.close();
    driver.stop();
    driver.awaitStopped(Deadline.NONE);
    Await.until("its threads end", () -> Thread.getAllStackTraces().keySet().stream()
        .noneMatch(thread -> thread.getName().startsWith("failing")));
  }

  @Test
  void whereTheKernelHasDroppedCompletions() throws Exception {
    dies(toSubmit -> -Errno.EBADR, RingFailure.class);
  }

  @Test
  void whereItsNumberIsNotARings() throws Exception {
    dies(toSubmit -> -Errno.EBADF, RingFailure.class);
  }

  @Test
  void whereATurnThrows() throws Exception {
    dies(toSubmit -> {
      throw new AssertionError("a defect");
    }, AssertionError.class);
  }

  @Test
  void whereMemoryRunsOutInATurn() throws Exception {
    dies(toSubmit -> {
      throw new OutOfMemoryError("played");
    }, OutOfMemoryError.class);
  }

  @Test
  void whereTheStackEndsInATurn() throws Exception {
    dies(toSubmit -> endless(toSubmit), StackOverflowError.class);
  }

  private static int endless(int depth) {
    return endless(depth + 1) + 1;
  }

  @RunsOnce("a loop's rounds are its turns")
  @Test
  void whereAThreadOfItFailsBetweenItsTurns() throws Exception {
    Poller poller = (Poller) driver;
    for (int thread : new int[] {Poller.VIRTUAL, Poller.PLATFORM}) {
      Ring own = KernelRing.open(new RingOptions(8, 16, 0, Set.of()));
      Poller another = new Poller("failing", own, 64, false, 0);
      another.start();
      Caller waiter = Caller.virtual(() -> {
        Operation op = another.table().acquire(null, Deadline.NONE);
        Sqe.prepTimeout(op.memory(), op.base(), hour(op), 0, 0);
        op.describe(OperationKind.TIMEOUT, null, null);
        op.submit(Deadline.NONE, true);
        return op.await(true);
      });
      Await.until("it waits, and the thread sleeps",
          () -> another.table().inFlight(OperationKind.TIMEOUT) == 1 && another.isVirtualParked());
      another.failed(thread, new OutOfMemoryError("played"));
      assertEquals(Outcome.RING_DEAD, waiter.value());
      assertEquals(OutOfMemoryError.class, another.failure().getClass());
      another.stop();
      another.awaitStopped(Deadline.NONE);
    }
    assertEquals(0, nop());
    poller.refuse();
    poller.stop();
    poller.awaitStopped(Deadline.NONE);
  }

  private static long hour(Operation op) {
    op.stageTimespec(Deadline.after(Duration.ofHours(1)));
    return op.addressOf(SlotLayout.TIMESPEC);
  }

  @Test
  void busyKernelsAreAskedAgain() {
    int[] left = {100};
    int[] answers = {-Errno.EINTR, -Errno.EAGAIN, -Errno.EBUSY};
    ring.meddling = toSubmit -> left[0]-- > 0 ? answers[left[0] % answers.length] : Meddled.GO_ON;
    for (int i = 0; i < 10; i++) {
      assertEquals(0, nop());
    }
    assertTrue(left[0] < 0);
    assertNull(driver.failure());
    driver.refuse();
    driver.stop();
    driver.awaitStopped(Deadline.NONE);
  }

  @Test
  void aCallThatWouldWaitFromTheDriversOwnThreadIsRefused() throws Exception {
    int[] fds = socketPair();
    Descriptor descriptor = RegularDescriptor.of(table, table.acquire(null, Deadline.NONE), fds[0], true);
    AtomicReference<List<Throwable>> seen = new AtomicReference<>();
    assertEquals(0, nop());
    ring.meddling = toSubmit -> {
      ring.meddling = next -> Meddled.GO_ON;
      List<Throwable> thrown = new ArrayList<>();
      thrown.add(assertThrows(IllegalStateException.class, () -> table.acquire(null, Deadline.NONE)));
      thrown.add(assertThrows(IllegalStateException.class, descriptor::awaitClosed));
      seen.set(thrown);
      return Meddled.GO_ON;
    };
    assertEquals(0, nop());
    assertNotNull(seen.get(), () -> "not refused: " + driver.failure());
    assertEquals(2, seen.get().size());
    descriptor.close();
    SystemCalls.close(fds[1]);
    driver.refuse();
    driver.stop();
    driver.awaitStopped(Deadline.NONE);
    assertTrue(table.isEmpty());
  }
}
