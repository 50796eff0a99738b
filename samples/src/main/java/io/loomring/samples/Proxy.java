package io.loomring.samples;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;

/**
 * {@code proxy}: passes TCP connections on to another server. Each direction is a virtual thread that reads and writes; the
 * end of one direction is passed on as an end of that direction only, so the other goes on.
 */
final class Proxy extends ServerCommand {
  private static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(5);

  Proxy() {
    super("proxy", 7008);
  }

  @Override
  public String help() {
    return """
        Usage: ./loomring proxy --to HOST:PORT [flags]

        Passes each connection on to another server, both ways, and the end of each way by itself. Where that server
        cannot be reached, the connection is closed, standard error says why, and the next one tries again.

          --to HOST:PORT       the server, asked for anew for each connection
          --connect-timeout T  how long to try to reach it, %ds by default
        """.formatted(DEFAULT_CONNECT_TIMEOUT.toSeconds()) + commonHelp();
  }

  @Override
  Set<String> ownFlags() {
    return Set.of("--to", "--connect-timeout");
  }

  @Override
  TcpServer listen(Arguments arguments, Transport transport, InetSocketAddress address, int maxConnections)
      throws UsageException, IOException {
    String to = arguments.required("--to");
    InetSocketAddress target = Arguments.address("--to " + to, to);
    Duration timeout = arguments.duration("--connect-timeout", DEFAULT_CONNECT_TIMEOUT);
    return new Server(transport, address, maxConnections, target, (int) Math.max(1, timeout.toMillis()));
  }

  static final class Server extends TcpServer {
    private final Transport transport;
    private final InetSocketAddress target;
    private final int connectMillis;
    private final LongAdder bytesThere = new LongAdder();
    private final LongAdder bytesBack = new LongAdder();

    Server(Transport transport, InetSocketAddress address, int maxConnections, InetSocketAddress target,
        int connectMillis) throws IOException {
      super("proxy", transport, address, maxConnections);
      this.transport = transport;
      this.target = target;
      this.connectMillis = connectMillis;
    }

    @Override
    void serve(Socket client) throws IOException {
      try (Socket server = transport.newSocket()) {
        try {
          // Resolved here and now: the server may have moved.
          server.connect(new InetSocketAddress(target.getHostString(), target.getPort()), connectMillis);
          server.setTcpNoDelay(true);
        } catch (IOException e) {
          String reason = e instanceof UnknownHostException ? "no such host" : e.getMessage();
          Loomring.complain("proxy", "cannot reach " + target.getHostString() + ":" + target.getPort() + ": " + reason);
          return;
        }
        Thread back = Thread.startVirtualThread(() -> pass(server, client, bytesBack));
        pass(client, server, bytesThere);
        join(back);
      }
    }

    /** Passes one direction on, and its end; where it breaks, both connections are closed, which ends the other too. */
    private static void pass(Socket from, Socket to, LongAdder bytes) {
      try {
        bytes.add(from.getInputStream().transferTo(to.getOutputStream()));
        to.shutdownOutput();
      } catch (IOException broken) {
        close(from);
        close(to);
      }
    }

    private static void close(Socket socket) {
      try {
        socket.close();
      } catch (IOException e) {
        // It is closed all the same.
      }
    }

    private static void join(Thread thread) throws IOException {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new IOException("interrupted", e);
      }
    }

    @Override
    String done() {
      return bytesThere + " bytes there, " + bytesBack + " bytes back, ";
    }
  }
}
