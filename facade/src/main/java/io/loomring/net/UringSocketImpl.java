package io.loomring.net;

import io.loomring.api.RawOperations;
import io.loomring.api.Uring;
import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.error.Call;
import io.loomring.error.ErrorTable;
import io.loomring.error.RingDeadException;
import io.loomring.error.UringUnavailableException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketAddresses;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Deadline;
import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Cleaner;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The implementation of a TCP socket on io_uring, behind {@link java.net.Socket} and {@link java.net.ServerSocket}. It
 * behaves as the JDK's own does; what it differs in stands in the documentation.
 *
 * <p>Nothing is allocated, and no ring is made, before {@link #create} or {@link #accept} gives it a descriptor.
 *
 * <p>Legal transitions of {@link #state}, all under {@link #stateLock}:
 *
 * <pre>
 *  NEW -> UNCONNECTED         create()
 *  NEW -> CONNECTED           the impl of an accepted connection
 *  NEW -> CLOSED              close() of one that never had a descriptor
 *  UNCONNECTED -> CONNECTING  connect()
 *  CONNECTING -> CONNECTED    connect() succeeded
 *  any but CLOSED -> CLOSED   close(), once
 * </pre>
 *
 * <p>Reads look at the state without the lock: a descriptor that is being closed refuses new operations by itself (I-5),
 * and whoever fails on a closed socket says so.
 *
 * <p>Timeouts: SO_TIMEOUT covers the wait for another reader or accepter. An interrupt of a virtual thread ends what would
 * wait; platform threads ignore it. {@link #close} from another thread ends every blocked call with "Socket closed".
 */
final class UringSocketImpl extends SocketImpl {
  private static final int NEW = 0;
  private static final int UNCONNECTED = 1;
  private static final int CONNECTING = 2;
  private static final int CONNECTED = 3;
  private static final int CLOSED = 4;

  private static final int DEFAULT_BACKLOG = 50;
  private static final long MIN_LINGER_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long MAX_LINGER_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final boolean server;
  /** The Uring that was asked for, or null for the default at the time of {@link #create}. */
  private final @Nullable Uring preferred;

  /** For read, accept and connect: one at a time. */
  private final ReentrantLock readLock = new ReentrantLock();
  /** For write and urgent data: one at a time. */
  private final ReentrantLock writeLock = new ReentrantLock();
  private final Object stateLock = new Object();

  private volatile int state = NEW;

  // Written once under stateLock before the state leaves NEW, so that whoever sees another state sees them. The superclass's
  // fields will not do for the descriptor: an accept clears them.
  private @Nullable Descriptor descriptor;
  private @Nullable RawOperations raw;
  private @Nullable BufferPool buffers;
  private Cleaner.@Nullable Cleanable cleanable;

  private volatile int timeoutMillis;
  private volatile boolean inputShut;
  private volatile boolean outputShut;

  // Under readLock.
  private boolean endOfStream;
  private boolean connectionReset;

  /**
   * Makes one without a descriptor.
   *
   * @param server whether it is for a server socket
   * @param preferred where it is to run, or null for {@link Uring#getDefault}
   */
  UringSocketImpl(boolean server, @Nullable Uring preferred) {
    this.server = server;
    this.preferred = preferred;
  }

  // ---- state

  private boolean isOpen() {
    return state != CLOSED;
  }

  private void ensureOpen() throws SocketException {
    int now = state;
    if (now == NEW) {
      throw new SocketException("Socket not created");
    }
    if (now == CLOSED) {
      throw socketClosed();
    }
  }

  private void ensureOpenAndConnected() throws SocketException {
    int now = state;
    if (now < CONNECTED) {
      throw new SocketException("Not connected");
    }
    if (now > CONNECTED) {
      throw socketClosed();
    }
  }

  private static SocketException socketClosed() {
    return new SocketException("Socket closed");
  }

  /** The descriptor of an impl that has left NEW with one. */
  private Descriptor held() throws SocketException {
    Descriptor held = descriptor;
    if (held == null) {
      throw socketClosed();
    }
    return held;
  }

  private RawOperations raw() throws SocketException {
    RawOperations operations = raw;
    if (operations == null) {
      throw socketClosed();
    }
    return operations;
  }

  private BufferPool buffers() throws SocketException {
    BufferPool pool = buffers;
    if (pool == null) {
      throw socketClosed();
    }
    return pool;
  }

  /** The exception for a result below zero; that the socket is closed explains every failure. */
  private IOException failure(Call call, int result, Descriptor on) {
    if (!isOpen()) {
      return socketClosed();
    }
    return switch (result) {
      case Outcome.TIMED_OUT -> new SocketTimeoutException(timedOut(call));
      case Outcome.INTERRUPTED -> new InterruptedIOException();
      case Outcome.CLOSED, Outcome.CANCELLED, Outcome.RING_DEAD -> ringDead(on);
      default -> ErrorTable.socketException(call, -result);
    };
  }

  private static String timedOut(Call call) {
    return switch (call) {
      case ACCEPT -> "Accept timed out";
      case CONNECT -> "Connect timed out";
      default -> "Read timed out";
    };
  }

  /** Nobody closed this socket, but its descriptor is closed: the ring died, or its Uring was closed (I-14). */
  private static SocketException ringDead(Descriptor on) {
    RingDeadException cause = new RingDeadException(on.table().closedCause());
    SocketException dead = new SocketException(cause.getMessage());
    dead.initCause(cause);
    return dead;
  }

  // ---- creating, binding

  @Override
  protected void create(boolean stream) throws IOException {
    if (!stream) {
      throw new IOException("Datagram socket creation not supported");
    }
    synchronized (stateLock) {
      if (state != NEW) {
        throw new IOException("Already created");
      }
      Uring uring = uring();
      RawOperations.Accepted made = new RawOperations.Accepted();
      int result = uring.raw().socket(SocketAddresses.family(), Constants.SOCK_STREAM, 0, made);
      if (result == Outcome.RING_DEAD) {
        throw new SocketException("the ring is dead");
      }
      if (result < 0) {
        throw ErrorTable.socketException(Call.SOCKET, -result);
      }
      Descriptor socket = made.descriptor();
      if (SocketAddresses.family() == Constants.AF_INET6) {
        // The system's default may be otherwise.
        SocketCalls.setOption(socket, Constants.IPPROTO_IPV6, Constants.IPV6_V6ONLY, 0);
      }
      if (server) {
        SocketCalls.setOption(socket, Constants.SOL_SOCKET, Constants.SO_REUSEADDR, 1);
      }
      adopt(socket, uring.raw(), uring.buffers());
      state = UNCONNECTED;
    }
  }

  private Uring uring() throws SocketException {
    if (preferred != null) {
      return preferred;
    }
    try {
      return Uring.getDefault();
    } catch (UringUnavailableException unavailable) {
      SocketException refused = new SocketException(unavailable.getMessage());
      refused.initCause(unavailable);
      throw refused;
    }
  }

  private void adopt(Descriptor made, RawOperations operations, BufferPool pool) {
    descriptor = made;
    raw = operations;
    buffers = pool;
    cleanable = Forgotten.CLEANER.register(this, new Forgotten(made));
  }

  @Override
  protected void bind(InetAddress host, int wantedPort) throws IOException {
    synchronized (stateLock) {
      ensureOpen();
      if (localport != 0) {
        throw new SocketException("Already bound");
      }
      Descriptor on = held();
      requireEncodable(host);
      checked(Call.BIND, SocketCalls.bind(on, host, wantedPort), on);
      // Not the wildcard of the other family, which the socket may have been bound to.
      address = host;
      localport = localPort(on);
    }
  }

  @Override
  protected void listen(int backlog) throws IOException {
    synchronized (stateLock) {
      ensureOpen();
      if (localport == 0) {
        throw new SocketException("Not bound");
      }
      Descriptor on = held();
      checked(Call.LISTEN, SocketCalls.listen(on, backlog < 1 ? DEFAULT_BACKLOG : backlog), on);
    }
  }

  private int checked(Call call, int result, Descriptor on) throws IOException {
    if (result < 0) {
      throw failure(call, result, on);
    }
    return result;
  }

  private static int localPort(Descriptor on) {
    InetSocketAddress local = SocketCalls.localAddress(on);
    return local == null ? 0 : local.getPort();
  }

  private static void requireEncodable(InetAddress host) throws SocketException {
    if (!SocketAddresses.isEncodable(host)) {
      throw new SocketException("Protocol family unavailable");
    }
  }

  // ---- connecting

  @Override
  protected void connect(String host, int remotePort) throws IOException {
    connect(new InetSocketAddress(host, remotePort), 0);
  }

  @Override
  protected void connect(InetAddress host, int remotePort) throws IOException {
    connect(new InetSocketAddress(host, remotePort), 0);
  }

  /** Connects, or closes the socket: after a failure, a timeout, an interrupt. */
  @Override
  protected void connect(SocketAddress to, int millis) throws IOException {
    if (!(to instanceof InetSocketAddress remote)) {
      throw new IOException("Unsupported address type");
    }
    if (remote.isUnresolved()) {
      throw new UnknownHostException(HostInfo.namesInLookups() ? remote.getHostName() : "");
    }
    InetAddress host = remote.getAddress();
    if (host.isAnyLocalAddress()) {
      host = InetAddress.getLocalHost();
    }
    try {
      readLock.lock();
      try {
        implConnect(host, remote.getPort(), millis);
      } finally {
        readLock.unlock();
      }
    } catch (SocketTimeoutException timedOut) {
      close();
      throw timedOut;
    } catch (InterruptedIOException interrupted) {
      close();
      throw new SocketException("Closed by interrupt");
    } catch (IOException failed) {
      close();
      throw HostInfo.with(failed, remote);
    }
  }

  private void implConnect(InetAddress host, int remotePort, int millis) throws IOException {
    Descriptor on = beginConnect(host, remotePort);
    requireEncodable(host);
    int result = raw().connect(on, host, remotePort, Deadline.ofTimeoutMillis(millis), true, null);
    checked(Call.CONNECT, result, on);
    synchronized (stateLock) {
      if (state != CONNECTING) {
        throw socketClosed();
      }
      state = CONNECTED;
      localport = localPort(on);
    }
  }

  private Descriptor beginConnect(InetAddress host, int remotePort) throws IOException {
    synchronized (stateLock) {
      switch (state) {
        case NEW -> throw new SocketException("Not created");
        case CONNECTING -> throw new SocketException("Connection in progress");
        case CONNECTED -> throw new SocketException("Already connected");
        case CLOSED -> throw socketClosed();
        default -> state = CONNECTING;
      }
      address = host;
      port = remotePort;
      return held();
    }
  }

  // ---- accepting

  @Override
  protected void accept(SocketImpl into) throws IOException {
    if (!(into instanceof UringSocketImpl accepting)) {
      throw new IOException("An instance of " + getClass() + " cannot accept a connection with an instance of "
          + into.getClass());
    }
    if (accepting.state != NEW) {
      throw new SocketException("Not a newly created SocketImpl");
    }
    RawOperations.Accepted accepted = new RawOperations.Accepted();
    long deadline = Deadline.ofTimeoutMillis(timeoutMillis);
    lockForReading(Call.ACCEPT, deadline);
    try {
      implAccept(accepted, deadline);
    } finally {
      readLock.unlock();
    }
    accepting.connected(accepted, raw(), buffers());
  }

  private void implAccept(RawOperations.Accepted accepted, long deadline) throws IOException {
    ensureOpen();
    if (localport == 0) {
      throw new SocketException("Not bound");
    }
    Descriptor on = held();
    int result;
    do {
      result = raw().accept(on, accepted, deadline, true, null);
    } while (result == -Errno.ECONNABORTED);
    checked(Call.ACCEPT, result, on);
  }

  /** Makes this new impl that of an accepted connection, on the Uring that accepted it. */
  private void connected(RawOperations.Accepted accepted, RawOperations operations, BufferPool pool)
      throws IOException {
    Descriptor made = accepted.descriptor();
    InetSocketAddress remote = accepted.remote();
    synchronized (stateLock) {
      if (state != NEW) {
        made.close();
        throw socketClosed();
      }
      adopt(made, operations, pool);
      address = remote.getAddress();
      port = remote.getPort();
      localport = localPort(made);
      state = CONNECTED;
    }
  }

  /** Takes the lock of readers within the deadline; an interrupt does not end the wait for a lock. */
  private void lockForReading(Call call, long deadline) throws SocketTimeoutException {
    if (deadline == Deadline.NONE) {
      readLock.lock();
      return;
    }
    boolean acquired = readLock.tryLock();
    boolean interrupted = false;
    while (!acquired && !Deadline.hasPassed(deadline)) {
      try {
        acquired = readLock.tryLock(Deadline.remainingNanos(deadline), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (!acquired) {
      throw new SocketTimeoutException(timedOut(call));
    }
  }

  // ---- reading

  /** Reads at least one byte, or answers -1 at the end of the stream; 0 for an empty range, at once. */
  int read(byte[] into, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, into.length);
    return length == 0 ? 0 : lockedRead(into, null, offset, length);
  }

  /** The same into a segment that the calling thread may write. */
  int read(MemorySegment into) throws IOException {
    int length = (int) Math.min(into.byteSize(), BufferPool.MAX_BYTES);
    return length == 0 ? 0 : lockedRead(null, into, 0, length);
  }

  private int lockedRead(byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length)
      throws IOException {
    long deadline = Deadline.ofTimeoutMillis(timeoutMillis);
    lockForReading(Call.READ, deadline);
    try {
      if (endOfStream) {
        return -1;
      }
      int count = implRead(array, segment, offset, Math.min(length, BufferPool.MAX_BYTES), deadline);
      if (count < 0) {
        endOfStream = true;
      }
      return count;
    } finally {
      readLock.unlock();
    }
  }

  private int implRead(
      byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length, long deadline)
      throws IOException {
    ensureOpenAndConnected();
    if (connectionReset) {
      throw new SocketException("Connection reset");
    }
    if (inputShut) {
      return -1;
    }
    Descriptor from = held();
    RawOperations operations = raw();
    BufferPool pool = buffers();
    Buffer buffer = pool.acquire(length);
    int result = Outcome.RING_DEAD;
    try {
      result = operations.recv(from, buffer, length, 0, deadline, true, null);
      if (result > 0) {
        copyOut(buffer, array, segment, offset, result);
      }
    } finally {
      giveBack(pool, buffer, result);
    }
    if (result > 0) {
      return result;
    }
    if (result == -Errno.ECONNRESET) {
      connectionReset = true;
    }
    if (result < 0 || !isOpen()) {
      throw failure(Call.READ, result, from);
    }
    return -1;
  }

  private static void copyOut(
      Buffer buffer, byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int bytes) {
    if (array != null) {
      MemorySegment.copy(buffer.segment(), ValueLayout.JAVA_BYTE, 0, array, offset, bytes);
    } else if (segment != null) {
      MemorySegment.copy(buffer.segment(), 0, segment, offset, bytes);
    }
  }

  private static void giveBack(BufferPool pool, Buffer buffer, int result) {
    if (result == Outcome.RING_DEAD) {
      // The kernel may still write to it (I-12).
      pool.abandon(buffer);
    } else {
      pool.release(buffer);
    }
  }

  @Override
  protected int available() throws IOException {
    ensureOpenAndConnected();
    Descriptor on = held();
    return inputShut ? 0 : checked(Call.OTHER, SocketCalls.available(on), on);
  }

  // ---- writing

  /** Writes all of the range, or throws. */
  void write(byte[] from, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, from.length);
    if (length > 0) {
      lockedWrite(from, null, offset, length);
    }
  }

  /** The same from a segment that the calling thread may read. */
  void write(MemorySegment from) throws IOException {
    if (from.byteSize() > 0) {
      lockedWrite(null, from, 0, from.byteSize());
    }
  }

  private void lockedWrite(byte @Nullable [] array, @Nullable MemorySegment segment, long offset, long length)
      throws IOException {
    writeLock.lock();
    try {
      long position = offset;
      long end = offset + length;
      while (position < end) {
        int bytes = (int) Math.min(end - position, BufferPool.MAX_BYTES);
        implWrite(array, segment, position, bytes);
        position += bytes;
      }
    } finally {
      writeLock.unlock();
    }
  }

  /** Writes one buffer's worth. A send may be cut short, also with MSG_WAITALL: by a cancel that nobody asked for. */
  private void implWrite(byte @Nullable [] array, @Nullable MemorySegment segment, long offset, int bytes)
      throws IOException {
    ensureOpenAndConnected();
    Descriptor to = held();
    RawOperations operations = raw();
    BufferPool pool = buffers();
    Buffer buffer = pool.acquire(bytes);
    int result = 0;
    try {
      copyIn(array, segment, offset, buffer, bytes);
      for (int done = 0; done < bytes && result >= 0; done += result) {
        result = Outcome.RING_DEAD;
        result = operations.send(
            to, buffer, done, bytes - done, Constants.MSG_WAITALL, Deadline.NONE, true, null);
      }
    } finally {
      giveBack(pool, buffer, result);
    }
    checked(Call.WRITE, result, to);
  }

  private static void copyIn(
      byte @Nullable [] array, @Nullable MemorySegment segment, long offset, Buffer buffer, int bytes) {
    if (array != null) {
      MemorySegment.copy(array, (int) offset, buffer.segment(), ValueLayout.JAVA_BYTE, 0, bytes);
    } else if (segment != null) {
      MemorySegment.copy(segment, offset, buffer.segment(), 0, bytes);
    }
  }

  @Override
  protected boolean supportsUrgentData() {
    return true;
  }

  @Override
  protected void sendUrgentData(int data) throws IOException {
    writeLock.lock();
    try {
      ensureOpenAndConnected();
      Descriptor to = held();
      int result = SocketCalls.sendUrgent(to, data);
      if (result == -Errno.EAGAIN && isOpen()) {
        throw new SocketException("No buffer space available");
      }
      checked(Call.WRITE, result, to);
    } finally {
      writeLock.unlock();
    }
  }

  // ---- ending

  @Override
  protected void shutdownInput() throws IOException {
    synchronized (stateLock) {
      ensureOpenAndConnected();
      if (!inputShut) {
        Descriptor on = held();
        checked(Call.SHUTDOWN, SocketCalls.shutdown(on, Constants.SHUT_RD), on);
        inputShut = true;
      }
    }
  }

  @Override
  protected void shutdownOutput() throws IOException {
    synchronized (stateLock) {
      ensureOpenAndConnected();
      if (!outputShut) {
        Descriptor on = held();
        checked(Call.SHUTDOWN, SocketCalls.shutdown(on, Constants.SHUT_WR), on);
        outputShut = true;
      }
    }
  }

  /**
   * Closes the socket, and waits until every blocked call on it has been ended. The peer sees the end of the stream at
   * once. With positive linger the caller, and nobody else, waits until all that was written is delivered or the linger
   * is over (K-18, K-36). An interrupt does not end the wait. The second close does nothing.
   */
  @Override
  protected void close() throws IOException {
    boolean connected;
    Descriptor closing;
    synchronized (stateLock) {
      if (state == CLOSED) {
        return;
      }
      connected = state == CONNECTED;
      state = CLOSED;
      closing = descriptor;
    }
    if (closing == null) {
      return;
    }
    if (closing.beginClose()) {
      try {
        beforeClose(closing, connected);
      } finally {
        closing.endCall();
      }
    }
    if (cleanable != null) {
      cleanable.clean();
    }
    closing.awaitClosed();
  }

  private static void beforeClose(Descriptor closing, boolean connected) {
    int[] linger = new int[1];
    if (SocketCalls.lingerWhileHeld(closing, linger) < 0) {
      return;
    }
    if (linger[0] > 0) {
      closing.closeAsynchronously();
    }
    if (connected && linger[0] != 0) {
      SocketCalls.shutdownWhileHeld(closing, Constants.SHUT_WR);
      if (linger[0] > 0) {
        closing.cancelOperations();
        awaitDelivery(closing, linger[0]);
      }
    }
  }

  private static void awaitDelivery(Descriptor closing, int lingerSeconds) {
    long deadline = Deadline.afterNanos(TimeUnit.SECONDS.toNanos(lingerSeconds));
    long pause = MIN_LINGER_PAUSE_NANOS;
    boolean interrupted = false;
    while (SocketCalls.undeliveredWhileHeld(closing) > 0 && !Deadline.hasPassed(deadline)) {
      LockSupport.parkNanos(closing, Math.min(pause, Deadline.remainingNanos(deadline)));
      // Cleared, since a thread with the flag set does not park.
      interrupted |= Thread.interrupted();
      pause = Math.min(2 * pause, MAX_LINGER_PAUSE_NANOS);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Closes the descriptor of an impl that nobody can reach any more, and waits for nothing. */
  private record Forgotten(Descriptor descriptor) implements Runnable {
    static final Cleaner CLEANER = Cleaner.create(Thread.ofPlatform().name("loomring-cleaner").factory());

    @Override
    public void run() {
      if (descriptor.beginClose()) {
        int[] linger = new int[1];
        if (SocketCalls.lingerWhileHeld(descriptor, linger) >= 0 && linger[0] > 0) {
          descriptor.closeAsynchronously();
        }
        descriptor.endCall();
      }
    }
  }

  // ---- streams

  @Override
  protected InputStream getInputStream() {
    return new Input(this);
  }

  @Override
  protected OutputStream getOutputStream() {
    return new Output(this);
  }

  private static final class Input extends InputStream {
    private final UringSocketImpl impl;

    Input(UringSocketImpl impl) {
      this.impl = impl;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return impl.read(one, 0, 1) > 0 ? one[0] & 0xFF : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      return impl.read(into, offset, length);
    }

    @Override
    public int available() throws IOException {
      return impl.available();
    }

    @Override
    public void close() throws IOException {
      impl.close();
    }
  }

  private static final class Output extends OutputStream {
    private final UringSocketImpl impl;

    Output(UringSocketImpl impl) {
      this.impl = impl;
    }

    @Override
    public void write(int value) throws IOException {
      impl.write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      impl.write(from, offset, length);
    }

    @Override
    public void close() throws IOException {
      impl.close();
    }
  }

  // ---- options

  @Override
  protected Set<SocketOption<?>> supportedOptions() {
    return SocketOptionCalls.supported(server);
  }

  @Override
  protected <T> void setOption(SocketOption<T> option, T value) throws IOException {
    requireSupported(option);
    if (!option.type().isInstance(value)) {
      throw new IllegalArgumentException("Invalid value '" + value + "'");
    }
    ensureOpen();
    SocketOptionCalls.set(held(), option, value);
  }

  @Override
  protected <T> T getOption(SocketOption<T> option) throws IOException {
    requireSupported(option);
    ensureOpen();
    return option.type().cast(SocketOptionCalls.get(held(), option));
  }

  private void requireSupported(SocketOption<?> option) {
    if (!supportedOptions().contains(option)) {
      throw new UnsupportedOperationException("'" + option + "' not supported");
    }
  }

  @Override
  public void setOption(int option, Object value) throws SocketException {
    ensureOpen();
    try {
      switch (option) {
        case SO_TIMEOUT -> setTimeout(intValue(value, "SO_TIMEOUT"));
        case SO_LINGER -> SocketOptionCalls.set(
            held(), StandardSocketOptions.SO_LINGER, Boolean.FALSE.equals(value) ? -1 : intValue(value, "SO_LINGER"));
        case SO_SNDBUF, SO_RCVBUF -> setBufferSize(option == SO_SNDBUF, value);
        default -> {
          SocketOption<?> known = known(option);
          String name = option == SO_OOBINLINE ? "SO_OOBINLINE" : known.name();
          Object checked = known.type() == Boolean.class ? booleanValue(value, name) : intValue(value, name);
          SocketOptionCalls.set(held(), known, checked);
        }
      }
    } catch (SocketException e) {
      throw e;
    } catch (IllegalArgumentException | IOException e) {
      throw asSocketException(e);
    }
  }

  private void setTimeout(int millis) {
    if (millis < 0) {
      throw new IllegalArgumentException("timeout < 0");
    }
    timeoutMillis = millis;
  }

  private void setBufferSize(boolean send, Object value) throws IOException {
    SocketOption<Integer> option = send ? StandardSocketOptions.SO_SNDBUF : StandardSocketOptions.SO_RCVBUF;
    int bytes = intValue(value, option.name());
    if (bytes <= 0) {
      throw new SocketException(option.name() + " <= 0");
    }
    SocketOptionCalls.set(held(), option, bytes);
  }

  @Override
  public Object getOption(int option) throws SocketException {
    ensureOpen();
    try {
      switch (option) {
        case SO_TIMEOUT -> {
          return timeoutMillis;
        }
        case SO_LINGER -> {
          int seconds = (Integer) SocketOptionCalls.get(held(), StandardSocketOptions.SO_LINGER);
          // Boxed apart: an int and a Boolean in one conditional would not be.
          return seconds == -1 ? Boolean.FALSE : (Object) seconds;
        }
        case SO_BINDADDR -> {
          InetSocketAddress local = SocketCalls.localAddress(held());
          if (local == null) {
            throw socketClosed();
          }
          return local.getAddress();
        }
        default -> {
          return SocketOptionCalls.get(held(), known(option));
        }
      }
    } catch (SocketException e) {
      throw e;
    } catch (IllegalArgumentException | IOException e) {
      throw asSocketException(e);
    }
  }

  private static SocketOption<?> known(int option) throws SocketException {
    return switch (option) {
      case TCP_NODELAY -> StandardSocketOptions.TCP_NODELAY;
      case SO_OOBINLINE -> SocketOptionCalls.SO_OOBINLINE;
      case SO_REUSEADDR -> StandardSocketOptions.SO_REUSEADDR;
      case SO_REUSEPORT -> StandardSocketOptions.SO_REUSEPORT;
      case SO_SNDBUF -> StandardSocketOptions.SO_SNDBUF;
      case SO_RCVBUF -> StandardSocketOptions.SO_RCVBUF;
      case IP_TOS -> StandardSocketOptions.IP_TOS;
      case SO_KEEPALIVE -> StandardSocketOptions.SO_KEEPALIVE;
      default -> throw new SocketException("Unknown option " + option);
    };
  }

  private static boolean booleanValue(Object value, String name) throws SocketException {
    if (value instanceof Boolean known) {
      return known;
    }
    throw new SocketException("Bad value for " + name);
  }

  private static int intValue(Object value, String name) throws SocketException {
    if (value instanceof Integer known) {
      return known;
    }
    throw new SocketException("Bad value for " + name);
  }

  private static SocketException asSocketException(Exception e) {
    SocketException converted = new SocketException(e.getMessage());
    converted.setStackTrace(e.getStackTrace());
    return converted;
  }
}
