package io.loomring.net;

import io.loomring.api.Uring;
import io.loomring.error.UringUnavailableException;
import io.loomring.fd.Descriptor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.Proxy;
import java.net.SocketException;
import java.net.SocketImpl;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The implementation behind a {@link UringSocket}, on either transport: it moves bytes without streams too. */
abstract class ByteSocketImpl extends SocketImpl {

  /**
   * One for a socket, on {@code uring}, or on what {@link Transport} says where that is null.
   *
   * @throws SocketException if io_uring is required and cannot be had; its cause says why
   */
  static ByteSocketImpl forSocket(@Nullable Uring uring) throws SocketException {
    return isOnRing(uring) ? new UringSocketImpl(false, uring, null) : new JdkSocketImpl(null);
  }

  /**
   * The same for a socket that is to connect by {@code proxy}, whatever the settings say. Through an HTTP proxy only a
   * socket of the JDK's connects.
   */
  static ByteSocketImpl forSocket(Proxy proxy) throws SocketException {
    return proxy.type() != Proxy.Type.HTTP && isOnRing(null)
        ? new UringSocketImpl(false, null, proxy)
        : new JdkSocketImpl(proxy);
  }

  /** The same for a server socket, which accepts those of the same transport. */
  static SocketImpl forServerSocket(@Nullable Uring uring) throws SocketException {
    return isOnRing(uring) ? new UringSocketImpl(true, uring, null) : new JdkServerSocketImpl();
  }

  /** Whether sockets for {@code uring}, or the default where that is null, are the ring's. */
  static boolean isOnRing(@Nullable Uring uring) throws SocketException {
    try {
      return uring != null || Transport.current() == Transport.URING;
    } catch (UringUnavailableException unavailable) {
      throw unavailable(unavailable);
    }
  }

  static SocketException unavailable(UringUnavailableException cause) {
    SocketException unavailable = new SocketException(cause.getMessage());
    unavailable.initCause(cause);
    return unavailable;
  }

  @Override
  protected abstract int available() throws IOException;

  @Override
  protected abstract void close() throws IOException;

  /** Reads at least one byte, or answers -1 at the end of the stream; 0 for an empty range, at once. */
  abstract int read(byte[] into, int offset, int length) throws IOException;

  /** The same into a segment that the calling thread may write. */
  abstract int read(MemorySegment into) throws IOException;

  /** Writes all of the range, or throws. */
  abstract void write(byte[] from, int offset, int length) throws IOException;

  /** The same from a segment that the calling thread may read. */
  abstract void write(MemorySegment from) throws IOException;

  /** Reads at least one byte into the buffers from {@code begin} to {@code end}, of which at least one has room. */
  abstract long read(ByteBuffer[] into, int begin, int end) throws IOException;

  /** Writes all that remains of the buffers, or throws; their positions stay. */
  abstract void write(ByteBuffer[] from, int begin, int end) throws IOException;

  /** Writes up to {@code count} bytes of a file, and fewer only where it has no more; answers how many. */
  abstract long transferFrom(Descriptor file, long position, long count) throws IOException;
}
