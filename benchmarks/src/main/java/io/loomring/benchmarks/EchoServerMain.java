package io.loomring.benchmarks;

import com.sun.management.ThreadMXBean;
import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import io.loomring.net.UringServerSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadFactory;

/**
 * One server under test, in a JVM of its own. It prints its port, answers {@code allocated} on standard input with the
 * bytes its threads have allocated, and ends with standard input.
 */
public final class EchoServerMain {
  private static final int BACKLOG = 4096;
  private static final int BUFFER_BYTES = 16 * 1024;
  private static final int TIMEOUT_MILLIS = 60_000;

  private EchoServerMain() {}

  public static void main(String[] args) throws Exception {
    ServerSpec spec = ServerSpec.parse(args[0]);
    int port = switch (spec.kind()) {
      case JDK -> blocking(new ServerSocket(), Thread.ofVirtual().factory(), spec.timeout());
      case URING -> blocking(new UringServerSocket(), Thread.ofVirtual().factory(), spec.timeout());
      case URING_LOOP -> onLoops(spec.timeout());
      case NETTY_URING -> NettyEchoServer.start(true, BACKLOG);
      case NETTY_EPOLL -> NettyEchoServer.start(false, BACKLOG);
    };
    System.out.println("port " + port);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      System.out.println("allocated " + threads.getTotalThreadAllocatedBytes());
    }
    Runtime.getRuntime().halt(0);
  }

  private static int onLoops(boolean timeout) throws IOException {
    Uring uring = Uring.open(UringConfig.fromSystemProperties().withLoops(true));
    if (!uring.hasLoops()) {
      throw new IOException("the JVM gives no loops");
    }
    return blocking(new UringServerSocket(uring), uring.threadFactory(), timeout);
  }

  /** The code under test: what everybody writes with {@code java.net}, and nothing else. */
  private static int blocking(ServerSocket server, ThreadFactory threads, boolean timeout) throws IOException {
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
    threads.newThread(() -> {
      try {
        while (true) {
          Socket socket = server.accept();
          socket.setTcpNoDelay(true);
          if (timeout) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
          }
          threads.newThread(() -> echo(socket)).start();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }).start();
    return server.getLocalPort();
  }

  private static void echo(Socket socket) {
    try (socket) {
      InputStream in = socket.getInputStream();
      OutputStream out = socket.getOutputStream();
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        out.write(buffer, 0, n);
      }
    } catch (IOException reset) {
      // The load generator closes its connections between slices.
      Thread.currentThread().setName("ended: " + reset.getMessage());
    }
  }
}
