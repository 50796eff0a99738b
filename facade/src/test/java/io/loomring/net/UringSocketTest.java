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
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.TestDriver;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What our sockets have beside those of java.net, and bad input to it. */
class UringSocketTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private UringSocket mine;
  private UringSocket peer;

  @BeforeEach
  void connect() throws IOException {
    try (UringServerSocket server = new UringServerSocket(0, 5, LOOPBACK)) {
      mine = new UringSocket(LOOPBACK, server.getLocalPort());
      peer = server.accept();
    }
  }

  @AfterEach
  void close() throws IOException {
    mine.close();
    peer.close();
    Await.until(() -> "buffers are out: " + Uring.getDefault().stats(),
        () -> Uring.getDefault().buffers().lent() == 0);
  }

  // ---- constructors

  @Test
  void theConstructorsConnect() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 5, LOOPBACK);
        UringSocket byName = new UringSocket("localhost", server.getLocalPort());
        UringSocket byNull = new UringSocket((String) null, server.getLocalPort());
        UringSocket byAddress = new UringSocket(LOOPBACK, server.getLocalPort());
        UringSocket fromNameLocal = new UringSocket("localhost", server.getLocalPort(), LOOPBACK, 0);
        UringSocket fromLocal = new UringSocket(LOOPBACK, server.getLocalPort(), null, 0)) {
      for (UringSocket socket : new UringSocket[] {byName, byNull, byAddress, fromNameLocal, fromLocal}) {
        assertTrue(socket.isConnected());
      }
    }
  }

  @Test
  void aConstructorThatCannotConnectLeavesNothingOpen() throws IOException {
    int port;
    try (ServerSocket gone = new ServerSocket(0, 1, LOOPBACK)) {
      port = gone.getLocalPort();
    }
    int before = Descriptors.sockets();
    assertThrows(ConnectException.class, () -> new UringSocket(LOOPBACK, port));
    InetAddress foreign = InetAddress.getByName("192.0.2.1");
    assertThrows(SocketException.class, () -> new UringSocket("localhost", port, foreign, 0));
    assertThrows(IllegalArgumentException.class, () -> new UringSocket("localhost", 70_000));
    assertThrows(IllegalArgumentException.class, () -> new UringServerSocket(-1));
    assertThrows(NullPointerException.class, () -> new UringSocket((InetAddress) null, port));
    Descriptors.awaitSockets(before);
  }

  @Test
  void aSocketThatIsNeverUsedHasNoDescriptor() throws IOException {
    int before = Descriptors.sockets();
    UringSocket unused = new UringSocket();
    assertEquals(before, Descriptors.sockets());
    unused.close();
  }

  @Test
  void socketsRunOnTheUringThatTheyAreGiven() throws IOException {
    try (Uring own = Uring.open(TestDriver.config("own"));
        UringServerSocket server = new UringServerSocket(own);
        UringSocket client = new UringSocket(own)) {
      server.bind(new InetSocketAddress(LOOPBACK, 0));
      client.connect(server.getLocalSocketAddress());
      try (UringSocket accepted = server.accept()) {
        accepted.write(new byte[] {1});
        assertEquals(1, client.read(new byte[3]));
        assertEquals(3, own.stats().openDescriptors());
      }
    }
  }

  @Test
  void aSocketWhoseUringIsClosedSaysSo() throws IOException {
    Uring own = Uring.open(TestDriver.config("own"));
    try (ServerSocket server = new ServerSocket(0, 5, LOOPBACK);
        UringSocket client = new UringSocket(own)) {
      client.connect(server.getLocalSocketAddress());
      own.close();
      SocketException dead = assertThrows(SocketException.class, () -> client.read(new byte[1]));
      assertInstanceOf(RingDeadException.class, dead.getCause());
      assertThrows(SocketException.class, () -> new UringSocket(own).connect(server.getLocalSocketAddress()));
    }
  }

  // ---- arrays, buffers, segments

  @Test
  void arraysCarryBytes() throws IOException {
    mine.write(new byte[] {1, 2, 3, 4});
    mine.write(new byte[] {9, 5, 9}, 1, 1);
    byte[] got = new byte[10];
    assertEquals(2, peer.read(got, 3, 2));
    assertEquals(3, peer.read(got, 0, 3));
    assertArrayEquals(new byte[] {3, 4, 5, 1, 2, 0, 0, 0, 0, 0}, got);
    mine.shutdownOutput();
    assertEquals(-1, peer.read(got));
  }

  @Test
  void heapAndDirectBuffersCarryBytesAndAdvance() throws IOException {
    for (boolean direct : new boolean[] {false, true}) {
      ByteBuffer out = (direct ? ByteBuffer.allocateDirect(8) : ByteBuffer.allocate(8)).position(2).limit(6);
      out.putInt(2, 0xCAFEBABE);
      mine.write(out);
      assertEquals(6, out.position());
      ByteBuffer in = direct ? ByteBuffer.allocateDirect(9) : ByteBuffer.allocate(9);
      in.position(1);
      assertEquals(4, peer.read(in));
      assertEquals(5, in.position());
      assertEquals(0xCAFEBABE, in.getInt(1));
      assertEquals(0, peer.read(in.limit(5)));
    }
  }

  @Test
  void aReadOnlyBufferCanBeWrittenFromAndNotReadInto() throws IOException {
    ByteBuffer readOnly = ByteBuffer.wrap(new byte[] {7}).asReadOnlyBuffer();
    mine.write(readOnly);
    assertEquals(1, readOnly.position());
    assertThrows(ReadOnlyBufferException.class, () -> peer.read(readOnly.rewind()));
    assertThrows(ReadOnlyBufferException.class, () -> peer.read(ByteBuffer.allocateDirect(4).asReadOnlyBuffer()));
    assertThrows(IllegalArgumentException.class, () -> peer.read(MemorySegment.ofArray(new byte[4]).asReadOnly()));
    assertEquals(1, peer.read(new byte[4]));
  }

  @Test
  void nativeMemoryCarriesMuchData() throws Exception {
    byte[] random = new byte[1_000_003];
    new Random(3).nextBytes(random);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment from = arena.allocate(random.length).copyFrom(MemorySegment.ofArray(random));
      MemorySegment into = arena.allocate(random.length);
      Thread writer = TestDriver.startVirtual(() -> {
        try {
          mine.write(from);
          mine.shutdownOutput();
        } catch (IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
      });
      long done = 0;
      for (int n = peer.read(into); n >= 0 && done < random.length; n = peer.read(into.asSlice(done))) {
        done += n;
      }
      writer.join();
      assertEquals(-1, into.mismatch(from));
    }
  }

  @Test
  void nothingToTransferReturnsAtOnce() throws IOException {
    mine.write(new byte[0]);
    mine.write(ByteBuffer.allocate(0));
    mine.write(MemorySegment.NULL);
    assertEquals(0, mine.read(new byte[0]));
    assertEquals(0, mine.read(ByteBuffer.allocateDirect(0)));
    assertEquals(0, mine.read(MemorySegment.NULL));
    assertThrows(IndexOutOfBoundsException.class, () -> mine.read(new byte[3], 1, 3));
    assertThrows(IndexOutOfBoundsException.class, () -> mine.write(new byte[3], -1, 1));
    mine.shutdownOutput();
    assertEquals(-1, peer.read(new byte[1]));
  }

  @Test
  void aClosedArenaIsRefusedAndNothingIsRead() throws IOException {
    Arena arena = Arena.ofConfined();
    MemorySegment segment = arena.allocate(10);
    arena.close();
    peer.write(new byte[] {4});
    assertThrows(IllegalStateException.class, () -> mine.read(segment));
    assertThrows(IllegalStateException.class, () -> mine.write(segment));
    byte[] got = new byte[2];
    assertEquals(1, mine.read(got));
    assertEquals(4, got[0]);
  }

  @Test
  void aSegmentOfAnotherThreadIsRefusedAndNothingIsRead() throws Exception {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = arena.allocate(10);
      CompletableFuture<Throwable> refused = new CompletableFuture<>();
      TestDriver.startVirtual(() -> {
        try {
          mine.read(segment);
        } catch (Throwable t) {
          refused.complete(t);
        }
      });
      assertInstanceOf(WrongThreadException.class, refused.get());
    }
  }

  @Test
  void anArenaClosedDuringAReadIsToldAndLeaksNothing() throws Exception {
    Arena arena = Arena.ofShared();
    MemorySegment segment = arena.allocate(10);
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    TestDriver.startVirtual(() -> {
      try {
        ended.complete(new AssertionError("read " + mine.read(segment)));
      } catch (Throwable t) {
        ended.complete(t);
      }
    });
    Await.untilInFlight(Uring.getDefault(), OperationKind.RECV, 1);
    arena.close();
    peer.write(new byte[] {4});
    assertInstanceOf(IllegalStateException.class, ended.get());
    peer.write(new byte[] {5});
    assertEquals(1, mine.read(new byte[2]));
  }

  // ---- ends

  @Test
  void directReadsTimeOutAndGoOn() throws IOException {
    mine.setSoTimeout(30);
    assertThrows(SocketTimeoutException.class, () -> mine.read(ByteBuffer.allocateDirect(4)));
    peer.write(new byte[] {1});
    mine.setSoTimeout(20_000);
    assertEquals(1, mine.read(new byte[4]));
  }

  @Test
  void directCallsOnAClosedSocketSaySo() throws IOException {
    mine.close();
    assertEquals("Socket closed", assertThrows(SocketException.class, () -> mine.read(new byte[1])).getMessage());
    assertEquals("Socket closed", assertThrows(SocketException.class, () -> mine.write(new byte[1])).getMessage());
    UringSocket unused = new UringSocket();
    assertEquals(
        "Socket is not connected", assertThrows(SocketException.class, () -> unused.read(new byte[1])).getMessage());
    unused.close();
    assertEquals("Socket is closed", assertThrows(SocketException.class, () -> unused.write(new byte[1])).getMessage());
  }

  @Test
  void anInterruptOfADirectReadClosesTheSocket() throws Exception {
    CompletableFuture<String> ended = new CompletableFuture<>();
    Thread reader = TestDriver.startVirtual(() -> {
      try {
        ended.complete("read " + mine.read(new byte[1]));
      } catch (Exception e) {
        ended.complete(e.getMessage() + Thread.currentThread().isInterrupted());
      }
    });
    Await.untilInFlight(Uring.getDefault(), OperationKind.RECV, 1);
    reader.interrupt();
    assertEquals("Closed by interrupttrue", ended.get());
    assertTrue(mine.isClosed());
    assertEquals(-1, peer.read(new byte[1]));
  }

  @Test
  void aServerSocketOfOursServesSocketsOfTheJdk() throws IOException {
    try (UringServerSocket server = new UringServerSocket(0);
        Socket client = new Socket(LOOPBACK, server.getLocalPort());
        UringSocket accepted = server.accept()) {
      client.getOutputStream().write(3);
      assertEquals(3, accepted.getInputStream().read());
      assertFalse(accepted.isClosed());
    }
  }
}
