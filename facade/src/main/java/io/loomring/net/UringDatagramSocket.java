package io.loomring.net;

import io.loomring.api.Uring;
import io.loomring.error.UringUnavailableException;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A {@link DatagramSocket} on io_uring, multicast included. It does what {@link DatagramSocket} says; its options,
 * timeouts and exceptions are those of the JDK's own. Where {@link Transport} says so, a socket of the JDK's does all of
 * this behind the same class.
 *
 * <ul>
 *   <li>{@link #send} and {@link #receive} park the calling thread, virtual or platform, until the kernel has done what
 *       they ask for; one sender and one receiver at a time.
 *   <li>SO_TIMEOUT holds for {@link #receive}: {@link java.net.SocketTimeoutException} "Receive timed out", and the
 *       socket stays usable.
 *   <li>{@link #close} from another thread ends both with {@link SocketException} "Socket closed", and returns when
 *       they are through.
 *   <li>An interrupt of a virtual thread that waits in {@link #receive} closes the socket: {@link SocketException}
 *       "Closed by interrupt", with the flag set. Platform threads ignore it.
 *   <li>Of a datagram that is longer than the packet has room for the rest is lost.
 * </ul>
 *
 * <p>It is no {@link java.net.MulticastSocket}, which no class outside of the JDK can be without a socket of the JDK's
 * underneath: {@link #joinGroup} and the options are those of {@link DatagramSocket}.
 *
 * <p>Constructors throw a {@link SocketException}, with the reason as its cause, where io_uring is required and cannot be
 * had.
 *
 * @since 0.1
 */
public final class UringDatagramSocket extends DatagramSocket {
  private final DatagramSocket delegate;

  /** Makes one that is bound to a free port of all addresses, on {@link Uring#getDefault}. */
  public UringDatagramSocket() throws SocketException {
    this(new InetSocketAddress(0));
  }

  /** Makes one that is bound to {@code port}, or to a free one where that is 0, of all addresses. */
  public UringDatagramSocket(int port) throws SocketException {
    this(port, null);
  }

  /** The same of one address, or of all where that is null. */
  public UringDatagramSocket(int port, @Nullable InetAddress address) throws SocketException {
    this(new InetSocketAddress(address, port));
  }

  /** Makes one that is bound to {@code local}, or not bound where that is null. */
  public UringDatagramSocket(@Nullable SocketAddress local) throws SocketException {
    super(new UnusedDatagramImpl());
    delegate = chosen(local);
  }

  /** The same on {@code uring}. */
  public UringDatagramSocket(Uring uring, @Nullable SocketAddress local) throws SocketException {
    super(new UnusedDatagramImpl());
    delegate = new RingDatagramSocket(Objects.requireNonNull(uring), local);
  }

  private static DatagramSocket chosen(@Nullable SocketAddress local) throws SocketException {
    try {
      return Transport.current() == Transport.JDK
          ? new DatagramSocket(local)
          : new RingDatagramSocket(Uring.getDefault(), local);
    } catch (UringUnavailableException unavailable) {
      throw new SocketException(unavailable.getMessage(), unavailable);
    }
  }

  @Override
  public void bind(@Nullable SocketAddress local) throws SocketException {
    delegate.bind(local);
  }

  @Override
  public void connect(InetAddress address, int port) {
    delegate.connect(address, port);
  }

  @Override
  public void connect(SocketAddress remote) throws SocketException {
    delegate.connect(remote);
  }

  @Override
  public void disconnect() {
    delegate.disconnect();
  }

  @Override
  public boolean isBound() {
    return delegate.isBound();
  }

  @Override
  public boolean isConnected() {
    return delegate.isConnected();
  }

  @Override
  public @Nullable InetAddress getInetAddress() {
    return delegate.getInetAddress();
  }

  @Override
  public int getPort() {
    return delegate.getPort();
  }

  @Override
  public @Nullable SocketAddress getRemoteSocketAddress() {
    return delegate.getRemoteSocketAddress();
  }

  @Override
  public @Nullable SocketAddress getLocalSocketAddress() {
    return delegate.getLocalSocketAddress();
  }

  @Override
  public void send(DatagramPacket packet) throws IOException {
    delegate.send(packet);
  }

  @Override
  public void receive(DatagramPacket packet) throws IOException {
    delegate.receive(packet);
  }

  @Override
  public @Nullable InetAddress getLocalAddress() {
    return delegate.getLocalAddress();
  }

  @Override
  public int getLocalPort() {
    return delegate.getLocalPort();
  }

  @Override
  public void setSoTimeout(int millis) throws SocketException {
    delegate.setSoTimeout(millis);
  }

  @Override
  public int getSoTimeout() throws SocketException {
    return delegate.getSoTimeout();
  }

  @Override
  public void setSendBufferSize(int bytes) throws SocketException {
    delegate.setSendBufferSize(bytes);
  }

  @Override
  public int getSendBufferSize() throws SocketException {
    return delegate.getSendBufferSize();
  }

  @Override
  public void setReceiveBufferSize(int bytes) throws SocketException {
    delegate.setReceiveBufferSize(bytes);
  }

  @Override
  public int getReceiveBufferSize() throws SocketException {
    return delegate.getReceiveBufferSize();
  }

  @Override
  public void setReuseAddress(boolean on) throws SocketException {
    delegate.setReuseAddress(on);
  }

  @Override
  public boolean getReuseAddress() throws SocketException {
    return delegate.getReuseAddress();
  }

  @Override
  public void setBroadcast(boolean on) throws SocketException {
    delegate.setBroadcast(on);
  }

  @Override
  public boolean getBroadcast() throws SocketException {
    return delegate.getBroadcast();
  }

  @Override
  public void setTrafficClass(int value) throws SocketException {
    delegate.setTrafficClass(value);
  }

  @Override
  public int getTrafficClass() throws SocketException {
    return delegate.getTrafficClass();
  }

  /**
   * Closes the socket, and waits until every blocked call on it has been ended. An interrupt does not end the wait. The
   * second close does nothing.
   */
  @Override
  public void close() {
    delegate.close();
  }

  @Override
  public boolean isClosed() {
    return delegate.isClosed();
  }

  @Override
  public <T> DatagramSocket setOption(SocketOption<T> option, T value) throws IOException {
    delegate.setOption(option, value);
    return this;
  }

  @Override
  public <T> @Nullable T getOption(SocketOption<T> option) throws IOException {
    return delegate.getOption(option);
  }

  @Override
  public Set<SocketOption<?>> supportedOptions() {
    return delegate.supportedOptions();
  }

  @Override
  public void joinGroup(SocketAddress group, @Nullable NetworkInterface on) throws IOException {
    delegate.joinGroup(group, on);
  }

  @Override
  public void leaveGroup(SocketAddress group, @Nullable NetworkInterface on) throws IOException {
    delegate.leaveGroup(group, on);
  }
}
