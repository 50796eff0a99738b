package io.loomring.samples;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.atomic.LongAdder;

/** Sends back what it receives. */
final class EchoServer extends TcpServer {
  private static final int BUFFER_BYTES = 8192;

  private final LongAdder bytesEchoed = new LongAdder();

  EchoServer(Transport transport, InetSocketAddress address, int maxConnections) throws IOException {
    super("echo-server", transport, address, maxConnections);
  }

  @Override
  EchoServer start() {
    super.start();
    return this;
  }

  @Override
  void serve(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    OutputStream out = socket.getOutputStream();
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      out.write(buffer, 0, count);
      bytesEchoed.add(count);
    }
  }

  long bytesEchoed() {
    return bytesEchoed.sum();
  }

  @Override
  String done() {
    return bytesEchoed() + " bytes echoed, ";
  }
}
