package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.sys.Constants;
import io.loomring.sys.EpollEventLayout;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of operations whose submitting thread has ended (K-01, K-34, K-35, K-42). */
@RunsOnce(RunsOnce.NO_DRIVER)
class SubmitterThreadFactsTest {
  private static final int RECV = 1;
  private static final int TIMEOUT = 2;
  private static final int AGAIN = 3;

  private final RawRing ring = RawRing.open();
  private final RawSockets sockets = new RawSockets();

  @AfterEach
  void close() {
    ring.close();
    sockets.close();
  }

  private void submitAndEnd() {
    int staged = ring.ring().sq().publish();
    ShortLivedThread.run(() -> assertEquals(staged, ring.submit()));
  }

  @Test
  void aPendingReceiveOutlivesItsSubmitterUntilDataComes() {
    RawSockets.Pair pair = sockets.unixPair();
    ring.stageRecv(RECV, pair.here());
    submitAndEnd();
    assertFalse(ring.isCompleted(RECV));
    RawSockets.send(pair.there(), "x");
    assertEquals(-Errno.ECANCELED, ring.result(RECV));
  }

  @Test
  void theDataThatEndsTheReceiveOfADeadSubmitterStaysInTheSocket() {
    RawSockets.Pair pair = sockets.unixPair();
    ring.stageRecv(RECV, pair.here());
    submitAndEnd();
    RawSockets.send(pair.there(), "kept");
    assertEquals(-Errno.ECANCELED, ring.result(RECV));
    assertEquals("kept", RawSockets.receive(pair.here()));
  }

  @Test
  void aReceiveSubmittedAgainByALiveThreadGetsTheData() {
    RawSockets.Pair pair = sockets.tcpPair();
    ring.stageRecv(RECV, pair.here());
    submitAndEnd();
    RawSockets.send(pair.there(), "kept");
    assertEquals(-Errno.ECANCELED, ring.result(RECV));
    ring.stageRecv(AGAIN, pair.here()).submit();
    assertEquals(4, ring.result(AGAIN));
  }

  @Test
  void aLinkTimeoutOfALiveSubmitterEndsWithETimeAndCancelsItsTarget() {
    RawSockets.Pair pair = sockets.unixPair();
    stageTimedReceive(pair, 20);
    ring.submit();
    assertEquals(-Errno.ETIME, ring.result(TIMEOUT));
    assertEquals(-Errno.ECANCELED, ring.result(RECV));
  }

  @Test
  void aLinkTimeoutOfADeadSubmitterEndsCanceledAndItsTargetGoesOn() {
    RawSockets.Pair pair = sockets.unixPair();
    // Long enough for the thread to be gone by then.
    stageTimedReceive(pair, 3000);
    submitAndEnd();
    assertEquals(-Errno.ECANCELED, ring.result(TIMEOUT));
    assertFalse(ring.isCompleted(RECV));
    RawSockets.send(pair.there(), "x");
    assertEquals(-Errno.ECANCELED, ring.result(RECV));
  }

  private void stageTimedReceive(RawSockets.Pair pair, int millis) {
    long timespec = RawRing.timespec(millis);
    MemorySegment buffer = RawRing.memory(64);
    ring.stage(RECV, SqeFlags.IO_LINK, (sqe, at) -> Sqe.prepRecv(sqe, at, pair.here(), buffer.address(), 64, 0));
    ring.stage(TIMEOUT, (sqe, at) -> Sqe.prepLinkTimeout(sqe, at, timespec, 0));
  }

  @Test
  void aPlainTimeoutOutlivesItsSubmitterAndEndsWithETime() {
    long timespec = RawRing.timespec(200);
    ring.stage(TIMEOUT, (sqe, at) -> Sqe.prepTimeout(sqe, at, timespec, 0, 0));
    submitAndEnd();
    assertEquals(-Errno.ETIME, ring.result(TIMEOUT));
  }

