package io.loomring.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Connections per second ({@code accept}) and one-way throughput ({@code stream}), side by side as in
 * {@link EchoBench}.
 */
final class ThroughputBench {
  private static final Set<String> OPTIONS =
      Set.of("--servers", "--connections", "--size", "--rounds", "--pin", "--slice", "--preheat");

  private final boolean streams;
  private final List<ServerSpec> specs;
  private final int connections;
  private final int size;
  private final int rounds;
  private final boolean pinned;
  private final int sliceMillis;
  private final int preheatMillis;

  ThroughputBench(String[] args) {
    streams = args[1].equals("stream");
    Options options = new Options(args, 2, OPTIONS);
    specs = ServerSpec.parseAll(options.text("--servers", "jdk,uring,uring-loop,netty-uring,netty-epoll"));
    connections = options.number("--connections", 8);
    size = options.number("--size", 64 * 1024);
    rounds = options.number("--rounds", 5);
    pinned = options.text("--pin", "server").equals("server");
    sliceMillis = options.number("--slice", 1500);
    preheatMillis = options.number("--preheat", 6000);
  }

  void run() throws IOException {
    List<TestServer> servers = new ArrayList<>();
    double[][] rates = new double[specs.size()][rounds];
    double[][] cpu = new double[specs.size()][rounds];
    try (ChildProcess load = new ChildProcess("load", pinned ? 1 : -1, List.of(), LoadMain.class)) {
      for (ServerSpec spec : specs) {
        servers.add(new TestServer(spec, streams ? "sink" : "echo", pinned ? 0 : -1, ""));
      }
      for (int round = -1; round < rounds; round++) {
        for (int i = 0; i < specs.size(); i++) {
          System.err.printf(
              "\r%s, round %d of %d, %-20s", streams ? "stream" : "accept", round + 1, rounds, specs.get(i));
          slice(load, servers.get(i), round, rates[i], cpu[i]);
        }
      }
    } finally {
      servers.forEach(TestServer::close);
    }
    System.err.println();
    print(rates, cpu);
  }

  private void slice(ChildProcess load, TestServer server, int round, double[] rates, double[] cpu)
      throws IOException {
    String what = streams ? "stream " + server.port() + " " + connections + " " + size
        : "accept " + server.port() + " " + connections;
    // The first round only warms up; a connection runs more code than an echo, so it takes the compiler longer.
    load.say(what + " " + (round < 0 ? preheatMillis : sliceMillis));
    load.hear("begin");
    long cpuBefore = server.stats().cpuNanos();
    EchoLoad.Result result = EchoLoad.Result.parse(load.hear("result"));
    if (round >= 0) {
      double units = Math.max(1, streams ? result.requests() / (1024.0 * 1024) : result.requests());
      rates[round] = units * 1e9 / result.nanos();
      cpu[round] = (server.stats().cpuNanos() - cpuBefore) / units / 1e3;
    }
  }

  private void print(double[][] rates, double[][] cpu) {
    String unit = streams ? "MiB" : "connection";
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < specs.size(); i++) {
      double[] ratios = new double[rounds];
      for (int r = 0; r < rounds; r++) {
        ratios[r] = rates[i][r] / rates[0][r];
      }
      Arrays.sort(ratios);
      rows.add(String.format(
          "%s\t%d\t%.0f\t%.1f\t%.2f\t%.2f\t%.2f",
          specs.get(i), connections, median(rates[i]), median(cpu[i]), median(ratios), ratios[0], ratios[rounds - 1]));
    }
    Tables.print(
        System.out,
        "server\tconnections\t" + unit + "s_per_s\tcpu_us_per_" + unit + "\tratio_vs_first\tratio_min\tratio_max",
        rows);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
