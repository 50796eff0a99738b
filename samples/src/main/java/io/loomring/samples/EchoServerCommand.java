package io.loomring.samples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Set;

/** {@code echo-server}: an {@link EchoServer} that runs until it is told to stop. */
final class EchoServerCommand implements Loomring.Command {
  static final int DEFAULT_PORT = 7007;
  private static final int DEFAULT_MAX_CONNECTIONS = 1000;
  private static final int MOST_CONNECTIONS = 30_000;
  private static final Duration DEFAULT_GRACE = Duration.ofSeconds(5);

  @Override
  public String help() {
    return """
        Usage: ./loomring echo-server [flags]

        Sends back what it receives, one virtual thread for each connection.

          --port P             the port, %d by default; 0 picks a free one
          --bind A             the address to listen on, 127.0.0.1 by default; 0.0.0.0 or :: for all
          --max-connections N  connections served at a time, %d by default, at most %d; who comes on top
                               gets a line that says so
          --grace T            how long a stop waits for the connections under way (500ms, 5s, 2m), %ds by default
          --transport T        uring (default), jdk, or auto: uring, or jdk where the system refuses it

        Ctrl-C or SIGTERM stops it: it accepts no more, waits for the connections under way, closes the rest and
        prints its counts. A second Ctrl-C does not hurry it; SIGKILL does.

        Exit status: 143 after SIGTERM, 130 after Ctrl-C, as every JVM; 1 if it cannot listen or io_uring cannot be
        had; 2 for wrong arguments.
        """.formatted(DEFAULT_PORT, DEFAULT_MAX_CONNECTIONS, MOST_CONNECTIONS, DEFAULT_GRACE.toSeconds());
  }

  @Override
  public Set<String> flags() {
    return Set.of("--port", "--bind", "--max-connections", "--grace", "--transport");
  }

  @Override
  public int run(Arguments arguments) throws UsageException {
    int port = arguments.number("--port", 0, 65_535, DEFAULT_PORT);
    String host = arguments.text("--bind", "127.0.0.1");
    int maxConnections = arguments.number("--max-connections", 1, MOST_CONNECTIONS, DEFAULT_MAX_CONNECTIONS);
    Duration grace = arguments.duration("--grace", DEFAULT_GRACE);
    Transport transport = Transport.of(arguments);
    InetAddress address;
    try {
      address = InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new UsageException("--bind " + host + ": no such host");
    }
    String place = (host.contains(":") ? "[" + host + "]" : host) + ":";

    EchoServer server;
    try {
      server = new EchoServer(transport, new InetSocketAddress(address, port), maxConnections);
    } catch (IOException e) {
      Loomring.complain("echo-server", "cannot listen on " + place + port + ": " + e.getMessage());
      return Loomring.FAILED;
    }
    // SIGTERM and SIGINT run the hooks of the JVM, which then exits with 128 and the signal's number.
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> stop(server, grace)));
    server.start();
    System.out.println("listening on " + place + server.port() + ", transport " + transport.inUse());
    try {
      server.awaitStopped();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Loomring.OK;
  }

  private static void stop(EchoServer server, Duration grace) {
    if (server.active() > 0) {
      System.out.println("stopping, connections under way: " + server.active());
    }
    try {
      server.stop(grace);
    } catch (IOException e) {
      Loomring.complain("echo-server", String.valueOf(e.getMessage()));
    }
    System.out.println("stopped: " + server.connections() + " connections, " + server.bytesEchoed()
        + " bytes echoed, " + server.refused() + " refused, " + server.cutOff() + " cut off");
  }
}
