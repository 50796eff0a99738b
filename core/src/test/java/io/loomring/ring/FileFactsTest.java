package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.Foreign;
import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How operations on files behave that the kernel leaves to a worker (K-14, K-44, K-45). */
@RunsOnce(RunsOnce.NO_DRIVER)
class FileFactsTest {
  private static final int WORK = 1;
  private static final int TIMEOUT = 2;
  private static final int NEXT = 3;
  private static final int WAITS = Constants.O_RDONLY | Constants.O_CREAT;

  @TempDir
  private Path directory;

  private Path pipe;
  private MemorySegment path;

  @BeforeEach
  void makePipe() throws IOException, InterruptedException {
    pipe = directory.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    path = Arena.global().allocateFrom(pipe.toString());
  }

  private void stageOpen(RawRing ring, int flags, int sqeFlags) {
    ring.stage(WORK, sqeFlags, (sqe, at) -> Sqe.prepOpenat(
        sqe, at, Constants.AT_FDCWD, path.address(), flags | Constants.O_CLOEXEC, 0));
  }

  private int letIn(RawRing ring) {
    Await.until("the open ends", () -> {
      new RandomAccessFile(pipe.toFile(), "rw").close();
      return ring.isCompleted(WORK);
    });
    return ring.result(WORK);
  }

  @Test
  void aLinkedTimeoutDoesNotRunWhileAWorkerIsAtItsTarget() {
    ShortLivedThread.run(() -> {
      try (RawRing ring = RawRing.open()) {
        stageOpen(ring, WAITS, SqeFlags.IO_LINK);
        ring.stage(TIMEOUT, (sqe, at) -> Sqe.prepLinkTimeout(sqe, at, RawRing.timespec(1), 0));
        ring.stage(NEXT, (sqe, at) -> Sqe.prepTimeout(sqe, at, RawRing.timespec(200), 0, 0)).submit();
        assertEquals(-Errno.ETIME, ring.result(NEXT));
        assertFalse(ring.isCompleted(TIMEOUT) || ring.isCompleted(WORK));
        int end = letIn(ring);
        assertTrue(end >= 0, () -> "the open answered " + end);
        SystemCalls.close(end);
        ring.await(TIMEOUT);
      }
    });
  }

  @Test
  void whatMakesRemovesLinksAndRenamesFilesBreaksNoLinkWhereItFails() {
    MemorySegment missing = Arena.global().allocateFrom(directory.resolve("missing/file").toString());
    long name = missing.address();
    int here = Constants.AT_FDCWD;
    breaksNoLink((sqe, at) -> Sqe.prepMkdirat(sqe, at, here, name, 0));
    breaksNoLink((sqe, at) -> Sqe.prepUnlinkat(sqe, at, here, name, 0));
    breaksNoLink((sqe, at) -> Sqe.prepSymlinkat(sqe, at, name, here, name));
    breaksNoLink((sqe, at) -> Sqe.prepLinkat(sqe, at, here, name, here, name, 0));
    breaksNoLink((sqe, at) -> Sqe.prepRenameat(sqe, at, here, name, here, name, 0));
  }

  private static void breaksNoLink(RawRing.Encoder encoder) {
    try (RawRing ring = RawRing.open()) {
      ring.stage(WORK, SqeFlags.IO_LINK, encoder).stage(NEXT, (sqe, at) -> Sqe.prepNop(sqe, at)).submit();
      assertEquals(-Errno.ENOENT, ring.result(WORK));
      assertEquals(0, ring.result(NEXT));
    }
  }

  @Test
  void aCancelReachesAnOperationThatAWorkerIsAt() {
    ShortLivedThread.run(() -> {
      try (RawRing ring = RawRing.open()) {
        stageOpen(ring, WAITS, 0);
        ring.submit();
        String worker = "iou-wrk-" + SystemCalls.gettid();
        Await.until("a worker waits in the open", () -> waits(worker));
        ring.stage(NEXT, (sqe, at) -> Sqe.prepCancel(sqe, at, WORK)).submit();
        assertEquals(-Errno.EALREADY, ring.result(NEXT));
        int end = ring.result(WORK);
        assertTrue(end == -Errno.EINTR || end == -Errno.ERESTARTSYS, () -> "the open answered " + end);
      }
    });
  }

  /** Whether the one worker of this thread sleeps: it was made for the open, and has had nothing else to do. */
  private static boolean waits(String worker) throws IOException {
    try (var threads = Files.list(Path.of("/proc/self/task"))) {
      return threads.anyMatch(thread -> {
        try {
          return Files.readString(thread.resolve("comm")).strip().equals(worker)
              && Files.readString(thread.resolve("stat")).contains(") S ");
        } catch (IOException ended) {
          return false;
        }
      });
    }
  }

  @Test
  void anOpenOfANamedPipeForReadingWaitsOnlyWhereItMayMakeOne() {
    ShortLivedThread.run(() -> {
      try (RawRing ring = RawRing.open()) {
        stageOpen(ring, Constants.O_RDONLY, 0);
        ring.submit();
        int end = ring.result(WORK);
        assertTrue(end >= 0, () -> "the open answered " + end);
        SystemCalls.close(end);
        ring.forget();
        stageOpen(ring, Constants.O_WRONLY, 0);
        ring.submit();
        assertEquals(-Errno.ENXIO, ring.result(WORK));
      }
    });
  }

  @Test
  void aSyncThatWaitsForAWorkerIsMissedByACancelAndTakesWhoeverHasTheNumberByThen() {
    ShortLivedThread.run(() -> {
      try (RawRing ring = RawRing.open(); Arena arena = Arena.ofConfined()) {
        MemorySegment oneWorker = arena.allocateFrom(ValueLayout.JAVA_INT, 1, 0);
        assertEquals(0, SystemCalls.ioUringRegister(
            ring.ring().fd(), RegisterOps.REGISTER_IOWQ_MAX_WORKERS, oneWorker.address(), 2));
        MemorySegment name = Arena.global().allocateFrom(directory.resolve("file").toString());
        ring.stage(NEXT, (sqe, at) -> Sqe.prepOpenat(
            sqe, at, Constants.AT_FDCWD, name.address(), Constants.O_RDWR | Constants.O_CREAT, 0600)).submit();
        int file = ring.result(NEXT);
        int socket = SystemCalls.socket(Constants.AF_UNIX, Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC, 0);
        // To sync a socket answers EINVAL.
        // The only worker waits in an open; the sync waits for the worker.
        stageOpen(ring, WAITS, 0);
        ring.stage(TIMEOUT, (sqe, at) -> Sqe.prepFsync(sqe, at, socket, 0)).submit();
        ring.forget();
        ring.stage(NEXT, (sqe, at) -> Sqe.prepCancelFd(sqe, at, socket)).submit();
        assertEquals(0, ring.result(NEXT), "hit by the cancel");
        // At once: what a dup takes is the lowest free number, which may be one that somebody else has just given up.
        Foreign.replace(socket, file);
        int end = letIn(ring);
        SystemCalls.close(end);
        assertEquals(0, ring.result(TIMEOUT), "the file that has the number now was synced");
        SystemCalls.close(socket);
        SystemCalls.close(file);
      }
    });
  }
}
