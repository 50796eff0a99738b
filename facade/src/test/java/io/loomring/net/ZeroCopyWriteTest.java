package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Sockets that send without a copy from a size on: whoever writes notices nothing of it. */
class ZeroCopyWriteTest extends UringTest {
  private static final int THRESHOLD = 16 * 1024;
  private static final int SMALL_ROOM = 4 * 1024;

  @Override
  protected UringConfig config() {
    return super.config().withZeroCopyBytes(THRESHOLD);
  }

  /** The first sockets of the JDK open a descriptor that stays: before the census. */
  @BeforeAll
  static void makeTheJdkOpenWhatItKeeps() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket accepted = server.accept()) {
      client.close();
      assertEquals(-1, accepted.getInputStream().read());
    }
  }

  /** A ring's socket, and the JDK's at its other end, which has little room for what it does not read. */
  private static final class Ends implements AutoCloseable {
    final UringSocket mine;
    final Socket peer;

    Ends(Uring uring) throws IOException {
      try (ServerSocket server = new ServerSocket()) {
        server.setReceiveBufferSize(SMALL_ROOM);
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        mine = new UringSocket(uring);
        mine.connect(server.getLocalSocketAddress());
        peer = server.accept();
      }
    }

    @Override
    public void close() throws IOException {
      mine.close();
      peer.close();
    }
  }

  private static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    new Random(count).nextBytes(bytes);
    return bytes;
  }

  @Test
  void aLargeWriteReturnsBeforeThePeerReadsAndItsArrayIsTheWritersAgain() throws IOException {
    try (Ends ends = new Ends(uring)) {
      byte[] bytes = bytes(128 * 1024);
      byte[] expected = bytes.clone();
      ends.mine.write(bytes);
      assertEquals(1, uring.inFlight(OperationKind.SEND_ZC));
      Arrays.fill(bytes, (byte) 0xEE);
      assertArrayEquals(expected, ends.peer.getInputStream().readNBytes(bytes.length));
      Await.until("the buffer is back", () -> uring.stats().buffersLent() == 0);
    }
  }

  @Test
  void megabytesReachAPeerThatReadsInSmallPiecesThroughTheStreamAndFromASegment() throws IOException {
    try (Ends ends = new Ends(uring)) {
      byte[] bytes = bytes(1 << 20);
      Caller writer = Caller.virtual(() -> {
        ends.mine.getOutputStream().write(bytes);
        ends.mine.write(MemorySegment.ofArray(bytes));
        ends.mine.shutdownOutput();
        return null;
      });
      byte[] all = new byte[2 << 20];
      int done = 0;
      while (done < all.length) {
        int count = ends.peer.getInputStream().read(all, done, Math.min(3_000, all.length - done));
        assertTrue(count > 0);
        done += count;
      }
      assertEquals(-1, ends.peer.getInputStream().read());
      writer.value();
      assertArrayEquals(bytes, Arrays.copyOfRange(all, 0, 1 << 20));
      assertArrayEquals(bytes, Arrays.copyOfRange(all, 1 << 20, 2 << 20));
    }
  }

  @Test
  void aCloseEndsAWriteThatWaitsForRoomAndWhatWasSentArrives() throws IOException {
    try (Ends ends = new Ends(uring)) {
      byte[] bytes = bytes(64 << 20);
      Caller writer = Caller.virtual(() -> {
        ends.mine.write(bytes);
        return null;
      });
      Await.until("it waits for room", () -> ends.peer.getInputStream().available() > 0 && isParked(writer));
      ends.mine.close();
      assertEquals("Socket closed", writer.thrown(SocketException.class).getMessage());
      byte[] got = ends.peer.getInputStream().readAllBytes();
      assertArrayEquals(Arrays.copyOf(bytes, got.length), got);
    }
  }

  private static boolean isParked(Caller caller) {
    return caller.thread().getState() == Thread.State.WAITING;
  }

  @Test
  void aResetEndsAWriteThatWaitsForRoom() throws IOException {
    try (Ends ends = new Ends(uring)) {
      Caller writer = Caller.virtual(() -> {
        ends.mine.write(bytes(64 << 20));
        return null;
      });
      Await.until("some has come", () -> ends.peer.getInputStream().available() > 0);
      ends.peer.setSoLinger(true, 0);
      ends.peer.close();
      writer.thrown(SocketException.class);
      assertThrows(SocketException.class, () -> ends.mine.write(new byte[1]));
    }
  }

  @Test
  void aSocketOfTheUnixDomainSendsWithACopyInstead() throws IOException {
    AbstractUnixAddress name = AbstractUnixAddress.of("zero-copy-" + ProcessHandle.current().pid());
    try (UringUnixServerSocket server = UringUnixServerSocket.bind(uring, name, 1, null)) {
      try (UringUnixSocket mine = UringUnixSocket.connect(uring, name, Duration.ofSeconds(30))) {
        try (UringUnixSocket peer = server.accept()) {
          byte[] bytes = bytes(64 * 1024);
          Caller writer = Caller.virtual(() -> {
            mine.getOutputStream().write(bytes);
            return null;
          });
          assertArrayEquals(bytes, peer.getInputStream().readNBytes(bytes.length));
          writer.value();
        }
      }
    }
  }
}
