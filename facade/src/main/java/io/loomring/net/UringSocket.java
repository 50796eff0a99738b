package io.loomring.net;

import io.loomring.api.Uring;
import io.loomring.fd.Descriptor;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Socket} on io_uring. It does what {@link Socket} says: its streams, options, timeouts and exceptions are
 * those of the JDK's own. It goes through a SOCKS proxy where it is given one, or where the system's settings
 * ({@code socksProxyHost}, a {@link java.net.ProxySelector}) name one for the host.
 *
 * <p>Where {@link Transport} says so, a socket of the JDK's does all of this behind the same class. Constructors throw a {@link SocketException}, with the reason as its cause, where io_uring is required and
 * cannot be had.
 *
 * <p>Beside the streams it reads and writes arrays, buffers and foreign memory by itself. These methods
 *
 * <ul>
 *   <li>park the calling thread, virtual or platform, until the kernel has done what they ask for;
 *   <li>obey SO_TIMEOUT where they read: {@link SocketTimeoutException} "Read timed out", and the socket stays usable;
 *   <li>throw {@link SocketException} "Socket closed" if the socket is closed, before or meanwhile, and "Closed by
 *       interrupt", with the socket closed and the flag set, if the waiting virtual thread is interrupted (platform
 *       threads ignore it);
 *   <li>copy the bytes on the calling thread, so that the memory is the caller's again when they return, and memory
 *       whose arena is closed gets an {@link IllegalStateException};
 *   <li>write all or throw;
 *   <li>do nothing, at once, where there is no room or nothing to write;
 *   <li>exclude each other, and the streams, one reader and one writer at a time.
 * </ul>
 *
 * @since 0.1
 */
public final class UringSocket extends Socket {
  private final ByteSocketImpl impl;

  /** Makes an unconnected one, on {@link Uring#getDefault} as it is when the socket is first used. */
  public UringSocket() throws SocketException {
    this(ByteSocketImpl.forSocket((Uring) null));
  }

  /** Makes an unconnected one on {@code uring}. */
  public UringSocket(Uring uring) throws SocketException {
    this(ByteSocketImpl.forSocket(uring));
  }

  /**
   * Makes an unconnected one that is to connect by {@code proxy}, whatever the system's settings are: through a SOCKS
   * server, through an HTTP proxy, which takes a socket of the JDK's behind it, or with {@link Proxy#NO_PROXY} by itself.
   *
   * @throws IllegalArgumentException if it is null
   */
  public UringSocket(Proxy proxy) throws SocketException {
    this(ByteSocketImpl.forSocket(valid(proxy)));
  }

  /**
   * Makes one that is connected to {@code host}, or to the loopback address where that is null.
   *
   * @throws java.net.UnknownHostException if the host has no address
   * @throws java.net.ConnectException if nobody listens there
   */
  public UringSocket(@Nullable String host, int port) throws IOException {
    this(resolved(host, port), null);
  }

  /** Makes one that is connected to {@code address}. */
  public UringSocket(InetAddress address, int port) throws IOException {
    this(remote(address, port), null);
  }

  /** The same from a local address, any where that is null, and a local port, a free one where that is 0. */
  public UringSocket(@Nullable String host, int port, @Nullable InetAddress localAddress, int localPort)
      throws IOException {
    this(resolved(host, port), local(localAddress, localPort));
  }

  /** The same from a local address, any where that is null, and a local port, a free one where that is 0. */
  public UringSocket(InetAddress address, int port, @Nullable InetAddress localAddress, int localPort)
      throws IOException {
    this(remote(address, port), local(localAddress, localPort));
  }

  private UringSocket(SocketAddress remote, @Nullable SocketAddress local) throws IOException {
    this(ByteSocketImpl.forSocket((Uring) null));
    connected(remote, local);
  }

  private UringSocket(ByteSocketImpl impl) throws SocketException {
    super(impl);
    this.impl = impl;
  }

  private static Proxy valid(@Nullable Proxy proxy) {
    if (proxy == null) {
      throw new IllegalArgumentException("Invalid Proxy");
    }
    return proxy;
  }

