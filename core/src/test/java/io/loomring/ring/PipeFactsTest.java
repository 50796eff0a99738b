package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.RunsOnce;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How splices behave, and the operation that makes pipes (K-64, K-62, K-63). */
@RunsOnce(RunsOnce.NO_DRIVER)
class PipeFactsTest {
  private static final int SPLICE = 1;
  private static final int CANCEL = 2;
  private static final int PIPE = 3;
  private static final int PIPE_BYTES = 1 << 20;

  private final RawRing ring = RawRing.open();
  private final RawSockets sockets = new RawSockets();

  @AfterEach
  void close() {
    ring.close();
    sockets.close();
  }

  private int[] pipe() {
    MemorySegment fds = RawRing.memory(8);
    assertEquals(0, SystemCalls.pipe(fds.address(), Constants.O_CLOEXEC));
    return ends(fds);
  }

  private int[] ends(MemorySegment fds) {
    return new int[] {
        sockets.own(fds.get(ValueLayout.JAVA_INT, 0)), sockets.own(fds.get(ValueLayout.JAVA_INT, 4))};
  }

  private static int available(int fd) {
    MemorySegment count = RawRing.memory(4);
    assertEquals(0, SystemCalls.ioctl(fd, Constants.FIONREAD, count.address()));
    return count.get(ValueLayout.JAVA_INT, 0);
  }

  private void stageSplice(int from, int to, int bytes) {
    ring.stage(SPLICE, (sqe, at) -> Sqe.prepSplice(sqe, at, from, -1, to, -1, bytes, 0));
  }

  @Test
  void aSpliceThatNeedNotWaitIsLeftToAWorkerAllTheSame() {
    int[] from = pipe();
    int[] to = pipe();
    MemorySegment bytes = RawRing.memory(64);
    ShortLivedThread.run(() -> {
      assertEquals(64, SystemCalls.write(from[1], bytes.address(), 64));
      stageSplice(from[0], to[1], 64);
      ring.submit();
      assertEquals(64, ring.result(SPLICE));
      // It stays for a while, in case that there is more to do.
      String name = "iou-wrk-" + SystemCalls.gettid() + " ";
      Await.until(
          () -> name + "is none of " + SubmitterThreadFactsTest.workers(),
          () -> SubmitterThreadFactsTest.workers().stream().anyMatch(worker -> worker.startsWith(name)));
    });
  }

  @Test
  void aSpliceIntoASocketThatIsCancelledAnswersItsCountAndLeavesTheRestInThePipe() {
    int[] pipe = pipe();
    RawSockets.Pair pair = sockets.unixPair();
    ShortLivedThread.run(() -> {
      assertTrue(SystemCalls.fcntl(pipe[1], Constants.F_SETPIPE_SZ, PIPE_BYTES) >= PIPE_BYTES);
      MemorySegment bytes = RawRing.memory(PIPE_BYTES);
      assertEquals(PIPE_BYTES, SystemCalls.write(pipe[1], bytes.address(), PIPE_BYTES));
      stageSplice(pipe[0], pair.here(), PIPE_BYTES);
      ring.submit();
      // Not by a look into the pipe, which waits for the splice.
      Await.until("the splice moves", () -> !RawSockets.isQuiet(pair.there()));
      ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancel(sqe, at, SPLICE)).submit();
      int moved = ring.result(SPLICE);
      assertTrue(moved > 0 && moved < PIPE_BYTES, () -> "the splice answered " + moved);
      assertEquals(PIPE_BYTES - moved, available(pipe[0]));
      long received = 0;
      for (int count; (count = RawSockets.receiveNow(pair.there(), bytes)) > 0; ) {
        received += count;
      }
      assertEquals(moved, received);
    });
  }

  @Test
  void aSpliceToAPeerThatIsGoneAnswersEpipe() {
    int[] pipe = pipe();
    RawSockets.Pair pair = sockets.unixPair();
    sockets.close(pair.there());
    assertEquals(1, SystemCalls.write(pipe[1], RawRing.memory(1).address(), 1));
    stageSplice(pipe[0], pair.here(), 1);
    ring.submit();
    assertEquals(-Errno.EPIPE, ring.result(SPLICE));
  }

  @Test
  void aPipeComesAsTwoNumbersInMemoryWithAResultOfZero() {
    MemorySegment fds = RawRing.memory(8);
    ring.stage(PIPE, (sqe, at) -> Sqe.prepPipe(sqe, at, fds.address(), Constants.O_CLOEXEC)).submit();
    assertEquals(0, ring.result(PIPE));
    int[] ends = ends(fds);
    assertEquals(1, SystemCalls.write(ends[1], RawRing.memory(1).address(), 1));
    assertEquals(1, available(ends[0]));
  }
}
