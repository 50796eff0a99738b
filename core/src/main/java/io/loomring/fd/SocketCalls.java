package io.loomring.fd;

import io.loomring.op.Outcome;
import io.loomring.op.SlotLayout;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.InlineSockets;
import io.loomring.sys.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Plain system calls on a descriptor: those that never wait, and would gain nothing from the ring. Each answers the
 * result, {@code -errno}, or {@link Outcome#CLOSED} where the descriptor is being closed; as long as one lasts the
 * number cannot become somebody else's.
 */
public final class SocketCalls {
  private static final int LINGER_BYTES = 8;

  private SocketCalls() {}

  public static int bind(Descriptor on, InetAddress address, int port) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sockaddr = arena.allocate(SlotLayout.ADDRESS_BYTES, 8);
      return SystemCalls.bind(on.fd(), sockaddr.address(), SocketAddresses.encode(address, port, sockaddr, 0));
    } finally {
      on.endCall();
    }
  }

  public static int listen(Descriptor on, int backlog) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try {
      return SystemCalls.listen(on.fd(), backlog);
    } finally {
      on.endCall();
    }
  }

  /** Whether it is a socket; one that is being closed counts as one, so that nothing is allowed that may not be. */
  public static boolean isSocket(Descriptor on) {
    if (on instanceof DirectDescriptor direct) {
      return direct.isSocket();
    }
    if (!on.beginCall()) {
      return true;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(ValueLayout.JAVA_INT);
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, Integer.BYTES);
      int result = SystemCalls.getsockopt(
          on.fd(), Constants.SOL_SOCKET, Constants.SO_TYPE, value.address(), length.address());
      return result != -Errno.ENOTSOCK;
    } finally {
      on.endCall();
    }
  }

  /** {@code how}: SHUT_RD, SHUT_WR or SHUT_RDWR. */
  public static int shutdown(Descriptor on, int how) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try {
      return SystemCalls.shutdown(on.fd(), how);
    } finally {
      on.endCall();
    }
  }

  /** The socket's own address, or null where it has none or is being closed. */
  public static @Nullable InetSocketAddress localAddress(Descriptor on) {
    return address(on, true);
  }

  /** The peer's address, or null where there is none or the descriptor is being closed. */
  public static @Nullable InetSocketAddress remoteAddress(Descriptor on) {
    return address(on, false);
  }

  private static @Nullable InetSocketAddress address(Descriptor on, boolean local) {
    if (!on.beginCall()) {
      return null;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sockaddr = arena.allocate(SlotLayout.ADDRESS_BYTES, 8);
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, SlotLayout.ADDRESS_BYTES);
      int result = local
          ? SystemCalls.getsockname(on.fd(), sockaddr.address(), length.address())
          : SystemCalls.getpeername(on.fd(), sockaddr.address(), length.address());
      return result < 0 ? null : SocketAddresses.decode(sockaddr, 0);
    } finally {
      on.endCall();
    }
  }

  public static int setOption(Descriptor on, int level, int name, int value) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment option = arena.allocateFrom(ValueLayout.JAVA_INT, value);
      return SystemCalls.setsockopt(on.fd(), level, name, option.address(), Integer.BYTES);
    } finally {
      on.endCall();
    }
  }

  /** Reads an option into {@code value[0]}. */
  public static int getOption(Descriptor on, int level, int name, int[] value) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment option = arena.allocate(ValueLayout.JAVA_INT);
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, Integer.BYTES);
      int result = SystemCalls.getsockopt(on.fd(), level, name, option.address(), length.address());
      value[0] = option.get(ValueLayout.JAVA_INT, 0);
      return result;
    } finally {
      on.endCall();
    }
  }

  /** Sets SO_LINGER to {@code seconds}, or off where that is negative. */
  public static int setLinger(Descriptor on, int seconds) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment linger = arena.allocate(LINGER_BYTES, 4);
      linger.set(ValueLayout.JAVA_INT, 0, seconds < 0 ? 0 : 1);
      linger.set(ValueLayout.JAVA_INT, 4, Math.max(0, seconds));
      return SystemCalls.setsockopt(
          on.fd(), Constants.SOL_SOCKET, Constants.SO_LINGER, linger.address(), LINGER_BYTES);
    } finally {
      on.endCall();
    }
  }

  /** Reads SO_LINGER into {@code seconds[0]}: -1 where it is off. */
  public static int getLinger(Descriptor on, int[] seconds) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try {
      return lingerWhileHeld(on, seconds);
    } finally {
      on.endCall();
    }
  }

  /** The same for a closer, which holds the number without being admitted to it any more. */
  public static int lingerWhileHeld(Descriptor on, int[] seconds) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment linger = arena.allocate(LINGER_BYTES, 4);
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, LINGER_BYTES);
      int result = SystemCalls.getsockopt(
          on.fd(), Constants.SOL_SOCKET, Constants.SO_LINGER, linger.address(), length.address());
      seconds[0] = linger.get(ValueLayout.JAVA_INT, 0) == 0 ? -1 : linger.get(ValueLayout.JAVA_INT, 4);
      return result;
    }
  }

  /** Shuts down for a closer, which holds the number without being admitted to it any more. */
  public static int shutdownWhileHeld(Descriptor on, int how) {
    return SystemCalls.shutdown(on.fd(), how);
  }

  /**
   * Bytes that are sent and not yet acknowledged by the peer, for a closer that holds the number; none where the
   * connection is over, since what a reset left undelivered counts for ever.
   */
  public static int undeliveredWhileHeld(Descriptor on) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
      int result = SystemCalls.ioctl(on.fd(), Constants.SIOCOUTQ, count.address());
      if (result < 0) {
        return result;
      }
      int undelivered = count.get(ValueLayout.JAVA_INT, 0);
      return undelivered > 0 && isOver(on, arena) ? 0 : undelivered;
    }
  }

  private static boolean isOver(Descriptor on, Arena arena) {
    // struct tcp_info begins with the state, one byte; the kernel copies as much as is asked for.
    MemorySegment state = arena.allocate(ValueLayout.JAVA_BYTE);
    MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, 1);
    int result = SystemCalls.getsockopt(
        on.fd(), Constants.IPPROTO_TCP, Constants.TCP_INFO, state.address(), length.address());
    return result >= 0 && state.get(ValueLayout.JAVA_BYTE, 0) == Constants.TCP_CLOSE;
  }

  /**
   * Receives what is there into any memory, without waiting: EAGAIN where nothing is.
   *
   * @param state native memory of {@link InlineSockets#STATE_BYTES}, the caller's alone
   */
  public static int recvNow(Descriptor on, MemorySegment into, MemorySegment state) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try {
      return InlineSockets.recv(on.fd(), into, state);
    } finally {
      on.endCall();
    }
  }

  /**
   * Sends what fits from any memory, without waiting: EAGAIN where nothing does.
   *
   * @param state native memory of {@link InlineSockets#STATE_BYTES}, the caller's alone
   */
  public static int sendNow(Descriptor on, MemorySegment from, MemorySegment state) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try {
      return InlineSockets.send(on.fd(), from, state);
    } finally {
      on.endCall();
    }
  }

  /** Bytes that can be read without waiting. */
  public static int available(Descriptor on) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
      int result = SystemCalls.ioctl(on.fd(), Constants.FIONREAD, count.address());
      return result < 0 ? result : count.get(ValueLayout.JAVA_INT, 0);
    } finally {
      on.endCall();
    }
  }

  /** Sends one byte of urgent data, without waiting: EAGAIN where the socket is full. */
  public static int sendUrgent(Descriptor on, int data) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_BYTE, (byte) data);
      return SystemCalls.send(
          on.fd(), one.address(), 1, Constants.MSG_OOB | Constants.MSG_DONTWAIT | Constants.MSG_NOSIGNAL);
    } finally {
      on.endCall();
    }
  }
}
