package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.NativeFrame;
import io.loomring.testkit.OverLoops;
import io.loomring.testkit.UringTest;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What keeps a loop's carrier: none of it stops the loop's other threads, and those who use its sockets, for good. */
@OverLoops
class LoopKeptBusyTest extends UringTest {
  private static final int ROUNDS = 100;

  private static volatile boolean stop;

  /** One loop, so that all its threads have the same carrier. */
  @Override
  protected UringConfig config() {
    return super.config().withRings(1);
  }

  private Caller onLoop(Callable<?> call) {
    return Caller.on(uring.threadFactory(), call);
  }

  private Object echo(Descriptor socket, int rounds) throws IOException {
    byte[] bytes = new byte[4];
    for (int i = 0; i < rounds; i++) {
      assertEquals(4, uring.recv(socket, bytes, 0, 4));
      uring.send(socket, bytes, 0, 4);
    }
    return "echoed";
  }

  private Object ping(Descriptor socket, int rounds) throws IOException {
    byte[] bytes = new byte[4];
    for (int i = 0; i < rounds; i++) {
      byte[] sent = {1, 2, (byte) (i >> 8), (byte) i};
      uring.send(socket, sent.clone(), 0, 4);
      assertEquals(4, uring.recv(socket, bytes, 0, 4));
      assertArrayEquals(sent, bytes);
    }
    return "pinged";
  }

