package io.loomring.samples;

import io.loomring.api.Uring;
import io.loomring.api.UringStats;
import io.loomring.op.OperationKind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;

/**
 * The demo's second JVM: drives an echo server over many connections, each on a virtual thread, and checks every byte.
 * At the end all connections wait for bytes that never come: every second one is closed in the middle of its read by
 * another thread of this JVM, the others by the server.
 *
 * <p>It talks with the first JVM in lines: {@code ready}; reads {@code port connections seconds}; {@code progress},
 * {@code half-closed}; reads {@code stopped}; {@code error}, {@code result}; and ends when its standard input does.
 */
public final class DemoClient {
  private static final int USUAL_BYTES = 64;
  private static final int MOST_BYTES = 4096;
  private static final int USUAL_PERCENT = 80;
  private static final int MOST_ERRORS_SHOWN = 5;
  private static final Duration STAGE_LIMIT = Duration.ofSeconds(8);
  private static final Duration PROGRESS_PERIOD = Duration.ofMillis(250);

  private final InetSocketAddress server;
  private final Duration time;
  private final List<Socket> sockets = new ArrayList<>();
  private final CountDownLatch gate = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);
  /** On the clock of {@link System#nanoTime}; written before the gate opens. */
  private long deadline;

  private final AtomicInteger connected = new AtomicInteger();
  private final AtomicInteger arrived = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();
  private final AtomicInteger closedHere = new AtomicInteger();
  private final AtomicInteger closedByServer = new AtomicInteger();
  private final LongAdder echoes = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final Latencies latencies = new Latencies();
  private final LongAdder errors = new LongAdder();
  private final ConcurrentLinkedQueue<String> firstErrors = new ConcurrentLinkedQueue<>();

  private DemoClient(int port, int connections, Duration time) throws IOException {
    this.server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    this.time = time;
    for (int i = 0; i < connections; i++) {
      sockets.add(Transport.URING.newSocket());
    }
  }

  /** Started by {@link Demo}. */
  public static void main(String[] args) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    warmUp();
    say("ready");
    String order = in.readLine();
    if (order == null) {
      return;
    }
    String[] words = order.split(" ");
    long descriptorsBefore = Census.descriptors();
    UringStats before = Uring.getDefault().stats();
    DemoClient client = new DemoClient(
        Integer.parseInt(words[0]), Integer.parseInt(words[1]), Duration.ofSeconds(Long.parseLong(words[2])));
    client.run(() -> {
      say("half-closed");
      in.readLine();
    });
    long descriptorsAfter = Census.settled(descriptorsBefore, STAGE_LIMIT);
    UringStats after = Uring.getDefault().stats();
    client.firstErrors.forEach(error -> say("error " + error));
    say("result connections=" + client.connected + " echoes=" + client.echoes + " bytes=" + client.bytes
        + " errors=" + client.errors + " closedHere=" + client.closedHere + " closedByServer=" + client.closedByServer
        + " p50=" + client.latencies.quantile(0.50) + " p99=" + client.latencies.quantile(0.99)
        + " operations=" + (after.operations() - before.operations())
        + " cancelled=" + (after.cancelledByClose() - before.cancelledByClose())
        + " descriptorsBefore=" + descriptorsBefore + " descriptorsAfter=" + descriptorsAfter
        + " ringDescriptors=" + after.openDescriptors());
    while (in.readLine() != null) {
      // The other JVM counts its own descriptors while the pipes between us are open.
    }
  }

  /** Goes once through everything within this JVM, so that what it opens once is open before descriptors are counted. */
  static void warmUp() throws IOException {
    try (EchoServer server = new EchoServer(Transport.URING, anyPort(), 2).start()) {
      new DemoClient(server.port(), 2, Duration.ofMillis(1)).run(() -> server.stop(Duration.ZERO));
    }
    Census.descriptors();
  }

  static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private static void say(String line) {
    System.out.println(line);
  }

  // ---- the run

  /** Has the server closed the connections that we have left to it. */
  private interface ServerStop {
    void run() throws IOException;
  }

  /** Whether {@code count} reads have got as far as the kernel. */
  static boolean areReading(int count) {
    UringStats stats = Uring.getDefault().stats();
    return Uring.getDefault().inFlight(OperationKind.RECV) >= count && stats.submitted() - stats.completed() >= count;
  }

  private void run(ServerStop serverStop) throws IOException {
    int connections = sockets.size();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      int index = i;
      threads.add(Thread.startVirtualThread(() -> drive(index)));
    }
    expect("connections stand", () -> connected.get() + failed.get() == connections);
    deadline = System.nanoTime() + time.toNanos();
    gate.countDown();
    while (!Census.await(() -> System.nanoTime() - deadline >= 0, PROGRESS_PERIOD)) {
      say("progress " + echoes + " " + bytes);
    }

    expect("the last echoes are back", () -> arrived.get() + failed.get() == connections);
    expect("all are in their last read", () -> areReading(arrived.get()));
    for (int i = 0; i < connections; i += 2) {
      closeInMidRead(i);
    }
    expect("closed readers are back", () -> closedHere.get() + failed.get() >= (connections + 1) / 2);
    serverStop.run();
    release.countDown();
    expect("all have ended", () -> threads.stream().noneMatch(Thread::isAlive));
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private void closeInMidRead(int index) {
    try (Socket socket = sockets.get(index)) {
      // Without lingering no end of stream goes out first, and no answer to it comes back before the cancel.
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      error("connection " + index + " was closed before its time: " + e);
    }
  }

  private void expect(String what, BooleanSupplier condition) {
    if (!Census.await(condition, STAGE_LIMIT)) {
      error("after " + STAGE_LIMIT.toSeconds() + " s it is not so that " + what);
    }
  }

  private void error(String text) {
    errors.increment();
    if (firstErrors.size() < MOST_ERRORS_SHOWN) {
      firstErrors.add(text.replace('\n', ' '));
    }
  }

  // ---- one connection

  private void drive(int index) {
    try (Socket socket = sockets.get(index)) {
      socket.connect(server, (int) STAGE_LIMIT.toMillis());
      socket.setTcpNoDelay(true);
      connected.incrementAndGet();
      await(gate);
      exchange(socket, index);
      arrived.incrementAndGet();
      readInVain(socket.getInputStream(), index % 2 == 0);
      // Our own end of stream, too soon, would end the server's read before its close does.
      await(release);
    } catch (IOException | InterruptedException e) {
      failed.incrementAndGet();
      error("connection " + index + ": " + e);
    }
  }

  private static void await(CountDownLatch latch) throws IOException, InterruptedException {
    if (!latch.await(3 * STAGE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IOException("never let go");
    }
  }

  /** Sends and gets back, in sizes that vary, a stream of bytes that no other connection has, until the time is over. */
  private void exchange(Socket socket, int index) throws IOException {
    InputStream in = socket.getInputStream();
    OutputStream out = socket.getOutputStream();
    SplittableRandom random = new SplittableRandom(index);
    byte[] sent = new byte[MOST_BYTES];
    byte[] received = new byte[MOST_BYTES];
    long position = 0;
    do {
      int size = random.nextInt(100) < USUAL_PERCENT ? USUAL_BYTES : 1 + random.nextInt(MOST_BYTES);
      for (int i = 0; i < size; i++) {
        sent[i] = patternByte(index, position + i);
      }
      long begin = System.nanoTime();
      out.write(sent, 0, size);
      int count = in.readNBytes(received, 0, size);
      latencies.add(System.nanoTime() - begin);
      for (int i = 0; i < count; i++) {
        if (received[i] != patternByte(index, position + i)) {
          throw new IOException("byte " + (position + i) + " came back as " + received[i]);
        }
      }
      bytes.add(count);
      if (count < size) {
        throw new IOException("the stream ended after " + (position + count) + " bytes");
      }
      position += size;
      echoes.increment();
    } while (System.nanoTime() - deadline < 0);
  }

  private static byte patternByte(int index, long position) {
    // The multiplier spreads both over all bits: neighbours, and the same place of another connection, differ.
    long mixed = (index * 0x1_0000_0001L + position) * 0x9E37_79B9_7F4A_7C15L;
    return (byte) (mixed >>> 56);
  }

  private void readInVain(InputStream in, boolean closedByUs) throws IOException {
    int result;
    try {
      result = in.read();
    } catch (SocketException e) {
      if (closedByUs && "Socket closed".equals(e.getMessage())) {
        closedHere.incrementAndGet();
        return;
      }
      throw e;
    }
    if (closedByUs || result >= 0) {
      throw new IOException("the last read answered " + result);
    }
    closedByServer.incrementAndGet();
  }
}
