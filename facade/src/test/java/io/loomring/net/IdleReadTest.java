package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.op.OperationKind;
import io.loomring.op.SlotLayout;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A connection that only waits holds no buffer; and nobody can tell otherwise. */
class IdleReadTest extends UringTest {
  private static final int CONNECTIONS = 50;

  private UringServerSocket server;
  private UringSocket mine;
  private UringSocket peer;

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

  private void awaitWaiting(int readers) {
    Await.until(() -> "not " + readers + " readers wait without a buffer: " + uring.stats(),
        () -> uring.inFlight(OperationKind.RECV) == readers && uring.buffers().lent() == 0);
  }

  private Caller reader(byte[] into) {
    Caller reader = Caller.virtual(() -> mine.read(into));
    awaitWaiting(1);
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
    awaitWaiting(CONNECTIONS);
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
  void aReaderThatWaitsSeesTheEndOfTheStream() throws Exception {
    Caller reader = reader(new byte[1]);
    peer.shutdownOutput();
    assertEquals(-1, reader.value());
  }

  @Test
  void aReaderThatWaitsIsTimedOutAndTheSocketGoesOn() throws Exception {
    mine.setSoTimeout(2_000);
    assertEquals("Read timed out", reader(new byte[1]).thrown(SocketTimeoutException.class).getMessage());
    assertEquals("Read timed out", reader(new byte[1]).thrown(SocketTimeoutException.class).getMessage());
    peer.write(new byte[] {7});
    assertEquals(7, mine.getInputStream().read());
  }

  @Test
  void aReaderThatWaitsComesBackWithSocketClosed() throws Exception {
    Caller reader = reader(new byte[1]);
    mine.close();
    assertEquals("Socket closed", reader.thrown(SocketException.class).getMessage());
  }

  @Test
  void aReaderThatWaitsIsInterrupted() throws Exception {
    Caller reader = reader(new byte[1]);
    reader.thread().interrupt();
    assertEquals("Closed by interrupt", reader.thrown(SocketException.class).getMessage());
  }

  @Test
  void aReaderThatWaitsLearnsOfAReset() throws Exception {
    Caller reader = reader(new byte[1]);
    peer.setSoLinger(true, 0);
    peer.close();
    assertEquals("Connection reset", reader.thrown(SocketException.class).getMessage());
  }

  @Test
  void closingTheUringEndsAReaderThatWaits() throws Exception {
    Caller reader = reader(new byte[1]);
    uring.close();
    // The peer is closed with it, and where that is first the end of the stream is what the reader sees (I-8).
    Throwable thrown = reader.thrown();
    assertTrue(
        thrown == null ? reader.value().equals(-1) : thrown.getMessage().startsWith("the ring is dead"),
        () -> "neither dead nor at the end: " + thrown);
  }

  @Test
  void aResetBehindBytesThatFilledTheBufferIsToldByTheNextRead() throws Exception {
    byte[] sent = new byte[SlotLayout.DATA_BYTES];
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
  void messagesOfAllSizesComeWholeToReadersThatWaitOrNot() throws Exception {
    for (int size : new int[] {1, 319, 320, 321, 640, 5000, 8192, 20_000, 40_000, 70_000, 300, 1, 1, 200_000, 2}) {
      byte[] sent = new byte[size];
      new Random(size).nextBytes(sent);
      for (boolean waits : new boolean[] {true, false}) {
        byte[] got = new byte[size];
        Caller reader = Caller.virtual(() -> {
          mine.getInputStream().readNBytes(got, 0, size);
          return size;
        });
        if (waits) {
          awaitWaiting(1);
        }
        peer.write(sent);
        assertEquals(size, reader.value());
        assertArrayEquals(sent, got);
      }
    }
  }
}
