package io.loomring.poller;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.fd.SocketAddresses;
import io.loomring.op.Arrivals;
import io.loomring.op.Counters;
import io.loomring.op.Counters.Counter;
import io.loomring.op.Deadline;
import io.loomring.op.InboxNode;
import io.loomring.op.Operation;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.op.SlotLayout;
import io.loomring.op.Submitter;
import io.loomring.ring.KernelRing;
import io.loomring.ring.RingOptions;
import io.loomring.ring.Sqe;
import io.loomring.sys.Constants;
import io.loomring.sys.MonotonicClock;
import io.loomring.sys.NativeMemory;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a thread that submitted leaves behind when it ends is mended, unseen by who waits (K-01, K-34, K-35). */
@RunsOnce("a loop's thread, the only one that submits, does not end before its ring")
class SubmitterExitTest {
  private final KernelRing ring = KernelRing.open(new RingOptions(8, 16, 0, Set.of()));
  private final Inbox inbox = new Inbox();
  private final Counters counters = new Counters();
  private final MemorySegment slots = NativeMemory.anonymous(16 * SlotLayout.BYTES);
  private final OperationTable table = new OperationTable(
      new Submitter() {
        @Override
        public void submit(InboxNode node) {
          inbox.push(node);
        }

        @Override
        public boolean isPollerThread() {
          return false;
        }
      },
      slots,
      16,
      MonotonicClock.offsetFromNanoTime(),
      false);
  private final Turn turn = new Turn(ring, table, inbox, counters);
  private final MemorySegment buffer = NativeMemory.anonymous(4096);
  private int reader;
  private int writer;

