package io.loomring.net;

import io.loomring.api.RawOperations;
import io.loomring.api.Uring;
import io.loomring.buffer.BufferPool;
import io.loomring.error.Call;
import io.loomring.error.ErrorTable;
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
import java.lang.ref.Cleaner;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Objects;
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
 * <p>Reads and writes look at the state without the lock: a descriptor that is being closed refuses new operations by
 * itself (I-5), and whoever fails on a closed socket says so.
 *
 * <p>SO_TIMEOUT covers the wait for another reader or accepter. An interrupt of a virtual thread ends what would wait;
 * platform threads ignore it. {@link #close} from another thread ends every blocked call with "Socket closed".
 */
final class UringSocketImpl extends OptionedSocketImpl {
  private static final int NEW = 0;
  private static final int UNCONNECTED = 1;
  private static final int CONNECTING = 2;
  private static final int CONNECTED = 3;
  private static final int CLOSED = 4;

  private static final int DEFAULT_BACKLOG = 50;

  static {
    Failures.prepare();
  }

  /** The Uring that was asked for, or null for the default at the time of {@link #create}. */
  private final @Nullable Uring preferred;
  private final @Nullable Proxy proxy;

  /** For read, accept and connect: one at a time. */
  private final ReentrantLock readLock = new ReentrantLock();
  /** For write and urgent data: one at a time. */
  private final ReentrantLock writeLock = new ReentrantLock();
  private final Object stateLock = new Object();

  private volatile int state = NEW;

  // Written once under stateLock before the state leaves NEW, so that whoever sees another state sees them. The
  // superclass's field will not do for the descriptor: an accept clears it.
  private @Nullable Held held;
  private Cleaner.@Nullable Cleanable cleanable;

  private volatile boolean inputShut;
  private volatile boolean outputShut;

  // Under readLock.
  private boolean endOfStream;
  private boolean connectionReset;
  private final Receiver receiver = new Receiver();
  private final Acceptor acceptor = new Acceptor();

  /**
   * Makes one without a descriptor.
   *
   * @param server whether it is for a server socket
   * @param preferred where it is to run, or null for {@link Uring#getDefault}
   * @param proxy the way to connect by, or null for that of the system's settings
   */
  UringSocketImpl(boolean server, @Nullable Uring preferred, @Nullable Proxy proxy) {
    super(server);
    this.preferred = preferred;
    this.proxy = proxy;
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

  @Override
  Descriptor openDescriptor() throws SocketException {
    ensureOpen();
    return held().descriptor();
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

  /** What an impl has that left NEW with a descriptor. */
  private Held held() throws SocketException {
    Held mine = held;
    if (mine == null) {
      throw socketClosed();
    }
    return mine;
  }

  /** The exception for a result below zero; that the socket is closed explains every failure. */
  private IOException failure(Call call, int result, Descriptor on) {
    return isOpen() ? Failures.of(call, result, on) : socketClosed();
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
      throw unavailable(unavailable);
    }
  }

  private void adopt(Descriptor made, RawOperations operations, BufferPool pool) {
    held = new Held(made, operations, pool);
    cleanable = Closing.whenForgotten(this, made);
  }

  @Override
  protected void bind(InetAddress host, int wantedPort) throws IOException {
    synchronized (stateLock) {
      ensureOpen();
      if (localport != 0) {
        throw new SocketException("Already bound");
      }
      Descriptor on = held().descriptor();
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
      Descriptor on = held().descriptor();
      on.listensAlone();
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
      throw new SocketException("IPv6 protocol family unavailable");
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

  /** Connects by the way that {@link Proxies} says, or closes the socket: after a failure, a timeout, an interrupt. */
  @Override
  protected void connect(SocketAddress to, int millis) throws IOException {
    if (!(to instanceof InetSocketAddress remote)) {
      throw new IOException("Unsupported address type");
    }
    try {
      Proxies.connect(this, proxy, remote, Deadline.ofTimeoutMillis(millis));
    } catch (IOException failed) {
      close();
      throw failed;
    }
  }

  /** Connects to nobody but {@code remote}, or closes the socket. */
  void connectDirectly(InetSocketAddress remote, long deadline) throws IOException {
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
        implConnect(host, remote.getPort(), deadline);
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

  /** Notes where a proxy has connected this to; null for the address of a host that the proxy looked up. */
  void reached(InetSocketAddress remote) {
    synchronized (stateLock) {
      address = remote.getAddress();
      port = remote.getPort();
    }
  }

  private void implConnect(InetAddress host, int remotePort, long deadline) throws IOException {
    Held mine = beginConnect(host, remotePort);
    Descriptor on = mine.descriptor();
    requireEncodable(host);
    int result = mine.raw().connect(on, host, remotePort, deadline, true, null);
    checked(Call.CONNECT, result, on);
    synchronized (stateLock) {
      if (state != CONNECTING) {
        throw socketClosed();
      }
      state = CONNECTED;
      localport = localPort(on);
    }
  }

  private Held beginConnect(InetAddress host, int remotePort) throws IOException {
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
    Locks.lock(readLock, Call.ACCEPT, deadline);
    try {
      implAccept(accepted, deadline);
    } finally {
      readLock.unlock();
    }
    accepting.connected(accepted, held());
  }

  private void implAccept(RawOperations.Accepted accepted, long deadline) throws IOException {
    ensureOpen();
    if (localport == 0) {
      throw new SocketException("Not bound");
    }
    Held mine = held();
    checked(Call.ACCEPT, acceptor.accept(mine, accepted, deadline), mine.descriptor());
  }

  /** Makes this new impl that of an accepted connection, on the Uring that accepted it. */
  private void connected(RawOperations.Accepted accepted, Held listening) throws IOException {
    Descriptor made = accepted.descriptor();
    InetSocketAddress remote = accepted.remote();
    synchronized (stateLock) {
      if (state != NEW) {
        made.close();
        throw socketClosed();
      }
      adopt(made, listening.raw(), listening.buffers());
      address = remote.getAddress();
      port = remote.getPort();
      localport = localPort(made);
      state = CONNECTED;
    }
  }

  // ---- reading

  @Override
  int read(byte[] into, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, into.length);
    return length == 0 ? 0 : lockedRead(into, null, offset, length, Deadline.ofTimeoutMillis(timeoutMillis));
  }

  /** The same within a connect: until its deadline, whatever SO_TIMEOUT is. */
  int readUntil(byte[] into, int offset, int length, long deadline) throws IOException {
    try {
      return lockedRead(into, null, offset, length, deadline);
    } catch (SocketTimeoutException timedOut) {
      throw new SocketTimeoutException(Failures.timedOut(Call.CONNECT));
    }
  }

  @Override
  int read(MemorySegment into) throws IOException {
    int length = (int) Math.min(into.byteSize(), BufferPool.MAX_BYTES);
    return length == 0 ? 0 : lockedRead(null, into, 0, length, Deadline.ofTimeoutMillis(timeoutMillis));
  }

  private int lockedRead(
      byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length, long deadline)
      throws IOException {
    Locks.lock(readLock, Call.READ, deadline);
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
    if (!isReadable()) {
      return -1;
    }
    Held mine = held();
    return received(receiver.read(mine, array, segment, offset, length, deadline), mine.descriptor());
  }

  private boolean isReadable() throws SocketException {
    ensureOpenAndConnected();
    if (connectionReset) {
      throw new SocketException("Connection reset");
    }
    return !inputShut;
  }

  private int received(int result, Descriptor from) throws IOException {
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

  @Override
  long read(ByteBuffer[] into, int begin, int end) throws IOException {
    long deadline = Deadline.ofTimeoutMillis(timeoutMillis);
    Locks.lock(readLock, Call.READ, deadline);
    try {
      if (endOfStream || !isReadable()) {
        return -1;
      }
      Held mine = held();
      int count = received(receiver.read(mine, into, begin, end, deadline), mine.descriptor());
      endOfStream = count < 0;
      return count;
    } finally {
      readLock.unlock();
    }
  }

  @Override
  protected int available() throws IOException {
    ensureOpenAndConnected();
    Descriptor on = held().descriptor();
    return inputShut ? 0 : checked(Call.OTHER, SocketCalls.available(on), on);
  }

  // ---- writing

  @Override
  void write(byte[] from, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, from.length);
    if (length > 0) {
      lockedWrite(from, null, offset, length);
    }
  }

  @Override
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

  /** Writes one buffer's worth. */
  private void implWrite(byte @Nullable [] array, @Nullable MemorySegment segment, long offset, int bytes)
      throws IOException {
    ensureOpenAndConnected();
    Held mine = held();
    wrote(mine, Sender.write(mine.raw(), mine.descriptor(), mine.buffers(), array, segment, offset, bytes));
  }

  private void wrote(Held mine, long done) throws IOException {
    int result = Sender.resultOf(done);
    if (result == -Errno.EPIPE && Sender.bytesOf(done) > 0 && !outputShut) {
      // The short send before took the error of a reset with it, and told of its bytes instead.
      result = -Errno.ECONNRESET;
    }
    checked(Call.WRITE, result, mine.descriptor());
  }

  @Override
  void write(ByteBuffer[] from, int begin, int end) throws IOException {
    writeLock.lock();
    try {
      ensureOpenAndConnected();
      Held mine = held();
      wrote(mine, Vectored.send(mine, from, begin, end));
    } finally {
      writeLock.unlock();
    }
  }

  @Override
  long transferFrom(Descriptor file, long position, long count) throws IOException {
    writeLock.lock();
    try {
      ensureOpenAndConnected();
      Held mine = held();
      FileSender done = new FileSender(mine, file, position, count).run();
      wrote(mine, Sender.both((int) Math.min(1, done.sent()), done.socketResult()));
      done.throwFailureOfFile();
      return done.sent();
    } finally {
      writeLock.unlock();
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
      Descriptor to = held().descriptor();
      int result = SocketCalls.sendUrgent(to, data);
      if (result < 0) {
        throw urgentFailure(result, to);
      }
    } finally {
      writeLock.unlock();
    }
  }

  /** The JDK's exceptions of urgent data are plain. */
  private IOException urgentFailure(int result, Descriptor on) {
    if (result == -Errno.EAGAIN && isOpen()) {
      return new SocketException("No buffer space available");
    }
    return isOpen() && Outcome.isErrno(result)
        ? new IOException(Errno.text(-result))
        : failure(Call.WRITE, result, on);
  }

  // ---- ending

  @Override
  protected void shutdownInput() throws IOException {
    synchronized (stateLock) {
      ensureOpenAndConnected();
      if (!inputShut) {
        shutDown(Constants.SHUT_RD);
        inputShut = true;
      }
    }
  }

  @Override
  protected void shutdownOutput() throws IOException {
    synchronized (stateLock) {
      ensureOpenAndConnected();
      if (!outputShut) {
        // Before, so that a writer that this ends does not take it for a reset. It fails only on a closed socket.
        outputShut = true;
        shutDown(Constants.SHUT_WR);
      }
    }
  }

  private void shutDown(int how) throws IOException {
    Descriptor on = held().descriptor();
    int result = SocketCalls.shutdown(on, how);
    if (result != -Errno.ENOTCONN) {
      // Not connected any more, since the peer reset the connection: then there is nothing to do.
      checked(Call.SHUTDOWN, result, on);
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
    @Nullable Descriptor closing;
    synchronized (stateLock) {
      if (state == CLOSED) {
        return;
      }
      connected = state == CONNECTED;
      state = CLOSED;
      closing = held == null ? null : held.descriptor();
    }
    if (closing == null) {
      return;
    }
    if (closing.beginClose()) {
      try {
        Closing.beforeClose(closing, connected);
      } finally {
        closing.endCall();
      }
    }
    if (cleanable != null) {
      cleanable.clean();
    }
    closing.awaitClosed();
  }

  // ---- streams

  @Override
  protected InputStream getInputStream() {
    return new SocketStreams.Input(this);
  }

  @Override
  protected OutputStream getOutputStream() {
    return new SocketStreams.Output(this);
  }
}
