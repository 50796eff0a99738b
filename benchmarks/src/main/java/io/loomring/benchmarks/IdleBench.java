package io.loomring.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Resident memory of a server for each connection that only waits. */
final class IdleBench {
  private static final Set<String> OPTIONS = Set.of("--servers", "--connections");

  private final List<ServerSpec> specs;
  private final int connections;

  IdleBench(String[] args) {
    Options options = new Options(args, 2, OPTIONS);
    specs = ServerSpec.parseAll(options.text("--servers", "jdk,uring,uring-loop,netty-uring,netty-epoll"));
    connections = options.number("--connections", 10_000);
  }

  void run() throws IOException {
    List<String> rows = new ArrayList<>();
    for (ServerSpec spec : specs) {
      System.err.printf("\ridle, %-20s", spec);
      try (TestServer server = new TestServer(spec, "echo", -1, "");
          ChildProcess load = new ChildProcess("load", -1, List.of(), LoadMain.class)) {
        load.ask("echo " + server.port() + " 64 64 500 500", "result");
        long before = settled(server);
        load.say("idle " + server.port() + " " + connections);
        load.hear("begin");
        long after = settled(server);
        rows.add(String.format(
            "%s\t%d\t%.1f\t%.1f\t%.0f",
            spec, server.openConnections(), before / 1048576.0, after / 1048576.0,
            (double) (after - before) / connections));
        load.ask("end", "result");
      }
    }
    System.err.println();
    Tables.print(
        System.out, "server\tconnections\trss_before_mib\trss_after_mib\tbytes_per_connection", rows);
  }

  private static long settled(TestServer server) throws IOException {
    server.collectGarbage();
    server.collectGarbage();
    return server.stats().residentBytes();
  }
}
