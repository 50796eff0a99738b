package io.loomring.net;

import io.loomring.fd.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The implementation of a {@link UringSocket} on the transport {@link Transport#JDK}: a plain socket of the JDK's does
 * all, so that results, exceptions and messages are its own.
 *
 * <p>That socket closes itself when a waiting virtual thread is interrupted, and says so. The socket around this does
 * the same when it sees an {@link InterruptedIOException}, so it gets that.
 */
final class JdkSocketImpl extends ByteSocketImpl {
  private static final int MAX_COPIED_BYTES = 1 << 16;

  private final @Nullable Proxy proxy;

  /** Writes from memory go in pieces, which no other write comes between. */
  private final ReentrantLock writeLock = new ReentrantLock();

  // Written once, before the socket around this lets anybody read or write.
  private volatile @Nullable Socket socket;
  private volatile @Nullable InputStream in;
  private volatile @Nullable OutputStream out;

  /** One that connects by {@code proxy}, or where that is null as the system's settings say. */
  JdkSocketImpl(@Nullable Proxy proxy) {
    this.proxy = proxy;
  }

  private Socket socket() throws SocketException {
    Socket mine = socket;
    if (mine == null) {
      throw new SocketException("Socket not created");
    }
    return mine;
  }

  @Override
  protected void create(boolean stream) throws IOException {
    if (!stream) {
      throw new IOException("Datagram socket creation not supported");
    }
    socket = proxy == null ? new Socket() : new Socket(proxy);
  }

  @Override
  protected void bind(InetAddress host, int wantedPort) throws IOException {
    socket().bind(new InetSocketAddress(host, wantedPort));
  }

  @Override
  protected void listen(int backlog) throws IOException {
    throw new SocketException("Not a server socket");
  }

  @Override
  protected void accept(java.net.SocketImpl into) throws IOException {
    throw new SocketException("Not a server socket");
  }

  @Override
  protected void connect(String host, int remotePort) throws IOException {
    connect(new InetSocketAddress(host, remotePort), 0);
  }

  @Override
  protected void connect(InetAddress host, int remotePort) throws IOException {
    connect(new InetSocketAddress(host, remotePort), 0);
  }

  @Override
  protected void connect(SocketAddress remote, int millis) throws IOException {
    Socket mine = socket();
    mine.connect(remote, millis);
    takeStreams(mine);
  }

  /** Makes this that of a connection which the JDK accepted. */
  void accepted(Socket connected) throws IOException {
    socket = connected;
    takeStreams(connected);
  }

  /** Now, since a socket gives them no more once it is shut. */
  private void takeStreams(Socket connected) throws IOException {
    try {
      in = connected.getInputStream();
      out = connected.getOutputStream();
    } catch (SocketException closedMeanwhile) {
      throw new SocketException("Socket closed");
    }
  }

  @Override
  protected void close() throws IOException {
    Socket mine = socket;
    if (mine != null) {
      mine.close();
    }
  }

  // ---- addresses, which an accept clears in the fields of the superclass

  @Override
  protected @Nullable InetAddress getInetAddress() {
    Socket mine = socket;
    return mine == null ? null : mine.getInetAddress();
  }

  @Override
  protected int getPort() {
    Socket mine = socket;
    return mine == null ? 0 : mine.getPort();
  }

  @Override
  protected int getLocalPort() {
    Socket mine = socket;
    return mine == null ? 0 : mine.getLocalPort();
  }

  // ---- bytes

  /** What the socket around this is to see of a failure: see the head of this class. */
  static IOException seenByWrapper(SocketException failed) {
    Thread caller = Thread.currentThread();
    return caller.isVirtual() && caller.isInterrupted() && "Closed by interrupt".equals(failed.getMessage())
        ? new InterruptedIOException()
        : failed;
  }

  private InputStream in() throws SocketException {
    InputStream mine = in;
    if (mine == null) {
      throw new SocketException("Not connected");
    }
    return mine;
  }

  private OutputStream out() throws SocketException {
    OutputStream mine = out;
    if (mine == null) {
      throw new SocketException("Not connected");
    }
    return mine;
  }

  @Override
  int read(byte[] into, int offset, int length) throws IOException {
    try {
      return in().read(into, offset, length);
    } catch (SocketException failed) {
      throw seenByWrapper(failed);
    }
  }

  @Override
  int read(MemorySegment into) throws IOException {
    byte[] bytes = new byte[(int) Math.min(into.byteSize(), MAX_COPIED_BYTES)];
    int count = read(bytes, 0, bytes.length);
    if (count > 0) {
      MemorySegment.copy(MemorySegment.ofArray(bytes), 0, into, 0, count);
    }
    return count;
  }

  @Override
  void write(byte[] from, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, from.length);
    if (length == 0) {
      return;
    }
    writeLock.lock();
    try {
      out().write(from, offset, length);
    } catch (SocketException failed) {
      throw seenByWrapper(failed);
    } finally {
      writeLock.unlock();
    }
  }

  @Override
  void write(MemorySegment from) throws IOException {
    writeLock.lock();
    try {
      byte[] bytes = new byte[(int) Math.min(from.byteSize(), MAX_COPIED_BYTES)];
      for (long done = 0; done < from.byteSize(); ) {
        int size = (int) Math.min(from.byteSize() - done, bytes.length);
        MemorySegment.copy(from, done, MemorySegment.ofArray(bytes), 0, size);
        write(bytes, 0, size);
        done += size;
      }
    } finally {
      writeLock.unlock();
    }
  }

  @Override
  long read(ByteBuffer[] into, int begin, int end) throws IOException {
    byte[] bytes = new byte[(int) Math.min(Vectored.remaining(into, begin, end), MAX_COPIED_BYTES)];
    int count = read(bytes, 0, bytes.length);
    Vectored.spread(MemorySegment.ofArray(bytes), count, into, begin, end);
    return count;
  }

  @Override
  void write(ByteBuffer[] from, int begin, int end) throws IOException {
    writeLock.lock();
    try {
      byte[] bytes = new byte[(int) Math.min(Vectored.remaining(from, begin, end), MAX_COPIED_BYTES)];
      int filled = 0;
      for (int i = begin; i < end; i++) {
        ByteBuffer rest = from[i].duplicate();
        while (rest.hasRemaining()) {
          int size = Math.min(rest.remaining(), bytes.length - filled);
          rest.get(bytes, filled, size);
          filled += size;
          if (filled == bytes.length) {
            write(bytes, 0, filled);
            filled = 0;
          }
        }
      }
      write(bytes, 0, filled);
    } finally {
      writeLock.unlock();
    }
  }

  @Override
  long transferFrom(Descriptor file, long position, long count) throws IOException {
    throw new UnsupportedOperationException("a socket of the JDK takes no descriptor of a Uring: use its streams");
  }

  @Override
  protected int available() throws IOException {
    return in().available();
  }

  @Override
  protected InputStream getInputStream() {
    return new SocketStreams.Input(this);
  }

  @Override
  protected OutputStream getOutputStream() {
    return new SocketStreams.Output(this);
  }

  @Override
  protected boolean supportsUrgentData() {
    return true;
  }

  @Override
  protected void sendUrgentData(int data) throws IOException {
    socket().sendUrgentData(data);
  }

  @Override
  protected void shutdownInput() throws IOException {
    socket().shutdownInput();
  }

  @Override
  protected void shutdownOutput() throws IOException {
    socket().shutdownOutput();
  }

  // ---- options

  @Override
  protected Set<SocketOption<?>> supportedOptions() {
    Socket mine = socket;
    return mine == null ? Set.of() : mine.supportedOptions();
  }

  @Override
  protected <T> void setOption(SocketOption<T> option, T value) throws IOException {
    socket().setOption(option, value);
  }

  @Override
  protected <T> T getOption(SocketOption<T> option) throws IOException {
    return socket().getOption(option);
  }

  @Override
  public void setOption(int option, Object value) throws SocketException {
    Socket mine = socket();
    switch (option) {
      case SO_TIMEOUT -> mine.setSoTimeout((Integer) value);
      case TCP_NODELAY -> mine.setTcpNoDelay((Boolean) value);
      case SO_LINGER -> mine.setSoLinger(value instanceof Integer, value instanceof Integer seconds ? seconds : 0);
      case SO_OOBINLINE -> mine.setOOBInline((Boolean) value);
      case SO_SNDBUF -> mine.setSendBufferSize((Integer) value);
      case SO_RCVBUF -> mine.setReceiveBufferSize((Integer) value);
      case SO_KEEPALIVE -> mine.setKeepAlive((Boolean) value);
      case IP_TOS -> mine.setTrafficClass((Integer) value);
      case SO_REUSEADDR -> mine.setReuseAddress((Boolean) value);
      default -> throw new SocketException("Unknown option " + option);
    }
  }

  @Override
  public Object getOption(int option) throws SocketException {
    Socket mine = socket();
    return switch (option) {
      case SO_TIMEOUT -> mine.getSoTimeout();
      case TCP_NODELAY -> mine.getTcpNoDelay();
      case SO_LINGER -> mine.getSoLinger();
      case SO_OOBINLINE -> mine.getOOBInline();
      case SO_SNDBUF -> mine.getSendBufferSize();
      case SO_RCVBUF -> mine.getReceiveBufferSize();
      case SO_KEEPALIVE -> mine.getKeepAlive();
      case IP_TOS -> mine.getTrafficClass();
      case SO_REUSEADDR -> mine.getReuseAddress();
      case SO_BINDADDR -> mine.getLocalAddress();
      default -> throw new SocketException("Unknown option " + option);
    };
  }
}
