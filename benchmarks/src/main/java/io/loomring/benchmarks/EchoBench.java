package io.loomring.benchmarks;

import io.loomring.sys.KernelVersion;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Echo servers side by side: all of them up at once, one load generator, short slices interleaved, ratios pair by pair.
 * The ratio's reference is the first {@code jdk} among the servers.
 */
final class EchoBench {
  private static final Set<String> OPTIONS = Set.of(
      "--servers", "--connections", "--size", "--rounds", "--pin", "--tsv", "--slice", "--warm", "--preheat", "--jvm");
  private static final int SERVER_CORE = 0;
  private static final int LOAD_CORE = 1;

  /** One slice of one server. */
  private record Slice(double rps, double p50, double p99, double cpuPerRequest, double allocated, double loadBusy) {}

  private final List<ServerSpec> specs;
  private final int[] connectionCounts;
  private final int size;
  private final int rounds;
  private final boolean pinned;
  private final int sliceMillis;
  private final int warmMillis;
  private final int preheatMillis;
  private final String jvmOptions;
  private final String tsv;
  private final List<TestServer> servers = new ArrayList<>();

  EchoBench(String[] args) {
    Options options = new Options(args, 2, OPTIONS);
    specs = ServerSpec.parseAll(options.text("--servers", "jdk,uring,uring-loop,netty-uring,netty-epoll"));
    connectionCounts = options.numbers("--connections", "1,16,256,2000");
    size = options.number("--size", 64);
    rounds = options.number("--rounds", 5);
    pinned = switch (options.text("--pin", "server")) {
      case "server" -> true;
      case "none" -> false;
      default -> throw new IllegalArgumentException("option --pin: server or none");
    };
    sliceMillis = options.number("--slice", 1500);
    warmMillis = options.number("--warm", 300);
    preheatMillis = options.number("--preheat", 3000);
    jvmOptions = options.text("--jvm", "");
    tsv = options.text("--tsv", "");
  }

  void run() throws IOException {
    printConditions();
    Map<String, List<Slice>> slices = new LinkedHashMap<>();
    Map<String, Double> calls = new LinkedHashMap<>();
    boolean countCalls = SystemCallCounter.works();
    try (ChildProcess load = new ChildProcess("load", pinned ? LOAD_CORE : -1, List.of(), LoadMain.class)) {
      for (ServerSpec spec : specs) {
        servers.add(new TestServer(spec, "echo", pinned ? SERVER_CORE : -1, jvmOptions));
      }
      printSchedulers();
      warmUp(load);
      for (int connections : connectionCounts) {
        for (int round = 0; round < rounds; round++) {
          for (int i = 0; i < specs.size(); i++) {
            progress(connections, round, specs.get(i));
            slices.computeIfAbsent(key(connections, i), k -> new ArrayList<>()).add(slice(load, i, connections));
          }
        }
        for (int i = 0; countCalls && i < specs.size(); i++) {
          calls.put(key(connections, i), systemCalls(load, i, connections));
        }
      }
    } finally {
      servers.forEach(TestServer::close);
    }
    System.err.println();
    print(slices, calls);
  }

  private void printConditions() {
    System.out.printf(
        "# Linux %s, JDK %s, %d cores, %s, %d B, %d rounds of %d ms after %d ms of warm-up%n",
        KernelVersion.current().release().replaceAll("[^0-9.].*", ""),
        Runtime.version(),
        Runtime.getRuntime().availableProcessors(),
        pinned ? "server on core 0, load on core 1" : "nothing pinned",
        size,
        rounds,
        sliceMillis,
        warmMillis);
    System.out.println("# jdk, uring, uring-loop: one virtual thread a connection, 16 KiB byte[], streams, TCP_NODELAY;"
        + " netty: one event loop, defaults of its transport, flush once per read loop, TCP_NODELAY");
  }

  private void printSchedulers() throws IOException {
    StringBuilder line = new StringBuilder("# parallelism of the JDK's scheduler:");
    for (int i = 0; i < specs.size(); i++) {
      line.append(i == 0 ? " " : ", ").append(specs.get(i)).append(' ').append(servers.get(i).parallelism());
    }
    System.out.println(line);
  }

  private void warmUp(ChildProcess load) throws IOException {
    for (int pass = 0; pass < 2; pass++) {
      for (int i = 0; i < specs.size(); i++) {
        load.ask("echo " + servers.get(i).port() + " 64 " + size + " 0 " + preheatMillis / 2, "result");
      }
    }
  }

