package io.loomring.net;

import io.loomring.api.Uring;
import io.loomring.error.Call;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.fd.UnixCalls;
import io.loomring.fd.UnixName;
import io.loomring.op.Deadline;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A listening socket of the Unix domain on io_uring. Its name is a path ({@link UnixDomainSocketAddress}) or lives in
 * the abstract name space ({@link AbstractUnixAddress}).
 *
 * <p>Binding to a path makes a file, which must not be there yet: {@link java.net.BindException} "Address already in
 * use", also where the file is left from a process that has ended. {@link #close} does not delete it, as with the
 * JDK's channels: whoever makes it deletes it, with {@link Files#deleteIfExists}, after closing or before binding; who
 * deletes it before closing only keeps others from connecting. An abstract name goes with its socket.
 *
 * <p>Where {@link Transport} says so, a channel of the JDK's listens behind the same class, but for what it cannot do:
 * timeouts, abstract names and permissions of the file are refused with an {@link UnsupportedOperationException}.
 *
 * @since 0.1
 */
public final class UringUnixServerSocket implements Closeable {
  private static final int DEFAULT_BACKLOG = 50;

  static {
    Failures.prepare();
  }

  /** What is behind it, on either transport. */
  interface Listener {
    /** Waits for a connection. */
    UnixEnd accept(long deadline) throws IOException;

    <T> void setOption(SocketOption<T> option, T value) throws IOException;

    <T> T getOption(SocketOption<T> option) throws IOException;

    /** See {@link UnixEnd#requireTimeouts}. */
    void requireTimeouts();

    void close() throws IOException;
  }

  private final Listener listener;
  private final SocketAddress local;

  /** One accepter at a time. */
  private final ReentrantLock acceptLock = new ReentrantLock();
  private volatile boolean closed;
  private volatile int timeoutMillis;

  private UringUnixServerSocket(Listener listener, SocketAddress local) {
    this.listener = listener;
    this.local = local;
  }

  /**
   * Makes one that listens at {@code local}, with a queue for 50 connections and the permissions that the umask leaves,
   * on {@link Uring#getDefault}.
   *
   * @throws java.net.BindException if the file is there already, or must not be made
   * @throws SocketException if the path is longer than 107 bytes, or its directory is not there
   */
  public static UringUnixServerSocket bind(SocketAddress local) throws IOException {
    return bind(null, local, DEFAULT_BACKLOG, null);
  }

  /**
   * The same with permissions of the file, which decide who may connect: that takes the right to write.
   *
   * @param backlog connections that may wait to be accepted; below 1 it means 50
   * @param permissions those of the file. It is made with no more than these; those among them that the umask forbids
   *     are added right after that. Null leaves them to the umask; for an abstract name they must be null
   * @throws IllegalArgumentException if an abstract name is given permissions, which it cannot have
   */
  public static UringUnixServerSocket bind(
      SocketAddress local, int backlog, @Nullable Set<PosixFilePermission> permissions) throws IOException {
    return bind(null, local, backlog, permissions);
  }

  /** The same on {@code uring}, or on the default where that is null. */
  public static UringUnixServerSocket bind(
      @Nullable Uring uring, SocketAddress local, int backlog, @Nullable Set<PosixFilePermission> permissions)
      throws IOException {
    UnixName name = UnixSockets.name(local);
    if (name.isAbstract() && permissions != null) {
      throw new IllegalArgumentException("an abstract name has no permissions");
    }
    if (!ByteSocketImpl.isOnRing(uring)) {
      JdkUnixListener made = JdkUnixListener.bind(local, backlog < 1 ? DEFAULT_BACKLOG : backlog, permissions);
      return new UringUnixServerSocket(made, made.localAddress());
    }
    Held made = UnixSockets.make(uring);
    boolean bound = false;
    try {
      Descriptor on = made.descriptor();
      checked(Call.BIND, UnixCalls.bind(on, name, permissions == null ? -1 : mode(permissions)), on);
      bound = true;
      if (permissions != null && local instanceof UnixDomainSocketAddress file) {
        Files.setPosixFilePermissions(file.getPath(), permissions);
      }
      on.listensAlone();
      checked(Call.LISTEN, SocketCalls.listen(on, backlog < 1 ? DEFAULT_BACKLOG : backlog), on);
      return new UringUnixServerSocket(new RingUnixListener(made), UnixSockets.address(UnixCalls.localName(on)));
    } catch (IOException | RuntimeException failed) {
      Closing.quietly(made.descriptor()::close, failed);
      if (bound && local instanceof UnixDomainSocketAddress file) {
        // Ours, and of no use to anybody.
        Files.deleteIfExists(file.getPath());
      }
      throw failed;
    }
  }

