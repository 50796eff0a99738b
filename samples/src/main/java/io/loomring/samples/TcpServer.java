package io.loomring.samples;

import java.io.IOException;
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
 * Accepts connections and has each served by a virtual thread of its own, with a limit on connections, and a stop that
 * lets those under way finish. What is served is a subclass's.
 */
abstract class TcpServer implements AutoCloseable {
  private static final int BACKLOG = 1024;
  private static final int BUFFER_BYTES = 8192;
  private static final Duration REFUSAL_LINGER = Duration.ofSeconds(1);
  private static final Duration ACCEPT_PAUSE = Duration.ofMillis(50);
  private static final Duration CUT_OFF_LIMIT = Duration.ofSeconds(10);

  private final String name;
  private final ServerSocket listener;
  private final int maxConnections;
  private final Semaphore places;
  private final Thread acceptor = Thread.ofVirtual().unstarted(this::acceptAll);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile boolean cuttingOff;

  private final LongAdder connections = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder cutOff = new LongAdder();

  /**
   * Listens; {@link #start} begins to serve.
   *
   * @param name of its threads and complaints
   * @throws java.net.BindException if the address is taken, or not this machine's
   */
  TcpServer(String name, Transport transport, InetSocketAddress address, int maxConnections) throws IOException {
    this.name = name;
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

  /** Serves a connection: it is closed when this returns or throws, and that closes it for those who use it too. */
  abstract void serve(Socket socket) throws IOException;

  /** What is said to a connection above the limit. */
  String refusal() {
    return "busy: no more than " + maxConnections + " connections at a time, try again later\n";
  }

  /** What the last line says it has done, beside connections. */
  String done() {
    return "";
  }

  TcpServer start() {
    acceptor.setName(name + "-acceptor");
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
          threads.execute(() -> handle(socket));
        } else {
          refused.increment();
          threads.execute(() -> refuse(socket));
        }
      } catch (IOException e) {
        if (!listener.isClosed()) {
          // Descriptors are used up, say: those that are served give theirs back in time.
          if (!complained) {
            Loomring.complain(name, "cannot accept: " + e.getMessage());
            complained = true;
          }
          LockSupport.parkNanos(ACCEPT_PAUSE.toNanos());
        }
      }
    }
  }

  private void handle(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      serve(socket);
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
    try (socket) {
      socket.setSoTimeout((int) REFUSAL_LINGER.toMillis());
      socket.getOutputStream().write(refusal().getBytes(StandardCharsets.UTF_8));
      drain(socket);
    } catch (IOException e) {
      // The peer is gone, or keeps its side open for too long.
    }
  }

  /**
   * Ends the stream of a connection that is about to be closed, and reads what the peer has sent, for a second at most. A
   * close with unread bytes would reset the connection, and the peer might never see what it was told last.
   */
  static void drain(Socket socket) throws IOException {
    socket.shutdownOutput();
    socket.setSoTimeout((int) REFUSAL_LINGER.toMillis());
    long deadline = System.nanoTime() + REFUSAL_LINGER.toNanos();
    byte[] ignored = new byte[BUFFER_BYTES];
    int count = 0;
    while (count >= 0 && System.nanoTime() - deadline < 0) {
      count = socket.getInputStream().read(ignored);
    }
  }

  /** Whether it was told to stop. */
  final boolean isStopping() {
    return stopping.get();
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

  /** Connections above the limit. */
  long refused() {
    return refused.sum();
  }

  /** Connections whose threads were blocked when {@link #stop} closed them. */
  long cutOff() {
    return cutOff.sum();
  }

  /** What it did, for the last line that it prints. */
  final String summary() {
    return connections() + " connections, " + done() + refused() + " refused, " + cutOff() + " cut off";
  }
}
