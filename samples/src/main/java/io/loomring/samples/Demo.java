package io.loomring.samples;

import io.loomring.api.Uring;
import io.loomring.api.UringStats;
import io.loomring.samples.DemoReport.Figures;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** {@code demo}: an echo server in this JVM, many verified connections from a second one, and a table of what happened. */
final class Demo implements Loomring.Command {
  private static final int DEFAULT_CONNECTIONS = 400;
  private static final int MOST_CONNECTIONS = 10_000;
  private static final int DEFAULT_SECONDS = 5;
  private static final int MOST_SECONDS = 20;
  /** What start, end and all waits in between may take beside the echoing. */
  private static final int SPARE_SECONDS = 35;
  private static final Duration STAGE_LIMIT = Duration.ofSeconds(8);

  @Override
  public String help() {
    return """
        Usage: ./loomring demo [flags]

        Shows blocking socket code on io_uring: an echo server in one JVM, a second JVM that drives it over many
        connections, each on a virtual thread, and checks every byte. Then half of the connections are closed in the
        middle of a read by the client, the rest by the server.

          --connections N  how many, %d by default, at most %d
          --seconds S      how long they echo, %d by default, at most %d

        Exit status: 0 if everything went through the ring, all bytes came back right, every blocked read ended with
        the close and no descriptor is left over; 1 otherwise; 2 for wrong arguments.
        """.formatted(DEFAULT_CONNECTIONS, MOST_CONNECTIONS, DEFAULT_SECONDS, MOST_SECONDS);
  }

  @Override
  public Set<String> flags() {
    return Set.of("--connections", "--seconds");
  }

  @Override
  public int run(Arguments arguments) throws UsageException {
    int connections = arguments.number("--connections", 2, MOST_CONNECTIONS, DEFAULT_CONNECTIONS);
    int seconds = arguments.number("--seconds", 1, MOST_SECONDS, DEFAULT_SECONDS);
    Uring.ensureAvailable();
    System.out.println("echo server here, client in a second JVM, " + connections + " connections, " + seconds + " s");
    Process client = null;
    try {
      DemoClient.warmUp();
      client = startClient();
      giveUpAfter(seconds + SPARE_SECONDS, client);
      return drive(client, connections, seconds);
    } catch (IOException e) {
      Loomring.complain("demo", String.valueOf(e.getMessage()));
      return Loomring.FAILED;
    } finally {
      if (client != null) {
        client.destroy();
      }
    }
  }

  private static Process startClient() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    for (String property : System.getProperties().stringPropertyNames()) {
      if (property.startsWith("loomring.")) {
        command.add("-D" + property + "=" + System.getProperty(property));
      }
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), DemoClient.class.getName()));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static void giveUpAfter(int seconds, Process client) {
    Thread.ofPlatform().daemon(true).name("demo-limit").start(() -> {
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
      Loomring.complain("demo", "not through after " + seconds + " s, giving up");
      client.destroyForcibly();
      Runtime.getRuntime().halt(Loomring.FAILED);
    });
  }

  private static int drive(Process client, int connections, int seconds) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
    BufferedWriter out = new BufferedWriter(new OutputStreamWriter(client.getOutputStream(), StandardCharsets.UTF_8));
    if (!"ready".equals(in.readLine())) {
      throw new IOException("the client's JVM did not start");
    }
    long descriptorsBefore = Census.descriptors();
    UringStats before = Uring.getDefault().stats();
    EchoServer server = new EchoServer(Transport.URING, DemoClient.anyPort(), connections).start();
    out.write(server.port() + " " + connections + " " + seconds + "\n");
    out.flush();
    Figures figures = listen(in, out, connections, server);
    long descriptorsAfter = Census.settled(descriptorsBefore, STAGE_LIMIT);
    UringStats after = Uring.getDefault().stats();
    out.close();

    figures.put("server.bytes", server.bytesEchoed());
    figures.put("server.connections", server.connections());
    figures.put("server.cutOff", server.cutOff());
    figures.put("server.operations", after.operations() - before.operations());
    figures.put("server.cancelled", after.cancelledByClose() - before.cancelledByClose());
    figures.put("server.descriptorsBefore", descriptorsBefore);
    figures.put("server.descriptorsAfter", descriptorsAfter);
    figures.put("server.ringDescriptors", after.openDescriptors());
    return DemoReport.show(figures, connections, seconds);
  }

  /** Follows what the client says, does the server's part of the closing, and answers the client's figures. */
  private static Figures listen(BufferedReader in, BufferedWriter out, int connections, EchoServer server)
      throws IOException {
    Progress progress = new Progress();
    Figures figures = new Figures();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      switch (words[0]) {
        case "progress" -> progress.show(Long.parseLong(words[1]), Long.parseLong(words[2]));
        case "half-closed" -> {
          progress.end();
          // The peers of those that the client closed have seen the end; the others are in the middle of a read.
          int rest = connections / 2;
          Census.await(() -> server.active() == rest && DemoClient.areReading(rest), STAGE_LIMIT);
          server.close();
          out.write("stopped\n");
          out.flush();
        }
        case "error" -> {
          progress.end();
          Loomring.complain("demo", line.substring("error ".length()));
        }
        case "result" -> {
          for (int i = 1; i < words.length; i++) {
            String[] figure = words[i].split("=");
            figures.put(figure[0], Long.parseLong(figure[1]));
          }
          return figures;
        }
        default -> Loomring.complain("demo", "the client's JVM says: " + line);
      }
    }
    progress.end();
    throw new IOException("the client's JVM ended before its time");
  }

  // ---- what is shown

  /** How far it is: one line that is written over on a terminal, a line each second elsewhere. */
  private static final class Progress {
    private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final boolean terminal = isTerminal();
    private final long begin = System.nanoTime();
    private long shown = begin - PERIOD_NANOS;
    private boolean unfinished;

    Progress() {
      if (terminal) {
        // What comes behind Ctrl-C begins a line of its own.
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::end));
      }
    }

    private static boolean isTerminal() {
      Console console = System.console();
      return console != null && console.isTerminal();
    }

    synchronized void show(long echoes, long bytes) {
      long now = System.nanoTime();
      if (!terminal && now - shown < PERIOD_NANOS) {
        return;
      }
      shown = now;
      String line = String.format(
          Locale.ROOT, "  %4.1f s  %,12d echoes  %,16d bytes verified", (now - begin) / 1e9, echoes, bytes);
      if (terminal) {
        System.out.print("\r" + line);
        System.out.flush();
        unfinished = true;
      } else {
        System.out.println(line);
      }
    }

    synchronized void end() {
      if (unfinished) {
        System.out.println();
        unfinished = false;
      }
    }
  }
}
