package io.loomring.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Loads that plain sockets on platform threads are good enough for: they are the same for every server. */
final class PlainLoad {
  private PlainLoad() {}

  /** Connects, sends one byte, waits for it to come back, and resets; as often as it can. */
  static void accept(int port, int threads, long nanos) throws InterruptedException {
    byte[] one = {42};
    measure(threads, nanos, () -> {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        // A reset leaves nothing behind: thousands of connections in TIME_WAIT would use the ports up.
        socket.setSoLinger(true, 0);
        socket.getOutputStream().write(one);
        if (socket.getInputStream().read() != one[0]) {
          throw new IOException("another byte came back");
        }
        return 1;
      }
    });
  }

  /** Writes {@code size} bytes at a time, as fast as the server takes them; the result counts bytes. */
  static void stream(int port, int connections, int size, long nanos) throws InterruptedException, IOException {
    byte[] block = new byte[size];
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      sockets.add(new Socket(InetAddress.getLoopbackAddress(), port));
    }
    ThreadLocal<Socket> mine = new ThreadLocal<>();
    measure(connections, nanos, () -> {
      if (mine.get() == null) {
        synchronized (sockets) {
          mine.set(sockets.removeLast());
        }
      }
      mine.get().getOutputStream().write(block);
      return size;
    });
  }

  /** Opens connections, each with one echo to show that it is served, and keeps them until the next line comes. */
  static void idle(int port, int connections, BufferedReader commands) throws IOException {
    List<Socket> sockets = new ArrayList<>();
    byte[] one = {42};
    for (int i = 0; i < connections; i++) {
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
      sockets.add(socket);
      socket.getOutputStream().write(one);
      if (socket.getInputStream().read() != one[0]) {
        throw new IOException("another byte came back");
      }
    }
    System.out.println("begin");
    commands.readLine();
    for (Socket socket : sockets) {
      socket.setSoLinger(true, 0);
      socket.close();
    }
    System.out.println("result " + connections + " 0 0 0 0 0");
  }

  private interface Step {
    long run() throws IOException;
  }

  private static void measure(int threads, long nanos, Step step) throws InterruptedException {
    AtomicLong total = new AtomicLong();
    long begin = System.nanoTime();
    System.out.println("begin");
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      running.add(Thread.ofPlatform().start(() -> {
        try {
          while (System.nanoTime() - begin < nanos) {
            total.getAndAdd(step.run());
          }
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }));
    }
    for (Thread thread : running) {
      thread.join();
    }
    System.out.println("result " + total.get() + " " + (System.nanoTime() - begin) + " 0 0 0 0");
  }
}
