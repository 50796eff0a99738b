package io.loomring.api;

import io.loomring.buffer.Buffer;
import io.loomring.fd.Descriptor;
import io.loomring.fd.Message;
import io.loomring.fd.SocketAddresses;
import io.loomring.fd.UnixName;
import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.op.SlotLayout;
import io.loomring.ring.Sqe;
import io.loomring.ring.TimeoutFlags;
import io.loomring.sys.Constants;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The operations as the kernel answers them, for code that builds on this library: each parks the calling thread until
 * the last completion, and answers the result, {@code -errno}, or an {@link Outcome}. Nothing is allocated on the way
 * of what moves data; the rest goes the way of a {@link Request}.
 *
 * <p>Every method takes a deadline ({@link Deadline}), whether an interrupt of a virtual thread ends the operation
 * (platform threads ignore it), and, where it matters, a handle to cancel it by. A result beats all of them (I-8). Any
 * thread may call, virtual or platform, but a poller's own.
 *
 * @since 0.1
 */
public final class RawOperations {
  private final Uring uring;

  RawOperations(Uring uring) {
    this.uring = uring;
  }

  // ---- data

  /** Reads at a file offset, or at the current position where that is -1; 0 means end of file. */
  public int read(
      Descriptor from,
      Buffer into,
      int bytes,
      long fileOffset,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    return read(from, into, 0, bytes, fileOffset, deadline, interruptible, handle);
  }

  /** The same into the buffer from {@code offset} on, for files that want aligned addresses. */
  public int read(
      Descriptor from,
      Buffer into,
      int offset,
      int bytes,
      long fileOffset,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    check(into, offset, bytes);
    Operation op = begin(from.table(), from, deadline, handle);
    if (op == null) {
      return refusal(from.table(), from, deadline, handle);
    }
    Sqe.prepRead(op.memory(), op.base(), from.sqeFd(), into.address() + offset, bytes, fileOffset);
    return finish(op, OperationKind.READ, from, into, deadline, interruptible);
  }

  /** Writes at a file offset, or at the current position where that is -1; may write less than asked for. */
  public int write(
      Descriptor to,
      Buffer from,
      int bytes,
      long fileOffset,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    return write(to, from, 0, bytes, fileOffset, deadline, interruptible, handle);
  }

  /** The same from the buffer from {@code offset} on, for files that want aligned addresses. */
  public int write(
      Descriptor to,
      Buffer from,
      int offset,
      int bytes,
      long fileOffset,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    check(from, offset, bytes);
    Operation op = begin(to.table(), to, deadline, handle);
    if (op == null) {
      return refusal(to.table(), to, deadline, handle);
    }
    Sqe.prepWrite(op.memory(), op.base(), to.sqeFd(), from.address() + offset, bytes, fileOffset);
    return finish(op, OperationKind.WRITE, to, from, deadline, interruptible);
  }

  /** Receives from a socket; 0 means end of stream. */
  public int recv(
      Descriptor from,
      Buffer into,
      int bytes,
      int flags,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    check(into, 0, bytes);
    Operation op = begin(from.table(), from, deadline, handle);
    if (op == null) {
      return refusal(from.table(), from, deadline, handle);
    }
    Sqe.prepRecv(op.memory(), op.base(), from.sqeFd(), into.address(), bytes, flags);
    return finish(op, OperationKind.RECV, from, into, deadline, interruptible);
  }

  /**
   * Hands in a receive of a short message, of up to {@link SlotLayout#DATA_BYTES}, which comes into the operation's own
   * memory: a receive that waits holds no buffer. The caller waits by itself ({@link Operation#await}), with no frame of
   * ours on its stack, which is what a connection that waits is made of; and then gives it to {@link #takeShort}.
   *
   * @return null where it is refused: {@link #refusal} says why
   */
  public @Nullable Operation submitRecvShort(Descriptor from, int bytes, long deadline) {
    Operation op = begin(from.table(), from, deadline, null);
    if (op != null) {
      int most = Math.min(bytes, SlotLayout.DATA_BYTES);
      Sqe.prepRecv(op.memory(), op.base(), from.sqeFd(), op.addressOf(SlotLayout.DATA), most, 0);
      op.describe(OperationKind.RECV, from, null);
      op.submit(deadline, true);
    }
    return op;
  }

