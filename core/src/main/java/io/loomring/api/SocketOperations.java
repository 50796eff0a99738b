package io.loomring.api;

import io.loomring.buffer.Buffer;
import io.loomring.error.Call;
import io.loomring.fd.Descriptor;
import io.loomring.fd.Message;
import io.loomring.fd.SocketAddresses;
import io.loomring.op.OperationKind;
import io.loomring.op.SlotLayout;
import io.loomring.ring.Opcode;
import io.loomring.ring.Sqe;
import io.loomring.ring.SocketCommands;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;

/**
 * What is done to sockets beside moving data, through the ring and with a timeout and a handle, from
 * {@link Uring#sockets}. What all calls share, these share as well: see {@link Uring}. Arguments are those of the system
 * calls.
 *
 * <pre>{@code
 * uring.sockets().setIntOption(socket, Constants.IPPROTO_TCP, Constants.TCP_NODELAY, 1, CallOptions.NONE);
 * uring.sockets().shutdown(socket, Constants.SHUT_WR, CallOptions.NONE);
 * int waiting = uring.sockets().unread(socket, CallOptions.NONE);
 * }</pre>
 *
 * @since 0.1
 */
public final class SocketOperations {
  private static final int MAX_OPTION_BYTES = 4096;

  private final Uring uring;

  SocketOperations(Uring uring) {
    this.uring = uring;
  }

  // ---- making and naming

  /** Makes a socket, close-on-exec; needs Linux 5.19. */
  public Descriptor socket(int domain, int type, int protocol, CallOptions options) throws IOException {
    RawOperations.Accepted made = new RawOperations.Accepted();
    int result = new Request(uring, OperationKind.SOCKET).until(options).make(
        made, (sqe, at, op) -> Sqe.prepSocket(sqe, at, domain, type | Constants.SOCK_CLOEXEC, protocol));
    uring.checked(Call.SOCKET, result, null);
    return made.descriptor();
  }

  /**
   * Binds a socket; needs Linux 6.11.
   *
   * @throws java.net.BindException if the address is in use, not this machine's, or not allowed
   */
  public void bind(Descriptor socket, InetSocketAddress address, CallOptions options) throws IOException {
    requireUsable(address);
    int result = new Request(uring, OperationKind.BIND).on(socket).until(options).issue((sqe, at, op) -> {
      int length =
          SocketAddresses.encode(address.getAddress(), address.getPort(), sqe, at + SlotLayout.ADDRESS);
      Sqe.prepBind(sqe, at, socket.sqeFd(), op.addressOf(SlotLayout.ADDRESS), length);
    });
    uring.checked(Call.BIND, result, socket);
  }

  static void requireUsable(InetSocketAddress address) throws IOException {
    if (address.isUnresolved()) {
      throw new java.net.UnknownHostException(address.getHostString());
    }
    if (!SocketAddresses.isEncodable(address.getAddress())) {
      throw new java.net.SocketException("IPv6 address " + address.getAddress() + " on an IPv4-only stack");
    }
  }

  /** Has a socket listen; needs Linux 6.11. */
  public void listen(Descriptor socket, int backlog, CallOptions options) throws IOException {
    int result = new Request(uring, OperationKind.LISTEN).on(socket).until(options).issue(
        (sqe, at, op) -> Sqe.prepListen(sqe, at, socket.sqeFd(), backlog));
    uring.checked(Call.LISTEN, result, socket);
  }

  /** Ends one or both directions: {@code how} is SHUT_RD, SHUT_WR or SHUT_RDWR; needs Linux 5.11. */
  public void shutdown(Descriptor socket, int how, CallOptions options) throws IOException {
    int result = new Request(uring, OperationKind.SHUTDOWN).on(socket).until(options).issue(
        (sqe, at, op) -> Sqe.prepShutdown(sqe, at, socket.sqeFd(), how));
    uring.checked(Call.SHUTDOWN, result, socket);
  }

  // ---- messages

  /**
   * Sends a message, never with a signal (K-24); what it lies in must not be given back before this returns.
   *
   * @return how many bytes were sent, which on a stream may be fewer than there are
   */
  public int sendmsg(Descriptor socket, Message message, int flags, CallOptions options) throws IOException {
    Buffer held = message.buffer();
    int result = new Request(uring, OperationKind.SENDMSG).on(socket).lending(held).until(options).issue(
        (sqe, at, op) ->
            Sqe.prepSendmsg(sqe, at, socket.sqeFd(), held.address(), flags | Constants.MSG_NOSIGNAL));
    return uring.checked(Call.WRITE, result, socket);
  }

  /** Receives a message: its length, or as much of a datagram as there is room for; the rest of that is lost. */
  public int recvmsg(Descriptor socket, Message message, int flags, CallOptions options) throws IOException {
    Buffer held = message.buffer();
    int result = new Request(uring, OperationKind.RECVMSG).on(socket).lending(held).until(options).issue(
        (sqe, at, op) -> Sqe.prepRecvmsg(sqe, at, socket.sqeFd(), held.address(), flags));
    return uring.checked(Call.READ, result, socket);
  }

