package io.loomring.net;

import io.loomring.api.Uring;
import io.loomring.buffer.BufferPool;
import io.loomring.error.Call;
import io.loomring.fd.Descriptor;
import io.loomring.fd.UnixName;
import io.loomring.op.Deadline;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.channels.ByteChannel;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ScatteringByteChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A connected socket of the Unix domain on io_uring: a stream of bytes to a process of the same machine, as a channel
 * that blocks and as a pair of streams.
 *
 * <ul>
 *   <li>Every call parks the calling thread, virtual or platform, until the kernel has done what it asks for; one reader
 *       and one writer at a time.
 *   <li>Reads obey SO_TIMEOUT, which covers the wait for another reader: {@link SocketTimeoutException} "Read timed
 *       out", and the socket stays usable. Writes write all or throw.
 *   <li>{@link #close} from another thread ends every blocked call with {@link SocketException} "Socket closed".
 *   <li>An interrupt of a virtual thread that waits closes the socket: {@link SocketException} "Closed by interrupt",
 *       with the flag set. Platform threads ignore it.
 * </ul>
 *
 * <p>Where {@link Transport} says so, a channel of the JDK's does all of this behind the same class, but for what it
 * cannot do: timeouts, abstract names and the peer's credentials are refused with an
 * {@link UnsupportedOperationException}, nobody can tell what is available, and an interrupt of a platform thread closes
 * the socket too.
 *
 * @since 0.1
 */
public final class UringUnixSocket implements ByteChannel, ScatteringByteChannel, GatheringByteChannel {
  static {
    Failures.prepare();
  }

  private final UnixEnd end;

  private final ReentrantLock readLock = new ReentrantLock();
  private final ReentrantLock writeLock = new ReentrantLock();

  private volatile boolean closed;
  private volatile boolean inputShut;
  private volatile boolean outputShut;
  private volatile int timeoutMillis;

  /** Makes one of a connected end. */
  UringUnixSocket(UnixEnd end) {
    this.end = end;
  }

  // ---- connecting

  /**
   * Connects to a {@link UnixDomainSocketAddress} or an {@link AbstractUnixAddress}, on {@link Uring#getDefault}. Where
   * the listener's queue is full this waits until it accepts one.
   *
   * @throws java.net.ConnectException "Connection refused" if nobody listens there
   * @throws SocketException if there is no such file, it must not be written to, its path is longer than 107 bytes, or
   *     the waiting virtual thread is interrupted ("Closed by interrupt")
   */
  public static UringUnixSocket connect(SocketAddress remote) throws IOException {
    return connect(null, remote, Duration.ZERO);
  }

  /**
   * The same within {@code timeout}; zero waits for ever.
   *
   * @throws SocketTimeoutException "Connect timed out" if it passes first
   * @throws IllegalArgumentException if it is negative
   */
  public static UringUnixSocket connect(SocketAddress remote, Duration timeout) throws IOException {
    return connect(null, remote, timeout);
  }

  /** The same on {@code uring}, or on the default where that is null. */
  public static UringUnixSocket connect(@Nullable Uring uring, SocketAddress remote, Duration timeout)
      throws IOException {
    if (timeout.isNegative()) {
      throw new IllegalArgumentException("timeout " + timeout + " is negative");
    }
    UnixName name = UnixSockets.name(remote);
    if (!ByteSocketImpl.isOnRing(uring)) {
      return connectByJdk(remote, timeout);
    }
    long deadline = timeout.isZero() ? Deadline.NONE : Deadline.after(timeout);
    Held made = UnixSockets.make(uring);
    try {
      Descriptor on = made.descriptor();
      int result = made.raw().connect(on, name, deadline, true, null);
      if (result < 0) {
        throw closedByInterrupt(Failures.of(Call.CONNECT, result, on));
      }
      return new UringUnixSocket(new RingUnixEnd(made));
    } catch (IOException | RuntimeException failed) {
      Closing.quietly(made.descriptor()::close, failed);
      throw failed;
    }
  }

  private static UringUnixSocket connectByJdk(SocketAddress remote, Duration timeout) throws IOException {
    if (!timeout.isZero()) {
      throw JdkUnixEnd.unsupported("timeouts");
    }
    if (!(remote instanceof UnixDomainSocketAddress file)) {
      throw JdkUnixEnd.unsupported("abstract names");
    }
    try {
      return new UringUnixSocket(new JdkUnixEnd(SocketChannel.open(file)));
    } catch (IOException failed) {
      throw JdkUnixEnd.inWords(failed);
    }
  }

  private static IOException closedByInterrupt(IOException failed) {
    boolean interrupted = failed instanceof InterruptedIOException && !(failed instanceof SocketTimeoutException);
    return interrupted ? new SocketException("Closed by interrupt") : failed;
  }

  // ---- reading

  /**
   * Reads at least one byte into the range.
   *
   * @return how many; -1 at the end of the stream; 0 for an empty range
   * @throws IndexOutOfBoundsException if the range is not one of the array
   */
  public int read(byte[] into, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, into.length);
    return lockedRead(into, null, offset, length);
  }

  /**
   * Reads at least one byte into what remains of the buffer, and advances its position.
   *
   * @return how many; -1 at the end of the stream; 0 where nothing remains
   * @throws ReadOnlyBufferException if the buffer is read-only
   */
  @Override
  public int read(ByteBuffer into) throws IOException {
    if (into.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    int count = into.hasArray()
        ? read(into.array(), into.arrayOffset() + into.position(), into.remaining())
        : lockedRead(null, MemorySegment.ofBuffer(into), 0, into.remaining());
    if (count > 0) {
      into.position(into.position() + count);
    }
    return count;
  }

  private int lockedRead(byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length)
      throws IOException {
    ensureOpen();
    if (length == 0) {
      return 0;
    }
    long deadline = Deadline.ofTimeoutMillis(timeoutMillis);
    Locks.lock(readLock, Call.READ, deadline);
    try {
      return read(array, segment, offset, Math.min(length, BufferPool.MAX_BYTES), deadline);
    } finally {
      readLock.unlock();
    }
  }

  private int read(byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length, long deadline)
      throws IOException {
    ensureOpen();
    if (inputShut) {
      return -1;
    }
    return received(end.read(array, segment, offset, length, deadline));
  }

  private int received(int result) throws IOException {
    if (result < 0 || result == 0 && closed) {
      throw failure(Call.READ, result);
    }
    return result == 0 ? -1 : result;
  }

  /** Reads into all of the buffers: see {@link #read(ByteBuffer[], int, int)}. */
  @Override
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
  @Override
  public long read(ByteBuffer[] into, int offset, int length) throws IOException {
    Vectored.checkWritable(into, offset, length);
    ensureOpen();
    if (Vectored.firstRemaining(into, offset, offset + length) == offset + length) {
      return 0;
    }
    long deadline = Deadline.ofTimeoutMillis(timeoutMillis);
    Locks.lock(readLock, Call.READ, deadline);
    try {
      ensureOpen();
      return inputShut ? -1 : received(end.read(into, offset, offset + length, deadline));
    } finally {
      readLock.unlock();
    }
  }

  // ---- writing

  /**
   * Writes all of the range.
   *
   * @throws IndexOutOfBoundsException if the range is not one of the array
   * @throws SocketException "Broken pipe" if the peer has gone, or does not read any more
   */
  public void write(byte[] from, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, from.length);
    lockedWrite(from, null, offset, length);
  }

  /**
   * Writes all that remains of the buffer; its position is at its limit then, and unchanged where it throws.
   *
   * @return how many bytes that were
   */
  @Override
  public int write(ByteBuffer from) throws IOException {
    int length = from.remaining();
    if (from.hasArray()) {
      write(from.array(), from.arrayOffset() + from.position(), length);
    } else {
      lockedWrite(null, MemorySegment.ofBuffer(from), 0, length);
    }
    from.position(from.limit());
    return length;
  }

  private void lockedWrite(byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length)
      throws IOException {
    ensureOpen();
    writeLock.lock();
    try {
      int done = 0;
      while (done < length) {
        int bytes = Math.min(length - done, BufferPool.MAX_BYTES);
        write(array, segment, offset + done, bytes);
        done += bytes;
      }
    } finally {
      writeLock.unlock();
    }
  }

  private void write(byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int bytes)
      throws IOException {
    ensureOpen();
    wrote(end.write(array, segment, offset, bytes));
  }

  private void wrote(int result) throws IOException {
    if (result < 0) {
      throw failure(Call.WRITE, result);
    }
  }

  /** Writes all that remains of all the buffers: see {@link #write(ByteBuffer[], int, int)}. */
  @Override
  public long write(ByteBuffer[] from) throws IOException {
    return write(from, 0, from.length);
  }

  /**
   * Writes all that remains of {@code length} buffers from {@code offset} on, in order; their positions are at their
   * limits then, and unchanged where it throws.
   *
   * @return how many bytes that was
   * @throws IndexOutOfBoundsException if the range is not one of the array
   */
  @Override
  public long write(ByteBuffer[] from, int offset, int length) throws IOException {
    Vectored.check(from, offset, length);
    int behind = offset + length;
    long bytes = Vectored.remaining(from, offset, behind);
    ensureOpen();
    writeLock.lock();
    try {
      ensureOpen();
      wrote(end.write(from, offset, behind));
    } finally {
      writeLock.unlock();
    }
    Vectored.toLimits(from, offset, behind);
    return bytes;
  }

  /**
   * Writes a part of a file, as {@link java.nio.channels.FileChannel#transferTo} does: what the file has from
   * {@code position} on, and at most {@code count} bytes.
   *
   * @param file opened for reading, of any {@link Uring}; its own position stays. One that was opened with O_DIRECT wants
   *     position and count as {@link io.loomring.api.FileOperations#read} does
   * @return how many bytes were written: fewer than asked for where the file is shorter, or cannot be read any further
   * @throws IllegalArgumentException if position or count is negative, or the file is closed
   * @throws UnsupportedOperationException on the transport {@link Transport#JDK}
   */
  public long transferFrom(Descriptor file, long position, long count) throws IOException {
    FileSender.check(file, position, count);
    ensureOpen();
    writeLock.lock();
    try {
      ensureOpen();
      FileSender done = end.transferFrom(file, position, count);
      wrote(done.socketResult());
      done.throwFailureOfFile();
      return done.sent();
    } finally {
      writeLock.unlock();
    }
  }

  // ---- streams

  /** The bytes from the peer; closing it closes the socket. */
  public InputStream getInputStream() {
    return new Input();
  }

  /** The bytes to the peer; closing it closes the socket. */
  public OutputStream getOutputStream() {
    return new Output();
  }

  private final class Input extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return UringUnixSocket.this.read(one, 0, 1) > 0 ? one[0] & 0xFF : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      return UringUnixSocket.this.read(into, offset, length);
    }

    @Override
    public int available() throws IOException {
      ensureOpen();
      int result = inputShut ? 0 : end.available();
      if (result < 0) {
        throw failure(Call.OTHER, result);
      }
      return result;
    }

    @Override
    public void close() throws IOException {
      UringUnixSocket.this.close();
    }
  }

  private final class Output extends OutputStream {
    @Override
    public void write(int value) throws IOException {
      UringUnixSocket.this.write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      UringUnixSocket.this.write(from, offset, length);
    }

    @Override
    public void close() throws IOException {
      UringUnixSocket.this.close();
    }
  }

  // ---- addresses, options

  /** Its own name: for a socket that connected, or was accepted at a path, an empty path, or that of the listener. */
  public SocketAddress localAddress() throws IOException {
    ensureOpen();
    return end.localAddress();
  }

  /** The peer's name: that of the listener, or an empty path for a peer that connected without a name of its own. */
  public SocketAddress remoteAddress() throws IOException {
    ensureOpen();
    return end.remoteAddress();
  }

  /** Who is at the other end. */
  public PeerCredentials peerCredentials() throws IOException {
    int[] ids = new int[3];
    int result = end.peerCredentials(ids);
    if (result < 0) {
      throw failure(Call.OPTION, result);
    }
    return new PeerCredentials(ids[0], ids[1], ids[2]);
  }

  /**
   * Limits how long a read waits, in milliseconds; 0: for ever.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public void setSoTimeout(int millis) {
    if (millis < 0) {
      throw new IllegalArgumentException("timeout < 0");
    }
    if (millis > 0) {
      end.requireTimeouts();
    }
    timeoutMillis = millis;
  }

  /** The limit of reads in milliseconds; 0: none. */
  public int getSoTimeout() {
    return timeoutMillis;
  }

  /** {@code SO_RCVBUF} and {@code SO_SNDBUF}. */
  public Set<SocketOption<?>> supportedOptions() {
    return UnixSockets.OPTIONS;
  }

  /** Sets an option; {@link UnsupportedOperationException} where it is none of {@link #supportedOptions}. */
  public <T> UringUnixSocket setOption(SocketOption<T> option, T value) throws IOException {
    end.setOption(option, value);
    return this;
  }

  /** The value of an option. */
  public <T> T getOption(SocketOption<T> option) throws IOException {
    return end.getOption(option);
  }

  // ---- ending

  /** Ends reading: blocked and later reads answer -1; what the peer writes from now on breaks its pipe. */
  public void shutdownInput() throws IOException {
    ensureOpen();
    inputShut = true;
    shutDown(Constants.SHUT_RD);
  }

  /** Ends writing: the peer reads to the end of the stream; blocked and later writes throw "Broken pipe". */
  public void shutdownOutput() throws IOException {
    ensureOpen();
    outputShut = true;
    shutDown(Constants.SHUT_WR);
  }

  private void shutDown(int how) throws IOException {
    int result = end.shutDown(how);
    if (result < 0 && result != -Errno.ENOTCONN) {
      throw failure(Call.SHUTDOWN, result);
    }
  }

  /** Whether {@link #shutdownInput} was called. */
  public boolean isInputShutdown() {
    return inputShut;
  }

  /** Whether {@link #shutdownOutput} was called. */
  public boolean isOutputShutdown() {
    return outputShut;
  }

  @Override
  public boolean isOpen() {
    return !closed;
  }

  private void ensureOpen() throws SocketException {
    if (closed) {
      throw new SocketException("Socket closed");
    }
  }

  private IOException failure(Call call, int result) throws IOException {
    if (closed) {
      return new SocketException("Socket closed");
    }
    IOException failed = end.failure(call, result);
    IOException shown = closedByInterrupt(failed);
    if (shown != failed) {
      close();
    }
    return shown;
  }

  /**
   * Closes the socket, and waits until every blocked call on it has been ended. The peer sees the end of the stream at
   * once, or a reset where it has written what nobody read. An interrupt does not end the wait. The second close does
   * nothing.
   */
  @Override
  public void close() throws IOException {
    closed = true;
    end.close();
  }

  @Override
  public String toString() {
    return "UringUnixSocket[" + end + "]";
  }
}
