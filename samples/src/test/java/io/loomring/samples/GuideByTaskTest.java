package io.loomring.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.CallOptions;
import io.loomring.api.CloseReport;
import io.loomring.api.CompletionStream;
import io.loomring.api.InFlightOperation;
import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import io.loomring.api.UringStats;
import io.loomring.buffer.UringArena;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.net.Transport;
import io.loomring.net.UringDatagramSocket;
import io.loomring.net.UringFile;
import io.loomring.net.UringServerSocket;
import io.loomring.net.UringSocket;
import io.loomring.net.UringUnixServerSocket;
import io.loomring.net.UringUnixSocket;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.UringTest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.net.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the guide by task shows is compiled here, and runs. CodeBlocksTest holds the page to this source. */
class GuideByTaskTest extends UringTest {
  @TempDir
  private Path directory;

  private ServerSocket server;
  private UringSocket client;
  private Socket peer;

  @BeforeAll
  static void makeTheDefault() {
    Transport.current();
    Uring.getDefault();
  }

  @BeforeEach
  void connect() throws IOException {
    server = new UringServerSocket(0, 1, InetAddress.getLoopbackAddress());
    client = new UringSocket(server.getInetAddress(), server.getLocalPort());
    peer = server.accept();
  }

  @AfterEach
  void disconnect() throws IOException {
    client.close();
    peer.close();
    server.close();
  }

  // ---- time

  private static String readLineInTime(UringSocket socket, BufferedReader in) throws IOException {
    socket.setSoTimeout(5_000);
    try {
      return in.readLine();
    } catch (SocketTimeoutException late) {
      // The connection is as it was: what comes later is there for the next call.
      return "";
    }
  }

  @Test
  void aReadHasATimeout() throws IOException {
    peer.getOutputStream().write("hello\n".getBytes(UTF_8));
    assertEquals("hello", readLineInTime(client, new BufferedReader(new InputStreamReader(client.getInputStream()))));
  }

  private static UringSocket connected(InetSocketAddress address) throws IOException {
    UringSocket socket = new UringSocket();
    try {
      socket.connect(address, 3_000);
      return socket;
    } catch (IOException failed) {
      socket.close();
      throw failed;
    }
  }

  @Test
  void aConnectHasATimeout() throws IOException {
    try (UringSocket socket = connected((InetSocketAddress) server.getLocalSocketAddress());
        Socket other = server.accept()) {
      assertEquals(socket.getLocalPort(), other.getPort());
    }
  }

  private static int ask(Uring uring, Descriptor connection, byte[] question, ByteBuffer answer) throws IOException {
    CallOptions inTime = CallOptions.NONE.withDeadline(System.nanoTime() + 2_000_000_000L);
    uring.send(connection, ByteBuffer.wrap(question), inTime);
    return uring.recv(connection, answer, inTime);
  }

  @Test
  void severalCallsHaveOneDeadline() throws IOException {
    try (Pair pair = Connections.pair(uring)) {
      uring.send(pair.server(), new byte[9], 0, 9);
      assertEquals(9, ask(uring, pair.client(), new byte[3], ByteBuffer.allocate(100)));
      CallOptions past = CallOptions.NONE.withDeadline(System.nanoTime() - 1);
      assertThrows(OperationTimeoutException.class, () -> uring.recv(pair.client(), ByteBuffer.allocate(1), past));
    }
  }

  // ---- ending calls

  private static int receive(Uring uring, Descriptor connection, ByteBuffer into, OperationHandle handle)
      throws IOException {
    try {
      return uring.recv(connection, into, CallOptions.handle(handle));
    } catch (OperationCancelledException cancelled) {
      return 0;
    }
  }

  @Test
  void aCallIsCancelled() throws IOException {
    try (Pair pair = Connections.pair(uring)) {
      OperationHandle handle = new OperationHandle();
      Caller reader = Caller.virtual(() -> receive(uring, pair.client(), ByteBuffer.allocate(1), handle));
      Await.untilInFlight(uring, OperationKind.RECV, 1);
      handle.cancel();
      assertEquals(0, reader.value());
    }
  }

  private static void readUntilClosed(UringSocket socket, byte[] buffer) throws IOException {
    try {
      while (socket.read(buffer) >= 0) {
        // Use what came.
      }
    } catch (SocketException ended) {
      if (!socket.isClosed()) {
        throw ended;
      }
      // Another thread has called close(): "Socket closed".
    }
  }