  /** Everybody that the loop can keep waiting: its threads, and others that use its sockets. */
  private List<Caller> others(List<Pair> pairs) throws IOException {
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Pair pair = Connections.pair(uring);
      pairs.add(pair);
      callers.add(onLoop(() -> echo(pair.server(), ROUNDS)));
      Callable<?> ping = () -> ping(pair.client(), ROUNDS);
      callers.add(switch (i) {
        case 0 -> Caller.platform(ping);
        case 1 -> Caller.on(Thread.ofVirtual().factory(), ping);
        default -> onLoop(ping);
      });
    }
    return callers;
  }

  private static void close(List<Pair> pairs) throws IOException {
    for (Pair pair : pairs) {
      pair.close();
    }
  }

  // ---- what keeps it for a while

  @Test
  void aLongComputationKeepsThemWaitingAndNoLonger() throws Exception {
    stop = false;
    CountDownLatch begun = new CountDownLatch(1);
    List<Pair> pairs = new ArrayList<>();
    List<Caller> others = others(pairs);
    Caller computing = onLoop(() -> {
      begun.countDown();
      long turns = 0;
      while (!stop) {
        turns++;
      }
      return turns;
    });
    begun.await();
    Caller more = onLoop(() -> {
      uring.nop();
      return "more";
    });
    assertFalse(more.isDone());
    stop = true;
    others.forEach(Caller::value);
    assertEquals("more", more.value());
    computing.value();
    close(pairs);
  }

  @Test
  void aBlockingSystemCallKeepsThemWaitingAndNoLonger(@TempDir Path directory) throws Exception {
    Path fifo = directory.resolve("fifo");
    assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
    CountDownLatch begun = new CountDownLatch(1);
    List<Pair> pairs = new ArrayList<>();
    Caller blocked = onLoop(() -> {
      begun.countDown();
      // Opening one end waits for the other, in the system call.
      try (FileInputStream in = new FileInputStream(fifo.toFile())) {
        return in.read();
      }
    });
    begun.await();
    List<Caller> waiting = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      waiting.add(onLoop(() -> {
        uring.nop();
        return null;
      }));
      waiting.add(Caller.platform(() -> {
        uring.nop();
        return null;
      }));
    }
    try (FileOutputStream out = new FileOutputStream(fifo.toFile())) {
      out.write(7);
    }
    assertEquals(7, blocked.value());
    waiting.forEach(Caller::value);
    others(pairs).forEach(Caller::value);
    close(pairs);
  }

  // ---- what does not keep it

  @Test
  void threadsThatWaitInTheJdksWaysLeaveTheLoopToOthers() throws Exception {
    Object monitor = new Object();
    CountDownLatch latch = new CountDownLatch(1);
    boolean[] told = new boolean[1];
    List<Caller> waiting = new ArrayList<>();
    waiting.add(onLoop(() -> {
      synchronized (monitor) {
        while (!told[0]) {
          monitor.wait();
        }
      }
      return "notified";
    }));
    waiting.add(onLoop(() -> {
      latch.await();
      return "counted down";
    }));
    waiting.add(onLoop(() -> {
      long until = System.nanoTime() + 50_000_000;
      while (System.nanoTime() - until < 0) {
        LockSupport.parkNanos(until - System.nanoTime());
      }
      synchronized (monitor) {
        monitor.wait(10);
      }
      return "timed";
    }));
    waiting.subList(0, 2).forEach(caller -> Await.untilParked(caller.thread()));
    List<Pair> pairs = new ArrayList<>();
    others(pairs).forEach(Caller::value);
    onLoop(() -> {
      synchronized (monitor) {
        told[0] = true;
        monitor.notifyAll();
      }
      latch.countDown();
      return null;
    }).value();
    assertEquals(List.of("notified", "counted down", "timed"), waiting.stream().map(Caller::value).toList());
    close(pairs);
  }

  @Test
  void callsInsideOfAMonitorThatAllWantKeepNobodyForGood() throws Exception {
    Object monitor = new Object();
    int[] count = new int[1];
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      Callable<?> counting = () -> {
        for (int round = 0; round < ROUNDS; round++) {
          synchronized (monitor) {
            int seen = count[0];
            uring.nop();
            count[0] = seen + 1;
          }
        }
        return null;
      };
      callers.add(switch (i % 3) {
        case 0 -> onLoop(counting);
        case 1 -> Caller.on(Thread.ofVirtual().factory(), counting);
        default -> Caller.platform(counting);
      });
    }
    callers.forEach(Caller::value);
    assertEquals(12 * ROUNDS, count[0]);
  }

  // ---- threads that are pinned, and wait for their own loop

  private static Callable<?> work;

  /** Does the work in a class initializer, which pins the thread to its carrier. */
  private static final class EchoesWhileItIsInitialized {
    static final Object DONE = worked();
  }

  private static final class AsksItsOwnLoopWhileItIsInitialized {
    static final Object DONE = worked();
  }

  private static final class WaitsWhileItIsInitialized {
    static final Object DONE = worked();
  }

  private static final class ClosesWhileItIsInitialized {
    static final Object DONE = worked();
  }

  private static final class CancelsWhileItIsInitialized {
    static final Object DONE = worked();
  }

  private static final class IsInterruptedWhileItIsInitialized {
    static final Object DONE = worked();
  }

  private static final class CrossesWhileItIsInitialized {
    static final Object DONE = worked();
  }

  private static final class IsClosedOnWhileItIsInitialized {
    static final Object DONE = worked();
  }

  private static Object worked() {
    try {
      return work.call();
    } catch (Exception failed) {
      throw new AssertionError(failed);
    }
  }

  @Test
  void aClassInitializerThatTalksToAnotherThreadGetsItsAnswers() throws Exception {
    Pair pair = Connections.pair(uring);
    work = () -> ping(pair.client(), ROUNDS);
    Caller pinned = onLoop(() -> EchoesWhileItIsInitialized.DONE);
    Caller echo = Caller.platform(() -> echo(pair.server(), ROUNDS));
    assertEquals("pinged", pinned.value());
    echo.value();
    pair.close();
  }

  @Test
  void oneWhoseAnswersComeFromItsOwnLoopGetsThem() throws Exception {
    Pair pair = Connections.pair(uring);
    List<Pair> pairs = new ArrayList<>();
    List<Caller> others = others(pairs);
    Caller echo = onLoop(() -> echo(pair.server(), ROUNDS));
    work = () -> ping(pair.client(), ROUNDS);
    assertEquals("pinged", onLoop(() -> AsksItsOwnLoopWhileItIsInitialized.DONE).value());
    echo.value();
    others.forEach(Caller::value);
    close(pairs);
    pair.close();
    // Those that went on elsewhere meanwhile are the loop's again.
    Caller carrier = onLoop(() -> Thread.currentThread().toString());
    assertTrue(carrier.value().toString().endsWith("@test-loop-0"), carrier.value()::toString);
  }

  @Test
  void manyPinnedOnesOfBothSortsOfThreadsComeThrough() throws Exception {
    List<Pair> pairs = new ArrayList<>();
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Pair pair = Connections.pair(uring);
      pairs.add(pair);
      callers.add(onLoop(() -> pinned(() -> echo(pair.server(), 20))));
      callers.add(i % 2 == 0
          ? onLoop(() -> pinned(() -> ping(pair.client(), 20)))
          : Caller.on(Thread.ofVirtual().factory(), () -> ping(pair.client(), 20)));
    }
    callers.forEach(Caller::value);
    close(pairs);
  }

  /** Makes the call from a native frame: a comparator that the C library's qsort calls. */
  private static Object pinned(Callable<?> call) throws Exception {
    Object[] outcome = new Object[1];
    NativeFrame.run(() -> outcome[0] = call.call());
    return outcome[0];
  }

  @Test
  void whileOneWaitsOthersWhoUseTheLoopsSocketsGoOn() throws Exception {
    Pair slow = Connections.pair(uring);
    Pair fast = Connections.pair(uring);
    work = () -> {
      assertEquals(1, uring.recv(slow.client(), new byte[1], 0, 1));
      return "received";
    };
    Caller pinned = onLoop(() -> WaitsWhileItIsInitialized.DONE);
    Await.untilInFlight(uring, OperationKind.RECV, 1);
    Caller echo = Caller.platform(() -> echo(fast.server(), ROUNDS));
    assertEquals("pinged", Caller.platform(() -> ping(fast.client(), ROUNDS)).value());
    echo.value();
    assertFalse(pinned.isDone());
    uring.send(slow.server(), new byte[1], 0, 1);
    assertEquals("received", pinned.value());
    slow.close();
    fast.close();
  }

  @Test
  void oneThatOpensConnectsTimesOutAndClosesDoesSo() throws Exception {
    Descriptor listener = Connections.listener(uring);
    work = () -> {
      Descriptor client = Connections.connected(uring, Connections.address(listener));
      Descriptor server = uring.accept(listener);
      try {
        uring.recv(server, MemorySegment.ofArray(new byte[1]), CallOptions.timeout(Duration.ofMillis(20)));
        return "received";
      } catch (OperationTimeoutException expected) {
        client.close();
        server.close();
        return "timed out";
      }
    };
    assertEquals("timed out", onLoop(() -> ClosesWhileItIsInitialized.DONE).value());
    listener.close();
  }

  @Test
  void oneThatCancelsGetsItsAnswer() throws Exception {
    Pair pair = Connections.pair(uring);
    OperationHandle handle = new OperationHandle();
    Caller reader = Caller.platform(
        () -> uring.recv(pair.client(), MemorySegment.ofArray(new byte[1]), CallOptions.handle(handle)));
    Await.untilInFlight(uring, OperationKind.RECV, 1);
    work = handle::cancel;
    assertEquals(OperationHandle.Answer.CANCELLED, onLoop(() -> CancelsWhileItIsInitialized.DONE).value());
    reader.thrown(IOException.class);
    pair.close();
  }

  @Test
  void oneThatIsInterruptedComesBack() throws Exception {
    Pair pair = Connections.pair(uring);
    work = () -> {
      try {
        return uring.recv(pair.client(), new byte[1], 0, 1);
      } catch (OperationInterruptedException expected) {
        return Thread.interrupted();
      }
    };
    Caller pinned = onLoop(() -> IsInterruptedWhileItIsInitialized.DONE);
    Await.untilInFlight(uring, OperationKind.RECV, 1);
    pinned.thread().interrupt();
    assertEquals(true, pinned.value());
    pair.close();
  }

  @Test
  void oneThatWaitsForAnotherLoopDrivesItsOwnMeanwhile() throws Exception {
    try (Uring other = Uring.open(super.config().withName("other").withRings(1))) {
      Pair far = Connections.pair(other);
      Pair near = Connections.pair(uring);
      work = () -> {
        assertEquals(1, other.recv(far.client(), new byte[1], 0, 1));
        return "received";
      };
      Caller pinned = onLoop(() -> CrossesWhileItIsInitialized.DONE);
      Await.untilInFlight(other, OperationKind.RECV, 1);
      Caller echo = Caller.platform(() -> echo(near.server(), ROUNDS));
      assertEquals("pinged", Caller.platform(() -> ping(near.client(), ROUNDS)).value());
      echo.value();
      other.send(far.server(), new byte[1], 0, 1);
      assertEquals("received", pinned.value());
      near.close();
    }
  }

  @Test
  void oneThatWaitsWhenTheUringClosesComesBack() throws Exception {
    Uring closing = Uring.open(super.config().withName("closing").withRings(1));
    Pair pair = Connections.pair(closing);
    work = () -> {
      try {
        return closing.recv(pair.client(), new byte[1], 0, 1);
      } catch (IOException ended) {
        return "ended";
      }
    };
    Caller pinned = Caller.on(closing.threadFactory(), () -> IsClosedOnWhileItIsInitialized.DONE);
    Await.untilInFlight(closing, OperationKind.RECV, 1);
    closing.close();
    // Its peer may be closed before it, and the end of the stream beats the close.
    assertTrue(List.of("ended", -1).contains(pinned.value()));
    Await.until("the loop ends", () -> Thread.getAllStackTraces().keySet().stream()
        .noneMatch(thread -> thread.getName().startsWith("closing-loop")));
  }
}
