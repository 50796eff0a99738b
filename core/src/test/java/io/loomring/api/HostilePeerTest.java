package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.FaultProxy;
import io.loomring.testkit.FaultProxy.Fault;
import io.loomring.testkit.UringTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Peers that are slow, stop, reset, flood or talk nonsense: nothing of it spreads, and nothing is lost or left. */
class HostilePeerTest extends UringTest {
  private static final int BYTES = 30_000;
  private static final int MORE_BYTES = 3_000;
  private static final int FAULT_AT = 10_000;
  private static final CallOptions SHORT = CallOptions.timeout(Duration.ofMillis(20));

  static {
    FaultProxy.prepare();
  }

  private static byte[] content(long seed) {
    byte[] bytes = new byte[BYTES];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** Says all of {@code content} to whoever connects, then half-closes, and reads to the end. */
  private Caller server(Descriptor listener, byte[] content) {
    return Caller.virtual(() -> {
      try (Descriptor socket = uring.accept(listener)) {
        try {
          uring.send(socket, content, 0, content.length);
          uring.shutdown(socket, Constants.SHUT_WR);
          return readToTheEnd(socket).length;
        } catch (SocketException reset) {
          return -1;
        }
      }
    });
  }

  private byte[] readToTheEnd(Descriptor socket) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] bytes = new byte[5000];
    for (int n = uring.recv(socket, bytes, 0, 5000); n >= 0; n = uring.recv(socket, bytes, 0, 5000)) {
      all.write(bytes, 0, n);
    }
    return all.toByteArray();
  }

  private interface Client {
    void talk(Descriptor socket) throws Exception;
  }

  /** Has a client talk to a server through a proxy; answers how many bytes the server got, or -1 for a reset. */
  private Object through(Fault fault, byte[] content, Client client) throws Exception {
    try (Descriptor listener = Connections.listener(uring);
        FaultProxy proxy = new FaultProxy(Connections.address(listener), fault, FAULT_AT)) {
      Caller server = server(listener, content);
      try (Descriptor socket = Connections.connected(uring, proxy.address())) {
        client.talk(socket);
      }
      if (fault == Fault.STOP) {
        proxy.close();
      }
      return server.value();
    }
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource(names = {"NONE", "DELAY", "BYTE_BY_BYTE"})
  void aSlowPeersBytesAllArrive(Fault fault) throws Exception {
    byte[] content = content(1);
    assertEquals(5, through(fault, content, socket -> {
      assertArrayEquals(content, readToTheEnd(socket));
      uring.send(socket, new byte[5], 0, 5);
      uring.shutdown(socket, Constants.SHUT_WR);
    }));
  }

  @Test
  void aPeerThatStopsKeepsNobodyLongerThanItsTimeoutOrClose() throws Exception {
    byte[] content = content(2);
    through(Fault.STOP, content, socket -> {
      byte[] first = new byte[FAULT_AT];
      ByteBuffer into = ByteBuffer.wrap(first);
      while (into.hasRemaining()) {
        uring.recv(socket, into, CallOptions.NONE);
      }
      assertArrayEquals(Arrays.copyOf(content, FAULT_AT), first);
      Caller.virtual(() -> uring.recv(socket, ByteBuffer.allocate(1), SHORT)).thrown(OperationTimeoutException.class);
      Caller reader = Caller.virtual(() -> uring.recv(socket, new byte[1], 0, 1));
      Await.untilParked(reader.thread());
      socket.close();
      reader.thrown(DescriptorClosedException.class);
    });
  }

  @Test
  void aResetEndsReadersAndWritersWithIt() throws Exception {
    assertEquals(-1, through(Fault.RESET, content(3), socket -> {
      Caller reader = Caller.virtual(() -> readToTheEnd(socket));
      assertEquals("Connection reset", reader.thrown(SocketException.class).getMessage());
      Caller writer = Caller.virtual(() -> {
        uring.send(socket, new byte[1], 0, 1);
        return null;
      });
      writer.thrown(SocketException.class);
    }));
  }

  @Test
  void afterAHalfCloseTheOtherDirectionGoesOn() throws Exception {
    byte[] content = content(4);
    assertEquals(7, through(Fault.HALF_CLOSE, content, socket -> {
      assertArrayEquals(Arrays.copyOf(content, FAULT_AT), readToTheEnd(socket));
      assertEquals(-1, uring.recv(socket, new byte[1], 0, 1));
      uring.send(socket, new byte[7], 0, 7);
      uring.shutdown(socket, Constants.SHUT_WR);
    }));
  }

  @Test
  void garbageComesAsItIsInItsPlace() throws Exception {
    byte[] content = content(5);
    byte[] garbage = FaultProxy.garbage();
    ByteBuffer expected = ByteBuffer.allocate(BYTES + garbage.length);
    expected.put(content, 0, FAULT_AT).put(garbage).put(content, FAULT_AT, BYTES - FAULT_AT);
    through(Fault.GARBAGE, content, socket -> {
      assertArrayEquals(expected.array(), readToTheEnd(socket));
      uring.shutdown(socket, Constants.SHUT_WR);
    });
  }

  // ---- peers that do not read

  /** Peers whose windows are shut, with a writer that waits on each; meanwhile others talk; then they are read out. */
  private void notReading(int peers) throws IOException {
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < peers; i++) {
      // Small windows, so that thousands of peers do not take all of the kernel's memory for sockets.
      pairs.add(Connections.narrowPair(uring));
    }
    byte[] more = content(6);
    List<Caller> fillers = pairs.stream()
        .map(pair -> Caller.virtual(() -> Connections.fillForGood(uring, pair.client())))
        .toList();
    List<Object> filled = fillers.stream().map(Caller::value).toList();
    List<Caller> writers = pairs.stream().map(pair -> Caller.virtual(() -> {
      uring.send(pair.client(), more, 0, MORE_BYTES);
      uring.shutdown(pair.client(), Constants.SHUT_WR);
      return null;
    })).toList();
    Await.untilInFlight(uring, OperationKind.SEND, peers);
    Caller.virtual(() -> {
      uring.send(pairs.getFirst().server(), new byte[1], 0, 1);
      return null;
    }).value();
    try (Pair busy = Connections.pair(uring)) {
      for (int i = 0; i < 100; i++) {
        uring.send(busy.client(), more, 0, 100);
        assertEquals(100, uring.recv(busy.server(), new byte[200], 0, 200));
      }
    }
    assertEquals(peers, uring.inFlight(OperationKind.SEND), "writers wait");
    List<Caller> readers = pairs.stream().map(pair -> Caller.virtual(() -> count(pair.server()))).toList();
    for (int i = 0; i < peers; i++) {
      assertEquals((Long) filled.get(i) + MORE_BYTES, readers.get(i).value(), "bytes of connection " + i);
      writers.get(i).value();
      pairs.get(i).close();
    }
  }

  private long count(Descriptor socket) throws IOException {
    long all = 0;
    byte[] bytes = new byte[8192];
    for (int n = uring.recv(socket, bytes, 0, 8192); n >= 0; n = uring.recv(socket, bytes, 0, 8192)) {
      all += n;
    }
    return all;
  }

  @Test
  void hundredsThatDoNotReadHoldNobodyElseUpAndLoseNothing() throws IOException {
    notReading(200);
  }

  @Tag("long")
  @Test
  void norDoThousands() throws IOException {
    notReading(4000);
  }

  @Test
  void aWriterToAShutWindowGoesAtItsTimeoutAndWhatWentIsCounted() throws IOException {
    try (Pair pair = Connections.narrowPair(uring)) {
      long filled = Connections.fillForGood(uring, pair.client());
      ByteBuffer more = ByteBuffer.wrap(content(7));
      Caller.virtual(() -> {
        uring.send(pair.client(), more, SHORT);
        return null;
      }).thrown(OperationTimeoutException.class);
      uring.shutdown(pair.client(), Constants.SHUT_WR);
      assertEquals(filled + more.position(), count(pair.server()));
    }
  }

  // ---- floods

  /** More clients at once than the backlog has room for, and one that accepts them, one after the other. */
  private void flood(int clients) throws IOException {
    try (Descriptor listener = Connections.listener(uring, 1)) {
      InetSocketAddress address = Connections.address(listener);
      List<Caller> callers = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        callers.add(Caller.virtual(() -> {
          try (Descriptor socket = uring.tcpSocket()) {
            uring.connect(socket, address, CallOptions.timeout(Duration.ofMillis(500)));
            return uring.recv(socket, new byte[1], 0, 1);
          } catch (OperationTimeoutException noRoom) {
            return 0;
          }
        }));
      }
      Caller acceptor = Caller.virtual(() -> {
        int accepted = 0;
        while (true) {
          try (Descriptor socket = uring.accept(listener)) {
            accepted++;
            uring.send(socket, new byte[1], 0, 1);
          } catch (DescriptorClosedException closed) {
            return accepted;
          } catch (SocketException gone) {
            // A client that had given up when its turn came.
          }
        }
      });
      int served = 0;
      for (Caller caller : callers) {
        served += (int) caller.value() == 1 ? 1 : 0;
      }
      listener.close();
      int accepted = (int) acceptor.value();
      assertTrue(served > 0 && accepted >= served, served + " of " + clients + " served, " + accepted + " accepted");
    }
  }

  @Test
  void aFloodOfConnectsIsServedOrTimesOut() throws IOException {
    flood(200);
  }

  @Tag("long")
  @Test
  void soIsAGreatOne() throws IOException {
    flood(5000);
  }

  // ---- a peer that is stopped as a process

  /** Echoes what comes on one connection after the other; says its port. */
  static final class EchoMain {
    public static void main(String[] args) throws IOException {
      try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getByName(args.length > 0 ? args[0] : "localhost"))) {
        System.out.println("port " + listener.getLocalPort());
        while (true) {
          Socket socket = listener.accept();
          Thread.ofPlatform().daemon(true).start(() -> {
            try (socket; InputStream in = socket.getInputStream()) {
              in.transferTo(socket.getOutputStream());
            } catch (IOException gone) {
              // The client has what it wanted.
            }
          });
        }
      }
    }
  }

  @Tag("long")
  @Test
  void aPeerThatIsStoppedForSecondsGoesOnWhereItWas() throws Exception {
    try (ChildJvm.Running peer = ChildJvm.of(EchoMain.class).start()) {
      Await.until("it listens", () -> peer.outSoFar().contains("\n"));
      int port = Integer.parseInt(peer.outSoFar().strip().substring("port ".length()));
      try (Descriptor socket =
          Connections.connected(uring, new InetSocketAddress(InetAddress.getByName("localhost"), port))) {
        signal("STOP", peer.process());
        Await.until("all its threads have stopped", () -> isStopped(peer.process()));
        long[] sent = {Connections.fill(uring, socket)};
        for (int i = 0; i < 3; i++) {
          Caller.virtual(() -> uring.recv(socket, ByteBuffer.allocate(1), CallOptions.timeout(Duration.ofSeconds(1))))
              .thrown(OperationTimeoutException.class);
        }
        Caller.virtual(() -> {
          while (true) {
            // The kernel may find room for a while.
            ByteBuffer more = ByteBuffer.wrap(content(8));
            try {
              uring.send(socket, more, SHORT);
            } finally {
              sent[0] += more.position();
            }
          }
        }).thrown(OperationTimeoutException.class);
        Caller.virtual(() -> {
          try (Descriptor another = uring.tcpSocket()) {
            // The kernel accepts for it, up to the backlog.
            uring.connect(another, new InetSocketAddress(InetAddress.getByName("localhost"), port));
            return uring.recv(another, ByteBuffer.allocate(1), SHORT);
          }
        }).thrown(OperationTimeoutException.class);
        signal("CONT", peer.process());
        Caller reader = Caller.virtual(() -> count(socket));
        uring.shutdown(socket, Constants.SHUT_WR);
        assertEquals(sent[0], reader.value(), "what was echoed");
      }
    }
  }

  /** A signal is sent sooner than it is taken, by each thread. */
  private static boolean isStopped(Process process) throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc", String.valueOf(process.pid()), "task"))) {
      for (Path thread : threads.toList()) {
        String stat = Files.readString(thread.resolve("stat"));
        if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
          return false;
        }
      }
      return true;
    }
  }

  private static void signal(String name, Process process) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start();
    assertTrue(kill.waitFor(30, TimeUnit.SECONDS) && kill.exitValue() == 0, "no signal was sent");
  }
}
