package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.UringConfig;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Seed;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.time.Duration;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Gathering writes and scattering reads. */
class VectoredTest extends UringTest {
  private static final int MORE_THAN_THE_KERNELS_LIMIT = 3000;
  private static final int MORE_THAN_FITS = 32 << 20;

  private UringSocket mine;
  private UringSocket peer;

  @Override
  protected UringConfig config() {
    return TestDriver.config("test");
  }

  /** What the JDK keeps once it has closed a socket stays open for good. */
  @BeforeAll
  static void openWhatStaysOpen() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket near = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket far = server.accept()) {
      assertTrue(near.isConnected() && far.isConnected());
    }
  }

  @BeforeEach
  void connect() throws IOException {
    try (UringServerSocket server = new UringServerSocket(uring)) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      mine = new UringSocket(uring);
      mine.connect(server.getLocalSocketAddress());
      peer = server.accept();
    }
  }

  @AfterEach
  void close() throws IOException {
    mine.close();
    peer.close();
  }

  private static ByteBuffer buffer(boolean direct, int bytes) {
    return direct ? ByteBuffer.allocateDirect(bytes) : ByteBuffer.allocate(bytes);
  }

  /** Cuts the bytes into buffers: on the heap, direct, sliced, read-only, empty. */
  static ByteBuffer[] cut(byte[] bytes, RandomGenerator random, int count, int largest) {
    ByteBuffer[] pieces = new ByteBuffer[count];
    int at = 0;
    for (int i = 0; i < count; i++) {
      int left = bytes.length - at;
      int size = i == count - 1 ? left : Math.min(left, random.nextInt(largest + 1));
      int before = random.nextInt(3);
      ByteBuffer piece = buffer(random.nextBoolean(), before + size + 2);
      piece.position(before).put(bytes, at, size).limit(before + size).position(before);
      at += size;
      pieces[i] = switch (random.nextInt(4)) {
        case 0 -> piece.slice();
        case 1 -> piece.asReadOnlyBuffer();
        default -> piece;
      };
    }
    return pieces;
  }

  static byte[] bytes(RandomGenerator random, int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private Caller readAll(int count) {
    return Caller.virtual(() -> peer.getInputStream().readNBytes(count));
  }

  // ---- gathering

  @Test
  void manySmallBuffersOfAllKindsArriveInOrder() throws IOException {
    RandomGenerator random = Seed.random("gather");
    byte[] sent = bytes(random, 100_000);
    ByteBuffer[] pieces = cut(sent, random, MORE_THAN_THE_KERNELS_LIMIT, 60);
    Caller reader = readAll(sent.length);
    assertEquals(sent.length, mine.write(pieces));
    assertArrayEquals(sent, (byte[]) reader.value());
    for (ByteBuffer piece : pieces) {
      assertFalse(piece.hasRemaining());
    }
  }

  @Test
  void smallAndLargeBuffersMixedArriveInOrder() throws IOException {
    RandomGenerator random = Seed.random("gather");
    byte[] sent = bytes(random, 8 << 20);
    Caller reader = readAll(sent.length);
    assertEquals(sent.length, mine.write(cut(sent, random, 200, 80_000)));
    assertArrayEquals(sent, (byte[]) reader.value());
  }

  @Test
  void aRangeOfTheBuffersIsWrittenAndTheOthersStay() throws IOException {
    ByteBuffer[] all = {ByteBuffer.wrap(new byte[] {1}), ByteBuffer.wrap(new byte[] {2, 3}), ByteBuffer.allocate(0),
        ByteBuffer.wrap(new byte[] {4})};
    assertEquals(2, mine.write(all, 1, 2));
    assertEquals(0, mine.write(all, 4, 0));
    assertEquals(0, mine.write(new ByteBuffer[] {ByteBuffer.allocate(0)}));
    byte[] got = new byte[2];
    assertEquals(2, peer.getInputStream().readNBytes(got, 0, 2));
    assertArrayEquals(new byte[] {2, 3}, got);
    assertEquals(0, all[0].position());
    assertEquals(2, all[1].position());
    assertEquals(0, all[3].position());
  }

  @Test
  void aHeaderAndALargeBodyArriveInOrder() throws IOException {
    RandomGenerator random = Seed.random("gather");
    byte[] sent = bytes(random, 20 + 100_000);
    ByteBuffer header = ByteBuffer.wrap(sent, 0, 20);
    ByteBuffer body = ByteBuffer.allocateDirect(100_000).put(sent, 20, 100_000).flip();
    mine.setTcpNoDelay(true);
    Caller reader = readAll(sent.length);
    mine.write(new ByteBuffer[] {header, body});
    assertArrayEquals(sent, (byte[]) reader.value());
  }

  /** The last ones are small, so that the ring does the waiting. */
  private static ByteBuffer[] moreThanFits() {
    ByteBuffer large = ByteBuffer.allocate(MORE_THAN_FITS);
    ByteBuffer[] pieces = new ByteBuffer[1 + 2 * MORE_THAN_THE_KERNELS_LIMIT];
    Arrays.setAll(pieces, i -> ByteBuffer.allocate(4096));
    pieces[2 * MORE_THAN_THE_KERNELS_LIMIT] = large;
    return pieces;
  }

  private Caller blockedWriter(ByteBuffer[] pieces) {
    Caller writer = Caller.virtual(() -> mine.write(pieces));
    Await.untilInFlight(uring, OperationKind.SEND, 1);
    Await.untilParked(writer.thread());
    return writer;
  }

  @Test
  void aWriterComesBackWithSocketClosedAndThePositionsStay() throws IOException {
    ByteBuffer[] pieces = moreThanFits();
    Caller writer = blockedWriter(pieces);
    mine.close();
    assertEquals("Socket closed", writer.thrown(SocketException.class).getMessage());
    assertTrue(Arrays.stream(pieces).allMatch(piece -> piece.position() == 0));
  }

  @Test
  void aWriterIsInterrupted() {
    Caller writer = blockedWriter(moreThanFits());
    writer.thread().interrupt();
    assertEquals("Closed by interrupt", writer.thrown(SocketException.class).getMessage());
  }

  @Test
  void aWriterLearnsOfAReset() throws IOException {
    Caller writer = blockedWriter(moreThanFits());
    peer.setSoLinger(true, 0);
    peer.close();
    assertEquals("Connection reset by peer", writer.thrown(SocketException.class).getMessage());
  }

  @Test
  void aWriterThatWaitsForASlowReaderWritesAll() throws IOException {
    ByteBuffer[] pieces = moreThanFits();
    long expected = Vectored.remaining(pieces, 0, pieces.length);
    Caller writer = blockedWriter(pieces);
    long got = 0;
    byte[] some = new byte[1 << 20];
    while (got < expected) {
      got += peer.read(some);
    }
    assertEquals(expected, writer.value());
    assertEquals(expected, got);
  }

  // ---- scattering

  @Test
  void bytesAreSpreadOverBuffersOfAllKinds() throws IOException {
    RandomGenerator random = Seed.random("scatter");
    byte[] sent = bytes(random, 4 << 20);
    Caller writer = Caller.virtual(() -> {
      peer.write(sent);
      return "written";
    });
    byte[] got = new byte[sent.length];
    int at = 0;
    while (at < got.length) {
      ByteBuffer[] into = new ByteBuffer[random.nextInt(1, 40)];
      Arrays.setAll(into, i -> {
        int size = random.nextInt(3) == 0 ? random.nextInt(70_000) : random.nextInt(50);
        return buffer(random.nextBoolean(), size + 1).position(1);
      });
      long room = Vectored.remaining(into, 0, into.length);
      long count = mine.read(into);
      assertEquals(room > 0, count > 0, () -> count + " of " + room);
      long left = count;
      for (ByteBuffer buffer : into) {
        int filled = (int) Math.min(left, buffer.limit() - 1);
        assertEquals(1 + filled, buffer.position(), "a buffer is filled before the next one is begun");
        buffer.get(1, got, at, filled);
        at += filled;
        left -= filled;
      }
      assertEquals(0, left);
    }
    assertArrayEquals(sent, got);
    assertEquals("written", writer.value());
  }

  @Test
  void aReadWaitsForTheFirstByteOnly() throws IOException {
    ByteBuffer[] into = {ByteBuffer.allocate(0), ByteBuffer.allocate(2), ByteBuffer.allocateDirect(1 << 17),
        ByteBuffer.allocate(9)};
    Caller reader = Caller.virtual(() -> mine.read(into));
    Await.untilInFlight(uring, OperationKind.RECV, 1);
    peer.write(new byte[] {1, 2, 3});
    assertEquals(3L, reader.value());
    assertEquals(2, into[1].position());
    assertEquals(1, into[2].position());
    assertEquals(3, into[2].get(0));
  }

  @Test
  void theEndOfTheStreamComesAfterTheBytes() throws IOException {
    ByteBuffer[] into = {ByteBuffer.allocate(2), ByteBuffer.allocate(100), ByteBuffer.allocate(100)};
    peer.write(new byte[3]);
    peer.shutdownOutput();
    assertEquals(3, mine.read(into));
    assertEquals(-1, mine.read(into));
    assertEquals(0, mine.read(into, 0, 1));
  }

  @Test
  void aResetBehindBytesIsToldByTheNextRead() throws IOException {
    peer.write(new byte[2]);
    peer.setSoLinger(true, 0);
    peer.close();
    assertEquals(2, mine.read(new ByteBuffer[] {ByteBuffer.allocate(2), ByteBuffer.allocate(100)}));
    ByteBuffer[] into = {ByteBuffer.allocate(2)};
    assertEquals("Connection reset", assertThrows(SocketException.class, () -> mine.read(into)).getMessage());
  }

  @Test
  void aReadIsTimedOut() throws IOException {
    mine.setSoTimeout(50);
    ByteBuffer[] into = {ByteBuffer.allocate(2), ByteBuffer.allocate(2)};
    assertThrows(SocketTimeoutException.class, () -> mine.read(into));
    peer.write(new byte[3]);
    long got = mine.read(into);
    while (got < 3) {
      got += mine.read(into);
    }
    assertEquals(3, got);
  }

  @Test
  void aReaderComesBackWithSocketClosed() throws IOException {
    Caller reader = Caller.virtual(() -> mine.read(new ByteBuffer[] {ByteBuffer.allocate(2), ByteBuffer.allocate(2)}));
    Await.untilInFlight(uring, OperationKind.RECV, 1);
    mine.close();
    assertEquals("Socket closed", reader.thrown(SocketException.class).getMessage());
  }

  // ---- the others that have it

  @Test
  void aSocketOfTheUnixDomainGathersAndScatters() throws IOException {
    RandomGenerator random = Seed.random("unix");
    byte[] sent = bytes(random, 1 << 20);
    SocketAddress name = AbstractUnixAddress.of("loomring-vectored-" + ProcessHandle.current().pid());
    try (UringUnixServerSocket server = UringUnixServerSocket.bind(uring, name, 1, null);
        UringUnixSocket near = UringUnixSocket.connect(uring, name, Duration.ZERO);
        UringUnixSocket far = server.accept()) {
      Caller writer = Caller.virtual(() -> near.write(cut(sent, random, 300, 40_000)));
      byte[] got = new byte[sent.length];
      ByteBuffer[] into = {ByteBuffer.wrap(got, 0, 11), ByteBuffer.wrap(got, 11, 100_000),
          ByteBuffer.wrap(got, 100_011, got.length - 100_011)};
      long count = 0;
      while (count < got.length) {
        count += far.read(into);
      }
      assertArrayEquals(sent, got);
      assertEquals((long) sent.length, writer.value());
      assertEquals(0, far.read(into));
      near.close();
      assertEquals(-1, far.read(new ByteBuffer[] {ByteBuffer.allocate(1)}));
      assertThrows(SocketException.class, () -> near.write(new ByteBuffer[] {ByteBuffer.allocate(1)}));
    }
  }

  // ---- bad input

  @Test
  void badArgumentsAreRefusedBeforeAnythingMoves() throws IOException {
    ByteBuffer good = ByteBuffer.allocate(4);
    ByteBuffer[] two = {good, null};
    assertThrows(NullPointerException.class, () -> mine.write(two));
    assertThrows(NullPointerException.class, () -> mine.read(two));
    assertThrows(IndexOutOfBoundsException.class, () -> mine.write(two, 1, 2));
    assertThrows(IndexOutOfBoundsException.class, () -> mine.read(two, -1, 1));
    ByteBuffer[] readOnly = {good, good.asReadOnlyBuffer()};
    assertThrows(ReadOnlyBufferException.class, () -> mine.read(readOnly));
    ByteBuffer closed;
    try (Arena arena = Arena.ofConfined()) {
      closed = arena.allocate(10).asByteBuffer();
    }
    assertThrows(IllegalStateException.class, () -> mine.write(new ByteBuffer[] {good, closed}));
    assertThrows(IllegalStateException.class, () -> mine.read(new ByteBuffer[] {good, closed}));
    assertEquals(0, peer.getInputStream().available());
    mine.close();
    assertThrows(SocketException.class, () -> mine.write(new ByteBuffer[] {good}));
    assertThrows(SocketException.class, () -> mine.read(new ByteBuffer[] {good}));
  }
}
