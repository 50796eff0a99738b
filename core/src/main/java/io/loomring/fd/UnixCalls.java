package io.loomring.fd;

import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import io.loomring.sys.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Plain system calls on sockets of the Unix domain, as {@link SocketCalls} has them for those of the internet. */
public final class UnixCalls {
  private static final int ADDRESS_BYTES = 128;
  private static final int CREDENTIALS_BYTES = 12;

  private UnixCalls() {}

  /**
   * Gives the socket a name. A path's file is made with the permissions that the socket has, less the umask, in one
   * step: there is no moment in which it has more.
   *
   * @param mode the permissions, or -1 to leave them as they are
   */
  public static int bind(Descriptor on, UnixName name, int mode) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sockaddr = arena.allocate(ADDRESS_BYTES, 8);
      int length = name.encode(sockaddr, 0);
      int result = mode < 0 ? 0 : SystemCalls.fchmod(on.fd(), mode);
      return result < 0 ? result : SystemCalls.bind(on.fd(), sockaddr.address(), length);
    } finally {
      on.endCall();
    }
  }

  /** The socket's own name, or null where it has none or is being closed. */
  public static @Nullable UnixName localName(Descriptor on) {
    return name(on, true);
  }

  /** The peer's name, or null where it has none or the socket is being closed. */
  public static @Nullable UnixName remoteName(Descriptor on) {
    return name(on, false);
  }

  private static @Nullable UnixName name(Descriptor on, boolean local) {
    if (!on.beginCall()) {
      return null;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sockaddr = arena.allocate(ADDRESS_BYTES, 8);
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, ADDRESS_BYTES);
      int result = local
          ? SystemCalls.getsockname(on.fd(), sockaddr.address(), length.address())
          : SystemCalls.getpeername(on.fd(), sockaddr.address(), length.address());
      return result < 0 ? null : UnixName.decode(sockaddr, length.get(ValueLayout.JAVA_INT, 0));
    } finally {
      on.endCall();
    }
  }

  /** Reads process, user and group of the peer, as they were when it connected or listened, into {@code ids}. */
  public static int peerCredentials(Descriptor on, int[] ids) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment credentials = arena.allocate(CREDENTIALS_BYTES, 4);
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, CREDENTIALS_BYTES);
      int result = SystemCalls.getsockopt(
          on.fd(), Constants.SOL_SOCKET, Constants.SO_PEERCRED, credentials.address(), length.address());
      MemorySegment.copy(credentials, ValueLayout.JAVA_INT, 0, ids, 0, ids.length);
      return result;
    } finally {
      on.endCall();
    }
  }
}