  private static int mode(Set<PosixFilePermission> permissions) {
    int mode = 0;
    for (PosixFilePermission permission : permissions) {
      // From OWNER_READ down to OTHERS_EXECUTE, as the bits are.
      mode |= 1 << PosixFilePermission.OTHERS_EXECUTE.ordinal() - permission.ordinal();
    }
    return mode;
  }

  private static void checked(Call call, int result, Descriptor on) throws IOException {
    if (result < 0) {
      throw Failures.of(call, result, on);
    }
  }

  /**
   * Waits for a connection; the socket lives on the same Uring.
   *
   * @throws SocketTimeoutException "Accept timed out" if SO_TIMEOUT passes first; the socket stays usable
   * @throws SocketException "Socket closed" if it is closed, before or meanwhile, and "Closed by interrupt", with the
   *     socket closed and the flag set, if the waiting virtual thread is interrupted; platform threads ignore that
   * @throws IOException "Too many open files" if descriptors are short; the socket stays usable, and connections wait
   *     in its queue. Who tries again at once is told so a hundred times a second at most
   */
  public UringUnixSocket accept() throws IOException {
    long deadline = Deadline.ofTimeoutMillis(timeoutMillis);
    acceptLock.lock();
    try {
      return new UringUnixSocket(listener.accept(deadline));
    } catch (IOException failed) {
      throw shown(failed);
    } finally {
      acceptLock.unlock();
    }
  }

  private IOException shown(IOException failed) throws IOException {
    if (closed) {
      return new SocketException("Socket closed");
    }
    if (failed instanceof InterruptedIOException && !(failed instanceof SocketTimeoutException)) {
      close();
      return new SocketException("Closed by interrupt");
    }
    return failed;
  }

  /** Its name: the address that it was bound to. */
  public SocketAddress localAddress() {
    return local;
  }

  /**
   * Limits how long {@link #accept} waits, in milliseconds; 0: for ever.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public void setSoTimeout(int millis) {
    if (millis < 0) {
      throw new IllegalArgumentException("timeout < 0");
    }
    if (millis > 0) {
      listener.requireTimeouts();
    }
    timeoutMillis = millis;
  }

  /** The limit of {@link #accept} in milliseconds; 0: none. */
  public int getSoTimeout() {
    return timeoutMillis;
  }

  /** {@code SO_RCVBUF} and {@code SO_SNDBUF}, which accepted sockets inherit. */
  public Set<SocketOption<?>> supportedOptions() {
    return UnixSockets.OPTIONS;
  }

  /** Sets an option; {@link UnsupportedOperationException} where it is none of {@link #supportedOptions}. */
  public <T> UringUnixServerSocket setOption(SocketOption<T> option, T value) throws IOException {
    listener.setOption(option, value);
    return this;
  }

  /** The value of an option. */
  public <T> T getOption(SocketOption<T> option) throws IOException {
    return listener.getOption(option);
  }

  /** Whether nobody has closed it. */
  public boolean isOpen() {
    return !closed;
  }

  /**
   * Closes the socket, and waits until every blocked {@link #accept} has been ended. The file of a path stays. An
   * interrupt does not end the wait. The second close does nothing.
   */
  @Override
  public void close() throws IOException {
    closed = true;
    listener.close();
  }

  @Override
  public String toString() {
    return "UringUnixServerSocket[" + local + (closed ? ", closed]" : "]");
  }
}
