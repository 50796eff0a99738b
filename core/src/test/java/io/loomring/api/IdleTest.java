package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.OperationTimeoutException;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.UringTest;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Connections outlive idle times in which the JDK's carriers retire (K-34, K-42). */
@Tag("long")
class IdleTest extends UringTest {
  private static final int CONNECTIONS = 20;
  private static final int IDLE_SECONDS = 45;
  private static final int TIMEOUT_SECONDS = 60;

  @Test
  void everyConnectionAnswersAfterAnIdleTime() throws Exception {
    List<Pair> pairs = new ArrayList<>();
    List<Caller> readers = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      Pair pair = Connections.pair(uring);
      pairs.add(pair);
      readers.add(Caller.virtual(() -> uring.recv(pair.server(), new byte[10], 0, 10)));
    }
    Pair timed = Connections.pair(uring);
    long begun = System.nanoTime();
    CallOptions options = CallOptions.timeout(Duration.ofSeconds(TIMEOUT_SECONDS));
    Caller late = Caller.virtual(() -> {
      try {
        return uring.recv(timed.server(), MemorySegment.ofArray(new byte[10]), options);
      } catch (OperationTimeoutException e) {
        return System.nanoTime() - begun;
      }
    });
    // One entry each: a deadline so far off has no timeout of its own yet.
    awaitInKernel(CONNECTIONS + 1);
    // The idle time is what is tested: nothing happens in it.
    assertFalse(new CountDownLatch(1).await(IDLE_SECONDS, TimeUnit.SECONDS));
    for (int i = 0; i < CONNECTIONS; i++) {
      uring.send(pairs.get(i).client(), new byte[i % 10 + 1], 0, i % 10 + 1);
      assertEquals(i % 10 + 1, readers.get(i).value());
    }
    long seconds = (long) late.value() / 1_000_000_000L;
    assertTrue(seconds >= TIMEOUT_SECONDS && seconds < TIMEOUT_SECONDS + 10, "timed out after " + seconds + " s");
    for (Pair pair : pairs) {
      pair.close();
    }
    timed.close();
  }
}
