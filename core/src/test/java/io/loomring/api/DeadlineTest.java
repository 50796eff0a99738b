package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.buffer.Buffer;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Deadline;
import io.loomring.op.OperationKind;
import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Seed;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Deadlines: a result beats them, and nothing is lost to them. */
class DeadlineTest extends UringTest {
  private static final int ROUNDS = 1_000;
  private static final int LONG_ROUNDS = 10_000;
  private static final CallOptions AT_ONCE = CallOptions.timeout(Duration.ZERO);
  private static final CallOptions SOON = CallOptions.timeout(Duration.ofMillis(20));

  @Test
  void noByteIsLostWhereDataMeetsTheDeadline() throws Exception {
    meet(ROUNDS, false);
  }

  @Test
  void noByteIsLostToAVirtualThreadEither() throws Exception {
    Caller.virtual(() -> {
      meet(ROUNDS, true);
      return null;
    }).value();
  }

  @Tag("long")
  @Test
  void noByteIsLostWhereDataMeetsTheDeadlineOverAndOver() throws Exception {
    meet(LONG_ROUNDS, false);
  }

  private void meet(int rounds, boolean virtual) throws Exception {
    long seed = Seed.announced("data meets deadline" + (virtual ? ", virtual" : ""));
    Pair pair = Connections.pair(uring);
    int waitNanos = 300_000;
    CyclicBarrier together = new CyclicBarrier(2);
    Caller writer = Caller.platform(() -> {
      RandomGenerator random = Seed.of(seed);
      for (int i = 0; i < rounds; i++) {
        together.await();
        long until = System.nanoTime() + random.nextInt(2 * waitNanos);
        for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
          // Parks where there is time for it, and spins for the rest.
          LockSupport.parkNanos(left > 100_000 ? left - 80_000 : 1);
        }
        uring.send(pair.client(), new byte[] {(byte) i}, 0, 1);
        together.await();
      }
      return null;
    });
    long timedOut = uring.stats().timedOut();
    int inTime = 0;
    int late = 0;
    Buffer buffer = uring.buffers().acquire(8);
    for (int i = 0; i < rounds; i++) {
      together.await();
      int result = uring.raw().recv(pair.server(), buffer, 8, 0, Deadline.afterNanos(waitNanos), true, null);
      together.await();
      if (result == Outcome.TIMED_OUT) {
        late++;
        Await.until("what was sent and not received is there", () -> SocketCalls.available(pair.server()) == 1);
        result = uring.raw().recv(pair.server(), buffer, 8, 0, Deadline.NONE, true, null);
      } else {
        inTime++;
      }
      assertEquals(1, result);
      assertEquals((byte) i, buffer.segment().get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0));
      assertEquals(0, SocketCalls.available(pair.server()), "more than was sent");
    }
    uring.buffers().release(buffer);
    writer.value();
    assertTrue(inTime > 0 && late > 0, "in time " + inTime + ", late " + late);
    assertEquals(late, uring.stats().timedOut() - timedOut);
    pair.close();
  }

  @Test
  void aTimeoutEndsEveryKindOfWait() throws IOException {
    Pair pair = Connections.pair(uring);
    Descriptor listener = Connections.listener(uring, 0);
    InetSocketAddress address = Connections.address(listener);
    Descriptor filler = Connections.connected(uring, address);
    Descriptor hanging = uring.tcpSocket();
    assertThrows(OperationTimeoutException.class, () -> uring.connect(hanging, address, SOON));
    uring.accept(listener).close();
    assertThrows(OperationTimeoutException.class, () -> uring.recv(pair.client(), java.nio.ByteBuffer.allocate(1), SOON));
    assertThrows(OperationTimeoutException.class, () -> uring.poll(pair.client(), Constants.POLLIN, SOON));
    Connections.fill(uring, pair.client());
    OperationTimeoutException thrown = assertThrows(
        OperationTimeoutException.class, () -> uring.send(pair.client(), java.nio.ByteBuffer.allocate(8 << 20), SOON));
    assertTrue(thrown.bytesTransferred < 8 << 20);
    hanging.close();
    Descriptor idle = Connections.listener(uring);
    assertThrows(OperationTimeoutException.class, () -> uring.accept(idle, SOON));
    assertEquals(5, uring.stats().timedOut());
    idle.close();
    filler.close();
    listener.close();
    pair.close();
  }

  @Test
  void aTimeoutOfZeroTakesWhatIsThereAndElseTimesOut() throws IOException {
    Pair pair = Connections.pair(uring);
    byte[] bytes = new byte[4];
    var into = java.lang.foreign.MemorySegment.ofArray(bytes);
    assertThrows(OperationTimeoutException.class, () -> uring.recv(pair.server(), into, AT_ONCE));
    uring.send(pair.client(), new byte[] {1, 2}, 0, 2);
    assertEquals(2, uring.recv(pair.server(), into, AT_ONCE));
    assertThrows(OperationTimeoutException.class, () -> uring.recv(pair.server(), into, AT_ONCE));
    pair.client().close();
    assertEquals(-1, uring.recv(pair.server(), into, AT_ONCE));
    pair.close();
    try (Descriptor listener = Connections.listener(uring)) {
      assertThrows(OperationTimeoutException.class, () -> uring.accept(listener, AT_ONCE));
      Descriptor client = Connections.connected(uring, Connections.address(listener));
      uring.accept(listener, AT_ONCE).close();
      client.close();
    }
  }

  @Test
  void aDeadlineLongPastTakesWhatIsThereToo() throws IOException {
    Pair pair = Connections.pair(uring);
    CallOptions past = CallOptions.NONE.withDeadline(System.nanoTime() - 1_000_000_000_000L);
    var into = java.lang.foreign.MemorySegment.ofArray(new byte[4]);
    assertThrows(OperationTimeoutException.class, () -> uring.recv(pair.server(), into, past));
    uring.send(pair.client(), new byte[1], 0, 1);
    assertEquals(1, uring.recv(pair.server(), into, past));
    pair.close();
  }

  @Test
  void aTimeoutThatIsTooLongToTellIsNone() throws IOException {
    Pair pair = Connections.pair(uring);
    var into = java.lang.foreign.MemorySegment.ofArray(new byte[4]);
    CallOptions ages = CallOptions.timeout(Duration.ofSeconds(Long.MAX_VALUE));
    Caller reader = Caller.virtual(() -> uring.recv(pair.server(), into, ages));
    Caller sleeper = Caller.virtual(() -> {
      uring.timeout(Duration.ofSeconds(Long.MAX_VALUE));
      return null;
    });
    awaitInKernel(2);
    uring.send(pair.client(), new byte[1], 0, 1);
    assertEquals(1, reader.value());
    awaitInKernel(1);
    uring.close();
    assertTrue(sleeper.thrown() != null);
  }

  @Test
  void aTimeoutOfItsOwnEndsInTimeAndNotBefore() throws IOException {
    long begun = System.nanoTime();
    uring.timeout(Duration.ofMillis(50));
    assertTrue(System.nanoTime() - begun >= 50_000_000L);
    uring.timeout(Duration.ZERO);
  }

  @Test
  void aThousandTimeoutsAtOnceAllEnd() throws IOException {
    Caller[] callers = new Caller[1000];
    Pair pair = Connections.pair(uring);
    for (int i = 0; i < callers.length; i++) {
      CallOptions options = CallOptions.timeout(Duration.ofMillis(5 + i % 50));
      callers[i] = Caller.virtual(() -> uring.poll(pair.client(), Constants.POLLIN, options));
    }
    for (Caller caller : callers) {
      caller.thrown(OperationTimeoutException.class);
    }
    Await.untilInFlight(uring, OperationKind.POLL, 0);
    assertEquals(callers.length, uring.stats().timedOut());
    pair.close();
  }
}
