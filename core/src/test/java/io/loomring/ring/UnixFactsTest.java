package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.loomring.fd.UnixName;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.RunsOnce;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How a connect in the Unix domain waits for room in the listener's queue (K-46). */
@RunsOnce(RunsOnce.NO_DRIVER)
class UnixFactsTest {
  private static final int WORK = 1;
  private static final int TIMEOUT = 2;
  private static final int CANCEL = 3;
  private static final int BACKLOG = 1;

  private final RawRing ring = RawRing.open();
  private final MemorySegment name = RawRing.memory(128);
  private final int nameBytes =
      UnixName.ofAbstract(("loomring-facts-" + System.nanoTime()).getBytes()).encode(name, 0);
  private final List<Integer> opened = new ArrayList<>();
  private int listener;

  private int socket() {
    int fd = SystemCalls.socket(Constants.AF_UNIX, Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC, 0);
    opened.add(fd);
    return fd;
  }

  /** Fills the queue: one more than the backlog says. */
  @BeforeEach
  void fill() {
    listener = socket();
    assertEquals(0, SystemCalls.bind(listener, name.address(), nameBytes));
    assertEquals(0, SystemCalls.listen(listener, BACKLOG));
    for (int i = 0; i <= BACKLOG; i++) {
      assertEquals(0, SystemCalls.connect(socket(), name.address(), nameBytes));
    }
  }

  @AfterEach
  void close() {
    ring.close();
    opened.forEach(SystemCalls::close);
  }

  private int stageConnect(int flags) {
    int fd = socket();
    ring.stage(WORK, flags, (sqe, at) -> Sqe.prepConnect(sqe, at, fd, name.address(), nameBytes));
    return fd;
  }

  private static void awaitWorker() {
    String name = "iou-wrk-" + SystemCalls.gettid() + " ";
    Await.until(() -> "a worker that waits among " + SubmitterThreadFactsTest.workers(),
        () -> SubmitterThreadFactsTest.workers().stream()
            .anyMatch(worker -> worker.startsWith(name) && worker.contains("unix_wait")));
  }

  @Test
  void aConnectToAFullQueueOfTheUnixDomainWaitsInAWorkerUntilThereIsRoom() {
    stageConnect(0);
    ring.submit();
    awaitWorker();
    assertFalse(ring.isCompleted(WORK));
    opened.add(SystemCalls.accept4(listener, 0, 0, Constants.SOCK_CLOEXEC));
    assertEquals(0, ring.result(WORK));
  }

  @Test
  void aLinkedTimeoutEndsAConnectThatWaitsForRoomAndSaysThatItFoundNothing() {
    stageConnect(SqeFlags.IO_LINK);
    ring.stage(TIMEOUT, (sqe, at) -> Sqe.prepLinkTimeout(sqe, at, RawRing.timespec(3_000), 0)).submit();
    awaitWorker();
    assertEquals(-Errno.EINTR, ring.result(WORK));
    assertEquals(-Errno.ENOENT, ring.result(TIMEOUT));
  }

  @Test
  void aCancelByDescriptorEndsAConnectThatWaitsForRoomAndSaysThatItFoundNothing() {
    int fd = stageConnect(0);
    ring.submit();
    awaitWorker();
    ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancelFd(sqe, at, fd)).submit();
    assertEquals(0, ring.result(CANCEL));
    assertEquals(-Errno.EINTR, ring.result(WORK));
  }
}
