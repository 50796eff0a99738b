package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.RingDeadException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.OverLoops;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A Uring that is closed ends its loops, and none of the threads that they carried. */
@OverLoops
class LoopEndTest {
  private static volatile boolean stop;

  private int descriptorsBefore;
  private Uring uring;

  @BeforeEach
  void open() {
    descriptorsBefore = Descriptors.census();
    uring = Uring.open(config());
  }

  @AfterEach
  void nothingIsLeft() {
    uring.close();
    awaitLoopsEnded();
    Descriptors.awaitCensus(descriptorsBefore);
  }

  private static UringConfig config() {
    return UringConfig.defaults().withName("ends").withLoops(true).withRings(2);
  }

  private static boolean hasLoopThreads() {
    return Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().startsWith("ends-loop-"));
  }

  private static void awaitLoopsEnded() {
    Await.until("the loops' threads are there", () -> !hasLoopThreads());
  }

  private static String carrier() {
    String shown = Thread.currentThread().toString();
    return shown.substring(shown.lastIndexOf('@') + 1);
  }

  private Caller onLoop(Callable<?> call) {
    return Caller.on(uring.threadFactory(), call);
  }

  @Test
  void whoWaitsOnAnyLoopFromAnywhereIsResumed() throws IOException {
    List<Caller> waiting = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Descriptor listener = Connections.listener(uring);
      Callable<?> accept = () -> uring.accept(listener);
      waiting.add(onLoop(accept));
      waiting.add(onLoop(accept));
      waiting.add(Caller.platform(accept));
      waiting.add(Caller.on(Thread.ofVirtual().factory(), accept));
    }
    Await.untilInFlight(uring, OperationKind.ACCEPT, waiting.size());
    assertTrue(hasLoopThreads());
    uring.close();
    waiting.forEach(caller -> caller.thrown(DescriptorClosedException.class));
    awaitLoopsEnded();
  }

  @Test
  void threadsThatAreLeftOverGoOnElsewhere() throws Exception {
    Object monitor = new Object();
    boolean[] told = new boolean[1];
    CountDownLatch latch = new CountDownLatch(1);
    List<Caller> left = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      left.add(onLoop(() -> {
        latch.await();
        return carrier();
      }));
      left.add(onLoop(() -> {
        synchronized (monitor) {
          while (!told[0]) {
            monitor.wait();
          }
        }
        return carrier();
      }));
      left.add(onLoop(() -> {
        while (latch.getCount() > 0) {
          LockSupport.parkNanos(100_000);
        }
        return carrier();
      }));
      left.add(onLoop(() -> {
        while (latch.getCount() > 0) {
          Thread.yield();
        }
        return carrier();
      }));
    }
    uring.close();
    awaitLoopsEnded();
    synchronized (monitor) {
      told[0] = true;
      monitor.notifyAll();
    }
    latch.countDown();
    for (Caller caller : left) {
      assertTrue(caller.value().toString().startsWith("loomring-stand-in-"), caller.value()::toString);
    }
  }

  @Test
  void oneThatIsStartedAfterwardsRunsAndHearsThatAllIsClosed() {
    uring.close();
    awaitLoopsEnded();
    onLoop(() -> {
      uring.nop();
      return null;
    }).thrown(RingDeadException.class);
    assertTrue(onLoop(LoopEndTest::carrier).value().toString().startsWith("loomring-stand-in-"));
  }

  @Test
  void aLoopsOwnThreadMayCloseIt() throws IOException {
    Descriptor listener = Connections.listener(uring);
    Caller acceptor = onLoop(() -> uring.accept(listener));
    Await.untilInFlight(uring, OperationKind.ACCEPT, 1);
    assertEquals("closed", onLoop(() -> {
      uring.close();
      return "closed";
    }).value());
    acceptor.thrown(DescriptorClosedException.class);
    assertFalse(uring.isSound());
  }

  @Test
  void aLoopsOwnThreadClosesItHoweverItWasWoken() {
    // Whoever starts the thread wakes the loop for it, and may still be at that when the thread runs, and wakes it too.
    for (int round = 0; round < 300; round++) {
      Uring closing = Uring.open(config().withEntries(8, 16).withMaxOperations(64));
      Caller.on(closing.threadFactory(), () -> {
        closing.close();
        return null;
      }).value();
    }
  }

  @Test
  void aThreadThatComputesDoesNotKeepTheCloseWaitingForEver() throws Exception {
    stop = false;
    try (Uring kept = Uring.open(config().withRings(1).withCloseTimeout(Duration.ofMillis(100)))) {
      Pair pair = Connections.pair(kept);
      Caller reader = Caller.on(kept.threadFactory(), () -> kept.recv(pair.client(), new byte[1], 0, 1));
      Await.untilInFlight(kept, OperationKind.RECV, 1);
      CountDownLatch begun = new CountDownLatch(1);
      Caller computing = Caller.on(kept.threadFactory(), () -> {
        begun.countDown();
        while (!stop) {
          Thread.onSpinWait();
        }
        return "let go";
      });
      begun.await();
      kept.close();
      assertFalse(computing.isDone());
      assertFalse(reader.isDone());
      stop = true;
      assertEquals("let go", computing.value());
      reader.thrown(IOException.class);
    }
  }

  @Test
  void callsOfItsThreadsThatComeInMeanwhileEnd() throws IOException {
    for (int round = 0; round < 20; round++) {
      Uring closing = Uring.open(config());
      Descriptor listener = Connections.listener(closing);
      InetSocketAddress address = Connections.address(listener);
      List<Caller> callers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        callers.add(Caller.on(closing.threadFactory(), () -> {
          while (true) {
            Descriptor client = Connections.connected(closing, address);
            Descriptor server = closing.accept(listener);
            client.close();
            server.close();
          }
        }));
      }
      Await.until("connections are made", () -> closing.stats().closes() > 20);
      closing.close();
      for (Caller caller : callers) {
        Throwable thrown = caller.thrown();
        // The listener may be closed before a connect on the other ring.
        assertTrue(
            thrown instanceof RingDeadException
                || thrown instanceof DescriptorClosedException
                || thrown instanceof ConnectException,
            thrown::toString);
      }
      assertEquals(0, closing.stats().slotsInUse(), () -> closing.stats().toString());
    }
  }
}
