package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.TestDriver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A listener loses no connection: not of a burst, and not when descriptors run out (K-23). */
class AcceptAtSpeedTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final int BURST = 1000;

  @Test
  void aBurstOfAThousandConnectionsIsServed() throws Exception {
    List<SocketChannel> clients = new ArrayList<>();
    try (UringServerSocket server = new UringServerSocket(0, BURST, LOOPBACK)) {
      TestDriver.startVirtual(() -> serve(server, new AtomicInteger()));
      for (int i = 0; i < BURST; i++) {
        clients.add(connected(server.getLocalPort(), i));
      }
      assertEquals(BURST, answered(clients, 0, BURST).size());
    } finally {
      closeAll(clients, 0, clients.size());
    }
  }

  /** Sends each connection its number back, and counts the accepts that found no descriptor; tries again at once. */
  private static void serve(ServerSocket server, AtomicInteger refused) {
    while (!server.isClosed()) {
      try {
        Socket accepted = server.accept();
        TestDriver.startVirtual(() -> echo(accepted));
      } catch (IOException failed) {
        if ("Too many open files".equals(failed.getMessage())) {
          refused.incrementAndGet();
        } else if (!server.isClosed()) {
          throw new UncheckedIOException(failed);
        }
      }
    }
  }

  private static void echo(Socket connection) {
    try (connection) {
      connection.getInputStream().transferTo(connection.getOutputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static SocketChannel connected(int port, int number) throws IOException {
    SocketChannel client = SocketChannel.open(new InetSocketAddress(LOOPBACK, port));
    client.write(ByteBuffer.allocate(Integer.BYTES).putInt(number).flip());
    return client;
  }

  /** The numbers that some clients are sent back. */
  private static Set<Integer> answered(List<SocketChannel> clients, int from, int to) throws IOException {
    Set<Integer> numbers = new HashSet<>();
    for (SocketChannel client : clients.subList(from, to)) {
      ByteBuffer answer = ByteBuffer.allocate(Integer.BYTES);
      while (answer.hasRemaining()) {
        assertTrue(client.read(answer) > 0, "the connection was ended");
      }
      numbers.add(answer.getInt(0));
    }
    return numbers;
  }

  private static void closeAll(List<SocketChannel> clients, int from, int to) throws IOException {
    for (SocketChannel client : clients.subList(from, to)) {
      client.close();
    }
  }

  // ---- descriptors run out

  private static final int DESCRIPTORS = 200;
  private static final int WANTED = 300;
  private static final int REFUSALS = 20;

  /** Serves, and says what it cost to be refused; ends with its standard input. */
  static final class Main {
    public static void main(String[] arguments) throws Exception {
      ServerSocket server = new UringServerSocket(0, WANTED, LOOPBACK);
      AtomicInteger refused = new AtomicInteger();
      // Once for what it loads, which takes descriptors.
      sayWhatItCosts(refused, 0);
      Thread accepter = TestDriver.startVirtual(() -> serve(server, refused));
      System.out.println("port " + server.getLocalPort());
      Await.until("descriptors run out", () -> refused.get() > 0);
      sayWhatItCosts(refused, REFUSALS);
      System.in.read();
      server.close();
      Await.untilEnded(accepter);
    }

    private static void sayWhatItCosts(AtomicInteger refused, int refusals) {
      long entersBefore = Uring.getDefault().stats().enters();
      // The time is that of all that are counted, or longer.
      long start = System.nanoTime();
      int before = refused.get();
      Await.until("more is refused", () -> refused.get() >= before + refusals);
      int after = refused.get();
      long nanos = System.nanoTime() - start;
      long enters = Uring.getDefault().stats().enters() - entersBefore;
      System.out.println("refused " + (after - before) + " enters " + enters + " micros " + nanos / 1000);
    }
  }

  @Test
  void connectionsWaitForDescriptorsAndNobodySpinsMeanwhile() throws Exception {
    ChildJvm jvm = ChildJvm.of(Main.class).maxDescriptors(DESCRIPTORS);
    List<SocketChannel> clients = new ArrayList<>();
    try (ChildJvm.Running child = jvm.start()) {
      int port = said(child, "port (\\d+)")[0];
      for (int i = 0; i < WANTED; i++) {
        clients.add(connected(port, i));
      }
      int[] cost = said(child, "refused ([1-9]\\d*) enters (\\d+) micros (\\d+)");
      // Two accepts and a pause for each, and none without the pause.
      assertTrue(cost[0] >= REFUSALS && cost[1] <= 30 * cost[0], "refused, enters: " + Arrays.toString(cost));
      assertTrue(cost[2] >= (cost[0] - 2) * Acceptor.PAUSE_NANOS / 1000, "microseconds: " + cost[2]);
      int half = WANTED / 2;
      Set<Integer> numbers = answered(clients, 0, DESCRIPTORS / 2);
      closeAll(clients, 0, DESCRIPTORS / 2);
      numbers.addAll(answered(clients, DESCRIPTORS / 2, half));
      closeAll(clients, DESCRIPTORS / 2, half);
      numbers.addAll(answered(clients, half, WANTED));
      assertEquals(WANTED, numbers.size());
      closeAll(clients, half, WANTED);
      child.process().getOutputStream().close();
      child.await().succeeded();
    } finally {
      closeAll(clients, 0, clients.size());
    }
  }

  /** Waits for a line, and answers its numbers. */
  private static int[] said(ChildJvm.Running child, String line) {
    Pattern wanted = Pattern.compile(line + "\n");
    Await.until(() -> child.outSoFar() + child.errSoFar(), () -> wanted.matcher(child.outSoFar()).find());
    Matcher found = wanted.matcher(child.outSoFar());
    assertTrue(found.find());
    int[] numbers = new int[found.groupCount()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Integer.parseInt(found.group(i + 1));
    }
    return numbers;
  }
}