  @BeforeEach
  void connect() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment fds = arena.allocate(8, 4);
      assertEquals(0, SystemCalls.socketpair(
          Constants.AF_UNIX, Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC, 0, fds.address()));
      reader = fds.get(ValueLayout.JAVA_INT, 0);
      writer = fds.get(ValueLayout.JAVA_INT, 4);
    }
  }

  @AfterEach
  void nothingIsLeft() {
    SystemCalls.close(reader);
    SystemCalls.close(writer);
    Await.until("the kernel lets go", () -> {
      turn.run();
      return counters.get(Counter.SUBMITTED) == counters.get(Counter.COMPLETED);
    });
    assertTrue(table.isEmpty());
    assertEquals(0, counters.get(Counter.STRAY_COMPLETIONS));
    ring.closeFd();
    ring.unmap();
  }

  private Caller receiving(int bytes, long deadline) {
    return waiting(OperationKind.RECV, deadline,
        op -> Sqe.prepRecv(op.memory(), op.base(), reader, buffer.address(), bytes, 0));
  }

  private interface Staging {
    void stage(Operation op);
  }

  private Caller waiting(OperationKind kind, long deadline, Staging staging) {
    return Caller.virtual(() -> {
      Operation op = table.acquire(null, Deadline.NONE);
      staging.stage(op);
      op.describe(kind, null, buffer);
      op.submit(deadline, true);
      int result = op.await(true);
      op.release();
      return result;
    });
  }

  /** Runs a turn that has something to submit, on a thread that has ended for the kernel, too, when this returns. */
  private void submitFromAThreadThatEnds() {
    Await.until("an operation is handed in", () -> !inbox.isEmpty());
    int[] tid = new int[1];
    IntConsumer note = id -> tid[0] = id;
    Thread thread = Thread.ofPlatform().start(() -> {
      note.accept(SystemCalls.gettid());
      turn.run();
    });
    Await.untilEnded(thread);
    Await.until("the thread is gone", () -> !Files.exists(Path.of("/proc/self/task/" + tid[0])));
  }

  private int driveToTheEnd(Caller caller) {
    Await.until("the operation ends", () -> {
      turn.run();
      return caller.isDone();
    });
    return (int) caller.value();
  }

  private void write(byte... bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      assertEquals(bytes.length, SystemCalls.write(writer, data.address(), bytes.length));
    }
  }

  @Test
  void aReceiveIsSubmittedAgainAndTheDataIsIntact() {
    Caller caller = receiving(100, Deadline.NONE);
    submitFromAThreadThatEnds();
    write((byte) 7, (byte) 8, (byte) 9);
    assertEquals(3, driveToTheEnd(caller));
    assertEquals(1, counters.get(Counter.RESUBMITTED));
    assertArrayEquals(new byte[] {7, 8, 9}, buffer.asSlice(0, 3).toArray(ValueLayout.JAVA_BYTE));
  }

  @Test
  void anOperationOfManyCompletionsEndsForItsTakerToBeginAgainAndTheDataIsStillThere() {
    Arrivals arrivals = new Arrivals(null, false);
    Operation op = table.acquire(null, Deadline.NONE);
    Sqe.prepMultishotPoll(op.memory(), op.base(), reader, Constants.POLLIN);
    op.describe(OperationKind.POLL, null, null);
    op.deliverTo(arrivals);
    op.submit(Deadline.NONE, false);
    submitFromAThreadThatEnds();
    write((byte) 7);
    Await.until("it ends", () -> {
      turn.run();
      return arrivals.isEnded();
    });
    assertTrue(Outcome.isInterruption(arrivals.outcome()), () -> "ended with " + arrivals.outcome());
    assertTrue(arrivals.isEmpty());
    assertEquals(1, SystemCalls.recv(reader, buffer.address(), 100, Constants.MSG_DONTWAIT));
  }

  @Test
  void oneWhoseSubmittersEndOverAndOverLosesNothingEither() {
    for (int i = 0; i < 20; i++) {
      Caller caller = receiving(100, Deadline.NONE);
      submitFromAThreadThatEnds();
      write((byte) i);
      submitLostReceiveAgainFromAThreadThatEnds();
      assertEquals(1, driveToTheEnd(caller));
      assertEquals(i, buffer.get(ValueLayout.JAVA_BYTE, 0));
    }
    assertTrue(counters.get(Counter.RESUBMITTED) >= 20);
  }

  private void submitLostReceiveAgainFromAThreadThatEnds() {
    Await.until("the kernel gives the operation up", turn::hasCompletions);
    Thread thread = Thread.ofPlatform().start(() -> {
      turn.run();
      turn.run();
    });
    Await.untilEnded(thread);
  }

  @Test
  void aDeadlineWhoseTimeoutIsLostIsKept() {
    long deadline = Deadline.afterNanos(200_000_000);
    Caller caller = receiving(100, deadline);
    submitFromAThreadThatEnds();
    assertEquals(Outcome.TIMED_OUT, driveToTheEnd(caller));
    assertTrue(Deadline.hasPassed(deadline), "too early");
    assertEquals(1, counters.get(Counter.TIMED_OUT));
    assertEquals(1, counters.get(Counter.DEADLINES_MENDED));
  }

  @Test
  void dataBeforeADeadlineWhoseTimeoutIsLostIsDelivered() {
    Caller caller = receiving(100, Deadline.afterNanos(20_000_000_000L));
    submitFromAThreadThatEnds();
    write((byte) 1, (byte) 2);
    assertEquals(2, driveToTheEnd(caller));
    assertEquals(0, counters.get(Counter.TIMED_OUT));
  }

  @Test
  void anInterruptEndsOneWhoseSubmitterHasEnded() {
    Caller caller = receiving(100, Deadline.NONE);
    submitFromAThreadThatEnds();
    caller.thread().interrupt();
    assertEquals(Outcome.INTERRUPTED, driveToTheEnd(caller));
    assertEquals(0, counters.get(Counter.RESUBMITTED));
  }

  @Test
  void aTimeoutSurvivesItsSubmitter() {
    long until = Deadline.afterNanos(100_000_000);
    Caller caller = waiting(OperationKind.TIMEOUT, Deadline.NONE, op -> {
      op.stageTimespec(until);
      Sqe.prepTimeout(op.memory(), op.base(), op.addressOf(SlotLayout.TIMESPEC), 0, 1);
    });
    submitFromAThreadThatEnds();
    assertEquals(0, driveToTheEnd(caller));
    assertTrue(Deadline.hasPassed(until), "too early");
  }

  @Test
  void aConnectIsSeenThroughToItsEnd() throws IOException {
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    int socket = SystemCalls.socket(
        SocketAddresses.family(), Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC, 0);
    try (ServerSocket server = new ServerSocket(0, 1, loopback);
        Socket first = new Socket(loopback, server.getLocalPort());
        Socket second = new Socket(loopback, server.getLocalPort())) {
      Connections.awaitQueued(server.getLocalPort(), 2);
      // The backlog is full: the next one's SYN is dropped, and sent again a second later.
      Caller caller = waiting(OperationKind.CONNECT, Deadline.NONE, op -> {
        int length = SocketAddresses.encode(
            loopback, server.getLocalPort(), op.memory(), op.base() + SlotLayout.ADDRESS);
        Sqe.prepConnect(op.memory(), op.base(), socket, op.addressOf(SlotLayout.ADDRESS), length);
      });
      submitFromAThreadThatEnds();
      server.accept().close();
      server.accept().close();
      assertEquals(0, driveToTheEnd(caller));
      server.accept().close();
      assertTrue(counters.get(Counter.RESUBMITTED) >= 1);
    } finally {
      SystemCalls.close(socket);
    }
  }
}
