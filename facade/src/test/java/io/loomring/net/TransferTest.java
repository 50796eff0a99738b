package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.CallOptions;
import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Seed;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files into sockets. */
class TransferTest extends UringTest {
  private static final int FILE_BYTES = (24 << 20) + 1234;
  private static final int SHORT = 300_001;
  private static final int LONG = (1 << 20) + 4321;

  @TempDir
  private Path directory;

  private Path path;
  private byte[] content;
  private Descriptor file;
  private UringSocket mine;
  private UringSocket peer;

  @Override
  protected UringConfig config() {
    return TestDriver.config("test");
  }

  @BeforeEach
  void connect() throws IOException {
    RandomGenerator random = Seed.random("transfer");
    content = new byte[FILE_BYTES];
    random.nextBytes(content);
    path = Files.write(directory.resolve("file"), content);
    file = uring.files().open(path, StandardOpenOption.READ);
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
    file.close();
  }

  private byte[] part(long position, long count) {
    return Arrays.copyOfRange(content, (int) position, (int) (position + count));
  }

  private void arrives(Descriptor from, long position, long count) throws IOException {
    Caller reader = Caller.virtual(() -> peer.getInputStream().readNBytes((int) count));
    assertEquals(count, mine.transferFrom(from, position, count));
    assertArrayEquals(part(position, count), (byte[]) reader.value());
  }

  @Test
  void aLargeFileArrivesByteForByte() throws IOException {
    arrives(file, 0, FILE_BYTES);
  }

  @Test
  void partsOfAFileArriveFromAnyPosition() throws IOException {
    arrives(file, 777, SHORT);
    arrives(file, 12_345, LONG);
    arrives(file, FILE_BYTES - 1, 1);
    arrives(file, FILE_BYTES - LONG, LONG);
  }

  @Test
  void aFileThatIsShorterIsSentToItsEnd() throws IOException {
    for (long left : List.of(5L, (long) SHORT, (long) LONG)) {
      Caller reader = Caller.virtual(() -> peer.getInputStream().readNBytes((int) left));
      assertEquals(left, mine.transferFrom(file, FILE_BYTES - left, Long.MAX_VALUE));
      assertArrayEquals(part(FILE_BYTES - left, left), (byte[]) reader.value());
    }
  }

  @Test
  void nothingIsSentOfNothing() throws IOException {
    assertEquals(0, mine.transferFrom(file, 0, 0));
    assertEquals(0, mine.transferFrom(file, FILE_BYTES, 10));
    assertEquals(0, mine.transferFrom(file, Long.MAX_VALUE / 2, LONG));
    assertEquals(0, peer.getInputStream().available());
  }

  @Test
  void badArgumentsAreRefused() throws IOException {
    assertThrows(IllegalArgumentException.class, () -> mine.transferFrom(file, -1, 1));
    assertThrows(IllegalArgumentException.class, () -> mine.transferFrom(file, 0, -1));
    try (Descriptor unreadable = uring.files().open(path, StandardOpenOption.WRITE)) {
      assertThrows(IOException.class, () -> mine.transferFrom(unreadable, 0, SHORT));
      assertThrows(IOException.class, () -> mine.transferFrom(unreadable, 0, LONG));
    }
    file.close();
    assertThrows(IllegalArgumentException.class, () -> mine.transferFrom(file, 0, 1));
    arrivesStill();
  }

  private void arrivesStill() throws IOException {
    mine.write(new byte[] {42});
    assertEquals(42, peer.getInputStream().read());
  }

  @Test
  void aFileThatBypassesThePageCacheIsSentInWholePages() throws IOException {
    int flags = Constants.O_RDONLY | Constants.O_DIRECT;
    try (Descriptor direct = uring.files().openat(null, path.toString(), flags, 0, CallOptions.NONE)) {
      arrives(direct, 4096, 1 << 20);
    }
  }

  @Test
  void aFileOfAnotherUringIsSentAsWell() throws IOException {
    try (Uring other = TestDriver.open(TestDriver.config("other"));
        Descriptor theirs = other.files().open(path, StandardOpenOption.READ)) {
      arrives(theirs, 99, LONG);
    }
  }

  @Test
  void aFileGoesIntoASocketOfTheUnixDomain() throws IOException {
    SocketAddress name = AbstractUnixAddress.of("loomring-transfer-" + ProcessHandle.current().pid());
    try (UringUnixServerSocket server = UringUnixServerSocket.bind(uring, name, 1, null);
        UringUnixSocket near = UringUnixSocket.connect(uring, name, Duration.ZERO);
        UringUnixSocket far = server.accept()) {
      for (int count : new int[] {SHORT, LONG}) {
        Caller reader = Caller.virtual(() -> far.getInputStream().readNBytes(count));
        assertEquals(count, near.transferFrom(file, 7, count));
        assertArrayEquals(part(7, count), (byte[]) reader.value());
      }
      Caller blocked = Caller.virtual(() -> near.transferFrom(file, 0, FILE_BYTES));
      awaitStuck(blocked);
      near.close();
      assertEquals("Socket closed", blocked.thrown(SocketException.class).getMessage());
    }
  }

  private Caller stuck() {
    Caller writer = Caller.virtual(() -> mine.transferFrom(file, 0, FILE_BYTES));
    awaitStuck(writer);
    return writer;
  }

  private void awaitStuck(Caller writer) {
    Await.untilInFlight(uring, OperationKind.SEND, 1);
    Await.untilParked(writer.thread());
  }

  @Test
  void aSenderComesBackWithSocketClosed() throws IOException {
    Caller writer = stuck();
    mine.close();
    assertEquals("Socket closed", writer.thrown(SocketException.class).getMessage());
  }

  @Test
  void aSenderComesBackWithSocketClosedAlsoWhereTheCloseIsAReset() throws IOException {
    mine.setSoLinger(true, 0);
    Caller writer = stuck();
    mine.close();
    assertEquals("Socket closed", writer.thrown(SocketException.class).getMessage());
  }

  @Test
  void aSenderIsInterrupted() {
    Caller writer = stuck();
    writer.thread().interrupt();
    assertEquals("Closed by interrupt", writer.thrown(SocketException.class).getMessage());
    assertTrue(mine.isClosed());
  }

  @Test
  void aSenderLearnsOfAResetAndTheNextPeerGetsNothingOfIt() throws IOException {
    Caller writer = stuck();
    peer.setSoLinger(true, 0);
    peer.close();
    assertEquals("Connection reset by peer", writer.thrown(SocketException.class).getMessage());
    mine.close();
    file.close();
    connect();
    arrives(file, 5, LONG);
    mine.shutdownOutput();
    assertEquals(-1, peer.getInputStream().read());
  }

  @Test
  void aSenderWhoseFileIsClosedSaysHowMuchWentAndTheSocketStays() throws IOException {
    Caller writer = stuck();
    file.close();
    Caller reader = Caller.virtual(() -> peer.getInputStream().readAllBytes());
    long sent = (Long) writer.value();
    assertTrue(sent > 0 && sent < FILE_BYTES, () -> sent + " bytes went");
    mine.write(new byte[] {42});
    mine.shutdownOutput();
    byte[] got = (byte[]) reader.value();
    assertEquals(sent + 1, got.length);
    assertArrayEquals(part(0, sent), Arrays.copyOf(got, (int) sent));
    assertEquals(42, got[got.length - 1]);
  }

  @Test
  void aSlowReaderGetsAll() throws IOException {
    Caller writer = stuck();
    assertArrayEquals(content, peer.getInputStream().readNBytes(FILE_BYTES));
    assertEquals((long) FILE_BYTES, writer.value());
  }
}