  @Test
  void anotherThreadCloses() throws IOException {
    Caller reader = Caller.virtual(() -> {
      readUntilClosed(client, new byte[100]);
      return null;
    });
    Await.untilParked(reader.thread());
    client.close();
    assertNull(reader.value());
  }

  // ---- files

  private static long checksum(Path path) throws IOException {
    long sum = 0;
    try (UringFile file = UringFile.open(path, StandardOpenOption.READ)) {
      byte[] block = new byte[64 * 1024];
      long position = 0;
      for (int n = file.read(block, 0, block.length, 0); n > 0; n = file.read(block, 0, block.length, position)) {
        position += n;
        for (int i = 0; i < n; i++) {
          sum += block[i];
        }
      }
    }
    return sum;
  }

  @Test
  void aFileIsRead() throws IOException {
    byte[] bytes = new byte[100_000];
    bytes[99_999] = 7;
    assertEquals(7, checksum(Files.write(directory.resolve("data"), bytes)));
  }

  private static void sendFile(Path path, UringSocket socket) throws IOException {
    try (UringFile file = UringFile.open(path, StandardOpenOption.READ)) {
      long position = 0;
      for (long left = file.size(); left > 0; ) {
        long sent = socket.transferFrom(file.descriptor(), position, left);
        position += sent;
        left -= sent;
      }
    }
  }

  @Test
  void aFileIsSent() throws IOException {
    byte[] bytes = "the whole of it".getBytes(UTF_8);
    sendFile(Files.write(directory.resolve("page"), bytes), client);
    client.shutdownOutput();
    assertArrayEquals(bytes, peer.getInputStream().readAllBytes());
  }

  // ---- other sockets

