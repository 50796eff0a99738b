package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.TestDriver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Neither a neighbour that computes, nor many that only wait, nor many that are busy keep a connection from its turn. */
class FairnessTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final int BUSY = 100;
  /** Any one of the busy ones has at least the mean divided, and at most the mean multiplied, by this. */
  private static final int FACTOR = 3;
  /** What two transports may differ by and still be level, on a machine that other work shares. */
  private static final long SLACK_NANOS = 3_000_000;

  // ---- one that computes (K-41)

  @Test
  void aHandlerThatComputesDelaysTheOthersOfItsCarrierNoMoreThanWithTheJdksSockets() {
    String out =
        ChildJvm.of(ComputingNeighbour.class).oneCarrier().options("-Dloomring.rings=1").run().succeeded();
    String line = out.lines().filter(l -> l.startsWith("delays ")).findFirst().orElseThrow();
    long[] figures = Arrays.stream(line.split(" ")).skip(1).mapToLong(Long::parseLong).toArray();
    assertTrue(figures[2] <= figures[0] * 3 / 2 + SLACK_NANOS, () -> "the median: java.net's and ours are in " + line);
    assertTrue(figures[3] <= figures[1] * 2 + SLACK_NANOS, () -> "the ninth decile: java.net's and ours are in " + line);
  }

  // ---- many

  /** Connects as often as it is told, says so, and keeps the connections until its standard input ends. */
  static final class Idle {
    public static void main(String[] args) throws IOException {
      InetSocketAddress to = new InetSocketAddress(LOOPBACK, Integer.parseInt(args[0]));
      List<SocketChannel> kept = new ArrayList<>();
      for (int i = 0; i < Integer.parseInt(args[1]); i++) {
        kept.add(SocketChannel.open(to));
      }
      System.out.println("connected " + kept.size());
      while (System.in.read() >= 0) {
        // Until its end.
      }
      System.exit(0);
    }
  }

  /** Answers whatever comes on each connection, each with a virtual thread of its own. */
  private static final class EchoServer implements AutoCloseable {
    final UringServerSocket socket;
    final AtomicInteger open = new AtomicInteger();
    private final CompletableFuture<String> ended = new CompletableFuture<>();

    EchoServer(Uring uring) throws IOException {
      socket = new UringServerSocket(uring);
      socket.bind(new InetSocketAddress(LOOPBACK, 0), 1024);
      TestDriver.startVirtual(() -> {
        try {
          while (true) {
            UringSocket accepted = socket.accept();
            open.incrementAndGet();
            TestDriver.startVirtual(() -> echo(accepted));
          }
        } catch (SocketException closed) {
          ended.complete(closed.getMessage());
        } catch (IOException failed) {
          ended.completeExceptionally(failed);
        }
      });
    }

    private void echo(UringSocket accepted) {
      byte[] bytes = new byte[64];
      try (accepted) {
        for (int n = accepted.read(bytes); n >= 0; n = accepted.read(bytes)) {
          accepted.write(bytes, 0, n);
        }
      } catch (IOException reset) {
        // So it ends.
      } finally {
        open.decrementAndGet();
      }
    }

    @Override
    public void close() throws IOException {
      Await.until(() -> open + " connections are open", () -> open.get() == 0);
      socket.close();
      assertEquals("Socket closed", ended.join());
    }
  }

  private static void exchange(UringSocket socket, byte[] message) throws IOException {
    socket.write(message);
    for (int done = 0; done < message.length; ) {
      int n = socket.read(message, done, message.length - done);
      assertTrue(n > 0, "the end");
      done += n;
    }
  }

  /** Has the busy ones exchange messages until together they have come to {@code goal}; answers how many each had. */
  private static long[] countExchanges(Uring uring, int port, long goal) throws Exception {
    long[] counts = new long[BUSY];
    AtomicLong all = new AtomicLong();
    CountDownLatch connected = new CountDownLatch(BUSY);
    List<CompletableFuture<Void>> clients = new ArrayList<>();
    for (int i = 0; i < BUSY; i++) {
      int at = i;
      CompletableFuture<Void> client = new CompletableFuture<>();
      clients.add(client);
      TestDriver.startVirtual(() -> {
        try (UringSocket socket = new UringSocket(uring)) {
          socket.connect(new InetSocketAddress(LOOPBACK, port));
          byte[] message = new byte[64];
          exchange(socket, message);
          connected.countDown();
          connected.await();
          while (all.get() < goal) {
            exchange(socket, message);
            counts[at]++;
            all.incrementAndGet();
          }
          client.complete(null);
        } catch (Throwable failed) {
          connected.countDown();
          client.completeExceptionally(failed);
        }
      });
    }
    for (CompletableFuture<Void> client : clients) {
      client.get();
    }
    return counts;
  }

  private static void everyBusyOneGetsItsShare(Uring uring, int idle, long goal) throws Exception {
    try (EchoServer server = new EchoServer(uring);
        ChildJvm.Running holder = ChildJvm.of(
                Idle.class, Integer.toString(server.socket.getLocalPort()), Integer.toString(idle))
            .limit(Duration.ofMinutes(5))
            .start()) {
      Await.until(() -> "it has " + server.open + " connections: " + holder.errSoFar(),
          () -> server.open.get() == idle && uring.inFlight(OperationKind.RECV) == idle);
      long[] counts = countExchanges(uring, server.socket.getLocalPort(), goal);
      Arrays.sort(counts);
      long mean = Arrays.stream(counts).sum() / BUSY;
      assertTrue(counts[0] * FACTOR >= mean, () -> "the least of them had " + counts[0] + ", the mean is " + mean);
      assertTrue(counts[BUSY - 1] <= mean * FACTOR,
          () -> "the most of them had " + counts[BUSY - 1] + ", the mean is " + mean);
      Await.until(() -> server.open + " connections are open", () -> server.open.get() == idle);
    }
  }

  @Test
  void besideAThousandIdleConnectionsEveryBusyOneGetsItsShare() throws Exception {
    // One ring: between loops the machine's other work decides which of their threads gets how much of a processor.
    try (Uring uring = TestDriver.open(TestDriver.config("fairness").withRings(1))) {
      everyBusyOneGetsItsShare(uring, 1_000, 100_000);
    }
  }

  @Tag("long")
  @Test
  void besideTenThousandIdleConnectionsEveryBusyOneGetsItsShare() throws Exception {
    everyBusyOneGetsItsShare(Uring.getDefault(), 10_000, 1_000_000);
  }
}
