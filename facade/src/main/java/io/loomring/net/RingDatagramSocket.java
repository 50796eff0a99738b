package io.loomring.net;

import io.loomring.api.RawOperations;
import io.loomring.api.Uring;
import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.error.Call;
import io.loomring.error.ErrorTable;
import io.loomring.fd.DatagramCalls;
import io.loomring.fd.Descriptor;
import io.loomring.fd.Message;
import io.loomring.fd.SocketAddresses;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Deadline;
import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.ref.Cleaner;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A {@link DatagramSocket} whose datagrams go over the ring as SENDMSG and RECVMSG, behind {@link UringDatagramSocket}. It
 * behaves as the JDK's own does, which is an adapter of a channel: each method says what that one says.
 *
 * <p>One sender and one receiver at a time; whoever changes an address is both. Where a packet's monitor is held as well,
 * that comes first, then the lock of receivers, that of senders, the state's.
 */
final class RingDatagramSocket extends DatagramSocket {
  private static final int MAX_PORT = 0xFFFF;

  static {
    Failures.prepare();
  }

  private record Membership(InetAddress group, @Nullable NetworkInterface at) {}

  private final Held held;
  private final Cleaner.Cleanable cleanable;

  /** For receive, bind, connect and disconnect: one at a time. */
  private final ReentrantLock readLock = new ReentrantLock();
  /** For send, bind, connect and disconnect: one at a time, and after the other one. */
  private final ReentrantLock writeLock = new ReentrantLock();
  private final Object stateLock = new Object();

  // Written under stateLock.
  private volatile @Nullable InetSocketAddress local;
  private volatile @Nullable InetSocketAddress remote;
  private volatile boolean closed;

  // Under stateLock.
  private @Nullable InetSocketAddress localBeforeConnect;
  private final Set<Membership> memberships = new HashSet<>();

  private volatile int timeoutMillis;

  /** Makes one on {@code uring}, bound to {@code wanted}, or not bound where that is null. */
  RingDatagramSocket(Uring uring, @Nullable SocketAddress wanted) throws SocketException {
    super(new UnusedDatagramImpl());
    Descriptor made = make(uring);
    held = new Held(made, uring.raw(), uring.buffers());
    cleanable = Closing.whenForgotten(this, made);
    DatagramOptions.prepare(made);
    try {
      if (wanted != null) {
        bind(wanted);
      }
    } catch (SocketException | RuntimeException failed) {
      close();
      throw failed;
    }
    SocketCalls.setOption(made, Constants.SOL_SOCKET, Constants.SO_BROADCAST, 1);
  }

  private static Descriptor make(Uring uring) throws SocketException {
    RawOperations.Accepted made = new RawOperations.Accepted();
    int result = uring.raw().socket(SocketAddresses.family(), Constants.SOCK_DGRAM, 0, made);
    if (result < 0) {
      throw Outcome.isErrno(result)
          ? asSocketException(ErrorTable.socketException(Call.SOCKET, -result))
          : new SocketException("the ring is dead");
    }
    return made.descriptor();
  }

  // ---- addresses

  @Override
  public void bind(@Nullable SocketAddress wanted) throws SocketException {
    InetSocketAddress address = wanted == null ? new InetSocketAddress(0) : inet(wanted);
    lockBoth();
    try {
      synchronized (stateLock) {
        ensureOpen("Socket is closed");
        if (local != null) {
          throw new SocketException("Already bound");
        }
        bindTo(translated(address));
      }
    } finally {
      unlockBoth();
    }
  }

  /** Under stateLock. */
  private void bindTo(InetSocketAddress address) throws SocketException {
    Descriptor on = held.descriptor();
    checked(Call.BIND, SocketCalls.bind(on, address.getAddress(), address.getPort()));
    local = SocketCalls.localAddress(on);
  }

  /** Under stateLock. */
  private void bindIfUnbound() throws SocketException {
    if (local == null) {
      bindTo(new InetSocketAddress(0));
    }
  }

  private static InetSocketAddress inet(SocketAddress address) {
    if (address instanceof InetSocketAddress inet) {
      return inet;
    }
    throw new UnsupportedAddressTypeException();
  }

  /** The address, if a socket like this one can name it. */
  private static InetSocketAddress translated(InetSocketAddress address) throws SocketException {
    if (address.isUnresolved()) {
      throw new SocketException("Unresolved address", new UnresolvedAddressException());
    }
    if (!SocketAddresses.isEncodable(address.getAddress())) {
      throw new SocketException("Unsupported address type", new UnsupportedAddressTypeException());
    }
    return address;
  }

