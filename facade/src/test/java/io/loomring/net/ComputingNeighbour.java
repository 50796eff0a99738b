package io.loomring.net;

import io.loomring.api.Uring;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.ThreadFactory;

/**
 * A program of its own: two connections that virtual threads serve, on the JDK's sockets and beside it on ours. The
 * handler of one computes, for five milliseconds after a byte was sent to the other, and how long that one's answer takes
 * is noted. Prints the medians and the ninth deciles of both in nanoseconds.
 */
final class ComputingNeighbour {
  private static final int WARM_UP = 10;
  private static final int ROUNDS = 101;
  private static final long COMPUTING_NANOS = 5_000_000;

  private ComputingNeighbour() {}

  public static void main(String[] args) throws IOException {
    try (Pair jdk = new Pair(new ServerSocket(), Thread.ofVirtual().factory());
        Pair uring = new Pair(new UringServerSocket(), Uring.getDefault().threadFactory())) {
      long[] jdkNanos = new long[ROUNDS];
      long[] uringNanos = new long[ROUNDS];
      // By turns, so that whatever else the machine does comes to both.
      for (int i = -WARM_UP; i < ROUNDS; i++) {
        long ofJdk = jdk.delayNanos();
        long ofUring = uring.delayNanos();
        if (i >= 0) {
          jdkNanos[i] = ofJdk;
          uringNanos[i] = ofUring;
        }
      }
      System.out.println("delays " + figures(jdkNanos) + " " + figures(uringNanos));
    }
    Runtime.getRuntime().halt(0);
  }

  private static String figures(long[] nanos) {
    Arrays.sort(nanos);
    return nanos[ROUNDS / 2] + " " + nanos[ROUNDS * 9 / 10];
  }

  /** The two connections on sockets of one sort. */
  private static final class Pair implements AutoCloseable {
    private final Socket toComputing;
    private final Socket toNeighbour;
    private final Socket computing;
    private final Socket neighbour;
    private volatile boolean begun;
    private volatile boolean sent;

    Pair(ServerSocket server, ThreadFactory threads) throws IOException {
      try (server) {
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        toComputing = new Socket(server.getInetAddress(), server.getLocalPort());
        computing = server.accept();
        toNeighbour = new Socket(server.getInetAddress(), server.getLocalPort());
        neighbour = server.accept();
      }
      threads.newThread(() -> serve(computing, true)).start();
      threads.newThread(() -> serve(neighbour, false)).start();
    }

    private void serve(Socket socket, boolean computes) {
      byte[] bytes = new byte[16];
      try {
        for (int n = socket.getInputStream().read(bytes); n >= 0; n = socket.getInputStream().read(bytes)) {
          if (computes) {
            begun = true;
            while (!sent) {
              Thread.onSpinWait();
            }
            long until = System.nanoTime() + COMPUTING_NANOS;
            while (System.nanoTime() - until < 0) {
              Thread.onSpinWait();
            }
          }
          socket.getOutputStream().write(bytes, 0, n);
        }
      } catch (IOException ended) {
        throw new java.io.UncheckedIOException(ended);
      }
    }

    long delayNanos() throws IOException {
      begun = false;
      sent = false;
      toComputing.getOutputStream().write(1);
      while (!begun) {
        Thread.onSpinWait();
      }
      long from = System.nanoTime();
      toNeighbour.getOutputStream().write(2);
      sent = true;
      answered(toNeighbour, 2);
      long nanos = System.nanoTime() - from;
      answered(toComputing, 1);
      return nanos;
    }

    private static void answered(Socket socket, int expected) throws IOException {
      int answer = socket.getInputStream().read();
      if (answer != expected) {
        throw new IOException("answered " + answer + " and not " + expected);
      }
    }

    @Override
    public void close() throws IOException {
      toComputing.close();
      toNeighbour.close();
    }
  }
}