  private void progress(int connections, int round, ServerSpec spec) {
    System.err.printf(
        "\r%d connections, round %d of %d, %-24s", connections, round + 1, rounds, spec);
  }

  private String key(int connections, int server) {
    return connections + "\t" + specs.get(server);
  }

  private Slice slice(ChildProcess load, int i, int connections) throws IOException {
    load.say("echo " + servers.get(i).port() + " " + connections + " " + size + " " + warmMillis + " " + sliceMillis);
    load.hear("begin");
    long allocatedBefore = servers.get(i).allocatedBytes();
    long cpuBefore = servers.get(i).stats().cpuNanos();
    EchoLoad.Result result = EchoLoad.Result.parse(load.hear("result"));
    long cpu = servers.get(i).stats().cpuNanos() - cpuBefore;
    long allocated = servers.get(i).allocatedBytes() - allocatedBefore;
    if (result.mismatches() != 0) {
      throw new IOException(specs.get(i) + ": " + result.mismatches() + " wrong bytes came back");
    }
    double requests = Math.max(1, result.requests());
    return new Slice(
        requests * 1e9 / result.nanos(),
        result.p50() / 1e3,
        result.p99() / 1e3,
        cpu / requests / 1e3,
        allocated / requests,
        (double) result.cpuNanos() / result.nanos());
  }

  private double systemCalls(ChildProcess load, int i, int connections) throws IOException {
    load.say("echo " + servers.get(i).port() + " " + connections + " " + size + " " + warmMillis + " 1000");
    load.hear("begin");
    SystemCallCounter counter = SystemCallCounter.attach(servers.get(i).stats().pid());
    EchoLoad.Result result = EchoLoad.Result.parse(load.hear("result"));
    long count = counter.stop();
    return count < 0 ? Double.NaN : count / (double) Math.max(1, result.requests());
  }

  private void print(Map<String, List<Slice>> slices, Map<String, Double> calls) throws IOException {
    List<String> rows = new ArrayList<>();
    String header = "server\tconnections\tsize\trps\tp50_us\tp99_us\tcpu_us_per_req\tsyscalls_per_req"
        + "\talloc_bytes_per_req\tratio_vs_%s\tratio_min\tratio_max\tload_busy";
    Map<String, List<Double>> ratiosOf = new LinkedHashMap<>();
    int reference = specs.indexOf(
        specs.stream().filter(spec -> spec.kind() == ServerSpec.Kind.JDK).findFirst().orElse(specs.getFirst()));
    header = String.format(header, specs.get(reference));
    for (int connections : connectionCounts) {
      List<Slice> base = slices.getOrDefault(key(connections, reference), List.of());
      for (int i = 0; i < specs.size(); i++) {
        List<Slice> mine = slices.getOrDefault(key(connections, i), List.of());
        double[] ratios = new double[rounds];
        for (int r = 0; r < rounds; r++) {
          ratios[r] = mine.get(r).rps / base.get(r).rps;
        }
        Arrays.sort(ratios);
        double ratio = ratios[rounds / 2];
        ratiosOf.computeIfAbsent(specs.get(i).toString(), k -> new ArrayList<>()).add(ratio);
        rows.add(String.format(
            "%s\t%d\t%d\t%.0f\t%.0f\t%.0f\t%.2f\t%.3f\t%.0f\t%.2f\t%.2f\t%.2f\t%.2f",
            specs.get(i), connections, size, median(mine, Slice::rps), median(mine, Slice::p50),
            median(mine, Slice::p99), median(mine, Slice::cpuPerRequest),
            calls.getOrDefault(key(connections, i), Double.NaN), median(mine, Slice::allocated),
            ratio, ratios[0], ratios[rounds - 1], median(mine, Slice::loadBusy)));
      }
    }
    Tables.print(System.out, header, rows);
    ratiosOf.forEach((server, ratios) -> System.out.printf(
        "# geometric mean of ratio_vs_%s: %-20s %.2f%n",
        specs.get(reference), server, Math.exp(ratios.stream().mapToDouble(Math::log).average().orElse(0))));
    if (!tsv.isEmpty()) {
      try (PrintStream file = new PrintStream(tsv, StandardCharsets.UTF_8)) {
        file.println(header);
        rows.forEach(file::println);
      }
    }
  }

  private static double median(List<Slice> slices, java.util.function.ToDoubleFunction<Slice> figure) {
    double[] values = slices.stream().mapToDouble(figure).sorted().toArray();
    return values[values.length / 2];
  }
}
