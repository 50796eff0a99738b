package io.loomring.samples;

import java.io.IOException;
import java.net.InetSocketAddress;

/** {@code echo-server}: an {@link EchoServer} that runs until it is told to stop. */
final class EchoServerCommand extends ServerCommand {
  static final int DEFAULT_PORT = 7007;

  EchoServerCommand() {
    super("echo-server", DEFAULT_PORT);
  }

  @Override
  public String help() {
    return """
        Usage: ./loomring echo-server [flags]

        Sends back what it receives, one virtual thread for each connection.

        """ + commonHelp();
  }

  @Override
  TcpServer listen(Arguments arguments, Transport transport, InetSocketAddress address, int maxConnections)
      throws IOException {
    return new EchoServer(transport, address, maxConnections);
  }
}
