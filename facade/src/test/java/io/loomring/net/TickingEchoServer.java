package io.loomring.net;

import io.loomring.api.Uring;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;

/**
 * A program of its own: an echo server on virtual threads, driven by platform threads, with a hundred connections that
 * only wait, while one more virtual thread ticks each millisecond. Prints the longest gaps that the ticker saw.
 */
final class TickingEchoServer {
  private static final int IDLE_CONNECTIONS = 100;
  private static final int BUSY_CONNECTIONS = 8;
  private static final long TICK_NANOS = 1_000_000;
  /** Whoever has not ticked by then counts as not ticking for that long. */
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private static ThreadFactory threads;

  private TickingEchoServer() {}

  public static void main(String[] args) throws Exception {
    boolean uring = args[0].equals("uring");
    ServerSocket server = uring ? new UringServerSocket() : new ServerSocket();
    threads = uring ? Uring.getDefault().threadFactory() : Thread.ofVirtual().factory();
    server.bind(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
    start(() -> accept(server));
    for (int i = 0; i < IDLE_CONNECTIONS; i++) {
      connect(server);
    }
    for (int i = 0; i < BUSY_CONNECTIONS; i++) {
      Socket client = connect(server);
      Thread.ofPlatform().daemon(true).start(() -> drive(client));
    }
    int ticks = Integer.parseInt(args[1]);
    long[] gaps = new long[ticks];
    Thread ticker = start(() -> tick(gaps));
    if (!ticker.join(LIMIT)) {
      // The JDK's scheduler can starve a thread that a timer wakes for as long as its carrier is busy.
      for (int i = 0; i < ticks; i++) {
        gaps[i] = gaps[i] == 0 ? LIMIT.toNanos() : gaps[i];
      }
    }
    Arrays.sort(gaps);
    System.out.println("gaps " + gaps[ticks / 2] + " " + gaps[ticks - ticks / 100] + " " + gaps[ticks - 1]);
    Runtime.getRuntime().halt(0);
  }

  private static Socket connect(ServerSocket server) throws IOException {
    return new Socket(server.getInetAddress(), server.getLocalPort());
  }

  private static Thread start(Runnable body) {
    Thread thread = threads.newThread(body);
    thread.start();
    return thread;
  }

  private static void accept(ServerSocket server) {
    try {
      while (true) {
        Socket socket = server.accept();
        start(() -> echo(socket));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void echo(Socket socket) {
    byte[] buffer = new byte[8192];
    try (socket) {
      InputStream in = socket.getInputStream();
      OutputStream out = socket.getOutputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        out.write(buffer, 0, n);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void drive(Socket client) {
    byte[] message = new byte[64];
    try {
      while (true) {
        client.getOutputStream().write(message);
        client.getInputStream().readNBytes(message, 0, message.length);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void tick(long[] gaps) {
    long last = System.nanoTime();
    for (int i = 0; i < gaps.length; i++) {
      LockSupport.parkNanos(TICK_NANOS);
      long now = System.nanoTime();
      gaps[i] = now - last;
      last = now;
    }
  }
}
