package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.Connections;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Sockets by number, for tests that close them behind the back of all others. Closes what is left of them. */
final class RawSockets implements AutoCloseable {
  private static final int F_DUPFD_CLOEXEC = 1030;
  /** Numbers from here on are given to nobody who does not ask for them. */
  private static final int FAR_AWAY = 700;
  private static final int ADDRESS_BYTES = 16;

  private final List<Integer> open = new ArrayList<>();

  /** Two ends that are connected to each other. */
  record Pair(int here, int there) {}

  Pair unixPair() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment fds = arena.allocate(8, 4);
      checked(SystemCalls.socketpair(
          Constants.AF_UNIX, Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC, 0, fds.address()));
      return new Pair(own(fds.get(ValueLayout.JAVA_INT, 0)), own(fds.get(ValueLayout.JAVA_INT, 4)));
    }
  }

  Pair tcpPair() {
    return tcpPair(0);
  }

  /** The same where {@code there} has room for {@code receiveBytes}, if that is above zero, and never for more. */
  Pair tcpPair(int receiveBytes) {
    int listener = listener(16);
    if (receiveBytes > 0) {
      try (Arena arena = Arena.ofConfined()) {
        // Accepted sockets inherit it. The kernel doubles what it is told.
        MemorySegment half = arena.allocateFrom(ValueLayout.JAVA_INT, receiveBytes / 2);
        checked(SystemCalls.setsockopt(
            listener, Constants.SOL_SOCKET, Constants.SO_RCVBUF, half.address(), Integer.BYTES));
      }
    }
    int here = connect(listener);
    int[] there = new int[1];
    Await.until("a connection", () ->
        (there[0] = SystemCalls.accept4(listener, 0, 0, Constants.SOCK_CLOEXEC)) != -Errno.EINTR);
    close(listener);
    return new Pair(here, own(checked(there[0])));
  }

  int listener(int backlog) {
    int fd = tcpSocket();
    checked(bind(fd, 0));
    checked(SystemCalls.listen(fd, backlog));
    return fd;
  }

  /** Binds to a port of loopback: 0, or {@code -errno}. */
  static int bind(int fd, int port) {
    return SystemCalls.bind(fd, address(port).address(), ADDRESS_BYTES);
  }

  /** A socket that may have a port that is bound already, where nobody listens at it. */
  int reusingSocket() {
    int fd = tcpSocket();
    try (Arena arena = Arena.ofConfined()) {
      long yes = arena.allocateFrom(ValueLayout.JAVA_INT, 1).address();
      checked(SystemCalls.setsockopt(fd, Constants.SOL_SOCKET, Constants.SO_REUSEADDR, yes, Integer.BYTES));
    }
    return fd;
  }

  int tcpSocket() {
    return own(checked(
        SystemCalls.socket(Constants.AF_INET, Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC, 0)));
  }

  /** A socket connected to a listener of ours. */
  int connect(int listener) {
    int fd = tcpSocket();
    checked(SystemCalls.connect(fd, addressOf(listener).address(), ADDRESS_BYTES));
    return fd;
  }

  /** Where {@code socket} is bound, in memory that stays. */
  static MemorySegment addressOf(int socket) {
    MemorySegment address = RawRing.memory(ADDRESS_BYTES);
    MemorySegment length = RawRing.memory(8);
    length.set(ValueLayout.JAVA_INT, 0, ADDRESS_BYTES);
    checked(SystemCalls.getsockname(socket, address.address(), length.address()));
    return address;
  }

  /** The port of what {@link #addressOf} answers. */
  static int portOf(int socket) {
    return Short.toUnsignedInt(Short.reverseBytes(addressOf(socket).get(ValueLayout.JAVA_SHORT, 2)));
  }

  /** A loopback address of {@code sockaddr_in}. */
  private static MemorySegment address(int port) {
    MemorySegment address = RawRing.memory(ADDRESS_BYTES);
    address.set(ValueLayout.JAVA_SHORT, 0, (short) Constants.AF_INET);
    address.set(ValueLayout.JAVA_SHORT, 2, Short.reverseBytes((short) port));
    address.set(ValueLayout.JAVA_BYTE, 4, (byte) 127);
    address.set(ValueLayout.JAVA_BYTE, 7, (byte) 1);
    return address;
  }

  /** Another number for the same socket, one that is given to nobody else as long as it is free. */
  int farAway(int fd) {
    return own(checked(SystemCalls.fcntl(fd, F_DUPFD_CLOEXEC, FAR_AWAY)));
  }

  /** Makes {@code number}, which is free and far away, stand for the socket {@code fd}. */
  void reuse(int number, int fd) {
    assertEquals(number, own(checked(SystemCalls.fcntl(fd, F_DUPFD_CLOEXEC, number))));
  }

  int duplicate(int fd) {
    return own(checked(SystemCalls.dup(fd)));
  }

  static void send(int fd, String text) {
    try (Arena arena = Arena.ofConfined()) {
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      assertEquals(
          bytes.length,
          SystemCalls.send(
              fd, memory.address(), bytes.length, Constants.MSG_NOSIGNAL | Constants.MSG_DONTWAIT));
    }
  }

  /** Sends until the socket takes no more, and answers how many bytes it took. */
  static long fill(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(64 * 1024);
      long total = 0;
      while (true) {
        int sent = SystemCalls.send(
            fd, memory.address(), 64 * 1024, Constants.MSG_NOSIGNAL | Constants.MSG_DONTWAIT);
        if (sent == -Errno.EAGAIN) {
          return total;
        }
        total += checked(sent);
      }
    }
  }

  /** Sends until the socket takes no more, now or later: of a pair whose other end has little room. */
  static void fillForGood(int fd) {
    Connections.fillForGood(fd);
  }

  /** Receives without waiting: bytes, 0 at the end of the stream, or {@code -errno}. */
  static int receiveNow(int fd, MemorySegment into) {
    return SystemCalls.recv(fd, into.address(), (int) into.byteSize(), Constants.MSG_DONTWAIT);
  }

  /** Waits for data, the end of the stream or an error: the text, the empty one, or the error's name. */
  static String receive(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(256);
      int[] result = new int[1];
      Await.until("something to receive on " + fd, () -> (result[0] = receiveNow(fd, memory)) != -Errno.EAGAIN);
      if (result[0] < 0) {
        return Errno.name(-result[0]);
      }
      byte[] bytes = memory.asSlice(0, result[0]).toArray(ValueLayout.JAVA_BYTE);
      return new String(bytes, StandardCharsets.US_ASCII);
    }
  }

  /** Whether there is nothing to receive, and no end of the stream either; takes nothing away. */
  static boolean isQuiet(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      return SystemCalls.recv(fd, arena.allocate(1).address(), 1, Constants.MSG_PEEK | Constants.MSG_DONTWAIT)
          == -Errno.EAGAIN;
    }
  }

  static void linger(int fd, int seconds) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment linger = arena.allocateFrom(ValueLayout.JAVA_INT, 1, seconds);
      checked(SystemCalls.setsockopt(fd, Constants.SOL_SOCKET, Constants.SO_LINGER, linger.address(), 8));
    }
  }

  static boolean isOpen(int fd) {
    return SystemCalls.fcntl(fd, Constants.F_GETFD, 0) >= 0;
  }

  /** Closes with close(2). */
  void close(int fd) {
    open.remove((Integer) fd);
    SystemCalls.close(fd);
  }

  /** Says that somebody else has closed it. */
  void closed(int fd) {
    open.remove((Integer) fd);
  }

  int own(int fd) {
    open.add(fd);
    return fd;
  }

  private static int checked(int result) {
    assertTrue(result >= 0, () -> "a system call answered " + Errno.name(-result));
    return result;
  }

  @Override
  public void close() {
    open.forEach(SystemCalls::close);
    open.clear();
  }
}