  @Override
  public void connect(InetAddress address, int port) {
    if (address == null) {
      throw new IllegalArgumentException("Address can't be null");
    }
    if (port < 0 || port > MAX_PORT) {
      throw new IllegalArgumentException("port out of range:" + port);
    }
    try {
      connectTo(new InetSocketAddress(address, port));
    } catch (SocketException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  @Override
  public void connect(SocketAddress address) throws SocketException {
    if (address == null) {
      throw new IllegalArgumentException("Address can't be null");
    }
    connectTo(inet(address));
  }

  private void connectTo(InetSocketAddress wanted) throws SocketException {
    InetSocketAddress address = translated(wanted);
    lockBoth();
    try {
      synchronized (stateLock) {
        if (!closed) {
          connectWhileOpen(address);
        }
      }
    } finally {
      unlockBoth();
    }
  }

  /** Under stateLock. What others had sent before is thrown away. */
  private void connectWhileOpen(InetSocketAddress address) throws SocketException {
    if (address.getPort() == 0) {
      throw new SocketException("Can't connect to port 0");
    }
    bindIfUnbound();
    Descriptor on = held.descriptor();
    localBeforeConnect = local;
    checked(Call.CONNECT, DatagramCalls.connect(on, address.getAddress(), address.getPort()));
    remote = address;
    local = SocketCalls.localAddress(on);
    DatagramCalls.discardReceived(on);
  }

  @Override
  public void disconnect() {
    lockBoth();
    try {
      synchronized (stateLock) {
        if (!closed && remote != null) {
          disconnectWhileOpen();
        }
      }
    } catch (SocketException failed) {
      throw new UncheckedIOException(failed);
    } finally {
      unlockBoth();
    }
  }

  /** Under stateLock. */
  private void disconnectWhileOpen() throws SocketException {
    Descriptor on = held.descriptor();
    checked(Call.OTHER, DatagramCalls.disconnect(on));
    remote = null;
    local = SocketCalls.localAddress(on);
    InetSocketAddress before = localBeforeConnect;
    localBeforeConnect = null;
    if (before != null && !before.equals(local)) {
      // A port that was the system's choice goes with the peer.
      bindTo(before);
    }
  }

  private void lockBoth() {
    readLock.lock();
    writeLock.lock();
  }

  private void unlockBoth() {
    writeLock.unlock();
    readLock.unlock();
  }

  @Override
  public boolean isBound() {
    return local != null;
  }

  @Override
  public boolean isConnected() {
    return remote != null;
  }

  @Override
  public @Nullable InetAddress getInetAddress() {
    InetSocketAddress peer = remote;
    return peer == null ? null : peer.getAddress();
  }

  @Override
  public int getPort() {
    InetSocketAddress peer = remote;
    return peer == null ? -1 : peer.getPort();
  }

  @Override
  public @Nullable SocketAddress getRemoteSocketAddress() {
    return remote;
  }

  @Override
  public @Nullable SocketAddress getLocalSocketAddress() {
    return closed ? null : local;
  }

  @Override
  public @Nullable InetAddress getLocalAddress() {
    if (closed) {
      return null;
    }
    InetSocketAddress mine = local;
    return (mine == null ? new InetSocketAddress(0) : mine).getAddress();
  }

  @Override
  public int getLocalPort() {
    if (closed) {
      return -1;
    }
    InetSocketAddress mine = local;
    return mine == null ? 0 : mine.getPort();
  }

  // ---- sending

  @Override
  public void send(DatagramPacket packet) throws IOException {
    synchronized (packet) {
      writeLock.lock();
      try {
        ensureOpen("Socket closed");
        send(packet, addressed(packet));
      } finally {
        writeLock.unlock();
      }
    }
  }

  private InetSocketAddress addressed(DatagramPacket packet) {
    if (packet.getAddress() != null) {
      return (InetSocketAddress) packet.getSocketAddress();
    }
    InetSocketAddress peer = remote;
    if (peer == null) {
      throw new IllegalArgumentException("Address not set");
    }
    // As the JDK does: the packet names its receiver afterwards.
    packet.setAddress(peer.getAddress());
    packet.setPort(peer.getPort());
    return peer;
  }

  private void send(DatagramPacket packet, InetSocketAddress target) throws IOException {
    InetAddress address = target.getAddress();
    if (!SocketAddresses.isEncodable(address)) {
      throw new UnsupportedAddressTypeException();
    }
    InetSocketAddress peer;
    synchronized (stateLock) {
      ensureOpen("Socket closed");
      bindIfUnbound();
      peer = remote;
    }
    if (peer != null && !target.equals(peer)) {
      throw new IllegalArgumentException("Connected and packet address differ");
    }
    if (peer == null && target.getPort() == 0) {
      throw new SocketException("Can't send to port 0");
    }
    Message message = Message.toSend(held.buffers(), packet.getData(), packet.getOffset(), packet.getLength());
    int result = Outcome.RING_DEAD;
    try {
      if (peer == null) {
        message.address(address, target.getPort());
      }
      do {
        result = Outcome.RING_DEAD;
        result = held.raw().sendmsg(held.descriptor(), message, 0, Deadline.NONE, true);
        // Nobody listened at a peer that this socket had before: that is no failure of this datagram.
      } while (result == -Errno.ECONNREFUSED && peer == null);
    } finally {
      giveBack(message, result);
    }
    if (result < 0) {
      throw sendFailure(result, peer != null);
    }
  }

  private IOException sendFailure(int result, boolean connected) {
    IOException failed = failure(Call.WRITE, result, connected);
    // The JDK writes to a connected socket, and sends to a peer from one that is not: two calls, two exceptions.
    return connected && Outcome.isErrno(result) && result != -Errno.ECONNREFUSED && !closed
        ? new IOException(failed.getMessage())
        : failed;
  }

  // ---- receiving

  @Override
  public void receive(DatagramPacket packet) throws IOException {
    try {
      synchronized (packet) {
        readLock.lock();
        try {
          ensureOpen("Socket closed");
          receiveLocked(packet);
        } finally {
          readLock.unlock();
        }
      }
    } catch (SocketTimeoutException timedOut) {
      throw timedOut;
    } catch (InterruptedIOException interrupted) {
      close();
      throw new SocketException("Closed by interrupt");
    }
  }

  private void receiveLocked(DatagramPacket packet) throws IOException {
    boolean connected;
    synchronized (stateLock) {
      ensureOpen("Socket closed");
      bindIfUnbound();
      connected = remote != null;
    }
    long deadline = Deadline.ofTimeoutMillis(timeoutMillis);
    int space = PacketSpace.of(packet);
    Message message = Message.toReceive(held.buffers(), space);
    int result = Outcome.RING_DEAD;
    try {
      do {
        result = Outcome.RING_DEAD;
        result = held.raw().recvmsg(held.descriptor(), message, 0, deadline, true);
        // What a datagram that was sent met with is told to connected sockets only.
      } while (result == -Errno.ECONNREFUSED && !connected);
      if (result >= 0) {
        message.copyTo(packet.getData(), packet.getOffset(), result);
        PacketSpace.filled(packet, result, space);
        InetSocketAddress sender = message.sender();
        if (sender != null) {
          packet.setSocketAddress(sender);
        }
      }
    } finally {
      giveBack(message, result);
    }
    if (result < 0) {
      throw failure(Call.READ, result, connected);
    }
  }

  /** Gives the memory back after its operation's last completion, or up, where there will be none (I-3, I-12). */
  private void giveBack(Message message, int result) {
    BufferPool pool = held.buffers();
    Buffer buffer = message.buffer();
    if (result == Outcome.RING_DEAD) {
      pool.abandon(buffer);
    } else {
      pool.release(buffer);
    }
  }

  private IOException failure(Call call, int result, boolean connected) {
    if (closed) {
      return new SocketException("Socket closed", new AsynchronousCloseException());
    }
    if (result == Outcome.TIMED_OUT) {
      return new SocketTimeoutException("Receive timed out");
    }
    if (result == -Errno.ECONNREFUSED && connected) {
      return new PortUnreachableException();
    }
    return Failures.of(call, result, held.descriptor());
  }

  private void checked(Call call, int result) throws SocketException {
    if (result < 0) {
      throw asSocketException(failure(call, result, false));
    }
  }

  private static SocketException asSocketException(IOException failed) {
    return failed instanceof SocketException already ? already : new SocketException(failed.getMessage(), failed);
  }

  private void ensureOpen(String message) throws SocketException {
    if (closed) {
      throw new SocketException(message, new ClosedChannelException());
    }
  }

  // ---- closing

  /**
   * Closes the socket, and waits until every blocked call on it has been ended. An interrupt does not end the wait. The
   * second close does nothing.
   */
  @Override
  public void close() {
    synchronized (stateLock) {
      if (closed) {
        return;
      }
      closed = true;
      memberships.clear();
    }
    Descriptor closing = held.descriptor();
    if (closing.beginClose()) {
      closing.endCall();
    }
    cleanable.clean();
    closing.awaitClosed();
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  // ---- multicast

  @Override
  public void joinGroup(SocketAddress address, @Nullable NetworkInterface at) throws IOException {
    InetAddress group = DatagramOptions.group(address);
    Membership wanted = new Membership(group, at == null ? outgoing() : at);
    synchronized (stateLock) {
      if (closed) {
        throw new SocketException("Socket is closed");
      }
      if (memberships.contains(wanted)) {
        throw new SocketException("Already a member of group");
      }
      DatagramOptions.membership(held.descriptor(), true, group, wanted.at);
      memberships.add(wanted);
    }
  }

  @Override
  public void leaveGroup(SocketAddress address, @Nullable NetworkInterface at) throws IOException {
    InetAddress group = DatagramOptions.group(address);
    Membership kept = new Membership(group, at == null ? outgoing() : at);
    synchronized (stateLock) {
      if (closed) {
        throw new SocketException("Socket is closed");
      }
      if (!memberships.contains(kept)) {
        throw new SocketException("Not a member of group");
      }
      DatagramOptions.membership(held.descriptor(), false, group, kept.at);
      memberships.remove(kept);
    }
  }

  private @Nullable NetworkInterface outgoing() throws SocketException {
    return (NetworkInterface) legacy(StandardSocketOptions.IP_MULTICAST_IF);
  }

  // ---- options

  @Override
  public Set<SocketOption<?>> supportedOptions() {
    return DatagramOptions.SUPPORTED;
  }

  @Override
  public <T> DatagramSocket setOption(SocketOption<T> option, T value) throws IOException {
    requireSupported(option);
    if (!option.type().isInstance(value)) {
      throw new IllegalArgumentException("Invalid value '" + value + "'");
    }
    synchronized (stateLock) {
      ensureChannelOpen();
      DatagramOptions.set(held.descriptor(), option, value);
    }
    return this;
  }

  @Override
  public <T> @Nullable T getOption(SocketOption<T> option) throws IOException {
    requireSupported(option);
    synchronized (stateLock) {
      ensureChannelOpen();
      return option.type().cast(DatagramOptions.get(held.descriptor(), option));
    }
  }

  private static void requireSupported(SocketOption<?> option) {
    if (!DatagramOptions.SUPPORTED.contains(Objects.requireNonNull(option))) {
      throw new UnsupportedOperationException("'" + option + "' not supported");
    }
  }

  private void ensureChannelOpen() throws ClosedChannelException {
    if (closed) {
      throw new ClosedChannelException();
    }
  }

  private <T> void legacy(SocketOption<T> option, T value) throws SocketException {
    try {
      setOption(option, value);
    } catch (ClosedChannelException e) {
      throw new SocketException("Socket is closed", e);
    } catch (IOException e) {
      throw asSocketException(e);
    }
  }

  private @Nullable Object legacy(SocketOption<?> option) throws SocketException {
    try {
      return getOption(option);
    } catch (ClosedChannelException e) {
      throw new SocketException("Socket is closed", e);
    } catch (IOException e) {
      throw asSocketException(e);
    }
  }

  private boolean legacyFlag(SocketOption<Boolean> option) throws SocketException {
    return Boolean.TRUE.equals(legacy(option));
  }

  private int legacyNumber(SocketOption<Integer> option) throws SocketException {
    return (Integer) Objects.requireNonNull(legacy(option));
  }

  @Override
  public void setSoTimeout(int millis) throws SocketException {
    if (closed) {
      throw new SocketException("Socket is closed");
    }
    if (millis < 0) {
      throw new IllegalArgumentException("timeout < 0");
    }
    timeoutMillis = millis;
  }

  @Override
  public int getSoTimeout() throws SocketException {
    if (closed) {
      throw new SocketException("Socket is closed");
    }
    return timeoutMillis;
  }

  @Override
  public void setSendBufferSize(int bytes) throws SocketException {
    if (bytes <= 0) {
      throw new IllegalArgumentException("Invalid send size");
    }
    legacy(StandardSocketOptions.SO_SNDBUF, bytes);
  }

  @Override
  public int getSendBufferSize() throws SocketException {
    return legacyNumber(StandardSocketOptions.SO_SNDBUF);
  }

  @Override
  public void setReceiveBufferSize(int bytes) throws SocketException {
    if (bytes <= 0) {
      throw new IllegalArgumentException("Invalid receive size");
    }
    legacy(StandardSocketOptions.SO_RCVBUF, bytes);
  }

  @Override
  public int getReceiveBufferSize() throws SocketException {
    return legacyNumber(StandardSocketOptions.SO_RCVBUF);
  }

  @Override
  public void setReuseAddress(boolean on) throws SocketException {
    legacy(StandardSocketOptions.SO_REUSEADDR, on);
  }

  @Override
  public boolean getReuseAddress() throws SocketException {
    return legacyFlag(StandardSocketOptions.SO_REUSEADDR);
  }

  @Override
  public void setBroadcast(boolean on) throws SocketException {
    legacy(StandardSocketOptions.SO_BROADCAST, on);
  }

  @Override
  public boolean getBroadcast() throws SocketException {
    return legacyFlag(StandardSocketOptions.SO_BROADCAST);
  }

  @Override
  public void setTrafficClass(int value) throws SocketException {
    legacy(StandardSocketOptions.IP_TOS, value);
  }

  @Override
  public int getTrafficClass() throws SocketException {
    return legacyNumber(StandardSocketOptions.IP_TOS);
  }
}
