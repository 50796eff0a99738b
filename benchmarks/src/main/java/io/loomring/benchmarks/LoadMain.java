package io.loomring.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * The load generator, in a JVM of its own. Each line on standard input is one slice: {@code echo PORT CONNECTIONS SIZE
 * WARM_MILLIS MILLIS}, {@code accept PORT THREADS MILLIS}, {@code stream PORT CONNECTIONS BYTES MILLIS} or {@code idle
 * PORT CONNECTIONS}. It answers {@code begin} when the measured part begins, and at its end one line of results.
 */
public final class LoadMain {
  private LoadMain() {}

  public static void main(String[] args) throws Exception {
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      String[] words = line.split(" ");
      int port = Integer.parseInt(words[1]);
      int count = Integer.parseInt(words[2]);
      switch (words[0]) {
        case "echo" -> echo(port, count, Integer.parseInt(words[3]), millis(words[4]), millis(words[5]));
        case "accept" -> PlainLoad.accept(port, count, millis(words[3]));
        case "stream" -> PlainLoad.stream(port, count, Integer.parseInt(words[3]), millis(words[4]));
        case "idle" -> PlainLoad.idle(port, count, commands);
        default -> throw new IllegalArgumentException(line);
      }
    }
  }

  private static long millis(String word) {
    return Long.parseLong(word) * 1_000_000L;
  }

  private static void echo(int port, int connections, int size, long warmNanos, long nanos) throws IOException {
    try (EchoLoad load = new EchoLoad(port, connections, size)) {
      load.connect();
      load.run(warmNanos);
      System.out.println("begin");
      System.out.println(load.run(nanos).line());
    }
  }
}
