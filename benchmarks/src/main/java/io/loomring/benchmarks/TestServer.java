package io.loomring.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A server under test, up and listening, in a JVM of its own. */
final class TestServer implements AutoCloseable {
  private final ChildProcess process;
  private final int port;
  private final ProcessStats stats;

  /**
   * Starts one that does {@code work} (echo, sink) on its connections, on {@code core}, or anywhere where that is -1.
   */
  TestServer(ServerSpec spec, String work, int core, String jvmOptions) throws IOException {
    List<String> options = new ArrayList<>();
    if (spec.parallelism() > 0) {
      options.add("-Djdk.virtualThreadScheduler.parallelism=" + spec.parallelism());
      options.add("-Djdk.virtualThreadScheduler.maxPoolSize=256");
    }
    if (!jvmOptions.isBlank()) {
      options.addAll(Arrays.asList(jvmOptions.trim().split(" +")));
    }
    process = new ChildProcess(spec.toString(), core, options, ServerMain.class, spec.toString(), work);
    port = Integer.parseInt(process.hear("port ").substring("port ".length()));
    stats = new ProcessStats(process.pid());
  }

  int port() {
    return port;
  }

  ProcessStats stats() {
    return stats;
  }

  /** Bytes that all threads have allocated so far. */
  long allocatedBytes() throws IOException {
    return figure("allocated");
  }

  /** Connections that are open just now. */
  long openConnections() throws IOException {
    return figure("open");
  }

  /** Carriers of the JDK's scheduler. */
  long parallelism() throws IOException {
    return figure("parallelism");
  }

  /** Has the garbage collected. */
  void collectGarbage() throws IOException {
    figure("gc");
  }

  private long figure(String word) throws IOException {
    return Long.parseLong(process.ask(word, word + " ").substring(word.length() + 1));
  }

  @Override
  public void close() {
    process.close();
  }
}
