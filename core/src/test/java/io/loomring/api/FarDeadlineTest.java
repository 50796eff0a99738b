package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.SocketCalls;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Seed;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Deadlines that are far off are kept to the moment, and cost an operation that ends before them nothing. */
class FarDeadlineTest extends UringTest {
  private static final int MANY = 400;
  private static final long SPREAD_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
  private static final Duration FAR = Duration.ofMillis(700);
  private static final CallOptions VERY_FAR = CallOptions.timeout(Duration.ofMinutes(1));

  @Test
  void anOperationThatEndsInTimeIsOneEntry() throws IOException {
    Pair pair = Connections.pair(uring);
    long before = uring.stats().submitted();
    for (int i = 0; i < 100; i++) {
      uring.send(pair.client(), ByteBuffer.wrap(new byte[] {(byte) i}), VERY_FAR);
      assertEquals(1, uring.recv(pair.server(), ByteBuffer.allocate(8), VERY_FAR));
    }
    assertEquals(200, uring.stats().submitted() - before);
    pair.close();
  }

  @Test
  void itIsNotEarlyAndNotLost() throws Exception {
    Pair pair = Connections.pair(uring);
    long begun = System.nanoTime();
    assertThrows(
        OperationTimeoutException.class,
        () -> uring.recv(pair.server(), ByteBuffer.allocate(8), CallOptions.timeout(FAR)));
    assertTrue(System.nanoTime() - begun >= FAR.toNanos(), "too early");
    assertEquals(1, uring.stats().timedOut());
    assertEquals(0, uring.stats().deadlinesMended());
    pair.close();
  }

  @Test
  void aNearerOneIsKeptWhereAFartherOneWasBefore() throws Exception {
    Pair pair = Connections.pair(uring);
    uring.send(pair.client(), new byte[1], 0, 1);
    assertEquals(1, uring.recv(pair.server(), ByteBuffer.allocate(8), VERY_FAR));
    // One slot is free at a time here: it is the same one.
    assertThrows(
        OperationTimeoutException.class,
        () -> uring.recv(pair.server(), ByteBuffer.allocate(8), CallOptions.timeout(FAR)));
    pair.close();
  }

  @Test
  void cancelCloseAndInterruptEndItAsEver() throws Exception {
    Pair cancelled = Connections.pair(uring);
    OperationHandle handle = new OperationHandle();
    Caller canceller = Caller.virtual(
        () -> uring.recv(cancelled.server(), ByteBuffer.allocate(8), VERY_FAR.withHandle(handle)));
    Pair closed = Connections.pair(uring);
    Caller closer = Caller.virtual(() -> uring.recv(closed.server(), ByteBuffer.allocate(8), VERY_FAR));
    Pair interrupted = Connections.pair(uring);
    Caller interruptee = Caller.virtual(() -> uring.recv(interrupted.server(), ByteBuffer.allocate(8), VERY_FAR));
    awaitInFlight(3);
    handle.cancel();
    canceller.thrown(OperationCancelledException.class);
    closed.server().close();
    closer.thrown(DescriptorClosedException.class);
    interruptee.thread().interrupt();
    interruptee.thrown(OperationInterruptedException.class);
    cancelled.close();
    closed.close();
    interrupted.close();
  }

  private void awaitInFlight(int count) {
    Await.until("all wait", () -> uring.inFlight(OperationKind.RECV) == count);
  }

  @Test
  void amongManyEachIsKeptAndNoByteIsLostToIt() throws Exception {
    RandomGenerator random = Seed.of(Seed.announced("many far deadlines"));
    List<Pair> pairs = new ArrayList<>();
    List<Caller> callers = new ArrayList<>();
    List<Long> waits = new ArrayList<>();
    long begun = System.nanoTime();
    for (int i = 0; i < MANY; i++) {
      Pair pair = Connections.pair(uring);
      long wait = FAR.toNanos() + random.nextLong(SPREAD_NANOS);
      pairs.add(pair);
      waits.add(wait);
      callers.add(Caller.virtual(() -> receivedWithin(pair, wait)));
    }
    for (int i = 0; i < MANY; i += 2) {
      // About when it times out.
      long until = begun + FAR.toNanos() + i * SPREAD_NANOS / MANY;
      while (System.nanoTime() < until) {
        LockSupport.parkNanos(until - System.nanoTime());
      }
      uring.send(pairs.get(i).client(), new byte[] {(byte) i}, 0, 1);
    }
    int received = 0;
    for (int i = 0; i < MANY; i++) {
      boolean got = (boolean) callers.get(i).value();
      received += got ? 1 : 0;
      if (i % 2 == 0) {
        assertEquals(got ? 0 : 1, SocketCalls.available(pairs.get(i).server()), "a byte that is lost, or doubled");
      } else {
        assertTrue(!got, "received what nobody sent");
      }
      pairs.get(i).close();
    }
    assertEquals(MANY - received, uring.stats().timedOut());
  }

  private boolean receivedWithin(Pair pair, long nanos) throws IOException {
    long begun = System.nanoTime();
    try {
      return uring.recv(pair.server(), ByteBuffer.allocate(8), CallOptions.timeout(Duration.ofNanos(nanos))) == 1;
    } catch (OperationTimeoutException timedOut) {
      assertTrue(System.nanoTime() - begun >= nanos, "too early");
      return false;
    }
  }
}
