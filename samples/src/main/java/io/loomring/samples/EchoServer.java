package io.loomring.samples;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends back what it receives: one virtual thread for each connection, a limit on connections, and a stop that lets
 * those under way finish.
 */
final class EchoServer implements AutoCloseable {
  private static final int BACKLOG = 1024;
  private static final int BUFFER_BYTES = 8192;
  private static final Duration REFUSAL_LINGER = Duration.ofSeconds(1);
  private static final Duration ACCEPT_PAUSE = Duration.ofMillis(50);
  private static final Duration CUT_OFF_LIMIT = Duration.ofSeconds(10);

  private final ServerSocket listener;
  private final int maxConnections;
  private final Semaphore places;
  private final Thread acceptor = Thread.ofVirtual().name("echo-acceptor").unstarted(this::acceptAll);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile boolean cuttingOff;

  private final LongAdder connections = new LongAdder();
  private final LongAdder bytesEchoed = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder cutOff = new LongAdder();

  /**
   * Listens; {@link #start} begins to serve.
   *
   * @throws java.net.BindException if the address is taken, or not this machine's
   */
  EchoServer(Transport transport, InetSocketAddress address, int maxConnections) throws IOException {
    this.maxConnections = maxConnections;
    this.places = new Semaphore(maxConnections);
    this.listener = transport.newServerSocket();
    try {
      listener.bind(address, BACKLOG);
    } catch (IOException e) {
      listener.close();
      throw e;
    }
  }

  EchoServer start() {
    acceptor.start();
    return this;
  }

  /** The port that it listens on, also where it was told to pick one. */
  int port() {
    return listener.getLocalPort();
  }

  /** How many connections are being served. */
  int active() {
    return open.size();
  }

  // ---- serving

  private void acceptAll() {
    boolean complained = false;
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        complained = false;
        if (places.tryAcquire()) {
          connections.increment();
          open.add(socket);
          threads.execute(() -> serve(socket));
        } else {
          refused.increment();
          threads.execute(() -> refuse(socket));
        }
      } catch (IOException e) {
        if (!listener.isClosed()) {
          // Descriptors are used up, say: those that are served give theirs back in time.
          if (!complained) {
            Loomring.complain("echo-server", "cannot accept: " + e.getMessage());
            complained = true;
          }
          LockSupport.parkNanos(ACCEPT_PAUSE.toNanos());
        }
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      InputStream in = socket.getInputStream();
      OutputStream out = socket.getOutputStream();
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        out.write(buffer, 0, count);
        bytesEchoed.add(count);
      }
    } catch (IOException e) {
      // Either we cut it off, or the peer went away in the middle, which is the peer's affair.
      if (cuttingOff) {
        cutOff.increment();
      }
    } finally {
      open.remove(socket);
      places.release();
    }
  }

  private void refuse(Socket socket) {
    String words = "busy: no more than " + maxConnections + " connections at a time, try again later\n";
    try (socket) {
      socket.setSoTimeout((int) REFUSAL_LINGER.toMillis());
      socket.getOutputStream().write(words.getBytes(StandardCharsets.UTF_8));
      socket.shutdownOutput();
      // A close with unread bytes would reset the connection, and the peer might never see the words.
      long deadline = System.nanoTime() + REFUSAL_LINGER.toNanos();
      byte[] ignored = new byte[BUFFER_BYTES];
      int count = 0;
      while (count >= 0 && System.nanoTime() - deadline < 0) {
        count = socket.getInputStream().read(ignored);
      }
    } catch (IOException e) {
      // The peer is gone, or keeps its side open for too long.
    }
  }

  // ---- stopping

  /**
   * Stops accepting, waits at most {@code grace} for the connections under way, and closes the rest, whatever their
   * threads are blocked in. Later calls wait for the first.
   */
  void stop(Duration grace) throws IOException {
    try {
      if (stopping.compareAndSet(false, true)) {
        listener.close();
        acceptor.join();
        threads.shutdown();
        if (!threads.awaitTermination(grace.toNanos(), TimeUnit.NANOSECONDS)) {
          cutOffRest();
        }
        stopped.countDown();
      }
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void cutOffRest() throws IOException, InterruptedException {
    cuttingOff = true;
    for (Socket socket : open) {
      socket.close();
    }
    if (!threads.awaitTermination(CUT_OFF_LIMIT.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new IOException(active() + " connections did not come back from close");
    }
  }

  /** Closes everything at once. */
  @Override
  public void close() throws IOException {
    stop(Duration.ZERO);
  }

  /** Waits until it has been stopped. */
  void awaitStopped() throws InterruptedException {
    stopped.await();
  }

  // ---- figures

  /** Connections that were served, or are. */
  long connections() {
    return connections.sum();
  }

  long bytesEchoed() {
    return bytesEchoed.sum();
  }

  /** Connections above the limit. */
  long refused() {
    return refused.sum();
  }

  /** Connections whose threads were blocked when {@link #stop} closed them. */
  long cutOff() {
    return cutOff.sum();
  }
}
