package io.loomring.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.ChildJvm;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The benchmarks run, verify what comes back, and print a row for each server; what they measure is not looked at. */
class BenchTest {
  private static final String SERVERS = "jdk,uring,uring-loop,uring+timeout,netty-uring,netty-epoll";

  @Test
  void echoPrintsARowForEachServerAndNumberOfConnections() {
    List<String> lines = bench("echo", "--servers", SERVERS, "--connections", "1,4", "--rounds", "1", "--slice", "50",
        "--warm", "50", "--pin", "none", "--preheat", "50");
    for (String server : SERVERS.split(",")) {
      long rows = lines.stream().filter(line -> line.startsWith(server + " ")).count();
      assertEquals(2, rows, () -> server + ": " + lines);
    }
  }

  @Test
  void acceptStreamAndIdlePrintARowForEachServer() {
    assertRows(bench(
        "accept", "--servers", "jdk,uring-loop", "--rounds", "1", "--slice", "50", "--preheat", "50", "--pin", "none"));
    assertRows(bench(
        "stream", "--servers", "jdk,uring-loop", "--rounds", "1", "--slice", "50", "--preheat", "50", "--pin", "none"));
    assertRows(bench("idle", "--servers", "jdk,uring-loop", "--connections", "50"));
  }

  @Test
  void filePrintsARowForEachSubjectAndMode() {
    List<String> lines = bench("file", "--rounds", "1", "--slice", "50", "--warm", "10", "--preheat", "100", "--mib", "8",
        "--threads", "32");
    for (String subject : List.of("jdk", "uring", "uring-loop")) {
      for (String mode : List.of("direct", "cold", "cached")) {
        assertTrue(lines.stream().anyMatch(line -> line.matches(subject + " +" + mode + " .*")), lines::toString);
      }
    }
  }

  @Test
  void everyPartRunsOnce() {
    List<String> lines = bench("jmh", ".*", "--forks", "0", "--warmups", "0", "--iterations", "1", "--millis", "10");
    for (String part : List.of(
        "NopBenchmark.roundTrip", "ParkBenchmark.platformToVirtualAndBack", "ParkBenchmark.virtualToVirtualAndBack",
        "SqeBenchmark.copyIntoTheQueue", "SqeBenchmark.encodeRecv", "TurnBenchmark.completionDispatch",
        "TurnBenchmark.inboxPushAndTake", "TurnBenchmark.wholeLife")) {
      assertTrue(lines.stream().anyMatch(line -> line.contains(part + " ") && line.contains("avgt")), () -> part + ": " + lines);
    }
  }

  @Test
  void aWrongOptionIsOneLineAndNotAStackTrace() {
    ChildJvm.Result result = ChildJvm.of(Bench.class, "bench", "echo", "--rouds", "3").run();
    assertEquals(2, result.exitCode());
    assertEquals(1, result.err().lines().count(), result.err());
    assertTrue(result.err().contains("--rouds"), result.err());
  }

  private static void assertRows(List<String> lines) {
    assertTrue(lines.stream().anyMatch(line -> line.startsWith("jdk ")), lines::toString);
    assertTrue(lines.stream().anyMatch(line -> line.startsWith("uring-loop ")), lines::toString);
  }

  private static List<String> bench(String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "bench";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return ChildJvm.of(Bench.class, all).options("--add-opens=java.base/java.lang=ALL-UNNAMED").run().succeeded().lines().toList();
  }
}
