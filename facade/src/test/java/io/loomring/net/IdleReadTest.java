package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A connection that only waits holds no buffer; and nobody can tell otherwise. */
class IdleReadTest extends UringTest {
  private static final int CONNECTIONS = 50;

  private UringServerSocket server;
  private UringSocket mine;
  private UringSocket peer;

  @Override
  protected UringConfig config() {
    return TestDriver.config("test").withIdleTime(Duration.ofMillis(2));
  }

  @BeforeEach
  void connect() throws IOException {
    server = new UringServerSocket(uring);
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), CONNECTIONS);
    mine = client();
    peer = server.accept();
  }

  private UringSocket client() throws IOException {
    UringSocket socket = new UringSocket(uring);
    socket.connect(server.getLocalSocketAddress());
    return socket;
  }

  @AfterEach
  void close() throws IOException {
    mine.close();
    peer.close();
    server.close();
  }

  private void awaitAtRest(int readers) {
    Await.until(() -> "not " + readers + " readers are at rest: " + uring.stats(),
        () -> waitingReads() == readers && uring.buffers().lent() == 0);
  }

  /** Reads behind large messages wait with a poll to begin with. */
  private int waitingReads() {
    return uring.inFlight(OperationKind.RECV) + uring.inFlight(OperationKind.POLL);
  }

  private Caller reader(byte[] into) {
    Caller reader = Caller.virtual(() -> mine.read(into));
    awaitAtRest(1);
    return reader;
  }

  @Test
  void connectionsThatOnlyWaitHoldNoBufferAndGetTheirBytes() throws Exception {
    List<UringSocket> waiting = new ArrayList<>();
    List<UringSocket> peers = new ArrayList<>();
    List<Caller> readers = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      UringSocket socket = client();
      waiting.add(socket);
      peers.add(server.accept());
      readers.add(Caller.virtual(() -> socket.getInputStream().read()));
    }
    awaitAtRest(CONNECTIONS);
    assertTrue(uring.stats().rests() >= CONNECTIONS, uring.stats()::toString);
    for (int i = 0; i < CONNECTIONS; i++) {
      peers.get(i).write(new byte[] {(byte) i});
    }
    for (int i = 0; i < CONNECTIONS; i++) {
      assertEquals(i, readers.get(i).value());
      waiting.get(i).close();
      peers.get(i).close();
    }
  }

  @Test
  void aReaderAtRestSeesTheEndOfTheStream() throws Exception {
    Caller reader = reader(new byte[1]);
    peer.shutdownOutput();
    assertEquals(-1, reader.value());
  }

  @Test
  void aReaderAtRestIsTimedOutAndTheSocketGoesOn() throws Exception {
    mine.setSoTimeout(300);
    assertEquals("Read timed out", reader(new byte[1]).thrown(SocketTimeoutException.class).getMessage());
    assertEquals("Read timed out", reader(new byte[1]).thrown(SocketTimeoutException.class).getMessage());
    peer.write(new byte[] {7});
    assertEquals(7, mine.getInputStream().read());
  }

  @Test
  void aReaderAtRestComesBackWithSocketClosed() throws Exception {
    Caller reader = reader(new byte[1]);
    mine.close();
    assertEquals("Socket closed", reader.thrown(SocketException.class).getMessage());
  }

  @Test
  void aReaderAtRestIsInterrupted() throws Exception {
    Caller reader = reader(new byte[1]);
    reader.thread().interrupt();
    assertEquals("Closed by interrupt", reader.thrown(SocketException.class).getMessage());
  }

  @Test
  void aReaderAtRestLearnsOfAReset() throws Exception {
    Caller reader = reader(new byte[1]);
    peer.setSoLinger(true, 0);
    peer.close();
    assertEquals("Connection reset", reader.thrown(SocketException.class).getMessage());
  }

  @Test
  void closingTheUringEndsAReaderAtRest() throws Exception {
    Caller reader = reader(new byte[1]);
    uring.close();
    assertTrue(reader.thrown(SocketException.class).getMessage().startsWith("the ring is dead"));
  }

  @Test
  void aResetBehindBytesThatFilledTheBufferIsToldByTheNextRead() throws Exception {
    byte[] sent = new byte[Receiver.SMALL_BYTES];
    Arrays.fill(sent, (byte) 3);
    Caller reader = Caller.virtual(() -> mine.read(new byte[2 * sent.length]));
    peer.write(sent);
    peer.setSoLinger(true, 0);
    peer.close();
    assertEquals(sent.length, reader.value());
    SocketException reset = assertThrows(SocketException.class, () -> mine.read(new byte[1]));
    assertEquals("Connection reset", reset.getMessage());
  }

  @Test
  void messagesOfAllSizesComeWholeToReadersAtRestOrNot() throws Exception {
    for (int size : new int[] {1, 511, 512, 513, 1024, 5000, 8192, 20_000, 40_000, 70_000, 300, 1, 1, 200_000, 2}) {
      byte[] sent = new byte[size];
      new Random(size).nextBytes(sent);
      for (boolean rests : new boolean[] {true, false}) {
        byte[] got = new byte[size];
        Caller reader = Caller.virtual(() -> {
          mine.getInputStream().readNBytes(got, 0, size);
          return size;
        });
        if (rests) {
          awaitAtRest(1);
        }
        peer.write(sent);
        assertEquals(size, reader.value());
        assertArrayEquals(sent, got);
      }
    }
  }

  /** The pauses are about as long as what brings a receive to rest, so that bytes come at every moment of it. */
  @Test
  void noByteIsLostWhereBytesMeetTheRequestToRest() {
    RandomGenerator random = Seed.random("idle reads");
    byte[] sent = new byte[600];
    random.nextBytes(sent);
    byte[] got = new byte[sent.length];
    Caller reader = Caller.virtual(() -> {
      int at = 0;
      while (at < got.length) {
        at += mine.read(got, at, Math.min(1 + at % 3, got.length - at));
      }
      return at;
    });
    Caller writer = Caller.virtual(() -> {
      for (byte one : sent) {
        peer.write(new byte[] {one});
        LockSupport.parkNanos(random.nextInt(8_000_000));
      }
      return sent.length;
    });
    assertEquals(sent.length, writer.value());
    assertEquals(sent.length, reader.value());
    assertArrayEquals(sent, got);
    assertTrue(uring.stats().rests() > 0, uring.stats()::toString);
  }
}
