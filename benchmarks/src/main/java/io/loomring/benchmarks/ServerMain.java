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
import java.util.concurrent.atomic.AtomicLong;

/**
 * One server under test, in a JVM of its own. It prints its port, answers the questions {@code allocated},
 * {@code open}, {@code parallelism} and {@code gc} on standard input, each with a figure, and ends with standard input.
 */
public final class ServerMain {
  private static final int BACKLOG = 4096;
  private static final int BUFFER_BYTES = 16 * 1024;
  private static final int STREAM_BUFFER_BYTES = 64 * 1024;
  private static final int TIMEOUT_MILLIS = 60_000;
  private static final AtomicLong OPEN = new AtomicLong();

  private ServerMain() {}

  public static void main(String[] args) throws Exception {
    ServerSpec spec = ServerSpec.parse(args[0]);
    Watched watched = spec.watched();
    if (watched != null) {
      watched.begin();
    }
    boolean sink = args[1].equals("sink");
    int port = switch (spec.kind()) {
      case JDK -> blocking(new ServerSocket(), Thread.ofVirtual().factory(), spec.timeout(), sink);
      // On a ring or not at all: what is measured must not fall back to the JDK's sockets.
      case URING ->
          blocking(new UringServerSocket(Uring.getDefault()), Thread.ofVirtual().factory(), spec.timeout(), sink);
      case URING_LOOP -> onLoops(spec.timeout(), sink);
      case NETTY_URING -> NettyEchoServer.start(true, BACKLOG, sink, OPEN);
      case NETTY_EPOLL -> NettyEchoServer.start(false, BACKLOG, sink, OPEN);
      case RAW -> RawEchoServer.start(BACKLOG, OPEN, false);
      case RAW_MULTISHOT -> RawEchoServer.start(BACKLOG, OPEN, true);
    };
    System.out.println("port " + port);
    BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String word = questions.readLine(); word != null; word = questions.readLine()) {
      System.out.println(word + " " + answer(word));
    }
    if (watched != null && watched.leavesFiles()) {
      System.exit(0);
    }
    Runtime.getRuntime().halt(0);
  }

  private static long answer(String word) {
    return switch (word) {
      case "allocated" -> ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getTotalThreadAllocatedBytes();
      case "open" -> OPEN.get();
      case "parallelism" -> Uring.schedulerParallelism();
      case "gc" -> {
        System.gc();
        yield 0;
      }
      default -> throw new IllegalArgumentException(word);
    };
  }

  private static int onLoops(boolean timeout, boolean sink) throws IOException {
    Uring uring = Uring.open(UringConfig.fromSystemProperties().withLoops(true));
    if (!uring.hasLoops()) {
      throw new IOException("the JVM gives no loops");
    }
    return blocking(new UringServerSocket(uring), uring.threadFactory(), timeout, sink);
  }

  /** The code under test: what everybody writes with {@code java.net}, and nothing else. */
  private static int blocking(ServerSocket server, ThreadFactory threads, boolean timeout, boolean sink)
      throws IOException {
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
    threads.newThread(() -> {
      try {
        while (true) {
          Socket socket = server.accept();
          socket.setTcpNoDelay(true);
          if (timeout) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
          }
          threads.newThread(() -> serve(socket, sink)).start();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }).start();
    return server.getLocalPort();
  }

  private static void serve(Socket socket, boolean sink) {
    OPEN.getAndIncrement();
    try (socket) {
      InputStream in = socket.getInputStream();
      OutputStream out = socket.getOutputStream();
      byte[] buffer = new byte[sink ? STREAM_BUFFER_BYTES : BUFFER_BYTES];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        if (!sink) {
          out.write(buffer, 0, n);
        }
      }
    } catch (IOException reset) {
      // The load generator closes its connections between slices.
      Thread.currentThread().setName("ended: " + reset.getMessage());
    } finally {
      OPEN.getAndDecrement();
    }
  }
}