  @Test
  void aSpliceThatWaitsInAWorkerEndsWithTheKernelsOwnRestartCode() {
    int[] from = pipe();
    int[] to = pipe();
    ring.stage(RECV, (sqe, at) -> {
      Sqe.prep(sqe, at, Opcode.SPLICE, to[1], -1, 64, -1, 0);
      sqe.set(ValueLayout.JAVA_INT, at + SqeLayout.FILE_INDEX, from[0]);
    });
    int staged = ring.ring().sq().publish();
    ShortLivedThread.run(() -> {
      assertEquals(staged, ring.submit());
      // Before a worker has begun with it, it would be taken out of the worker's queue, and end canceled.
      awaitWorkerInPipe(SystemCalls.gettid());
    });
    assertEquals(-Errno.ERESTARTSYS, ring.result(RECV));
  }

  /** Waits until a worker of the thread {@code submitter} sleeps in a pipe's wait. */
  private static void awaitWorkerInPipe(int submitter) {
    Await.until(() -> "a worker of " + submitter + " among " + workers(), () -> workers().stream()
        .anyMatch(worker -> worker.startsWith("iou-wrk-" + submitter + " ") && worker.contains("pipe")));
  }

  /** The names of the kernel's worker threads, each with the function that it sleeps in. */
  static List<String> workers() {
    List<String> found = new ArrayList<>();
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      for (Path task : tasks.toList()) {
        try {
          String name = Files.readString(task.resolve("comm")).strip();
          if (name.startsWith("iou-wrk-")) {
            found.add(name + " " + Files.readString(task.resolve("wchan")).strip());
          }
        } catch (IOException endedMeanwhile) {
          // It has nothing left to wait for.
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  private int[] pipe() {
    MemorySegment fds = RawRing.memory(8);
    assertEquals(0, SystemCalls.pipe(fds.address(), Constants.O_CLOEXEC));
    return new int[] {
        sockets.own(fds.get(ValueLayout.JAVA_INT, 0)), sockets.own(fds.get(ValueLayout.JAVA_INT, 4))};
  }

  @Test
  void aPartlyDoneSendOfADeadSubmitterAnswersItsCount() {
    RawSockets.Pair pair = sockets.tcpPair();
    int bytes = 32 << 20;
    MemorySegment data = RawRing.memory(bytes);
    ring.stage(RECV, (sqe, at) -> Sqe.prepSend(
        sqe, at, pair.here(), data.address(), bytes, Constants.MSG_WAITALL | Constants.MSG_NOSIGNAL));
    submitAndEnd();
    long received = 0;
    MemorySegment into = RawRing.memory(1 << 20);
    while (!ring.isCompleted(RECV)) {
      received += Math.max(0, RawSockets.receiveNow(pair.there(), into));
    }
    int sent = ring.result(RECV);
    assertTrue(sent > 0 && sent < bytes, () -> "sent " + sent);
    sockets.close(pair.here());
    while (received < sent) {
      Await.until("the rest", () -> !RawSockets.isQuiet(pair.there()));
      received += Math.max(0, RawSockets.receiveNow(pair.there(), into));
    }
    assertEquals(sent, received);
  }

  @Test
  void theEndOfADeadSubmittersOperationWakesWhoWaitsForTheRingWithEpoll() {
    RawSockets.Pair pair = sockets.unixPair();
    MemorySegment event = RawRing.memory(EpollEventLayout.BYTES_MAX);
    int epoll = sockets.own(SystemCalls.epollCreate());
    EpollEventLayout.write(event, Constants.EPOLLIN, 42);
    assertEquals(
        0, SystemCalls.epollCtl(epoll, Constants.EPOLL_CTL_ADD, ring.ring().fd(), event.address()));
    ring.stageRecv(RECV, pair.here());
    submitAndEnd();
    assertEquals(0, SystemCalls.epollWait(epoll, event.address(), 1, 0));
    RawSockets.send(pair.there(), "x");
    int[] ready = new int[1];
    // Task work of this thread's earlier rings may end a wait.
    Await.until("the ring is readable", () ->
        (ready[0] = SystemCalls.epollWait(epoll, event.address(), 1, 30_000)) != -Errno.EINTR);
    assertEquals(1, ready[0]);
    assertFalse(ring.ring().cq().isEmpty());
    assertEquals(-Errno.ECANCELED, ring.result(RECV));
  }
}
