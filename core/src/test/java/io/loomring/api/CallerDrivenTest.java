package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.RunsOnce;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A ring whose turns are run by the thread that opened it: this one. */
@RunsOnce("a driver of its own")
class CallerDrivenTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private int descriptorsBefore;
  private CallerDriven driven;
  private Uring uring;

  @BeforeEach
  void open() {
    descriptorsBefore = Descriptors.census();
    driven = CallerDriven.open(UringConfig.defaults().withName("mine"));
    uring = driven.uring();
  }

  @AfterEach
  void close() {
    if (uring.isSound()) {
      driven.runOnce();
      UringStats stats = uring.stats();
      assertEquals(0, stats.slotsInUse() + stats.inFlight() + stats.buffersLent(), stats::toString);
      assertEquals(stats.submitted(), stats.completed());
    }
    driven.close();
    Descriptors.awaitCensus(descriptorsBefore);
  }

  @Test
  void anEmptyOneReturnsAtOnce() {
    assertFalse(driven.runOnce());
    assertFalse(driven.runOnce(Duration.ZERO));
    driven.runUntilEmpty();
  }

  @Test
  void itsThreadCallsAndRunsTheTurnsMeanwhile() throws Exception {
    Pair pair = Connections.pair(uring);
    uring.send(pair.client(), new byte[] {1, 2, 3}, 0, 3);
    byte[] got = new byte[3];
    assertEquals(3, uring.recv(pair.server(), got, 0, 3));
    assertArrayEquals(new byte[] {1, 2, 3}, got);
    assertThrows(
        OperationTimeoutException.class,
        () -> uring.recv(pair.server(), ByteBuffer.allocate(1), CallOptions.timeout(Duration.ofMillis(20))));
    pair.close();
  }

  @Test
  void whatOtherThreadsAskForWaitsForATurn() throws Exception {
    Caller caller = Caller.virtual(() -> {
      uring.nop();
      return "done";
    });
    Await.until("the operation is handed in", () -> uring.inFlight(OperationKind.NOP) == 1);
    assertFalse(caller.isDone());
    driven.runUntilEmpty();
    assertEquals("done", caller.value());
  }

  @Test
  void twoThreadsTalkWhileItRuns() throws Exception {
    Pair pair = Connections.pair(uring);
    int rounds = 1_000;
    Caller echo = Caller.virtual(() -> {
      byte[] buffer = new byte[8];
      for (int n = uring.recv(pair.server(), buffer, 0, 8); n > 0; n = uring.recv(pair.server(), buffer, 0, 8)) {
        uring.send(pair.server(), buffer, 0, n);
      }
      return null;
    });
    Caller client = Caller.platform(() -> {
      byte[] buffer = new byte[1];
      for (int i = 0; i < rounds; i++) {
        uring.send(pair.client(), new byte[] {(byte) i}, 0, 1);
        assertEquals(1, uring.recv(pair.client(), buffer, 0, 1));
        assertEquals((byte) i, buffer[0]);
      }
      pair.client().close();
      return null;
    });
    while (!client.isDone() || !echo.isDone()) {
      driven.runOnce(Duration.ofMillis(10));
    }
    client.value();
    echo.value();
    pair.close();
  }

  @Test
  void aWaitEndsWhenSomethingIsHandedIn() throws Exception {
    long enters = uring.stats().enters();
    Caller caller = Caller.virtual(() -> {
      Await.until("the driver is about to wait in the kernel", () -> uring.stats().enters() > enters);
      uring.nop();
      return null;
    });
    long begun = System.nanoTime();
    assertTrue(driven.runOnce(LONG));
    assertTrue(System.nanoTime() - begun < LONG.toNanos() / 2, "nobody ended the wait");
    while (!caller.isDone()) {
      driven.runOnce(Duration.ofMillis(10));
    }
    caller.value();
  }

  @Test
  void cancelAndCloseEndWhatOthersWaitFor() throws Exception {
    Pair cancelled = Connections.pair(uring);
    // A pair of its own: the end of the other's peer would race the cancel with an end of file, and may win.
    Pair closed = Connections.pair(uring);
    OperationHandle handle = new OperationHandle();
    List<Caller> callers = new ArrayList<>();
    callers.add(Caller.virtual(
        () -> uring.recv(cancelled.server(), ByteBuffer.allocate(1), CallOptions.timeout(LONG).withHandle(handle))));
    callers.add(Caller.platform(() -> uring.recv(closed.client(), ByteBuffer.allocate(1), CallOptions.NONE)));
    Await.until("both are handed in", () -> uring.inFlight(OperationKind.RECV) == 2);
    driven.runOnce();
    Caller canceller = Caller.platform(handle::cancel);
    Caller closer = Caller.virtual(() -> {
      closed.client().close();
      return null;
    });
    driven.runUntilEmpty();
    while (!canceller.isDone() || !closer.isDone()) {
      driven.runOnce(Duration.ofMillis(10));
    }
    callers.get(0).thrown(OperationCancelledException.class);
    callers.get(1).thrown(DescriptorClosedException.class);
    cancelled.close();
    closed.close();
  }

  @Test
  void closingItEndsWhatIsInFlight() throws Exception {
    Descriptor silent = Connections.pair(uring).server();
    Caller caller = Caller.virtual(() -> uring.recv(silent, ByteBuffer.allocate(1), CallOptions.NONE));
    Await.until("it is handed in", () -> uring.inFlight(OperationKind.RECV) == 1);
    driven.runOnce();
    driven.close();
    assertInstanceOf(java.io.IOException.class, caller.thrown());
    assertThrows(IllegalStateException.class, driven::runOnce);
    driven.close();
  }

  @Test
  void anotherThreadMayNeitherDriveNorCloseIt() throws Exception {
    for (Runnable refused : List.<Runnable>of(driven::runOnce, driven::runUntilEmpty, driven::close, uring::close)) {
      Caller other = Caller.platform(() -> {
        refused.run();
        return null;
      });
      String message = other.thrown(IllegalStateException.class).getMessage();
      assertTrue(message.contains("driven by"), message);
    }
    assertTrue(uring.isSound());
  }

  @Test
  void aVirtualThreadIsRefusedAtTheStart() throws Exception {
    Caller virtual = Caller.virtual(() -> CallerDriven.open(UringConfig.defaults()));
    String message = virtual.thrown(IllegalStateException.class).getMessage();
    assertTrue(message.contains("platform thread"), message);
  }

  @Test
  void loopsAndASpinAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> CallerDriven.open(UringConfig.defaults().withLoops(true)));
    assertThrows(
        IllegalArgumentException.class,
        () -> CallerDriven.open(UringConfig.defaults().withSpin(Duration.ofNanos(50_000))));
    assertThrows(IllegalArgumentException.class, () -> driven.runOnce(Duration.ofNanos(-1)));
  }
}