  /**
   * Asks whether a socket can be received from without a copy, into the memory of a network card (RECV_ZC): that takes
   * Linux 6.15, and a queue of the card that is registered with the ring, which this library does not do. So the kernel
   * refuses (K-37), and nothing is received.
   *
   * @throws UnsupportedOperationException naming what is needed
   */
  public void requireZeroCopyReceive(Descriptor socket, CallOptions options) throws IOException {
    int result = new Request(uring, OperationKind.RECV_ZC).on(socket).until(options).issue(
        (sqe, at, op) -> Sqe.prepRecvZc(sqe, at, socket.sqeFd(), 0));
    if (result == -Errno.EINVAL) {
      throw new UnsupportedOperationException("IORING_OP_" + Opcode.RECV_ZC + " needs Linux " + Opcode.RECV_ZC.since()
          + " and a network card's queue that is registered with the ring; this ring has none");
    }
    uring.checked(Call.READ, result, socket);
  }

  // ---- queues and options, by URING_CMD

  /** How many bytes have come and not been received (SIOCINQ); needs Linux 6.7. */
  public int unread(Descriptor socket, CallOptions options) throws IOException {
    return queued(socket, SocketCommands.SIOCINQ, options);
  }

  /** How many bytes were sent that the peer has not confirmed (SIOCOUTQ); needs Linux 6.7. */
  public int unsent(Descriptor socket, CallOptions options) throws IOException {
    return queued(socket, SocketCommands.SIOCOUTQ, options);
  }

  private int queued(Descriptor socket, int command, CallOptions options) throws IOException {
    int result = new Request(uring, OperationKind.URING_CMD).on(socket).until(options).issue(
        (sqe, at, op) -> Sqe.prepSocketCommand(sqe, at, command, socket.sqeFd(), 0, 0, 0, 0));
    return uring.checked(Call.OPTION, result, socket);
  }

  /**
   * The value of an option, as the kernel has it; needs Linux 6.7. The kernel answers for the level SOL_SOCKET alone.
   *
   * @param bytes room for the value, from 1 to 4096
   * @return the value, which may be shorter
   * @throws IllegalArgumentException for any other room
   */
  public byte[] option(Descriptor socket, int level, int name, int bytes, CallOptions options) throws IOException {
    requireOptionBytes(bytes);
    long deadline = options.deadlineFromNow();
    Buffer lent = uring.buffers().acquire(bytes);
    int result = 0;
    try {
      result = command(socket, lent)
          .until(deadline, options.isInterruptible(), options.handle())
          .issue((sqe, at, op) -> Sqe.prepSocketCommand(
              sqe, at, SocketCommands.GETSOCKOPT, socket.sqeFd(), level, name, lent.address(), bytes));
      uring.checked(Call.OPTION, result, socket);
      return lent.segment().asSlice(0, result).toArray(ValueLayout.JAVA_BYTE);
    } finally {
      uring.giveBack(lent, result);
    }
  }

  /** The same for an option that is an {@code int}. */
  public int intOption(Descriptor socket, int level, int name, CallOptions options) throws IOException {
    byte[] value = option(socket, level, name, Integer.BYTES, options);
    return MemorySegment.ofArray(value).get(ValueLayout.JAVA_INT_UNALIGNED, 0);
  }

  /**
   * Sets an option; needs Linux 6.7.
   *
   * @throws IllegalArgumentException if the value is empty, or longer than 4096 bytes
   */
  public void setOption(Descriptor socket, int level, int name, byte[] value, CallOptions options)
      throws IOException {
    requireOptionBytes(value.length);
    long deadline = options.deadlineFromNow();
    Buffer lent = uring.buffers().acquire(value.length);
    int result = 0;
    try {
      MemorySegment.copy(value, 0, lent.segment(), ValueLayout.JAVA_BYTE, 0, value.length);
      result = command(socket, lent)
          .until(deadline, options.isInterruptible(), options.handle())
          .issue((sqe, at, op) -> Sqe.prepSocketCommand(
              sqe, at, SocketCommands.SETSOCKOPT, socket.sqeFd(), level, name, lent.address(), value.length));
    } finally {
      uring.giveBack(lent, result);
    }
    uring.checked(Call.OPTION, result, socket);
  }

  /** The same for an option that is an {@code int}. */
  public void setIntOption(Descriptor socket, int level, int name, int value, CallOptions options)
      throws IOException {
    byte[] bytes = new byte[Integer.BYTES];
    MemorySegment.ofArray(bytes).set(ValueLayout.JAVA_INT_UNALIGNED, 0, value);
    setOption(socket, level, name, bytes, options);
  }

  private static void requireOptionBytes(int bytes) {
    if (bytes < 1 || bytes > MAX_OPTION_BYTES) {
      throw new IllegalArgumentException("an option of " + bytes + " bytes: from 1 to " + MAX_OPTION_BYTES);
    }
  }

  private Request command(Descriptor socket, Buffer lent) {
    return new Request(uring, OperationKind.URING_CMD).on(socket).lending(lent);
  }
}
