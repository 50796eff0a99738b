package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.op.OperationKind;
import io.loomring.ring.Opcode;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Runs;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Children, futexes and messages between rings. */
class ProcessOpcodesTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;
  private static final CallOptions SOON = CallOptions.timeout(Duration.ofMillis(20));

  private final MemorySegment word = Arena.ofAuto().allocate(8, 8);

  // ---- processes

  private static Process child() throws IOException {
    return new ProcessBuilder("sleep", "1000").start();
  }

  private static void signal(Process child, String name) throws Exception {
    assertEquals(0, new ProcessBuilder("kill", "-" + name, Long.toString(child.pid())).start().waitFor());
  }

  /** What /proc says of its state, such as T for stopped. */
  private static char state(Process child) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + child.pid() + "/stat"));
    return stat.charAt(stat.lastIndexOf(')') + 2);
  }

  @Test
  @Runs(Opcode.WAITID)
  void aChildIsWaitedFor() throws Exception {
    Process child = child();
    int pid = (int) child.pid();
    ProcessOperations processes = uring.processes();
    int stops = ProcessOperations.STOPPED | ProcessOperations.CONTINUED;
    assertNull(processes.waitid(ProcessOperations.PID, pid, stops | ProcessOperations.NO_HANG, NONE));
    assertThrows(OperationTimeoutException.class, () -> processes.waitid(ProcessOperations.PID, pid, stops, SOON));
    Caller caller = Caller.virtual(() -> processes.waitid(ProcessOperations.PID, pid, stops, NONE));
    Await.untilInFlight(uring, OperationKind.WAITID, 1);
    signal(child, "STOP");
    ProcessStatus stopped = (ProcessStatus) caller.value();
    assertEquals('T', state(child));
    assertEquals(pid, stopped.pid());
    assertEquals(ProcessStatus.STOPPED, stopped.code());
    child.destroyForcibly();
    assertEquals(128 + 9, child.waitFor());
  }

  @Test
  void aChildThatIsNobodysIsNotWaitedFor() {
    assertThrows(IOException.class, () -> uring.processes().waitFor(1, NONE));
  }

  // ---- futexes

  @Test
  @Runs({Opcode.FUTEX_WAIT, Opcode.FUTEX_WAKE})
  void whoWaitsOnAWordIsWoken() throws IOException {
    ProcessOperations processes = uring.processes();
    assertFalse(processes.futexWait(word, 1, NONE), "the word holds something else");
    assertEquals(0, processes.futexWake(word, 1, NONE), "nobody waits");
    List<Caller> waiters = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      waiters.add(Caller.virtual(() -> processes.futexWait(word, 0, NONE)));
    }
    awaitInKernel(3);
    wakes(word, 2);
    Await.untilInFlight(uring, OperationKind.FUTEX_WAIT, 1);
    wakes(word, 1);
    assertEquals(0, processes.futexWake(word, 5, NONE), "who was woken is counted once");
    for (Caller waiter : waiters) {
      assertEquals(true, waiter.value());
    }
    assertThrows(OperationTimeoutException.class, () -> processes.futexWait(word, 0, SOON));
  }

  /** Wakes so many who wait through any ring: one may be on its way into the kernel still when another has woken. */
  private void wakes(MemorySegment at, int count) {
    int[] left = {count};
    Await.until(() -> left[0] + " are not there", () -> {
      left[0] -= uring.processes().futexWake(at, left[0], NONE);
      return left[0] == 0;
    });
  }

  @Test
  @Runs(Opcode.FUTEX_WAITV)
  void whoWaitsOnSeveralWordsLearnsWhich() throws IOException {
    ProcessOperations processes = uring.processes();
    MemorySegment second = word.asSlice(4, 4);
    second.set(ValueLayout.JAVA_INT, 0, -7);
    List<FutexWord> words = List.of(new FutexWord(word, 0), new FutexWord(second, -7));
    Caller caller = Caller.virtual(() -> processes.futexWaitAny(words, NONE));
    awaitInKernel(1);
    wakes(second, 1);
    assertEquals(1, caller.value());
    assertEquals(-1, processes.futexWaitAny(List.of(new FutexWord(word, 0), new FutexWord(second, 0)), NONE));
    assertThrows(OperationTimeoutException.class, () -> processes.futexWaitAny(words, SOON));
    assertThrows(IllegalArgumentException.class, () -> processes.futexWaitAny(List.of(), NONE));
  }

  @Test
  void aWordIsFourAlignedBytesOffTheHeap() {
    ProcessOperations processes = uring.processes();
    MemorySegment heap = MemorySegment.ofArray(new int[1]);
    assertThrows(IllegalArgumentException.class, () -> processes.futexWait(heap, 0, NONE));
    assertThrows(IllegalArgumentException.class, () -> processes.futexWake(word.asSlice(1, 4), 1, NONE));
    assertThrows(IllegalArgumentException.class, () -> processes.futexWait(word.asSlice(0, 2), 0, NONE));
  }

  // ---- messages

  @Test
  @Runs(Opcode.MSG_RING)
  void messagesGoFromRingToRing() throws IOException {
    try (Uring other = TestDriver.open(TestDriver.config("other")); RingMailbox box = other.rings().mailbox(4)) {
      Caller taker = Caller.virtual(() -> box.take(NONE));
      Await.untilParked(taker.thread());
      assertTrue(uring.rings().send(box, 42, NONE));
      assertEquals(42, taker.value());
      for (int message = -1; message < 3; message++) {
        assertTrue(uring.rings().send(box, message & 0x7FFF_FFFF, NONE));
      }
      assertFalse(uring.rings().send(box, 9, NONE), "it is full");
      assertEquals(0x7FFF_FFFF, box.take(NONE));
      assertTrue(uring.rings().send(box, 3, NONE));
      for (int message = 0; message < 4; message++) {
        assertEquals(message, box.take(NONE));
      }
      awaitNothingLeft(other);
    }
  }

  @Test
  void aRingSendsItselfMessages() throws IOException {
    try (RingMailbox box = uring.rings().mailbox(1)) {
      assertTrue(uring.rings().send(box, 7, NONE));
      assertEquals(7, box.take(NONE));
    }
  }

  @Test
  void aWaitForAMessageEndsEarly() throws IOException {
    RingMailbox box = uring.rings().mailbox(1);
    assertThrows(OperationTimeoutException.class, () -> box.take(SOON));
    Caller interrupted = Caller.virtual(() -> box.take(NONE));
    Await.untilParked(interrupted.thread());
    assertThrows(IllegalStateException.class, () -> box.take(NONE), "one thread at a time");
    interrupted.thread().interrupt();
    interrupted.thrown(OperationInterruptedException.class);
    Caller closed = Caller.platform(() -> box.take(NONE));
    Await.untilParked(closed.thread());
    box.close();
    closed.thrown(DescriptorClosedException.class);
    assertThrows(DescriptorClosedException.class, () -> uring.rings().send(box, 1, NONE));
  }

  @Test
  void theEndOfTheRingEndsAWaitForAMessage() {
    RingMailbox box = uring.rings().mailbox(1);
    Caller caller = Caller.virtual(() -> box.take(NONE));
    Await.untilParked(caller.thread());
    uring.close();
    caller.thrown(IOException.class);
  }

  @Test
  void noMessageIsLostBetweenManySendersAndOneTaker() throws IOException {
    int senders = 8;
    int each = 100;
    try (Uring other = TestDriver.open(TestDriver.config("other")); RingMailbox box = other.rings().mailbox(16)) {
      List<Caller> callers = new ArrayList<>();
      for (int i = 0; i < senders; i++) {
        callers.add(Caller.virtual(() -> {
          for (int sent = 0; sent < each; sent++) {
            while (!uring.rings().send(box, 1, NONE)) {
              // Full: whoever delivers needs a carrier.
              Thread.yield();
            }
          }
          return null;
        }));
      }
      int sum = 0;
      for (int i = 0; i < senders * each; i++) {
        sum += box.take(CallOptions.timeout(Await.LIMIT));
      }
      assertEquals(senders * each, sum);
      callers.forEach(Caller::value);
    }
  }
}
