package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.OperationCancelledException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.Message;
import io.loomring.fd.SocketAddresses;
import io.loomring.fd.SocketCalls;
import io.loomring.op.OperationHandle;
import io.loomring.ring.Opcode;
import io.loomring.sys.Constants;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.PageCache;
import io.loomring.testkit.Runs;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operations that everything else is made of, each once, with its effect looked at from outside the ring. */
class BasicOpcodesTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;

  @TempDir private Path directory;

  @Test
  @Runs(Opcode.NOP)
  void aNopGoesThroughTheKernel() throws IOException {
    long before = completionsByTheKernel();
    uring.nop();
    uring.nop(CallOptions.timeout(Duration.ofMinutes(1)));
    assertTrue(completionsByTheKernel() >= before + 2);
    OperationHandle cancelled = new OperationHandle();
    cancelled.cancel();
    assertThrows(OperationCancelledException.class, () -> uring.nop(CallOptions.handle(cancelled)));
  }

  /** How many completions the kernel has put into the rings of this process, as it tells who looks at them in /proc. */
  private static long completionsByTheKernel() throws IOException {
    long all = 0;
    for (int fd : Descriptors.open().keySet()) {
      if (Descriptors.target(fd).equals("anon_inode:[io_uring]")) {
        all += Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd)).stream()
            .filter(line -> line.startsWith("CqTail:"))
            .mapToLong(line -> Long.parseLong(line.substring("CqTail:".length()).strip()))
            .sum();
      }
    }
    return all;
  }

  @Test
  @Runs({Opcode.READ, Opcode.WRITE})
  void aFileIsWrittenAndRead() throws IOException {
    Path path = directory.resolve("file");
    try (Descriptor file = uring.files().open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertEquals(5, uring.write(file, "bytes".getBytes(), 0, 5, 0, NONE));
    }
    assertEquals("bytes", Files.readString(path));
    Files.writeString(path, "other");
    byte[] into = new byte[8];
    try (Descriptor file = uring.files().open(path)) {
      assertEquals(5, uring.read(file, into, 0, 8, 0, NONE));
    }
    assertEquals("other", new String(into, 0, 5));
  }

  @Test
  @Runs({Opcode.OPENAT, Opcode.STATX, Opcode.CLOSE})
  void aDescriptorIsOpenedAskedForItsStatusAndClosed() throws IOException {
    Path path = Files.writeString(directory.resolve("file"), "12345").toRealPath();
    Descriptor file = uring.files().openat(null, path.toString(), Constants.O_RDONLY, 0, NONE);
    assertEquals(path.toString(), Descriptors.target(file.fd()));
    assertEquals(Files.getAttribute(path, "unix:ino"), uring.files().status(file, NONE).inode());
    assertEquals(5, uring.files().size(file, NONE));
    int fd = file.fd();
    file.close();
    assertFalse(Descriptors.target(fd).equals(path.toString()));
  }

  @Test
  @Runs(Opcode.FSYNC)
  void whatIsSyncedCanBeDroppedFromTheCache() throws IOException {
    Path path = Files.write(directory.resolve("file"), new byte[64 * 1024]);
    try (Descriptor file = uring.files().open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      uring.files().fsync(file, NONE);
      PageCache.awaitDropped(uring, file);
    }
  }

  @Test
  @Runs({Opcode.ACCEPT, Opcode.CONNECT, Opcode.SEND, Opcode.RECV})
  void aConnectionCarriesBytes() throws IOException {
    try (Descriptor listener = Connections.listener(uring); Descriptor client = uring.tcpSocket()) {
      uring.connect(client, Connections.address(listener));
      try (Descriptor server = uring.accept(listener)) {
        assertEquals(SocketCalls.localAddress(client), SocketCalls.remoteAddress(server));
        uring.send(client, new byte[] {1, 2, 3}, 0, 3);
        byte[] into = new byte[3];
        assertEquals(3, uring.recv(server, into, 0, 3));
        assertArrayEquals(new byte[] {1, 2, 3}, into);
      }
    }
  }

  @Test
  @Runs({Opcode.SENDMSG, Opcode.RECVMSG})
  void aDatagramGoesFromSocketToSocket() throws IOException {
    int family = SocketAddresses.family();
    try (Descriptor from = uring.socket(family, Constants.SOCK_DGRAM, 0);
        Descriptor to = uring.socket(family, Constants.SOCK_DGRAM, 0)) {
      InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      uring.bind(from, any);
      uring.bind(to, any);
      Message sent = Message.toSend(uring.buffers(), new byte[] {4, 5, 6}, 0, 3);
      Message received = Message.toReceive(uring.buffers(), 16);
      try {
        InetSocketAddress target = Connections.address(to);
        sent.address(target.getAddress(), target.getPort());
        assertEquals(3, uring.sockets().sendmsg(from, sent, 0, NONE));
        assertEquals(3, uring.sockets().recvmsg(to, received, 0, NONE));
        byte[] into = new byte[3];
        received.copyTo(into, 0, 3);
        assertArrayEquals(new byte[] {4, 5, 6}, into);
        InetSocketAddress sender = received.sender();
        assertNotNull(sender);
        assertEquals(Connections.address(from).getPort(), sender.getPort());
      } finally {
        uring.buffers().release(sent.buffer());
        uring.buffers().release(received.buffer());
      }
    }
  }
}
