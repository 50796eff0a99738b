package io.loomring.benchmarks;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * The load generator, in a JVM of its own. Each line on standard input, {@code PORT CONNECTIONS SIZE WARM_MILLIS
 * MILLIS}, is one slice: it answers {@code begin} when the measured part begins, and at its end one line of results.
 */
public final class LoadMain {
  private LoadMain() {}

  public static void main(String[] args) throws Exception {
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      String[] words = line.split(" ");
      EchoLoad load = new EchoLoad(
          Integer.parseInt(words[0]), Integer.parseInt(words[1]), Integer.parseInt(words[2]));
      try {
        load.connect();
        load.run(Long.parseLong(words[3]) * 1_000_000L);
        System.out.println("begin");
        EchoLoad.Result result = load.run(Long.parseLong(words[4]) * 1_000_000L);
        System.out.println(result.line());
      } finally {
        load.close();
      }
    }
  }
}