  private static void answerOne(UringDatagramSocket socket) throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[1500], 1500);
    socket.setSoTimeout(10_000);
    socket.receive(packet);
    // It has the sender's address now, and goes back there.
    socket.send(packet);
  }

  @Test
  void aDatagramIsAnswered() throws IOException {
    InetAddress here = InetAddress.getLoopbackAddress();
    try (UringDatagramSocket socket = new UringDatagramSocket(0, here);
        UringDatagramSocket asking = new UringDatagramSocket(0, here)) {
      asking.send(new DatagramPacket(new byte[] {1, 2, 3}, 3, here, socket.getLocalPort()));
      answerOne(socket);
      DatagramPacket answer = new DatagramPacket(new byte[10], 10);
      asking.receive(answer);
      assertEquals(3, answer.getLength());
    }
  }

  private static String greet(Path path) throws IOException {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
    try (UringUnixServerSocket listener = UringUnixServerSocket.bind(address);
        UringUnixSocket caller = UringUnixSocket.connect(address, Duration.ofSeconds(3));
        UringUnixSocket accepted = listener.accept()) {
      caller.getOutputStream().write("hello\n".getBytes(UTF_8));
      caller.shutdownOutput();
      return new String(accepted.getInputStream().readAllBytes(), UTF_8);
    }
  }

  @Test
  void aUnixSocketCarriesBytes() throws IOException {
    assertEquals("hello\n", greet(directory.resolve("socket")));
  }

  // ---- rings

  private static int readOnce(Path path, byte[] into) throws IOException {
    try (Uring uring = Uring.open(UringConfig.defaults().withDirectDescriptors(64));
        Descriptor file = uring.direct().open(path)) {
      return uring.read(file, MemorySegment.ofArray(into), 0, CallOptions.NONE);
    }
  }

  @Test
  void aDirectDescriptorIsRead() throws IOException {
    assertEquals(3, readOnce(Files.write(directory.resolve("three"), new byte[3]), new byte[10]));
  }

  private static long copied(Uring uring, Descriptor from, Descriptor to) throws IOException {
    long all = 0;
    try (UringArena arena = UringArena.open()) {
      MemorySegment page = arena.allocate(64 * 1024, 4096);
      for (int n = uring.lending().recv(from, page, CallOptions.NONE); n > 0;
          n = uring.lending().recv(from, page, CallOptions.NONE)) {
        for (int sent = 0; sent < n; ) {
          sent += uring.lending().send(to, page.asSlice(sent, n - sent), CallOptions.NONE);
        }
        all += n;
      }
    }
    return all;
  }

  @Test
  void memoryIsLent() throws IOException {
    try (Pair in = Connections.pair(uring); Pair out = Connections.pair(uring)) {
      uring.send(in.client(), new byte[1000], 0, 1000);
      uring.shutdown(in.client(), 1);
      assertEquals(1000, copied(uring, in.server(), out.client()));
      assertEquals(1000, uring.recv(out.server(), new byte[2000], 0, 2000));
    }
  }

  private static void acceptMany(Uring uring, Descriptor listener, int count) throws IOException {
    try (CompletionStream<Descriptor> connections = uring.multishot().accept(listener)) {
      for (int i = 0; i < count; i++) {
        Descriptor connection = connections.next();
        connection.close();
      }
    }
  }

  @Test
  void oneEntryAcceptsManyConnections() throws IOException {
    try (Descriptor listener = Connections.listener(uring);
        Descriptor first = Connections.connected(uring, Connections.address(listener));
        Descriptor second = Connections.connected(uring, Connections.address(listener))) {
      acceptMany(uring, listener, 2);
      assertEquals(-1, uring.recv(first, new byte[1], 0, 1));
      assertEquals(-1, uring.recv(second, new byte[1], 0, 1));
    }
  }

  private static void serveOnLoops(Uring uring, UringServerSocket server) throws IOException {
    try (ExecutorService connections = Executors.newThreadPerTaskExecutor(uring.threadFactory())) {
      while (true) {
        UringSocket socket = server.accept();
        connections.submit(() -> {
          try (socket) {
            socket.getInputStream().transferTo(socket.getOutputStream());
          }
          return null;
        });
      }
    }
  }

  @Test
  void threadsOfTheRingServe() throws IOException {
    UringServerSocket listener = new UringServerSocket(0, 5, InetAddress.getLoopbackAddress());
    Caller serving = Caller.virtual(() -> {
      serveOnLoops(uring, listener);
      return null;
    });
    try (UringSocket socket = new UringSocket(listener.getInetAddress(), listener.getLocalPort())) {
      socket.getOutputStream().write(42);
      assertEquals(42, socket.getInputStream().read());
    }
    Await.untilParked(serving.thread());
    listener.close();
    assertEquals("Socket closed", serving.thrown(SocketException.class).getMessage());
  }

  // ---- running it

  private static void shutDown(Uring uring, System.Logger log) {
    CloseReport report = uring.close(Duration.ofSeconds(10));
    if (!report.isClean()) {
      log.log(System.Logger.Level.WARNING, "the kernel still has: " + report.left());
    }
  }

  @Test
  void aRingIsShutDownAndWhoWaitsIsTold() throws IOException {
    try (Uring other = Uring.open(UringConfig.defaults().withName("other"))) {
      Pair pair = Connections.pair(other);
      Caller reader = Caller.virtual(() -> other.recv(pair.client(), new byte[1], 0, 1));
      Await.untilInFlight(other, OperationKind.RECV, 1);
      shutDown(other, System.getLogger("test"));
      reader.thrown(IOException.class);
      assertFalse(other.isSound());
    }
  }

  private static String figures(Uring uring) {
    UringStats stats = uring.stats();
    return "in flight " + stats.inFlight()
        + ", entries for each system call " + (double) stats.submitted() / Math.max(1, stats.enters())
        + ", timed out " + stats.timedOut()
        + ", carriers were busy " + stats.takeovers() + " times";
  }

  private static void complain(Uring uring, System.Logger log) {
    uring.monitoring().setTimed(true);
    for (InFlightOperation operation : uring.monitoring().inFlight()) {
      log.log(System.Logger.Level.INFO, operation.toString());
    }
  }

  @Test
  void figuresTellWhatGoesOn() {
    assertTrue(figures(uring).startsWith("in flight 0, "));
    complain(uring, System.getLogger("test"));
  }

  private static String transport() {
    Transport transport = Transport.current();
    if (transport == Transport.JDK) {
      return "on the JDK's sockets: " + Uring.unavailabilityCause();
    }
    return "on " + Uring.getDefault();
  }

  @Test
  void aProgramSaysWhatItRunsOn() {
    assertTrue(transport().startsWith("on Uring["));
    assertEquals(Set.of(Transport.URING), Set.of(Transport.current()));
  }
}
