package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.sys.Constants;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.RunsOnce;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How many threads the kernel has for what it cannot wait for by itself (K-75). */
@RunsOnce(RunsOnce.NO_DRIVER)
class WorkerLimitFactsTest {
  private static final int WAITING = 6;
  private static final int LIMIT = 2;

  private final RawSockets sockets = new RawSockets();

  @AfterEach
  void closeAll() {
    sockets.close();
  }

  private int[] pipe() {
    MemorySegment fds = RawRing.memory(8);
    assertEquals(0, SystemCalls.pipe(fds.address(), Constants.O_CLOEXEC));
    return new int[] {
        sockets.own(fds.get(ValueLayout.JAVA_INT, 0)), sockets.own(fds.get(ValueLayout.JAVA_INT, 4))};
  }

  /** Tees from empty pipes, each of which keeps a worker; answers how many workers there were at most. */
  private int workersOf(RawRing ring, int expected) {
    int submitter = SystemCalls.gettid();
    List<int[]> from = new ArrayList<>();
    for (int i = 0; i < WAITING; i++) {
      int[] source = pipe();
      int[] target = pipe();
      from.add(source);
      ring.stage(1 + i, (sqe, at) -> Sqe.prepTee(sqe, at, source[0], target[1], 1, 0));
    }
    assertEquals(WAITING, ring.submit());
    Await.until(
        () -> expected + " workers of " + submitter + " in " + SubmitterThreadFactsTest.workers(),
        () -> waitingWorkers(submitter) == expected);
    int most = expected;
    MemorySegment one = RawRing.memory(1);
    for (int i = 0; i < WAITING; i++) {
      assertEquals(1, SystemCalls.write(from.get(i)[1], one.address(), 1));
      assertEquals(1, ring.result(1 + i));
      most = Math.max(most, waitingWorkers(submitter));
    }
    return most;
  }

  private static int waitingWorkers(int submitter) {
    return (int) SubmitterThreadFactsTest.workers().stream()
        .filter(worker -> worker.startsWith("iou-wrk-" + submitter + " ") && worker.contains("pipe"))
        .count();
  }

  @Test
  void whatMayLastForEverGetsAWorkerEach() {
    ShortLivedThread.run(() -> {
      try (RawRing ring = RawRing.open()) {
        assertEquals(WAITING, workersOf(ring, WAITING));
      }
    });
  }

  @Test
  void aLimitSetBeforeTheRingRunsHoldsForWhoeverSubmitsLater() {
    try (RawRing ring = RawRing.open(new RingOptions(64, 128, 0, Set.of()).withWorkers(0, LIMIT))) {
      for (int submitter = 0; submitter < 2; submitter++) {
        ring.forget();
        ShortLivedThread.run(() -> assertTrue(workersOf(ring, LIMIT) <= LIMIT));
      }
    }
  }
}