  /** Copies what a receive of {@link #submitRecvShort} got to the caller's memory, and ends it. */
  public void takeShort(
      Operation op, int result, byte @Nullable [] array, @Nullable MemorySegment segment, int offset) {
    long data = op.base() + SlotLayout.DATA;
    if (result > 0 && array != null) {
      MemorySegment.copy(op.memory(), ValueLayout.JAVA_BYTE, data, array, offset, result);
    } else if (result > 0 && segment != null) {
      MemorySegment.copy(op.memory(), data, segment, offset, result);
    }
    end(op, result);
  }

  /** Sends a short message, of up to {@link SlotLayout#DATA_BYTES}, out of the operation's own memory. */
  public int sendShort(
      Descriptor to,
      byte @Nullable [] array,
      @Nullable MemorySegment segment,
      long offset,
      int bytes,
      int flags,
      boolean interruptible) {
    Objects.checkFromIndexSize(0, bytes, SlotLayout.DATA_BYTES);
    Operation op = begin(to.table(), to, Deadline.NONE, null);
    if (op == null) {
      return refusal(to.table(), to, Deadline.NONE, null);
    }
    long data = op.base() + SlotLayout.DATA;
    if (array != null) {
      MemorySegment.copy(array, (int) offset, op.memory(), ValueLayout.JAVA_BYTE, data, bytes);
    } else if (segment != null) {
      MemorySegment.copy(segment, offset, op.memory(), data, bytes);
    }
    Sqe.prepSend(
        op.memory(), op.base(), to.sqeFd(), op.addressOf(SlotLayout.DATA), bytes, flags | Constants.MSG_NOSIGNAL);
    return finish(op, OperationKind.SEND, to, null, Deadline.NONE, interruptible);
  }

  /** Why an operation was refused: an {@link Outcome}. */
  public int refusal(Descriptor on, long deadline) {
    return refusal(on.table(), on, deadline, null);
  }

  /** Sends to a socket, never with a signal (K-24); may send less than asked for, also with MSG_WAITALL. */
  public int send(
      Descriptor to,
      Buffer from,
      int offset,
      int bytes,
      int flags,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    check(from, offset, bytes);
    Operation op = begin(to.table(), to, deadline, handle);
    if (op == null) {
      return refusal(to.table(), to, deadline, handle);
    }
    Sqe.prepSend(op.memory(), op.base(), to.sqeFd(), from.address() + offset, bytes, flags | Constants.MSG_NOSIGNAL);
    return finish(op, OperationKind.SEND, to, from, deadline, interruptible);
  }

  /** Sends a datagram, never with a signal (K-24); what it lies in must not be given back before this returns. */
  public int sendmsg(Descriptor to, Message message, int flags, long deadline, boolean interruptible) {
    Operation op = begin(to.table(), to, deadline, null);
    if (op == null) {
      return refusal(to.table(), to, deadline, null);
    }
    Buffer held = message.buffer();
    Sqe.prepSendmsg(op.memory(), op.base(), to.sqeFd(), held.address(), flags | Constants.MSG_NOSIGNAL);
    return finish(op, OperationKind.SENDMSG, to, held, deadline, interruptible);
  }

  /** Receives a datagram: its length, or as much of it as there is room for; the rest is lost. */
  public int recvmsg(Descriptor from, Message message, int flags, long deadline, boolean interruptible) {
    Operation op = begin(from.table(), from, deadline, null);
    if (op == null) {
      return refusal(from.table(), from, deadline, null);
    }
    Buffer held = message.buffer();
    Sqe.prepRecvmsg(op.memory(), op.base(), from.sqeFd(), held.address(), flags);
    return finish(op, OperationKind.RECVMSG, from, held, deadline, interruptible);
  }

