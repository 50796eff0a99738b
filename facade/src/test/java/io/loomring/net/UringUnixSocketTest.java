package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.error.RingDeadException;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Unix domain sockets over a ring of the test's own. */
class UringUnixSocketTest extends UringTest {
  private static final int LARGE_BYTES = 8 << 20;
  private static final int RACES = 200;

  @TempDir
  Path directory;

  private UringUnixServerSocket server;
  private UringUnixSocket mine;
  private UringUnixSocket peer;

  /** The default ring, and what the JDK keeps once it has closed a channel, stay open for good. */
  @BeforeAll
  static void openWhatStaysOpen() throws IOException {
    Uring.getDefault();
    SocketChannel.open(StandardProtocolFamily.UNIX).close();
    ServerSocketChannel.open(StandardProtocolFamily.UNIX).close();
  }

  @BeforeEach
  void connect() throws IOException {
    server = bind(file("socket"), 5);
    mine = connect(file("socket"));
    peer = server.accept();
  }

  @AfterEach
  void close() throws IOException {
    mine.close();
    peer.close();
    server.close();
  }

  private UnixDomainSocketAddress file(String name) {
    return UnixDomainSocketAddress.of(directory.resolve(name));
  }

  private UringUnixServerSocket bind(SocketAddress local, int backlog) throws IOException {
    return UringUnixServerSocket.bind(uring, local, backlog, null);
  }

  private UringUnixSocket connect(SocketAddress remote) throws IOException {
    return UringUnixSocket.connect(uring, remote, Duration.ZERO);
  }

  private static byte[] random(int bytes) {
    byte[] data = new byte[bytes];
    new Random(bytes).nextBytes(data);
    return data;
  }

  // ---- data

  @Test
  void bytesGoBothWaysFromAndToArraysBuffersAndStreams() throws IOException {
    byte[] data = random(100);
    mine.write(data, 10, 50);
    byte[] array = new byte[60];
    assertEquals(50, peer.read(array, 5, 55));
    assertEquals(ByteBuffer.wrap(data, 10, 50), ByteBuffer.wrap(array, 5, 50));
    assertEquals(100, peer.write(ByteBuffer.wrap(data)));
    ByteBuffer direct = ByteBuffer.allocateDirect(200);
    assertEquals(100, mine.read(direct));
    assertEquals(ByteBuffer.wrap(data), direct.flip());
    assertEquals(100, mine.write(direct));
    assertEquals(0, direct.remaining());
    InputStream in = peer.getInputStream();
    assertEquals(100, in.available());
    assertArrayEquals(data, in.readNBytes(100));
    OutputStream out = peer.getOutputStream();
    out.write(7);
    out.write(data);
    assertEquals(7, mine.getInputStream().read());
    assertArrayEquals(data, mine.getInputStream().readNBytes(100));
  }

  @Test
  void muchDataGoesBothWaysAtOnce() {
    byte[] there = random(LARGE_BYTES);
    byte[] back = random(LARGE_BYTES + 1);
    List<Caller> callers = List.of(
        Caller.virtual(() -> {
          mine.getOutputStream().write(there);
          return null;
        }),
        Caller.platform(() -> {
          peer.getOutputStream().write(back);
          return null;
        }));
    Caller reading = Caller.virtual(() -> mine.getInputStream().readNBytes(back.length));
    assertArrayEquals(there, (byte[]) Caller.platform(() -> peer.getInputStream().readNBytes(there.length)).value());
    assertArrayEquals(back, (byte[]) reading.value());
    callers.forEach(Caller::value);
  }

  @Test
  void theStreamEndsWhenThePeerHasClosed() throws IOException {
    peer.write(new byte[3], 0, 3);
    peer.close();
    assertEquals(3, mine.read(new byte[10], 0, 10));
    assertEquals(-1, mine.read(new byte[10], 0, 10));
    assertEquals(-1, mine.getInputStream().read());
    assertEquals("Broken pipe",
        assertThrows(SocketException.class, () -> mine.write(new byte[1], 0, 1)).getMessage());
  }

