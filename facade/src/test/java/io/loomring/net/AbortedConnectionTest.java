package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.api.UringOver;
import io.loomring.op.OperationKind;
import io.loomring.ring.Opcode;
import io.loomring.sys.Errno;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.ChangedResults;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A connection that has ended before it is accepted, where accept says so (ECONNABORTED). Linux does not of a peer's
 * reset: there the connection is accepted, and its first read fails. So the ring says it in place of the kernel.
 */
@RunsOnce("what an accept answers is looked at by its caller, not by the driver")
class AbortedConnectionTest {
  private static final int ALWAYS = Integer.MAX_VALUE;

  @TempDir
  private Path directory;

  private int descriptors;
  private ChangedResults ring;
  private Uring uring;
  private UringServerSocket server;

  @BeforeEach
  void listen() throws IOException {
    // The JDK's sockets keep one descriptor from their first close on.
    new ServerSocket(0).close();
    descriptors = Descriptors.census();
    ring = new ChangedResults();
    uring = UringOver.of("aborted", ring);
    server = new UringServerSocket(uring);
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    server.close();
    UringTest.awaitNothingLeft(uring);
    uring.close();
    Descriptors.awaitCensus(descriptors);
  }

  @Test
  void aConnectionThatItsPeerHasResetIsAccepted() throws IOException {
    try (Socket client = new Socket(server.getInetAddress(), server.getLocalPort())) {
      client.setSoLinger(true, 0);
    }
    try (Socket accepted = server.accept()) {
      assertEquals("Connection reset",
          assertThrows(SocketException.class, () -> accepted.getInputStream().read()).getMessage());
    }
  }

  private void aborts(int times) {
    ring.answer(Opcode.ACCEPT, -Errno.ECONNABORTED, times);
  }

  private Caller accepting() {
    return Caller.virtual(() -> {
      try (Socket accepted = server.accept()) {
        return accepted.getPort();
      }
    });
  }

  private void awaitAborted(long times) {
    Await.until(() -> ring.changed() + " accepts and not " + times + " were answered", () -> ring.changed() >= times);
  }

  @Test
  void theNextConnectionIsAcceptedHoweverManyHaveEndedBefore() throws IOException {
    long aborted = 0;
    for (int times : new int[] {1, 2, 100}) {
      aborts(times);
      try (Socket client = new Socket(server.getInetAddress(), server.getLocalPort())) {
        assertEquals(client.getLocalPort(), accepting().value());
      }
      aborted += times;
      assertEquals(aborted, ring.changed());
    }
  }

  @Test
  void theNextConnectionIsWaitedFor() throws IOException {
    aborts(3);
    Caller accepting = accepting();
    awaitAborted(3);
    Await.untilInFlight(uring, OperationKind.ACCEPT, 1);
    try (Socket client = new Socket(server.getInetAddress(), server.getLocalPort())) {
      assertEquals(client.getLocalPort(), accepting.value());
    }
  }

  @Test
  void theTimeoutIsOneForAllThatHaveEnded() throws IOException {
    server.setSoTimeout(2_000);
    aborts(ALWAYS);
    accepting().thrown(SocketTimeoutException.class);
    assertTrue(ring.changed() > 1);
    server.setSoTimeout(100);
    // Also of those behind which none comes.
    aborts(2);
    accepting().thrown(SocketTimeoutException.class);
  }

  @Test
  void theCloseOfTheListenerEndsItAlsoWhileConnectionsEnd() throws IOException {
    aborts(ALWAYS);
    Caller accepting = accepting();
    awaitAborted(2);
    server.close();
    assertEquals("Socket closed", accepting.thrown(SocketException.class).getMessage());
  }

  @Test
  void theSameHoldsForUnixDomainSockets() throws IOException {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("socket"));
    try (UringUnixServerSocket unix = UringUnixServerSocket.bind(uring, address, 0, null)) {
      aborts(2);
      Caller accepting = Caller.virtual(() -> {
        unix.accept().close();
        return "accepted";
      });
      awaitAborted(2);
      SocketChannel.open(address).close();
      assertEquals("accepted", accepting.value());
      aborts(ALWAYS);
      Caller another = Caller.virtual(unix::accept);
      awaitAborted(4);
      unix.close();
      another.thrown(IOException.class);
    }
  }
}