  // ---- connections

  /**
   * Accepts a connection. The new descriptor has an owner in the turn in which it comes (I-9): where the result is zero
   * or above it is in {@code accepted.descriptor()}, and {@code accepted.remote()} is the peer.
   */
  public int accept(
      Descriptor on, Accepted accepted, long deadline, boolean interruptible, @Nullable OperationHandle handle) {
    Objects.requireNonNull(on);
    Objects.requireNonNull(accepted);
    return request(OperationKind.ACCEPT).on(on).until(deadline, interruptible, handle).accept(
        accepted,
        (sqe, at, op) -> {
          sqe.set(ValueLayout.JAVA_INT, at + SlotLayout.ADDRESS_LENGTH, SlotLayout.ADDRESS_BYTES);
          long address = op.addressOf(SlotLayout.ADDRESS);
          long length = op.addressOf(SlotLayout.ADDRESS_LENGTH);
          Sqe.prepAccept(sqe, at, on.sqeFd(), address, length, Constants.SOCK_CLOEXEC);
        });
  }

  /** Connects a socket of {@link SocketAddresses#family}. */
  public int connect(
      Descriptor socket,
      InetAddress address,
      int port,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    Objects.requireNonNull(address);
    return request(OperationKind.CONNECT).on(socket).until(deadline, interruptible, handle).issue((sqe, at, op) -> {
      int length = SocketAddresses.encode(address, port, sqe, at + SlotLayout.ADDRESS);
      Sqe.prepConnect(sqe, at, socket.sqeFd(), op.addressOf(SlotLayout.ADDRESS), length);
    });
  }

  /** Connects to a name of the Unix domain; where its queue is full this waits for room (K-46). */
  public int connect(
      Descriptor socket,
      UnixName name,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    Objects.requireNonNull(name);
    return request(OperationKind.CONNECT).on(socket).until(deadline, interruptible, handle).issue((sqe, at, op) -> {
      int length = name.encode(sqe, at + SlotLayout.ADDRESS);
      Sqe.prepConnect(sqe, at, socket.sqeFd(), op.addressOf(SlotLayout.ADDRESS), length);
    });
  }

  /** Makes a socket, close-on-exec; where the result is zero or above it is in {@code made.descriptor()}. */
  public int socket(int domain, int type, int protocol, Accepted made) {
    Objects.requireNonNull(made);
    return request(OperationKind.SOCKET).make(
        made, (sqe, at, op) -> Sqe.prepSocket(sqe, at, domain, type | Constants.SOCK_CLOEXEC, protocol));
  }

  /** Binds through the ring. */
  public int bind(Descriptor socket, InetAddress address, int port) {
    Objects.requireNonNull(address);
    return request(OperationKind.BIND).on(socket).issue((sqe, at, op) -> {
      int length = SocketAddresses.encode(address, port, sqe, at + SlotLayout.ADDRESS);
      Sqe.prepBind(sqe, at, socket.sqeFd(), op.addressOf(SlotLayout.ADDRESS), length);
    });
  }

  /** Listens through the ring. */
  public int listen(Descriptor socket, int backlog) {
    return request(OperationKind.LISTEN).on(socket).issue(
        (sqe, at, op) -> Sqe.prepListen(sqe, at, socket.sqeFd(), backlog));
  }

  /** Shuts a direction of a socket down: SHUT_RD, SHUT_WR or SHUT_RDWR. */
  public int shutdown(Descriptor socket, int how) {
    return request(OperationKind.SHUTDOWN).on(socket).issue(
        (sqe, at, op) -> Sqe.prepShutdown(sqe, at, socket.sqeFd(), how));
  }

  // ---- the rest

  /** Waits until one of {@code events} (POLLIN, ...) is there; answers the events that are. */
  public int poll(
      Descriptor on, int events, long deadline, boolean interruptible, @Nullable OperationHandle handle) {
    return request(OperationKind.POLL).on(on).until(deadline, interruptible, handle).issue(
        (sqe, at, op) -> Sqe.prepPollAdd(sqe, at, on.sqeFd(), events));
  }