  @Test
  void whatNobodyReadIsAResetToWhoWroteIt() throws IOException {
    mine.write(new byte[1], 0, 1);
    peer.close();
    assertEquals("Connection reset",
        assertThrows(SocketException.class, () -> mine.read(new byte[1], 0, 1)).getMessage());
  }

  @Test
  void nothingIsReadIntoNoRoomAndNothingIntoWhatIsReadOnly() throws IOException {
    assertEquals(0, mine.read(new byte[0], 0, 0));
    assertEquals(0, mine.read(ByteBuffer.allocate(0)));
    mine.write(new byte[0], 0, 0);
    assertThrows(ReadOnlyBufferException.class, () -> mine.read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
    assertThrows(IndexOutOfBoundsException.class, () -> mine.read(new byte[1], 1, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> mine.write(new byte[1], -1, 1));
    assertEquals(3, mine.write(ByteBuffer.wrap(new byte[3]).asReadOnlyBuffer()));
  }

  // ---- the JDK's channels at the other end

  @Test
  void ourClientTalksToTheJdksServer() throws Exception {
    UnixDomainSocketAddress name = file("jdk");
    try (ServerSocketChannel jdk = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(name)) {
      Caller echo = Caller.platform(() -> {
        try (SocketChannel accepted = jdk.accept()) {
          return echo(accepted);
        }
      });
      try (UringUnixSocket client = connect(name)) {
        assertEquals(name, client.remoteAddress());
        byte[] data = random(300_000);
        Caller writing = Caller.virtual(() -> {
          client.write(data, 0, data.length);
          client.shutdownOutput();
          return null;
        });
        assertArrayEquals(data, client.getInputStream().readAllBytes());
        writing.value();
        assertEquals(data.length, echo.value());
      }
    }
  }

  private static int echo(SocketChannel with) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(10_000);
    int bytes = 0;
    while (with.read(buffer) >= 0) {
      bytes += buffer.flip().remaining();
      while (buffer.hasRemaining()) {
        with.write(buffer);
      }
      buffer.clear();
    }
    return bytes;
  }

  @Test
  void theJdksClientTalksToOurServer() throws Exception {
    Caller echo = Caller.virtual(() -> {
      try (UringUnixSocket accepted = server.accept()) {
        accepted.getInputStream().transferTo(accepted.getOutputStream());
        return accepted.remoteAddress();
      }
    });
    byte[] data = random(100_000);
    try (SocketChannel jdk = SocketChannel.open(file("socket"))) {
      Caller writing = Caller.platform(() -> {
        ByteBuffer from = ByteBuffer.wrap(data);
        while (from.hasRemaining()) {
          jdk.write(from);
        }
        jdk.shutdownOutput();
        return null;
      });
      ByteBuffer into = ByteBuffer.allocate(data.length + 1);
      while (jdk.read(into) >= 0) {
        assertTrue(into.hasRemaining());
      }
      assertEquals(ByteBuffer.wrap(data), into.flip());
      writing.value();
    }
    assertEquals(UnixDomainSocketAddress.of(""), echo.value());
  }

  @Test
  void connectingFailsAsItDoesWithTheJdksChannels() throws IOException {
    UnixDomainSocketAddress left = file("left");
    bind(left, 1).close();
    for (UnixDomainSocketAddress nobody : List.of(left, file("none"), file("none/none"), file(""))) {
      Exception theirs = assertThrows(IOException.class, () -> SocketChannel.open(nobody).close());
      Exception ours = assertThrows(IOException.class, () -> connect(nobody));
      assertEquals(theirs.getClass() + ": " + theirs.getMessage(), ours.getClass() + ": " + ours.getMessage());
    }
    assertInstanceOf(ConnectException.class, assertThrows(IOException.class, () -> connect(left)));
  }

  // ---- names

  @Test
  void anAbstractNameNeedsNoFileAndGoesWithItsSocket() throws IOException {
    AbstractUnixAddress name = AbstractUnixAddress.of("loomring-test-" + ProcessHandle.current().pid());
    for (int i = 0; i < 2; i++) {
      try (UringUnixServerSocket listening = bind(name, 1);
          UringUnixSocket client = connect(name);
          UringUnixSocket accepted = listening.accept()) {
        assertEquals(name, listening.localAddress());
        assertEquals(name, client.remoteAddress());
        assertEquals(name, accepted.localAddress());
        assertEquals(UnixDomainSocketAddress.of(""), accepted.remoteAddress());
        assertThrows(BindException.class, () -> bind(name, 1));
        client.write(new byte[2], 0, 2);
        assertEquals(2, accepted.read(new byte[3], 0, 3));
      }
      assertThrows(ConnectException.class, () -> connect(name));
    }
  }

  @Test
  void anAbstractNameIsBytesAndZerosCount() throws IOException {
    byte[] longest = random(AbstractUnixAddress.MAX_BYTES);
    longest[3] = 0;
    AbstractUnixAddress name = AbstractUnixAddress.of(longest);
    try (UringUnixServerSocket listening = bind(name, 1); UringUnixSocket client = connect(name)) {
      assertEquals(name, client.remoteAddress());
      assertArrayEquals(longest, ((AbstractUnixAddress) listening.localAddress()).name());
      assertThrows(ConnectException.class, () -> connect(AbstractUnixAddress.of(new byte[] {1, 0})));
    }
    assertThrows(IllegalArgumentException.class, () -> AbstractUnixAddress.of(new byte[longest.length + 1]));
    assertEquals("@name", AbstractUnixAddress.of("name").toString());
    assertEquals(AbstractUnixAddress.of("name").hashCode(), AbstractUnixAddress.of("name").hashCode());
  }

  @Test
  void theFileStaysUntilSomebodyDeletesIt() throws IOException {
    UnixDomainSocketAddress name = file("again");
    bind(name, 1).close();
    assertTrue(Files.exists(name.getPath()));
    assertEquals("Address already in use",
        assertThrows(BindException.class, () -> bind(name, 1)).getMessage());
    Files.delete(name.getPath());
    bind(name, 1).close();
  }

  @Test
  void theFileHasThePermissionsThatWereAskedForWhateverTheUmask() throws IOException {
    for (String wanted : List.of("rw-------", "rwxrwxrwx", "---------", "rw-rw-r--")) {
      Set<PosixFilePermission> permissions = PosixFilePermissions.fromString(wanted);
      UnixDomainSocketAddress name = file("permissions");
      UringUnixServerSocket.bind(uring, name, 1, permissions).close();
      assertEquals(permissions, Files.getPosixFilePermissions(name.getPath()));
      Files.delete(name.getPath());
    }
    assertThrows(IllegalArgumentException.class,
        () -> UringUnixServerSocket.bind(AbstractUnixAddress.of("x"), 1, Set.of()));
  }

  @Test
  void withoutPermissionsTheFileHasThoseThatTheJdkGivesIt() throws IOException {
    UnixDomainSocketAddress name = file("theirs");
    ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(name).close();
    assertEquals(
        Files.getPosixFilePermissions(name.getPath()), Files.getPosixFilePermissions(file("socket").getPath()));
  }

  @Test
  void aPathThatIsTooLongIsRefusedInWords() throws IOException {
    int room = 107 - directory.toString().length() - 1;
    UnixDomainSocketAddress longest = file("x".repeat(room));
    try (UringUnixServerSocket listening = bind(longest, 1); UringUnixSocket client = connect(longest)) {
      assertEquals(longest, listening.localAddress());
      assertEquals(longest, client.remoteAddress());
    }
    UnixDomainSocketAddress tooLong = file("x".repeat(room + 1));
    for (Callable<?> call : List.<Callable<?>>of(() -> bind(tooLong, 1), () -> connect(tooLong))) {
      String message = assertThrows(SocketException.class, call::call).getMessage();
      assertTrue(message.contains("too long: 108 bytes") && message.contains("107"), message);
    }
  }

  @Test
  void whatIsNoNameOfTheUnixDomainIsRefused() {
    SocketAddress inet = new InetSocketAddress(1);
    assertThrows(UnsupportedAddressTypeException.class, () -> bind(inet, 1));
    assertThrows(UnsupportedAddressTypeException.class, () -> connect(inet));
    assertThrows(SocketException.class, () -> bind(UnixDomainSocketAddress.of(""), 1));
    assertThrows(NullPointerException.class, () -> connect(null));
    assertThrows(IllegalArgumentException.class,
        () -> UringUnixSocket.connect(file("socket"), Duration.ofMillis(-1)));
  }

  @Test
  void aBindThatFailsLeavesNothingOpen() {
    assertThrows(IOException.class, () -> bind(file("none/none"), 1));
  }

  @Test
  void onTheDefaultRingItIsTheSame() throws IOException {
    UnixDomainSocketAddress name = file("default");
    try (UringUnixServerSocket listening = UringUnixServerSocket.bind(name);
        UringUnixSocket client = UringUnixSocket.connect(name);
        UringUnixSocket accepted = listening.accept()) {
      client.write(new byte[1], 0, 1);
      assertEquals(1, accepted.read(new byte[1], 0, 1));
    }
  }

  @Test
  void thePeerIsKnownToTheKernel() throws IOException {
    int pid = Math.toIntExact(ProcessHandle.current().pid());
    int uid = (Integer) Files.getAttribute(directory, "unix:uid");
    int gid = (Integer) Files.getAttribute(directory, "unix:gid");
    PeerCredentials expected = new PeerCredentials(pid, uid, gid);
    assertEquals(expected, mine.peerCredentials());
    assertEquals(expected, peer.peerCredentials());
  }

  @Test
  void buffersHaveTheSizesThatTheyAreGiven() throws IOException {
    assertEquals(Set.of(StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_SNDBUF), mine.supportedOptions());
    assertEquals(20_000, mine.setOption(StandardSocketOptions.SO_SNDBUF, 20_000)
        .getOption(StandardSocketOptions.SO_SNDBUF));
    assertEquals(20_000, server.setOption(StandardSocketOptions.SO_RCVBUF, 20_000)
        .getOption(StandardSocketOptions.SO_RCVBUF));
    assertThrows(UnsupportedOperationException.class, () -> mine.getOption(StandardSocketOptions.TCP_NODELAY));
    mine.close();
    assertThrows(SocketException.class, () -> mine.getOption(StandardSocketOptions.SO_SNDBUF));
  }

  // ---- waiting

  private Caller reading(boolean virtual) {
    Callable<?> read = () -> mine.read(new byte[10], 0, 10);
    Caller caller = virtual ? Caller.virtual(read) : Caller.platform(read);
    Await.untilInFlight(uring, OperationKind.RECV, 1);
    return caller;
  }

  private Caller accepting(boolean virtual) {
    Caller caller = virtual ? Caller.virtual(server::accept) : Caller.platform(server::accept);
    Await.untilInFlight(uring, OperationKind.ACCEPT, 1);
    return caller;
  }

  private Caller writing(boolean virtual) {
    Callable<?> write = () -> {
      mine.write(new byte[LARGE_BYTES], 0, LARGE_BYTES);
      return null;
    };
    Caller caller = virtual ? Caller.virtual(write) : Caller.platform(write);
    Await.untilInFlight(uring, OperationKind.SEND, 1);
    Await.untilParked(caller.thread());
    return caller;
  }

  @Test
  void aReadAndAnAcceptTimeOutAndTheSocketsGoOn() throws IOException {
    mine.setSoTimeout(20);
    server.setSoTimeout(20);
    assertEquals("Read timed out",
        assertThrows(SocketTimeoutException.class, () -> mine.read(new byte[1], 0, 1)).getMessage());
    assertEquals("Accept timed out", assertThrows(SocketTimeoutException.class, server::accept).getMessage());
    peer.write(new byte[5], 0, 5);
    assertEquals(5, mine.read(new byte[10], 0, 10));
    try (UringUnixSocket client = connect(file("socket")); UringUnixSocket accepted = server.accept()) {
      assertTrue(client.isOpen() && accepted.isOpen());
    }
    assertThrows(IllegalArgumentException.class, () -> mine.setSoTimeout(-1));
    assertThrows(IllegalArgumentException.class, () -> server.setSoTimeout(-1));
    assertEquals(20, mine.getSoTimeout());
    assertEquals(20, server.getSoTimeout());
  }

  @Test
  void theTimeoutCoversTheWaitForAnotherReader() throws IOException {
    Caller first = reading(true);
    mine.setSoTimeout(20);
    assertThrows(SocketTimeoutException.class, () -> mine.read(new byte[1], 0, 1));
    peer.write(new byte[1], 0, 1);
    assertEquals(1, first.value());
  }

  @Test
  void closeEndsWhatIsBlocked() throws IOException {
    for (boolean virtual : new boolean[] {true, false}) {
      List<Caller> blocked = List.of(reading(virtual), writing(virtual), accepting(virtual));
      mine.close();
      server.close();
      for (Caller caller : blocked) {
        assertEquals("Socket closed", caller.thrown(SocketException.class).getMessage());
      }
      peer.close();
      Files.delete(file("socket").getPath());
      connect();
    }
  }

  @Test
  void aClosedSocketRefusesAll() throws IOException {
    mine.close();
    mine.close();
    server.close();
    server.close();
    assertFalse(mine.isOpen() || server.isOpen());
    for (Callable<?> call : List.<Callable<?>>of(
        () -> mine.read(new byte[1], 0, 1),
        () -> mine.read(ByteBuffer.allocate(1)),
        () -> mine.write(ByteBuffer.allocate(1)),
        () -> mine.getInputStream().available(),
        mine::localAddress,
        mine::remoteAddress,
        mine::peerCredentials,
        server::accept)) {
      assertEquals("Socket closed", assertThrows(SocketException.class, call::call).getMessage());
    }
    assertThrows(SocketException.class, mine::shutdownInput);
    assertThrows(SocketException.class, mine::shutdownOutput);
  }

  @Test
  void anInterruptOfAVirtualThreadClosesTheSocketThatItWaitsFor() throws IOException {
    for (Caller caller : List.of(reading(true), accepting(true))) {
      caller.thread().interrupt();
      assertEquals("Closed by interrupt", caller.thrown(SocketException.class).getMessage());
    }
    assertFalse(mine.isOpen() || server.isOpen());
  }

  @Test
  void anInterruptEndsAWrite() {
    Caller caller = writing(true);
    caller.thread().interrupt();
    assertEquals("Closed by interrupt", caller.thrown(SocketException.class).getMessage());
    assertFalse(mine.isOpen());
  }

  @Test
  void aPlatformThreadIgnoresAnInterrupt() throws IOException {
    Caller caller = reading(false);
    caller.thread().interrupt();
    peer.write(new byte[4], 0, 4);
    assertEquals(4, caller.value());
    assertTrue(mine.isOpen());
  }

  @Test
  void bytesThatAreThereBeatAnInterrupt() throws IOException {
    peer.write(new byte[4], 0, 4);
    Caller caller = Caller.virtual(() -> {
      Thread.currentThread().interrupt();
      return mine.read(new byte[10], 0, 10);
    });
    assertEquals(4, caller.value());
    assertTrue(mine.isOpen());
  }

  // ---- one direction

  @Test
  void shutdownOfInputEndsReadsAndBreaksThePeersPipe() throws IOException {
    Caller caller = reading(true);
    mine.shutdownInput();
    assertEquals(-1, caller.value());
    assertEquals(-1, mine.read(new byte[1], 0, 1));
    assertEquals(0, mine.getInputStream().available());
    assertTrue(mine.isInputShutdown() && !mine.isOutputShutdown());
    assertThrows(SocketException.class, () -> peer.write(new byte[1], 0, 1));
    mine.write(new byte[2], 0, 2);
    assertEquals(2, peer.read(new byte[3], 0, 3));
  }

  @Test
  void shutdownOfOutputEndsWritesAndThePeersStream() throws IOException {
    Caller caller = writing(true);
    mine.shutdownOutput();
    assertEquals("Broken pipe", caller.thrown(SocketException.class).getMessage());
    assertEquals("Broken pipe",
        assertThrows(SocketException.class, () -> mine.write(new byte[1], 0, 1)).getMessage());
    assertTrue(mine.isOutputShutdown() && !mine.isInputShutdown());
    peer.getInputStream().readAllBytes();
    peer.write(new byte[2], 0, 2);
    assertEquals(2, mine.read(new byte[3], 0, 3));
  }

  // ---- a full queue

  /** Fills the queue of a listener that has one place, which is for two. */
  private List<UringUnixSocket> fill(UnixDomainSocketAddress name) throws IOException {
    List<UringUnixSocket> waiting = List.of(connect(name), connect(name));
    assertEquals("Connect timed out", assertThrows(
        SocketTimeoutException.class,
        () -> UringUnixSocket.connect(uring, name, Duration.ofMillis(300))).getMessage());
    return waiting;
  }

  @Test
  void aConnectWaitsForRoomInTheQueueUntilItIsGivenUp() throws Exception {
    UnixDomainSocketAddress name = file("full");
    try (UringUnixServerSocket full = bind(name, 1)) {
      List<UringUnixSocket> waiting = fill(name);
      Caller interrupted = Caller.virtual(() -> connect(name));
      Caller patient = Caller.platform(() -> connect(name));
      Await.untilInFlight(uring, OperationKind.CONNECT, 2);
      interrupted.thread().interrupt();
      assertEquals("Closed by interrupt", interrupted.thrown(SocketException.class).getMessage());
      full.accept().close();
      ((UringUnixSocket) patient.value()).close();
      for (UringUnixSocket socket : waiting) {
        socket.close();
      }
    }
  }

  @Test
  void nobodyConnectsAnyMoreWhenTheListenerIsClosed() throws Exception {
    for (int i = 0; i < RACES; i++) {
      UnixDomainSocketAddress name = file("closed" + i);
      UringUnixServerSocket closing = bind(name, 5);
      Caller accepter = Caller.virtual(closing::accept);
      Await.untilInFlight(uring, OperationKind.ACCEPT, 1);
      Caller.virtual(() -> {
        closing.close();
        return "closed";
      }).value();
      assertThrows(ConnectException.class, () -> connect(name));
      accepter.thrown(SocketException.class);
    }
  }

  @Test
  void aConnectThatWaitsIsRefusedWhenTheListenerCloses() throws Exception {
    UnixDomainSocketAddress name = file("full");
    UringUnixServerSocket full = bind(name, 1);
    List<UringUnixSocket> waiting = fill(name);
    Caller refused = Caller.virtual(() -> connect(name));
    Await.untilInFlight(uring, OperationKind.CONNECT, 1);
    full.close();
    refused.thrown(ConnectException.class);
    for (UringUnixSocket socket : waiting) {
      socket.close();
    }
  }

  // ---- ends

  @Test
  void closingEndsReadersAndWritersWheneverItComes() throws Exception {
    for (int i = 0; i < RACES; i++) {
      try (UringUnixSocket one = connect(file("socket")); UringUnixSocket other = server.accept()) {
        Caller reading = Caller.virtual(() -> one.getInputStream().readAllBytes());
        Caller writing = Caller.platform(() -> {
          while (true) {
            one.write(new byte[1000], 0, 1000);
          }
        });
        if (i % 2 == 0) {
          Await.untilParked(reading.thread());
        }
        one.close();
        assertEquals("Socket closed", reading.thrown(SocketException.class).getMessage());
        assertEquals("Socket closed", writing.thrown(SocketException.class).getMessage());
        other.getInputStream().readAllBytes();
      }
    }
  }

  @Test
  void aDeadRingIsASocketExceptionWithTheCause() {
    // Not a read: its peer is closed with the ring too, and the end of the stream may come first (I-8).
    Caller blocked = accepting(true);
    uring.close();
    assertInstanceOf(RingDeadException.class, blocked.thrown(SocketException.class).getCause());
    for (Callable<?> call : List.<Callable<?>>of(server::accept, () -> mine.write(ByteBuffer.allocate(1)))) {
      assertInstanceOf(RingDeadException.class, assertThrows(SocketException.class, call::call).getCause());
    }
  }

  @Test
  void aSocketThatNobodyClosedIsClosed() throws IOException {
    int before = uring.stats().openDescriptors();
    forgetOne();
    Await.until("it is still open", () -> {
      System.gc();
      return uring.stats().openDescriptors() == before;
    });
  }

  private void forgetOne() throws IOException {
    assertTrue(connect(file("socket")).isOpen());
    assertTrue(server.accept().isOpen());
  }
}