  /** An unconnected one on {@code uring}, or on the default where that is null. */
  static UringSocket on(@Nullable Uring uring) throws SocketException {
    return new UringSocket(ByteSocketImpl.forSocket(uring));
  }

  /** Binds it, unless {@code local} is null, and connects it, or closes it and throws; answers itself. */
  UringSocket connected(SocketAddress remote, @Nullable SocketAddress local) throws IOException {
    try {
      if (local != null) {
        bind(local);
      }
      connect(remote);
      return this;
    } catch (IOException | RuntimeException failed) {
      Closing.quietly(this, failed);
      throw failed;
    }
  }

  static InetSocketAddress resolved(@Nullable String host, int port) {
    return host != null
        ? new InetSocketAddress(host, port)
        : new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  static InetSocketAddress remote(InetAddress address, int port) {
    return new InetSocketAddress(Objects.requireNonNull(address), port);
  }

  static InetSocketAddress local(@Nullable InetAddress address, int port) {
    return new InetSocketAddress(address, port);
  }

  // ---- reading

  /** Reads into the array: see {@link #read(byte[], int, int)}. */
  public int read(byte[] into) throws IOException {
    return read(into, 0, into.length);
  }

  /**
   * Reads at least one byte into the range.
   *
   * @return how many; -1 at the end of the stream; 0 for an empty range
   * @throws IndexOutOfBoundsException if the range is not one of the array
   */
  public int read(byte[] into, int offset, int length) throws IOException {
    ensureConnected();
    try {
      return impl.read(into, offset, length);
    } catch (InterruptedIOException interrupted) {
      throw closedByInterrupt(interrupted);
    }
  }

  /**
   * Reads at least one byte into what remains of the buffer, and advances its position.
   *
   * @return how many; -1 at the end of the stream; 0 where nothing remains
   * @throws ReadOnlyBufferException if the buffer is read-only
   */
  public int read(ByteBuffer into) throws IOException {
    if (into.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    int count = into.hasArray()
        ? read(into.array(), into.arrayOffset() + into.position(), into.remaining())
        : read(MemorySegment.ofBuffer(into));
    if (count > 0) {
      into.position(into.position() + count);
    }
    return count;
  }

  /**
   * Reads at least one byte into the segment.
   *
   * @return how many; -1 at the end of the stream; 0 for an empty segment
   * @throws IllegalArgumentException if the segment is read-only
   * @throws IllegalStateException if its arena is closed; if that happens meanwhile, the bytes that came are lost
   * @throws WrongThreadException if the segment is confined to another thread
   */
  public int read(MemorySegment into) throws IOException {
    if (into.isReadOnly()) {
      throw new IllegalArgumentException("the segment to read into is read-only");
    }
    requireUsable(into);
    ensureConnected();
    try {
      return impl.read(into);
    } catch (InterruptedIOException interrupted) {
      throw closedByInterrupt(interrupted);
    }
  }

  /** Reads into all of the buffers: see {@link #read(ByteBuffer[], int, int)}. */
  public long read(ByteBuffer[] into) throws IOException {
    return read(into, 0, into.length);
  }

  /**
   * Reads at least one byte into what remains of {@code length} buffers from {@code offset} on, fills one before it
   * begins the next, and advances their positions. It waits for the first byte only.
   *
   * @return how many; -1 at the end of the stream; 0 where nothing remains in any of them
   * @throws IndexOutOfBoundsException if the range is not one of the array
   * @throws ReadOnlyBufferException if one of the buffers is read-only
   */
  public long read(ByteBuffer[] into, int offset, int length) throws IOException {
    Vectored.checkWritable(into, offset, length);
    ensureConnected();
    if (Vectored.firstRemaining(into, offset, offset + length) == offset + length) {
      return 0;
    }
    try {
      return impl.read(into, offset, offset + length);
    } catch (InterruptedIOException interrupted) {
      throw closedByInterrupt(interrupted);
    }
  }

  // ---- writing

  /** Writes all of the array. */
  public void write(byte[] from) throws IOException {
    write(from, 0, from.length);
  }

  /**
   * Writes all of the range.
   *
   * @throws IndexOutOfBoundsException if the range is not one of the array
   */
  public void write(byte[] from, int offset, int length) throws IOException {
    ensureConnected();
    try {
      impl.write(from, offset, length);
    } catch (InterruptedIOException interrupted) {
      throw closedByInterrupt(interrupted);
    }
  }

  /** Writes all that remains of the buffer; its position is at its limit then, and unchanged where it throws. */
  public void write(ByteBuffer from) throws IOException {
    if (from.hasArray()) {
      write(from.array(), from.arrayOffset() + from.position(), from.remaining());
    } else {
      write(MemorySegment.ofBuffer(from));
    }
    from.position(from.limit());
  }

  /** Writes all that remains of all the buffers: see {@link #write(ByteBuffer[], int, int)}. */
  public long write(ByteBuffer[] from) throws IOException {
    return write(from, 0, from.length);
  }

  /**
   * Writes all that remains of {@code length} buffers from {@code offset} on, in order; their positions are at their
   * limits then, and unchanged where it throws. Any number of buffers, with any number of bytes.
   *
   * @return how many bytes that was
   * @throws IndexOutOfBoundsException if the range is not one of the array
   */
  public long write(ByteBuffer[] from, int offset, int length) throws IOException {
    Vectored.check(from, offset, length);
    ensureConnected();
    int end = offset + length;
    long bytes = Vectored.remaining(from, offset, end);
    if (bytes > 0) {
      try {
        impl.write(from, offset, end);
      } catch (InterruptedIOException interrupted) {
        throw closedByInterrupt(interrupted);
      }
    }
    Vectored.toLimits(from, offset, end);
    return bytes;
  }

  /**
   * Writes all of the segment.
   *
   * @throws IllegalStateException if its arena is closed, before or meanwhile
   * @throws WrongThreadException if the segment is confined to another thread
   */
  public void write(MemorySegment from) throws IOException {
    requireUsable(from);
    ensureConnected();
    try {
      impl.write(from);
    } catch (InterruptedIOException interrupted) {
      throw closedByInterrupt(interrupted);
    }
  }

  /**
   * Writes a part of a file, as {@link java.nio.channels.FileChannel#transferTo} does: what the file has from
   * {@code position} on, and at most {@code count} bytes. Where the socket fails it throws, whatever went before.
   *
   * @param file opened for reading, of any {@link Uring}; its own position stays. One that was opened with O_DIRECT wants
   *     position and count as {@link io.loomring.api.FileOperations#read} does
   * @return how many bytes were written: fewer than asked for where the file is shorter, or cannot be read any further
   * @throws IllegalArgumentException if position or count is negative, or the file is closed
   * @throws UnsupportedOperationException where this is a socket of the JDK's: see {@link Transport#JDK}
   */
  public long transferFrom(Descriptor file, long position, long count) throws IOException {
    FileSender.check(file, position, count);
    ensureConnected();
    try {
      return impl.transferFrom(file, position, count);
    } catch (InterruptedIOException interrupted) {
      throw closedByInterrupt(interrupted);
    }
  }

  // ---- checks

  /** A closed socket is the implementation's to refuse, as it is with a stream that was taken before. */
  private void ensureConnected() throws SocketException {
    if (!isConnected()) {
      throw new SocketException(isClosed() ? "Socket is closed" : "Socket is not connected");
    }
  }

  static void requireUsable(MemorySegment segment) {
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException("the arena of the segment is closed");
    }
    if (!segment.isAccessibleBy(Thread.currentThread())) {
      throw new WrongThreadException("the segment is confined to another thread");
    }
  }

  private IOException closedByInterrupt(InterruptedIOException interrupted) throws IOException {
    if (interrupted instanceof SocketTimeoutException || !Thread.currentThread().isInterrupted()) {
      return interrupted;
    }
    close();
    return new SocketException("Closed by interrupt");
  }
}
