package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.RingDeadException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.TestDriver;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A Uring that is closed ends what waits, closes what is open, and leaves nothing. */
class UringCloseTest {
  private static final int OF_EACH_KIND = 250;

  private static UringConfig named(String name) {
    return TestDriver.config(name);
  }

  /** What a call that makes connections may end with; the listener may be closed before a connect of another ring. */
  private static boolean isEndOfCall(Throwable thrown) {
    return thrown instanceof RingDeadException
        || thrown instanceof DescriptorClosedException
        || TestDriver.current() == TestDriver.LOOPS && thrown instanceof ConnectException;
  }

  private static boolean hasThread(String prefix) {
    return Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().startsWith(prefix));
  }

  @ParameterizedTest(name = "with {0} rings")
  @ValueSource(ints = {1, 3})
  void itEndsAThousandWaitersOfEveryKind(int rings) throws IOException {
    int descriptors = Descriptors.census();
    Uring uring = TestDriver.open(named("close-all").withRings(rings));
    List<Caller> onDescriptors = new ArrayList<>();
    List<Caller> others = new ArrayList<>();
    List<Pair> pairs = new ArrayList<>();
    Descriptor listener = Connections.listener(uring);
    for (int i = 0; i < 10; i++) {
      pairs.add(Connections.pair(uring, listener));
    }
    for (int i = 0; i < OF_EACH_KIND; i++) {
      Pair pair = pairs.get(i % pairs.size());
      onDescriptors.add(Caller.virtual(() -> uring.recv(pair.client(), new byte[10], 0, 10)));
      onDescriptors.add(Caller.virtual(() -> uring.accept(listener)));
      onDescriptors.add(Caller.virtual(() -> uring.poll(listener, Constants.POLLIN, CallOptions.NONE)));
      others.add(Caller.virtual(() -> {
        uring.timeout(Duration.ofHours(1));
        return "over";
      }));
    }
    Await.untilInFlight(uring, OperationKind.RECV, OF_EACH_KIND);
    Await.untilInFlight(uring, OperationKind.ACCEPT, OF_EACH_KIND);
    Await.untilInFlight(uring, OperationKind.POLL, OF_EACH_KIND);
    Await.untilInFlight(uring, OperationKind.TIMEOUT, OF_EACH_KIND);
    assertTrue(hasThread("close-all"));
    uring.close();
    for (Caller caller : onDescriptors) {
      // A reader whose peer was closed before it finds the end of the stream, and a result beats a close (I-8).
      assertTrue(
          caller.thrown() instanceof DescriptorClosedException || Integer.valueOf(-1).equals(caller.value()),
          () -> "neither closed nor at the end: " + caller.thrown());
    }
    for (Caller caller : others) {
      caller.thrown(DescriptorClosedException.class);
    }
    UringStats stats = uring.stats();
    assertEquals(0, stats.slotsInUse(), stats::toString);
    assertEquals(0, stats.inFlight(), stats::toString);
    assertEquals(0, stats.buffersLent(), stats::toString);
    assertEquals(0, stats.abandonedBytes(), stats::toString);
    assertEquals(stats.submitted(), stats.completed());
    assertEquals(0, stats.strayCompletions());
    assertTrue(listener.isClosed());
    Await.until("the platform half ends", () -> !hasThread("close-all"));
    Descriptors.awaitCensus(descriptors);
  }

  @Test
  void callsThatComeInWhileItClosesEndToo() throws IOException {
    int descriptors = Descriptors.census();
    for (int round = 0; round < 30; round++) {
      Uring uring = TestDriver.open(named("close-race"));
      Descriptor listener = Connections.listener(uring);
      InetSocketAddress address = Connections.address(listener);
      List<Caller> callers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        callers.add(Caller.platform(() -> {
          while (true) {
            Descriptor client = Connections.connected(uring, address);
            Descriptor server = uring.accept(listener);
            client.close();
            server.close();
          }
        }));
      }
      Await.until("connections are made", () -> uring.stats().closes() > 20);
      uring.close();
      for (Caller caller : callers) {
        assertTrue(isEndOfCall(caller.thrown()), () -> "ended with " + caller.thrown());
      }
      assertEquals(0, uring.stats().slotsInUse(), () -> uring.stats().toString());
      assertEquals(0, uring.stats().strayCompletions());
    }
    Descriptors.awaitCensus(descriptors);
  }

  @Test
  void aSecondCloseDoesNothing() {
    Uring uring = TestDriver.open(named("twice"));
    uring.close();
    uring.close();
    assertTrue(!uring.isSound());
  }

  @Test
  void aCloseWithATimeSaysWhatItEnded() throws IOException {
    Uring uring = TestDriver.open(named("report"));
    Pair pair = Connections.pair(uring);
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      callers.add(Caller.virtual(() -> uring.recv(pair.client(), new byte[10], 0, 10)));
      callers.add(Caller.virtual(() -> {
        uring.timeout(Duration.ofHours(1));
        return null;
      }));
    }
    Await.untilInFlight(uring, OperationKind.RECV, 10);
    Await.untilInFlight(uring, OperationKind.TIMEOUT, 10);
    CloseReport report = uring.close(Await.LIMIT);
    assertEquals(20, report.cancelled());
    assertTrue(report.isClean(), report::toString);
    callers.forEach(Caller::thrown);
    assertEquals(CloseReport.NOTHING, uring.close(Await.LIMIT));
  }

  @Test
  void aCloseWithoutTimeNamesWhatItLeaves() throws IOException {
    Uring uring = TestDriver.open(named("no-time"));
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      callers.add(Caller.virtual(() -> {
        uring.timeout(Duration.ofHours(1));
        return null;
      }));
    }
    Await.untilInFlight(uring, OperationKind.TIMEOUT, 20);
    CloseReport report = uring.close(Duration.ZERO);
    assertEquals(20, report.cancelled() + report.left().size(), report::toString);
    assertTrue(report.left().stream().allMatch(line -> line.startsWith("TIMEOUT slot ")), report::toString);
    callers.forEach(caller -> assertTrue(isEndOfCall(caller.thrown())));
  }

  @Test
  void twoThatCloseAtOnceBothComeBack() {
    int descriptors = Descriptors.census();
    for (int round = 0; round < 20; round++) {
      Uring uring = TestDriver.open(named("at-once"));
      Caller[] closers = new Caller[4];
      for (int i = 0; i < closers.length; i++) {
        closers[i] = Caller.platform(() -> {
          uring.close();
          return "closed";
        });
      }
      for (Caller closer : closers) {
        closer.value();
      }
    }
    Descriptors.awaitCensus(descriptors);
  }

  @Test
  void callsAfterItSayThatItIsClosed() throws IOException {
    Uring uring = TestDriver.open(named("after"));
    Pair pair = Connections.pair(uring);
    uring.close();
    for (Caller caller : List.of(
        Caller.virtual(() -> uring.recv(pair.client(), new byte[1], 0, 1)),
        Caller.virtual(() -> {
          uring.nop();
          return null;
        }),
        Caller.virtual(uring::tcpSocket),
        Caller.virtual(() -> uring.adopt(0)),
        Caller.virtual(() -> uring.accept(pair.server())))) {
      RingDeadException thrown = caller.thrown(RingDeadException.class);
      assertTrue(thrown.getMessage().contains("closed"), thrown.getMessage());
    }
    // Closed with its Uring; once more does no harm.
    pair.close();
    assertThrows(RingDeadException.class, uring::nop);
    assertEquals(0, uring.stats().slotsInUse());
  }

  @Test
  void anInterruptDoesNotEndIt() throws IOException {
    int descriptors = Descriptors.census();
    Uring uring = TestDriver.open(named("interrupted"));
    Descriptor listener = Connections.listener(uring);
    Caller acceptor = Caller.virtual(() -> uring.accept(listener));
    Await.untilInFlight(uring, OperationKind.ACCEPT, 1);
    Caller closer = Caller.platform(() -> {
      Thread.currentThread().interrupt();
      uring.close();
      return Thread.currentThread().isInterrupted();
    });
    assertEquals(true, closer.value());
    acceptor.thrown(DescriptorClosedException.class);
    Descriptors.awaitCensus(descriptors);
  }

  @Test
  void twoHundredInARowLeaveNothing() throws IOException {
    int descriptors = Descriptors.census();
    int threads = Thread.activeCount();
    for (int i = 0; i < 200; i++) {
      try (Uring uring = TestDriver.open(named("row").withEntries(8, 16).withMaxOperations(64))) {
        uring.nop();
      }
    }
    Descriptors.awaitCensus(descriptors);
    Await.until("the platform halves end", () -> !hasThread("row"));
    Await.until("threads end", () -> Thread.activeCount() <= threads + 2);
  }
}
