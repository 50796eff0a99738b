package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.OperationTimeoutException;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.management.Attribute;
import javax.management.JMException;
import javax.management.JMX;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import org.junit.jupiter.api.Test;

/** What can be seen of a Uring from outside. */
class MonitoringTest extends UringTest {
  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

  /** Has a thread named {@code reader} wait for a byte while {@code body} runs, and then gives it one. */
  private void whileOneReads(Pair pair, Body body) throws Exception {
    Thread reader = Thread.ofVirtual().name("reader").start(() -> {
      try {
        uring.recv(pair.server(), new byte[1], 0, 1);
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    });
    Await.until(() -> "nobody reads", () -> uring.inFlight(OperationKind.RECV) == 1);
    try {
      body.run();
    } finally {
      uring.send(pair.client(), new byte[1], 0, 1);
      reader.join();
    }
  }

  private interface Body {
    void run() throws Exception;
  }

  @Test
  void whatIsInFlightIsListedWithItsThreadAndDescriptor() throws Exception {
    Pair pair = Connections.pair(uring);
    whileOneReads(pair, () -> {
      List<InFlightOperation> all = uring.monitoring().inFlight();
      assertEquals(1, all.size(), all::toString);
      InFlightOperation one = all.getFirst();
      assertEquals("RECV", one.kind());
      assertEquals(pair.server().fd(), one.descriptor());
      assertEquals("reader", one.thread());
      assertEquals(-1, one.ageNanos(), "noted, although nobody asked for it");
      assertTrue(uring.monitoring().dump().matches(
          "(?s)test: 1 operations in flight\n  RECV +fd " + pair.server().fd() + " +reader +- +\\S.*\n"),
          uring.monitoring().dump());
      assertEquals(Map.of("RECV", 1), uring.monitoring().getInFlightByKind());
    });
    pair.close();
  }

  @Test
  void itsAgeGrowsWhereThatIsNoted() throws Exception {
    uring.monitoring().setTimed(true);
    Pair pair = Connections.pair(uring);
    whileOneReads(pair, () -> {
      long first = uring.monitoring().inFlight().getFirst().ageNanos();
      assertTrue(first >= 0, "not noted");
      Await.until(() -> "it stays as old", () -> uring.monitoring().inFlight().getFirst().ageNanos() > first);
    });
    pair.close();
  }

  @Test
  void turnsAreTimedWhereThatIsAskedFor() throws IOException {
    uring.nop();
    assertEquals(0, uring.stats().timedTurns());
    uring.monitoring().setTimed(true);
    Await.until(() -> "no turn was timed: " + uring.stats(), () -> {
      uring.nop();
      return uring.stats().timedTurns() > 0;
    });
    UringStats stats = uring.stats();
    assertTrue(stats.longestTurnNanos() > 0, stats::toString);
    assertTrue(uring.stats().turnNanos() >= stats.longestTurnNanos(), stats::toString);
  }

  private long count(String kind) {
    return uring.monitoring().latencies().stream()
        .filter(one -> one.kind().equals(kind))
        .mapToLong(LatencyCounts::total)
        .sum();
  }

  @Test
  void howLongOperationsTakeIsCountedWhereThatIsAskedFor() throws IOException {
    uring.nop();
    assertEquals(List.of(), uring.monitoring().latencies());
    uring.monitoring().setTimed(true);
    for (int i = 0; i < 10; i++) {
      uring.nop();
    }
    assertEquals(10, count("NOP"));
    LatencyCounts nop = uring.monitoring().latencies().getFirst();
    assertTrue(nop.quantileNanos(0.5) > 0 && nop.quantileNanos(1) >= nop.quantileNanos(0.5), nop::toString);
    Await.until(() -> "no turn was counted", () -> count(LatencyCounts.TURN) > 0);
    uring.monitoring().setTimed(false);
    uring.nop();
    assertEquals(10, count("NOP"));
  }

  @Test
  void aCancelledAndAClosedOneAreCountedOnce() throws Exception {
    Pair pair = Connections.pair(uring);
    uring.monitoring().setTimed(true);
    assertThrows(OperationTimeoutException.class, () -> uring.recv(
        pair.server(), MemorySegment.ofArray(new byte[1]), CallOptions.timeout(Duration.ofMillis(1))));
    Thread reader = Thread.startVirtualThread(() ->
        assertThrows(IOException.class, () -> uring.recv(pair.server(), new byte[1], 0, 1)));
    awaitInKernel(1);
    pair.server().close();
    reader.join();
    assertEquals(2, count("RECV"));
    assertEquals(1, count("CLOSE"));
    pair.client().close();
    assertEquals(2, count("CLOSE"));
  }

  @Test
  void aStreamOfCompletionsIsNotTheTimeOfAnOperation() throws Exception {
    uring.monitoring().setTimed(true);
    try (CompletionStream<Long> ticks = uring.multishot().timeout(Duration.ofMillis(1), 2)) {
      while (ticks.next() != null) {
        assertEquals(0, count("TIMEOUT"));
      }
    }
    assertEquals(0, count("TIMEOUT"));
  }

  @Test
  void aTimeThatWasAskedForEndsByItselfAndWithTheNextTurn() throws IOException {
    uring.monitoring().timeFor(1);
    Await.until(() -> "still timed", () -> !uring.monitoring().isTimed());
    // The first turns see that the time is over.
    Await.until(() -> "still noted", () -> {
      long before = count("NOP");
      uring.nop();
      return count("NOP") == before;
    });
    uring.monitoring().timeFor(60_000);
    assertTrue(uring.monitoring().isTimed());
    uring.monitoring().timeFor(0);
    assertFalse(uring.monitoring().isTimed());
  }

  @Test
  void countsAreComparedAndAdded() {
    LatencyCounts earlier = new LatencyCounts("a", "RECV", new long[] {1, 2});
    LatencyCounts later = new LatencyCounts("a", "RECV", new long[] {1, 3, 0, 98});
    LatencyCounts lately = later.since(earlier);
    assertEquals(99, lately.total());
    long[] bounds = LatencyCounts.boundsNanos();
    assertEquals(bounds[1], lately.quantileNanos(0));
    assertEquals(bounds[3], lately.quantileNanos(0.5));
    assertEquals(0, later.since(later).quantileNanos(1));
    assertEquals(later.total() + earlier.total(), earlier.with(later).total());
  }

  @Test
  void connectionsAreToldFromOtherDescriptors() throws Exception {
    Pair pair = Connections.pair(uring);
    assertEquals(2, uring.monitoring().rings().stream().mapToInt(RingStats::connections).sum());
    try (var other = uring.tcpSocket()) {
      assertTrue(other.isOpen());
      assertEquals(2, uring.monitoring().rings().stream().mapToInt(RingStats::connections).sum());
      assertTrue(uring.monitoring().rings().stream().mapToInt(RingStats::openDescriptors).sum() >= 3);
    }
    pair.close();
    assertEquals(0, uring.monitoring().rings().stream().mapToInt(RingStats::connections).sum());
    assertEquals(
        uring.stats().operations(), uring.monitoring().rings().stream().mapToLong(RingStats::operations).sum());
  }

  @Test
  void completionsAreCountedInTheirBatches() throws IOException {
    for (int i = 0; i < 10; i++) {
      uring.nop();
    }
    Await.until(() -> "not all are counted: " + uring.stats(), () -> uring.stats().batched() >= 10);
    UringStats stats = uring.stats();
    assertTrue(stats.largestBatch() >= 1 && stats.largestBatch() <= stats.batched(), stats::toString);
    assertTrue(stats.batches() <= stats.batched(), stats::toString);
  }

  @Test
  void jmxShowsAllOfItUntilTheUringIsClosed() throws Exception {
    Uring shown = TestDriver.open(config());
    ObjectName name = new ObjectName(shown.monitoring().register());
    assertEquals(name, new ObjectName(shown.monitoring().register()), "registered twice");
    shown.nop();
    CompositeData stats = (CompositeData) server.getAttribute(name, "Stats");
    assertTrue((Long) stats.get("operations") >= 1, stats::toString);
    server.setAttribute(name, new Attribute("Timed", true));
    assertTrue(shown.monitoring().isTimed());
    Pair pair = Connections.pair(shown);
    Thread reader = Thread.ofVirtual().name("shown").start(() -> {
      try {
        // Ended by the closing of its own socket, or told of that of the other end.
        assertEquals(-1, shown.recv(pair.server(), new byte[1], 0, 1));
      } catch (IOException closed) {
        assertFalse(shown.isSound(), closed::toString);
      }
    });
    Await.until(() -> "nobody reads", () -> shown.inFlight(OperationKind.RECV) == 1);
    CompositeData[] inFlight = (CompositeData[]) server.getAttribute(name, "InFlight");
    assertEquals(1, inFlight.length, () -> Arrays.toString(inFlight));
    assertEquals("shown", inFlight[0].get("thread"));
    assertTrue((Long) inFlight[0].get("ageNanos") >= 0);
    assertEquals(1, ((TabularData) server.getAttribute(name, "InFlightByKind")).size());
    UringMXBean bean = JMX.newMXBeanProxy(server, name, UringMXBean.class);
    assertEquals(shown.monitoring().rings().size(), bean.getRings().size());
    shown.nop();
    assertTrue(bean.getLatencies().stream().anyMatch(one -> one.kind().equals("NOP") && one.total() == 1));
    assertArrayEquals(LatencyCounts.boundsNanos(), bean.getLatencyBoundsNanos());
    assertTrue(((String) server.invoke(name, "dump", null, null)).contains("shown"));
    assertTrue(((String) server.getAttribute(name, "Description")).contains("test"));
    shown.close();
    reader.join();
    assertFalse(server.isRegistered(name));
    assertThrows(IllegalStateException.class, shown.monitoring()::register);
  }

  @Test
  void aPropertyHasEachUringShown() throws JMException {
    ObjectName ours = new ObjectName("io.loomring:type=Uring,*");
    int before = server.queryNames(ours, null).size();
    System.setProperty("loomring.jmx", "true");
    try (Uring shown = Uring.open(config())) {
      assertTrue(shown.isSound());
      assertEquals(before + 1, server.queryNames(ours, null).size());
    } finally {
      System.clearProperty("loomring.jmx");
    }
    assertEquals(before, server.queryNames(ours, null).size());
  }
}
