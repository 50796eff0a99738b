package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.OperationInterruptedException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An interrupt ends the wait of a virtual thread, loses against a result, and is nothing to a platform thread. */
class InterruptTest extends UringTest {
  enum Wait {
    RECV(OperationKind.RECV), ACCEPT(OperationKind.ACCEPT), TIMEOUT(OperationKind.TIMEOUT);

    final OperationKind kind;

    Wait(OperationKind kind) {
      this.kind = kind;
    }

    Object call(Uring uring, Pair pair, Descriptor listener) throws IOException {
      switch (this) {
        case RECV -> uring.recv(pair.client(), new byte[10], 0, 10);
        case ACCEPT -> uring.accept(listener);
        case TIMEOUT -> uring.timeout(Duration.ofHours(1));
      }
      return "came back";
    }
  }

  /** Makes the call, and answers what it threw only where the flag is set afterwards. */
  private static Object flagged(Callable<?> call) throws Exception {
    try {
      return call.call();
    } catch (OperationInterruptedException e) {
      assertTrue(Thread.currentThread().isInterrupted(), "the flag is not set");
      throw e;
    }
  }

  @ParameterizedTest
  @EnumSource
  void itEndsAVirtualThreadsWait(Wait wait) throws IOException {
    Pair pair = Connections.pair(uring);
    Descriptor listener = Connections.listener(uring);
    Caller caller = Caller.virtual(() -> flagged(() -> wait.call(uring, pair, listener)));
    awaitInKernel(1);
    Await.untilParked(caller.thread());
    caller.thread().interrupt();
    caller.thrown(OperationInterruptedException.class);
    assertTrue(listener.isOpen() && pair.client().isOpen());
    listener.close();
    pair.close();
  }

  @ParameterizedTest
  @EnumSource
  void onesThatCameBeforeTheCallEndsTheWaitToo(Wait wait) throws IOException {
    Pair pair = Connections.pair(uring);
    Descriptor listener = Connections.listener(uring);
    Caller caller = Caller.virtual(() -> {
      Thread.currentThread().interrupt();
      return flagged(() -> wait.call(uring, pair, listener));
    });
    caller.thrown(OperationInterruptedException.class);
    listener.close();
    pair.close();
  }

  @Test
  void dataThatIsThereWinsAndTheFlagStays() throws IOException {
    Pair pair = Connections.pair(uring);
    uring.send(pair.client(), new byte[3], 0, 3);
    Caller caller = Caller.virtual(() -> {
      Thread.currentThread().interrupt();
      int count = uring.recv(pair.server(), new byte[10], 0, 10);
      assertTrue(Thread.currentThread().isInterrupted());
      return count;
    });
    assertEquals(3, caller.value());
    pair.close();
  }

  @Test
  void aConnectionThatIsThereWinsToo() throws IOException {
    Descriptor listener = Connections.listener(uring);
    Descriptor client = Connections.connected(uring, Connections.address(listener));
    Caller caller = Caller.virtual(() -> {
      Thread.currentThread().interrupt();
      return uring.accept(listener);
    });
    ((Descriptor) caller.value()).close();
    client.close();
    listener.close();
  }

  @Test
  void aPlatformThreadIgnoresItAndKeepsItsFlag() throws IOException {
    Pair pair = Connections.pair(uring);
    Caller caller = Caller.platform(() -> {
      int count = uring.recv(pair.server(), new byte[10], 0, 10);
      assertTrue(Thread.currentThread().isInterrupted());
      return count;
    });
    awaitInKernel(1);
    Await.untilParked(caller.thread());
    caller.thread().interrupt();
    Await.until("the interrupt is noticed", () -> !caller.thread().isInterrupted());
    Await.untilParked(caller.thread());
    assertEquals(0, uring.stats().cancels());
    uring.send(pair.client(), new byte[5], 0, 5);
    assertEquals(5, caller.value());
    pair.close();
  }

  @Test
  void aCallThatWantsNoInterruptsGoesOnWaitingAndKeepsTheFlag() throws IOException {
    Pair pair = Connections.pair(uring);
    Caller caller = Caller.virtual(() -> {
      Thread.currentThread().interrupt();
      byte[] bytes = new byte[10];
      int count = uring.recv(pair.server(), MemorySegment.ofArray(bytes), CallOptions.NONE.withoutInterrupts());
      assertTrue(Thread.currentThread().isInterrupted());
      return count;
    });
    awaitInKernel(1);
    Await.untilParked(caller.thread());
    caller.thread().interrupt();
    Await.until("the interrupt is noticed", () -> !caller.thread().isInterrupted());
    Await.untilParked(caller.thread());
    assertEquals(0, uring.stats().cancels());
    uring.send(pair.client(), new byte[5], 0, 5);
    assertEquals(5, caller.value());
    pair.close();
  }

  @Test
  void anyNumberOfInterruptsLosesNoByte() throws IOException {
    Pair pair = Connections.pair(uring);
    int bytes = 500;
    Caller reader = Caller.virtual(() -> {
      int received = 0;
      while (received < bytes) {
        byte[] one = new byte[1];
        try {
          assertEquals(1, uring.recv(pair.server(), one, 0, 1));
          assertEquals((byte) received, one[0]);
          received++;
        } catch (OperationInterruptedException e) {
          assertTrue(Thread.interrupted());
        }
      }
      return received;
    });
    for (int i = 0; i < bytes; i++) {
      reader.thread().interrupt();
      uring.send(pair.client(), new byte[] {(byte) i}, 0, 1);
      reader.thread().interrupt();
    }
    assertEquals(bytes, reader.value());
    pair.close();
  }
}
