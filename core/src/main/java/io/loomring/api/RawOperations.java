package io.loomring.api;

import io.loomring.buffer.Buffer;
import io.loomring.fd.Descriptor;
import io.loomring.fd.Message;
import io.loomring.fd.RegularDescriptor;
import io.loomring.fd.SocketAddresses;
import io.loomring.fd.UnixName;
import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.op.SlotLayout;
import io.loomring.ring.Opcode;
import io.loomring.ring.Sqe;
import io.loomring.ring.TimeoutFlags;
import io.loomring.sys.Constants;
import io.loomring.sys.StatxLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The operations as the kernel answers them, for code that builds on this library: each parks the calling thread until
 * the last completion, and answers the result, {@code -errno}, or an {@link Outcome}. Nothing is allocated on the way
 * of a read or a write.
 *
 * <p>Every method takes a deadline ({@link Deadline}), whether an interrupt of a virtual thread ends the operation
 * (platform threads ignore it), and, where it matters, a handle to cancel it by. A result beats all of them (I-8). Any
 * thread may call, virtual or platform, but a poller's own.
 *
 * @since 0.1
 */
public final class RawOperations {
  /** What a restricted ring may issue. */
  static final Set<Opcode> OPCODES = Set.of(
      Opcode.NOP, Opcode.READ, Opcode.WRITE, Opcode.RECV, Opcode.SEND, Opcode.ACCEPT, Opcode.CONNECT, Opcode.SOCKET,
      Opcode.BIND, Opcode.LISTEN, Opcode.SHUTDOWN, Opcode.OPENAT, Opcode.FSYNC, Opcode.STATX, Opcode.CLOSE,
      Opcode.SENDMSG, Opcode.RECVMSG, Opcode.POLL_ADD, Opcode.TIMEOUT, Opcode.TIMEOUT_REMOVE, Opcode.LINK_TIMEOUT, Opcode.ASYNC_CANCEL);

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
    Sqe.prepRead(op.memory(), op.base(), from.fd(), into.address() + offset, bytes, fileOffset);
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
    Sqe.prepWrite(op.memory(), op.base(), to.fd(), from.address() + offset, bytes, fileOffset);
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
    Sqe.prepRecv(op.memory(), op.base(), from.fd(), into.address(), bytes, flags);
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
      Sqe.prepRecv(op.memory(), op.base(), from.fd(), op.addressOf(SlotLayout.DATA), most, 0);
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
        op.memory(), op.base(), to.fd(), op.addressOf(SlotLayout.DATA), bytes, flags | Constants.MSG_NOSIGNAL);
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
    Sqe.prepSend(op.memory(), op.base(), to.fd(), from.address() + offset, bytes, flags | Constants.MSG_NOSIGNAL);
    return finish(op, OperationKind.SEND, to, from, deadline, interruptible);
  }

  /** Sends a datagram, never with a signal (K-24); what it lies in must not be given back before this returns. */
  public int sendmsg(Descriptor to, Message message, int flags, long deadline, boolean interruptible) {
    Operation op = begin(to.table(), to, deadline, null);
    if (op == null) {
      return refusal(to.table(), to, deadline, null);
    }
    Buffer held = message.buffer();
    Sqe.prepSendmsg(op.memory(), op.base(), to.fd(), held.address(), flags | Constants.MSG_NOSIGNAL);
    return finish(op, OperationKind.SENDMSG, to, held, deadline, interruptible);
  }

  /** Receives a datagram: its length, or as much of it as there is room for; the rest is lost. */
  public int recvmsg(Descriptor from, Message message, int flags, long deadline, boolean interruptible) {
    Operation op = begin(from.table(), from, deadline, null);
    if (op == null) {
      return refusal(from.table(), from, deadline, null);
    }
    Buffer held = message.buffer();
    Sqe.prepRecvmsg(op.memory(), op.base(), from.fd(), held.address(), flags);
    return finish(op, OperationKind.RECVMSG, from, held, deadline, interruptible);
  }

  // ---- files

  /**
   * Opens a file, close-on-exec. The descriptor has an owner in the turn in which it comes, also where the operation was
   * cancelled too late (I-9, K-17): where the result is zero or above it is in {@code made.descriptor()}.
   *
   * @param directory what a relative path is relative to; null for the process's own directory
   * @param path the path, ending with a zero byte
   * @param flags as of openat(2), O_CLOEXEC is added
   */
  public int openat(
      @Nullable Descriptor directory,
      Buffer path,
      int flags,
      int mode,
      Accepted made,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    Objects.requireNonNull(path);
    Objects.requireNonNull(made);
    OperationTable home = uring.nextTable();
    Operation closing = home.acquire(directory, deadline);
    if (closing == null) {
      return refusal(home, directory, deadline, handle);
    }
    RegularDescriptor owner = RegularDescriptor.expecting(home, closing);
    int result = Outcome.CLOSED;
    try {
      if (hold(directory)) {
        try {
          result = openat(home, directory, path, flags, mode, owner, deadline, interruptible, handle);
        } finally {
          letGo(directory);
        }
      }
    } finally {
      if (result < 0) {
        owner.discard();
      }
    }
    if (result >= 0) {
      made.set(owner, null);
    }
    return result;
  }

  private static int openat(
      OperationTable home,
      @Nullable Descriptor directory,
      Buffer path,
      int flags,
      int mode,
      RegularDescriptor owner,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    OperationTable table = directory == null ? home : directory.table();
    Operation op = begin(table, directory, deadline, handle);
    if (op == null) {
      return refusal(table, directory, deadline, handle);
    }
    Sqe.prepOpenat(
        op.memory(), op.base(), numberOf(directory), path.address(), flags | Constants.O_CLOEXEC, mode);
    op.deliverDescriptorTo(owner);
    return finish(op, OperationKind.OPENAT, directory, path, deadline, interruptible);
  }

  /** Has what was written reach the device; {@code flags} of {@link io.loomring.ring.OpFlags#FSYNC_DATASYNC}. */
  public int fsync(
      Descriptor file, int flags, long deadline, boolean interruptible, @Nullable OperationHandle handle) {
    if (!hold(file)) {
      return Outcome.CLOSED;
    }
    try {
      Operation op = begin(file.table(), file, deadline, handle);
      if (op == null) {
        return refusal(file.table(), file, deadline, handle);
      }
      Sqe.prepFsync(op.memory(), op.base(), file.fd(), flags);
      return finish(op, OperationKind.FSYNC, file, null, deadline, interruptible);
    } finally {
      letGo(file);
    }
  }

  /**
   * Asks for the status of a file: of the descriptor itself, with an empty path and AT_EMPTY_PATH among the flags.
   *
   * @param directory what a relative path is relative to; null for the process's own directory
   * @param status where the {@link StatxLayout} goes to; behind it, at {@link StatxLayout#BYTES}, stands the path,
   *     ending with a zero byte
   * @param flags as of statx(2)
   * @param mask what is asked for, as of statx(2)
   */
  public int statx(
      @Nullable Descriptor directory,
      Buffer status,
      int flags,
      int mask,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    check(status, 0, StatxLayout.BYTES + 1);
    OperationTable table = directory == null ? uring.nextTable() : directory.table();
    if (!hold(directory)) {
      return Outcome.CLOSED;
    }
    try {
      Operation op = begin(table, directory, deadline, handle);
      if (op == null) {
        return refusal(table, directory, deadline, handle);
      }
      long path = status.address() + StatxLayout.BYTES;
      Sqe.prepStatx(op.memory(), op.base(), numberOf(directory), path, flags, mask, status.address());
      return finish(op, OperationKind.STATX, directory, status, deadline, interruptible);
    } finally {
      letGo(directory);
    }
  }

  /**
   * Keeps the number from becoming another's until {@link #letGo}: for operations that a worker of the kernel begins,
   * which looks the number up only then, when a cancel by descriptor has long missed it (K-14).
   */
  private static boolean hold(@Nullable Descriptor on) {
    return on == null || on.beginCall();
  }

  private static void letGo(@Nullable Descriptor on) {
    if (on != null) {
      on.endCall();
    }
  }

  private static int numberOf(@Nullable Descriptor directory) {
    return directory == null ? Constants.AT_FDCWD : directory.fd();
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
    OperationTable home = uring.nextTable();
    Operation closing = home.acquire(on, deadline);
    if (closing == null) {
      return refusal(home, on, deadline, null);
    }
    RegularDescriptor owner = RegularDescriptor.expecting(home, closing);
    Operation op;
    try {
      op = begin(on.table(), on, deadline, handle);
    } catch (IllegalStateException usedBefore) {
      owner.discard();
      throw usedBefore;
    }
    if (op == null) {
      owner.discard();
      return refusal(on.table(), on, deadline, handle);
    }
    op.memory().set(ValueLayout.JAVA_INT, op.base() + SlotLayout.ADDRESS_LENGTH, SlotLayout.ADDRESS_BYTES);
    Sqe.prepAccept(
        op.memory(),
        op.base(),
        on.fd(),
        op.addressOf(SlotLayout.ADDRESS),
        op.addressOf(SlotLayout.ADDRESS_LENGTH),
        Constants.SOCK_CLOEXEC);
    op.deliverDescriptorTo(owner);
    int result = submitAndWait(op, OperationKind.ACCEPT, on, null, deadline, interruptible);
    if (result >= 0) {
      accepted.set(owner, SocketAddresses.decodeInet(op.memory(), op.base() + SlotLayout.ADDRESS));
    } else {
      owner.discard();
    }
    end(op, result);
    return result;
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
    Operation op = begin(socket.table(), socket, deadline, handle);
    if (op == null) {
      return refusal(socket.table(), socket, deadline, handle);
    }
    int length = SocketAddresses.encode(address, port, op.memory(), op.base() + SlotLayout.ADDRESS);
    Sqe.prepConnect(op.memory(), op.base(), socket.fd(), op.addressOf(SlotLayout.ADDRESS), length);
    return finish(op, OperationKind.CONNECT, socket, null, deadline, interruptible);
  }

  /** Connects to a name of the Unix domain; where its queue is full this waits for room (K-46). */
  public int connect(
      Descriptor socket,
      UnixName name,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    Objects.requireNonNull(name);
    Operation op = begin(socket.table(), socket, deadline, handle);
    if (op == null) {
      return refusal(socket.table(), socket, deadline, handle);
    }
    int length = name.encode(op.memory(), op.base() + SlotLayout.ADDRESS);
    Sqe.prepConnect(op.memory(), op.base(), socket.fd(), op.addressOf(SlotLayout.ADDRESS), length);
    return finish(op, OperationKind.CONNECT, socket, null, deadline, interruptible);
  }

  /** Makes a socket, close-on-exec; where the result is zero or above it is in {@code made.descriptor()}. */
  public int socket(int domain, int type, int protocol, Accepted made) {
    Objects.requireNonNull(made);
    OperationTable home = uring.nextTable();
    Operation closing = home.acquire(null, Deadline.NONE);
    if (closing == null) {
      return refusal(home, null, Deadline.NONE, null);
    }
    RegularDescriptor owner = RegularDescriptor.expecting(home, closing);
    Operation op = begin(home, null, Deadline.NONE, null);
    if (op == null) {
      owner.discard();
      return refusal(home, null, Deadline.NONE, null);
    }
    Sqe.prepSocket(op.memory(), op.base(), domain, type | Constants.SOCK_CLOEXEC, protocol);
    op.deliverDescriptorTo(owner);
    int result = finish(op, OperationKind.SOCKET, null, null, Deadline.NONE, false);
    if (result >= 0) {
      made.set(owner, null);
    } else {
      owner.discard();
    }
    return result;
  }

  /** Binds through the ring. */
  public int bind(Descriptor socket, InetAddress address, int port) {
    Objects.requireNonNull(address);
    Operation op = begin(socket.table(), socket, Deadline.NONE, null);
    if (op == null) {
      return refusal(socket.table(), socket, Deadline.NONE, null);
    }
    int length = SocketAddresses.encode(address, port, op.memory(), op.base() + SlotLayout.ADDRESS);
    Sqe.prepBind(op.memory(), op.base(), socket.fd(), op.addressOf(SlotLayout.ADDRESS), length);
    return finish(op, OperationKind.BIND, socket, null, Deadline.NONE, false);
  }

  /** Listens through the ring. */
  public int listen(Descriptor socket, int backlog) {
    Operation op = begin(socket.table(), socket, Deadline.NONE, null);
    if (op == null) {
      return refusal(socket.table(), socket, Deadline.NONE, null);
    }
    Sqe.prepListen(op.memory(), op.base(), socket.fd(), backlog);
    return finish(op, OperationKind.LISTEN, socket, null, Deadline.NONE, false);
  }

  /** Shuts a direction of a socket down: SHUT_RD, SHUT_WR or SHUT_RDWR. */
  public int shutdown(Descriptor socket, int how) {
    Operation op = begin(socket.table(), socket, Deadline.NONE, null);
    if (op == null) {
      return refusal(socket.table(), socket, Deadline.NONE, null);
    }
    Sqe.prepShutdown(op.memory(), op.base(), socket.fd(), how);
    return finish(op, OperationKind.SHUTDOWN, socket, null, Deadline.NONE, false);
  }

  // ---- the rest

  /** Waits until one of {@code events} (POLLIN, ...) is there; answers the events that are. */
  public int poll(
      Descriptor on, int events, long deadline, boolean interruptible, @Nullable OperationHandle handle) {
    Operation op = begin(on.table(), on, deadline, handle);
    if (op == null) {
      return refusal(on.table(), on, deadline, handle);
    }
    Sqe.prepPollAdd(op.memory(), op.base(), on.fd(), events);
    return finish(op, OperationKind.POLL, on, null, deadline, interruptible);
  }

  /** Does nothing, through the kernel and back. */
  public int nop() {
    OperationTable home = uring.nextTable();
    Operation op = begin(home, null, Deadline.NONE, null);
    if (op == null) {
      return refusal(home, null, Deadline.NONE, null);
    }
    Sqe.prepNop(op.memory(), op.base());
    return finish(op, OperationKind.NOP, null, null, Deadline.NONE, false);
  }

  /** Waits until {@code until} on the kernel's clock; 0 when the time has come. */
  public int timeout(long until, boolean interruptible, @Nullable OperationHandle handle) {
    OperationTable home = uring.nextTable();
    Operation op = begin(home, null, Deadline.NONE, handle);
    if (op == null) {
      return refusal(home, null, Deadline.NONE, handle);
    }
    op.stageTimespec(until);
    Sqe.prepTimeout(
        op.memory(),
        op.base(),
        op.addressOf(SlotLayout.TIMESPEC),
        0,
        TimeoutFlags.TIMEOUT_ABS);
    return finish(op, OperationKind.TIMEOUT, null, null, Deadline.NONE, interruptible);
  }

  // ---- the way of every operation

  /** Takes a slot, binds the handle and counts the operation in; null where one of them refuses. */
  private static @Nullable Operation begin(
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
  private static void check(Buffer buffer, int offset, int bytes) {
    Objects.checkFromIndexSize(offset, bytes, buffer.capacity());
  }

  /** Why {@link #begin} answered null: each reason lasts, so it can be asked for afterwards. */
  private static int refusal(
      OperationTable table, @Nullable Descriptor on, long deadline, @Nullable OperationHandle handle) {
    if (handle != null && handle.isCancelled()) {
      return Outcome.CANCELLED;
    }
    int reason = table.refusal(on, deadline);
    assert reason != 0;
    return reason;
  }

  private static int finish(
      Operation op,
      OperationKind kind,
      @Nullable Descriptor on,
      @Nullable Object lent,
      long deadline,
      boolean interruptible) {
    int result = submitAndWait(op, kind, on, lent, deadline, interruptible);
    end(op, result);
    return result;
  }

  private static int submitAndWait(
      Operation op,
      OperationKind kind,
      @Nullable Descriptor on,
      @Nullable Object lent,
      long deadline,
      boolean interruptible) {
    op.describe(kind, on, lent);
    op.submit(deadline, true);
    return op.await(interruptible);
  }

  private static void end(Operation op, int result) {
    if (result != Outcome.RING_DEAD) {
      op.release();
    }
    // A dead ring keeps its slots: the kernel may still write to what they point at (I-3, I-12).
  }

  /** A descriptor that an operation made, and for an accept the peer's address. */
  public static final class Accepted {
    private @Nullable RegularDescriptor descriptor;
    private @Nullable InetSocketAddress remote;

    void set(RegularDescriptor made, @Nullable InetSocketAddress peer) {
      descriptor = made;
      remote = peer;
    }

    /**
     * The descriptor.
     *
     * @throws IllegalStateException if the operation made none
     */
    public RegularDescriptor descriptor() {
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
