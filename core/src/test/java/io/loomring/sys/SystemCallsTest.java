package io.loomring.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.RunsOnce;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

@RunsOnce(RunsOnce.NO_DRIVER)
class SystemCallsTest {
  private static final int ROUNDS = 20_000;

  @Test
  void everyThreadGetsTheErrnoOfItsOwnCall() throws Exception {
    AtomicLong right = new AtomicLong();
    int notASocket = SystemCalls.eventfd();
    CyclicBarrier start = new CyclicBarrier(3);
    List<Thread> threads = new ArrayList<>();
    threads.add(Thread.ofPlatform().start(() -> right.addAndGet(count(start, Errno.EBADF, () -> SystemCalls.close(-1)))));
    threads.add(Thread.ofPlatform().start(
        () -> right.addAndGet(count(start, Errno.EINVAL, () -> SystemCalls.munmap(1, 0)))));
    threads.add(Thread.ofVirtual().start(
        () -> right.addAndGet(count(start, Errno.ENOTSOCK, () -> SystemCalls.shutdown(notASocket, 0)))));
    for (Thread thread : threads) {
      thread.join();
    }
    SystemCalls.close(notASocket);
    assertEquals(3L * ROUNDS, right.get());
  }

  private static long count(CyclicBarrier start, int errno, IntSupplier call) {
    long right = 0;
    try {
      start.await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    for (int i = 0; i < ROUNDS; i++) {
      if (call.getAsInt() == -errno) {
        right++;
      }
    }
    return right;
  }

  @Test
  void aLimitThatIsNoneIsTheLargestNumber() {
    long limit = SystemCalls.softLimit(Constants.RLIMIT_NOFILE);
    assertTrue(limit > 0);
  }

  @Test
  void theLimitOfAnUnknownResourceIsAnError() {
    assertEquals(-Errno.EINVAL, SystemCalls.softLimit(9999));
  }

  @Test
  void theKernelsClockGoesOn() {
    long before = SystemCalls.monotonicNanos();
    assertTrue(SystemCalls.monotonicNanos() >= before);
  }

  @Test
  void nanoTimeIsTheKernelsClockOrItsDistanceIsKnown() {
    long offset = MonotonicClock.offsetFromNanoTime();
    long before = System.nanoTime() + offset;
    long kernel = SystemCalls.monotonicNanos();
    // Within a minute: the offset is a difference of clocks, not of machines.
    assertTrue(Math.abs(kernel - before) < 60_000_000_000L);
  }

  @Test
  void anErrnoHasItsNameAndItsText() {
    assertEquals("ECONNRESET", Errno.name(Errno.ECONNRESET));
    assertEquals("errno 4000", Errno.name(4000));
    assertEquals("Connection refused", Errno.text(Errno.ECONNREFUSED));
  }
}
