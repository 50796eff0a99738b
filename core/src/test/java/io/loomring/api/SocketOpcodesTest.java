package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketAddresses;
import io.loomring.fd.SocketCalls;
import io.loomring.ring.Opcode;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.Runs;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What is done to sockets beside moving data, looked at by plain system calls and the peer. */
class SocketOpcodesTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;
  private static final int SO_KEEPALIVE = 9;
  private static final int SO_RCVBUF = 8;

  private static int plainly(Descriptor socket, int level, int name) {
    int[] value = new int[1];
    assertEquals(0, SocketCalls.getOption(socket, level, name, value));
    return value[0];
  }

  @Test
  @Runs({Opcode.SOCKET, Opcode.BIND, Opcode.LISTEN})
  void aSocketIsMadeBoundAndListens() throws IOException {
    try (Descriptor socket =
        uring.sockets().socket(SocketAddresses.family(), Constants.SOCK_STREAM, 0, NONE)) {
      assertTrue(Descriptors.target(socket.fd()).startsWith("socket:"));
      InetAddress loopback = InetAddress.getLoopbackAddress();
      uring.sockets().bind(socket, new InetSocketAddress(loopback, 0), NONE);
      uring.sockets().listen(socket, 8, NONE);
      InetSocketAddress address = Connections.address(socket);
      try (Descriptor peer = Connections.connected(uring, address); Descriptor end = uring.accept(socket)) {
        assertEquals(SocketCalls.localAddress(peer), SocketCalls.remoteAddress(end));
      }
      try (Descriptor second = uring.tcpSocket()) {
        assertThrows(BindException.class, () -> uring.sockets().bind(second, address, NONE));
      }
    }
  }

  @Test
  @Runs(Opcode.SHUTDOWN)
  void aDirectionIsShutDown() throws IOException {
    try (Connections.Pair pair = Connections.pair(uring)) {
      uring.sockets().shutdown(pair.client(), Constants.SHUT_WR, NONE);
      assertEquals(-1, uring.recv(pair.server(), new byte[1], 0, 1));
      assertThrows(SocketException.class, () -> uring.send(pair.client(), new byte[1], 0, 1));
    }
    try (Descriptor unconnected = uring.tcpSocket()) {
      assertThrows(
          IOException.class, () -> uring.sockets().shutdown(unconnected, Constants.SHUT_WR, NONE));
    }
  }

  @Test
  @Runs(Opcode.URING_CMD)
  void theQueuesAndOptionsOfASocketAreAskedFor() throws IOException {
    try (Connections.Pair pair = Connections.pair(uring)) {
      assertEquals(0, uring.sockets().unread(pair.server(), NONE));
      uring.send(pair.client(), new byte[5], 0, 5);
      Await.until("five bytes are there", () -> uring.sockets().unread(pair.server(), NONE) == 5);
      Await.until("all is confirmed", () -> uring.sockets().unsent(pair.client(), NONE) == 0);

      assertEquals(0, plainly(pair.client(), Constants.SOL_SOCKET, SO_KEEPALIVE));
      uring.sockets().setIntOption(pair.client(), Constants.SOL_SOCKET, SO_KEEPALIVE, 1, NONE);
      assertEquals(1, plainly(pair.client(), Constants.SOL_SOCKET, SO_KEEPALIVE));
      assertEquals(
          plainly(pair.client(), Constants.SOL_SOCKET, SO_RCVBUF),
          uring.sockets().intOption(pair.client(), Constants.SOL_SOCKET, SO_RCVBUF, NONE));
    }
  }

  @Test
  void bytesThatTheKernelHoldsBackAreCountedAsUnsent() throws IOException {
    try (Connections.Pair pair = Connections.pair(uring)) {
      Connections.fill(uring, pair.client());
      assertTrue(uring.sockets().unsent(pair.client(), NONE) > 0);
    }
  }

  @Test
  @Runs(Opcode.RECV_ZC)
  void aReceiveIntoTheCardsMemoryIsRefusedByTheKernelAndTakesNothing() throws IOException {
    try (Connections.Pair pair = Connections.pair(uring)) {
      uring.send(pair.client(), new byte[] {7}, 0, 1);
      long before = uring.stats().submitted();
      String words = assertThrows(
          UnsupportedOperationException.class,
          () -> uring.sockets().requireZeroCopyReceive(pair.server(), NONE)).getMessage();
      assertTrue(words.contains("IORING_OP_RECV_ZC needs Linux 6.15"), words);
      assertEquals(before + 1, uring.stats().submitted(), "the kernel was asked");
      byte[] into = new byte[1];
      assertEquals(1, uring.recv(pair.server(), into, 0, 1));
      assertEquals(7, into[0]);
    }
  }

  @Test
  void anOptionHasFromOneTo4096Bytes() throws IOException {
    try (Descriptor socket = uring.tcpSocket()) {
      for (int bytes : new int[] {-1, 0, 4097}) {
        assertRefused(bytes, () -> uring.sockets().option(socket, Constants.SOL_SOCKET, SO_RCVBUF, bytes, NONE));
      }
      for (int bytes : new int[] {0, 4097}) {
        byte[] value = new byte[bytes];
        assertRefused(bytes, () -> uring.sockets().setOption(socket, Constants.SOL_SOCKET, SO_RCVBUF, value, NONE));
      }
      assertEquals(4, uring.sockets().option(socket, Constants.SOL_SOCKET, SO_RCVBUF, 4096, NONE).length);
      assertEquals(1, uring.sockets().option(socket, Constants.SOL_SOCKET, SO_RCVBUF, 1, NONE).length);
    }
  }

  private static void assertRefused(int bytes, Executable call) {
    assertEquals("an option of " + bytes + " bytes: from 1 to 4096",
        assertThrows(IllegalArgumentException.class, call).getMessage());
  }
}