  /** Does nothing, through the kernel and back. */
  public int nop() {
    return request(OperationKind.NOP).issue((sqe, at, op) -> Sqe.prepNop(sqe, at));
  }

  /** Waits until {@code until} on the kernel's clock; 0 when the time has come. */
  public int timeout(long until, boolean interruptible, @Nullable OperationHandle handle) {
    return request(OperationKind.TIMEOUT).until(Deadline.NONE, interruptible, handle).issue((sqe, at, op) -> {
      op.stageTimespec(until);
      Sqe.prepTimeout(sqe, at, op.addressOf(SlotLayout.TIMESPEC), 0, TimeoutFlags.TIMEOUT_ABS);
    });
  }

  /** Sends without a copy in the kernel. */
  public ZeroCopy zeroCopy() {
    return uring.zeroCopy();
  }

  private Request request(OperationKind kind) {
    return new Request(uring, kind);
  }

  // ---- the way of every operation on the data path

  /** Takes a slot, binds the handle and counts the operation in; null where one of them refuses. */
  static @Nullable Operation begin(
      OperationTable table, @Nullable Descriptor on, long deadline, @Nullable OperationHandle handle) {
    Operation op = table.acquire(on, deadline);
    if (op == null) {
      return null;
    }
    if (handle != null && !bound(op, handle)) {
      op.release();
      return null;
    }
    // Last, so that nothing is left to be undone on the descriptor.
    if (on != null && !on.beginOperation()) {
      op.unbind(Outcome.CLOSED);
      table.release(op);
      return null;
    }
    return op;
  }

  private static boolean bound(Operation op, OperationHandle handle) {
    try {
      return op.bind(handle);
    } catch (IllegalStateException usedBefore) {
      op.release();
      throw usedBefore;
    }
  }

  /** What the kernel is told to touch lies in the buffer: checked here, since nobody checks it later. */
  static void check(Buffer buffer, int offset, int bytes) {
    Objects.checkFromIndexSize(offset, bytes, buffer.capacity());
  }

  /** Why {@link #begin} answered null: each reason lasts, so it can be asked for afterwards. */
  static int refusal(
      OperationTable table, @Nullable Descriptor on, long deadline, @Nullable OperationHandle handle) {
    if (handle != null && handle.isCancelled()) {
      return Outcome.CANCELLED;
    }
    int reason = table.refusal(on, deadline);
    assert reason != 0;
    return reason;
  }

  static int finish(
      Operation op,
      OperationKind kind,
      Descriptor on,
      @Nullable Object lent,
      long deadline,
      boolean interruptible) {
    op.describe(kind, on, lent);
    op.submit(deadline, true);
    int result = op.await(interruptible);
    end(op, result);
    return result;
  }

  private static void end(Operation op, int result) {
    if (result != Outcome.RING_DEAD) {
      op.release();
    }
    // A dead ring keeps its slots: the kernel may still write to what they point at (I-3, I-12).
  }

  /** A descriptor that an operation made, and for an accept the peer's address. */
  public static final class Accepted {
    private @Nullable Descriptor descriptor;
    private @Nullable InetSocketAddress remote;

    void set(Descriptor made) {
      descriptor = made;
    }

    void setRemote(@Nullable InetSocketAddress peer) {
      remote = peer;
    }

    /**
     * The descriptor.
     *
     * @throws IllegalStateException if the operation made none
     */
    public Descriptor descriptor() {
      if (descriptor == null) {
        throw new IllegalStateException("the operation made no descriptor");
      }
      return descriptor;
    }

    /**
     * The peer's address.
     *
     * @throws IllegalStateException if the operation has none
     */
    public InetSocketAddress remote() {
      if (remote == null) {
        throw new IllegalStateException("the operation has no peer's address");
      }
      return remote;
    }
  }
}
