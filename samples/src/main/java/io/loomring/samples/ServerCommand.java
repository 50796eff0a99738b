package io.loomring.samples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/** A command that runs a {@link TcpServer} until it is told to stop, with the flags that they have in common. */
abstract class ServerCommand implements Loomring.Command {
  private static final int DEFAULT_MAX_CONNECTIONS = 1000;
  private static final int MOST_CONNECTIONS = 30_000;
  private static final Duration DEFAULT_GRACE = Duration.ofSeconds(5);

  private final String name;
  private final int defaultPort;

  ServerCommand(String name, int defaultPort) {
    this.name = name;
    this.defaultPort = defaultPort;
  }

  /** The flags of this server alone. */
  Set<String> ownFlags() {
    return Set.of();
  }

  /** Makes the server, which listens then. */
  abstract TcpServer listen(Arguments arguments, Transport transport, InetSocketAddress address, int maxConnections)
      throws UsageException, IOException;

  @Override
  public final Set<String> flags() {
    Set<String> all = new HashSet<>(Set.of("--port", "--bind", "--max-connections", "--grace", "--transport"));
    all.addAll(ownFlags());
    return all;
  }

  /** What the help of each says at its end. */
  final String commonHelp() {
    return """
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
        """.formatted(defaultPort, DEFAULT_MAX_CONNECTIONS, MOST_CONNECTIONS, DEFAULT_GRACE.toSeconds());
  }

  /** The server that the arguments describe; it listens, and is not started. */
  final TcpServer listen(Arguments arguments) throws UsageException, IOException {
    Transport transport = Transport.of(arguments);
    int maxConnections = arguments.number("--max-connections", 1, MOST_CONNECTIONS, DEFAULT_MAX_CONNECTIONS);
    InetSocketAddress address = address(arguments, defaultPort);
    return listen(arguments, transport, address, maxConnections);
  }

  /** Where {@code --bind} and {@code --port} say that a server is to listen. */
  static InetSocketAddress address(Arguments arguments, int defaultPort) throws UsageException {
    int port = arguments.number("--port", 0, 65_535, defaultPort);
    String host = arguments.text("--bind", "127.0.0.1");
    try {
      return new InetSocketAddress(InetAddress.getByName(host), port);
    } catch (UnknownHostException e) {
      throw new UsageException("--bind " + host + ": no such host");
    }
  }

  /** The same as text, with {@code port} in place of its own. */
  static String place(Arguments arguments, int port) {
    String host = arguments.text("--bind", "127.0.0.1");
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  @Override
  public final int run(Arguments arguments) throws UsageException {
    Duration grace = arguments.duration("--grace", DEFAULT_GRACE);
    TcpServer server;
    try {
      server = listen(arguments);
    } catch (IOException e) {
      int port = arguments.number("--port", 0, 65_535, defaultPort);
      Loomring.complain(name, "cannot listen on " + place(arguments, port) + ": " + e.getMessage());
      return Loomring.FAILED;
    }
    // SIGTERM and SIGINT run the hooks of the JVM, which then exits with 128 and the signal's number.
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> stop(server, grace)));
    server.start();
    System.out.println("listening on " + place(arguments, server.port()) + ", transport "
        + Transport.of(arguments).inUse());
    try {
      server.awaitStopped();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Loomring.OK;
  }

  private void stop(TcpServer server, Duration grace) {
    if (server.active() > 0) {
      System.out.println("stopping, connections under way: " + server.active());
    }
    try {
      server.stop(grace);
    } catch (IOException e) {
      Loomring.complain(name, String.valueOf(e.getMessage()));
    }
    System.out.println("stopped: " + server.summary());
  }
}
