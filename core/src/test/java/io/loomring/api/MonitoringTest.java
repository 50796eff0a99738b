package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.management.Attribute;
import javax.management.JMException;
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
