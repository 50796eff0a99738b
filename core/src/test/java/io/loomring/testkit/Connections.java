package io.loomring.testkit;

import io.loomring.api.Uring;
import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Deadline;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;

/** Loopback connections on a ring. */
public final class Connections {
  /** Bytes that have not been sent yet, of those that SIOCOUTQ counts. */
  private static final long SIOCOUTQNSD = 0x894B;

  /** Of {@code struct tcp_info}, up to {@code tcpi_snd_wnd}, and where that is. */
  private static final int TCP_INFO_BYTES = 232;
  private static final int TCP_INFO_SND_WND = 228;

  private static final String LISTENS = "0A";
  private static final int MSG_EOR = 0x80;

  private static final int LITTLE_ROOM = 4096;
  private static final int QUIET_LOOKS = 3;
  private static final int BACKLOG = 1024;

  private Connections() {}

  /** A socket that listens on a free port of loopback. */
  public static Descriptor listener(Uring uring) throws IOException {
    return listener(uring, BACKLOG);
  }

  /** The same with a backlog. */
  public static Descriptor listener(Uring uring, int backlog) throws IOException {
    Descriptor listener = uring.tcpSocket();
    uring.bind(listener, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    uring.listen(listener, backlog);
    return listener;
  }

  /** Where a listener listens. */
  public static InetSocketAddress address(Descriptor listener) {
    InetSocketAddress address = SocketCalls.localAddress(listener);
    if (address == null) {
      throw new AssertionError("no address: " + listener);
    }
    return address;
  }

  /**
   * Waits until so many connections are in a listener's queue: who connects goes on when it has been answered, which the
   * listener's kernel may not have heard of yet.
   */
  public static void awaitQueued(int port, int connections) {
    Await.until(connections + " connections in the queue of port " + port, () -> queuedAt(port) == connections);
  }

  private static long queuedAt(int port) {
    return waitingAt(port, LISTENS, "tcp", "tcp6");
  }

  /**
   * Waits until more than so many bytes of datagrams, as the kernel counts them, are there for the socket of a port, and
   * answers how many: who sends one goes on before it is there.
   */
  public static long awaitDatagram(int port, long more) {
    long[] bytes = {0};
    Await.until("a datagram at port " + port, () -> {
      bytes[0] = waitingAt(port, "", "udp", "udp6");
      return bytes[0] > more;
    });
    return bytes[0];
  }

  /** What waits to be taken from the socket of a port, as far as these tables have it. */
  private static long waitingAt(int port, String state, String... tables) {
    String local = String.format(":%04X", port);
    try {
      for (String table : tables) {
        for (String line : Files.readAllLines(Path.of("/proc/net", table))) {
          // Number, local address, remote address, state, what is to be sent and to be taken.
          String[] fields = line.strip().split("\\s+");
          if (fields[1].endsWith(local) && fields[3].contains(state)) {
            return Long.parseLong(fields[4].substring(fields[4].indexOf(':') + 1), 16);
          }
        }
      }
      return 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A client that is connected. */
  public static Descriptor connected(Uring uring, InetSocketAddress to) throws IOException {
    Descriptor socket = uring.tcpSocket();
    try {
      uring.connect(socket, to);
      return socket;
    } catch (IOException failed) {
      socket.close();
      throw failed;
    }
  }

  /** A connection through a listener of its own. */
  public static Pair pair(Uring uring) throws IOException {
    try (Descriptor listener = listener(uring)) {
      return pair(uring, listener);
    }
  }

  /** A connection through {@code listener}, which nobody else uses meanwhile. */
  public static Pair pair(Uring uring, Descriptor listener) throws IOException {
    Descriptor client = connected(uring, address(listener));
    return new Pair(client, uring.accept(listener));
  }

  /**
   * A connection whose server has little room: once {@link #fillForGood} has filled it, it stays full. With the usual room
   * the server's kernel may find some more of it a fifth of a second later.
   */
  public static Pair narrowPair(Uring uring) throws IOException {
    try (Descriptor listener = listener(uring)) {
      SocketCalls.setOption(listener, Constants.SOL_SOCKET, Constants.SO_RCVBUF, LITTLE_ROOM);
      return pair(uring, listener);
    }
  }

  /** Sends until no byte goes any more just now, and answers how many went. */
  public static long fill(Uring uring, Descriptor socket) {
    Buffer buffer = uring.buffers().acquire(BufferPool.MAX_BYTES);
    try {
      long all = 0;
      while (true) {
        int sent = uring.raw().send(
            socket, buffer, 0, BufferPool.MAX_BYTES, Constants.MSG_DONTWAIT, Deadline.NONE, false, null);
        if (sent <= 0) {
          return all;
        }
        all += sent;
      }
    } finally {
      uring.buffers().release(buffer);
    }
  }

  /** Sends on the client of a {@link #narrowPair} until no byte goes any more, now or later, and answers how many went. */
  public static long fillForGood(Uring uring, Descriptor socket) {
    return fillForGood(socket.fd());
  }

  /** The same by number: of a socket whose peer's room to receive is set. */
  public static long fillForGood(int fd) {
    // Where the room to send is not set, the kernel adds to it with each answer to a probe.
    setInt(fd, Constants.SOL_SOCKET, Constants.SO_SNDBUF, LITTLE_ROOM);
    long[] all = {0};
    int[] quiet = {0};
    // What is under way takes room only until it has arrived: the peer's window has to be closed, at several looks.
    Await.until("nothing goes to the peer any more", () -> {
      // Each an end of record, to which nothing is added: else a byte may find room at the end of what is queued, and
      // whether it does depends on the thread that sends it.
      long sent = sendRecords(fd, LITTLE_ROOM) + sendRecords(fd, 1);
      all[0] += sent;
      // A window that is too small for what is next stays open until the kernel probes it, a fifth of a second later.
      boolean arrived = queued(fd, Constants.SIOCOUTQ) == queued(fd, SIOCOUTQNSD);
      boolean still = sent == 0 && arrived && window(fd) == 0;
      quiet[0] = still ? quiet[0] + 1 : 0;
      return quiet[0] == QUIET_LOOKS;
    });
    return all[0];
  }

  private static long sendRecords(int fd, int bytes) {
    try (Arena arena = Arena.ofConfined()) {
      long from = arena.allocate(bytes).address();
      int flags = Constants.MSG_DONTWAIT | Constants.MSG_NOSIGNAL | MSG_EOR;
      long all = 0;
      for (int sent = SystemCalls.send(fd, from, bytes, flags); sent > 0;) {
        all += sent;
        sent = SystemCalls.send(fd, from, bytes, flags);
      }
      return all;
    }
  }

  /**
   * Takes what has come: of sends without a copy that have ended, the kernel holds one in a hundred until the peer does
   * that (K-79).
   */
  public static void takeAll(Descriptor socket) {
    try (Arena arena = Arena.ofConfined()) {
      long into = arena.allocate(BufferPool.MAX_BYTES).address();
      int count;
      do {
        count = SystemCalls.recv(socket.fd(), into, BufferPool.MAX_BYTES, Constants.MSG_DONTWAIT);
        // After the peer's close there is no more, for ever.
      } while (count > 0);
      if (count < 0 && count != -Errno.EAGAIN) {
        throw new AssertionError("recv answered " + count);
      }
    }
  }

  /** Bytes that the peer has room for, as far as the kernel knows. */
  private static int window(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(TCP_INFO_BYTES, 8);
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, TCP_INFO_BYTES);
      int result = SystemCalls.getsockopt(
          fd, Constants.IPPROTO_TCP, Constants.TCP_INFO, info.address(), length.address());
      if (result < 0) {
        throw new AssertionError("getsockopt answered " + result);
      }
      return info.get(ValueLayout.JAVA_INT, TCP_INFO_SND_WND);
    }
  }

  /** Waits until all that was sent has come to the peer, whether or not it was received there. */
  public static void awaitArrived(int fd) {
    Await.until("what was sent has arrived", () -> queued(fd, Constants.SIOCOUTQ) == 0);
  }

  private static void setInt(int fd, int level, int option, int value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment from = arena.allocateFrom(ValueLayout.JAVA_INT, value);
      int result = SystemCalls.setsockopt(fd, level, option, from.address(), Integer.BYTES);
      if (result < 0) {
        throw new AssertionError("setsockopt answered " + result);
      }
    }
  }

  private static int queued(int fd, long request) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
      int result = SystemCalls.ioctl(fd, request, count.address());
      if (result < 0) {
        throw new AssertionError("ioctl answered " + result);
      }
      return count.get(ValueLayout.JAVA_INT, 0);
    }
  }

  /** Both ends of a connection. */
  public record Pair(Descriptor client, Descriptor server) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      client.close();
      server.close();
    }
  }
}
