package io.loomring.api;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.error.Call;
import io.loomring.fd.Descriptor;
import io.loomring.fd.Message;
import io.loomring.op.Operation;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.ring.Sqe;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Sends whose bytes the network takes out of the buffer itself, with no copy in the kernel, where it can: to another
 * machine. On loopback the kernel copies after all, later.
 *
 * <p>So the buffer is the kernel's until the peer's side has acknowledged the bytes, and for as long as the peer does not
 * read that may be for ever: a deadline, a cancel, an interrupt and a close end a send that waits for room, and none of
 * them makes the kernel let go of what is sent. Hence each send comes in two forms:
 *
 * <ul>
 *   <li><em>lend</em>: it returns when the kernel has let go, and the buffer is the caller's again;
 *   <li><em>transfer</em>: it returns when the bytes are sent, as other sends do, and the buffer goes back to its pool by
 *       itself when the kernel lets go. The caller must not touch it any more, whatever the result.
 * </ul>
 *
 * <p>These are for a {@link Buffer} that its user keeps an eye on. {@link Lending} does the same with memory of any sort,
 * refuses to lend twice what is written to, and lets go of a send that nobody wants to wait for.
 *
 * <p>Without the right to lock memory what the kernel holds counts against RLIMIT_MEMLOCK: ENOMEM says that it is used
 * up. A socket that knows no zero copy, such as one of the Unix domain, answers EOPNOTSUPP. The same bytes can then be
 * sent with {@link RawOperations#send}.
 *
 * <pre>{@code
 * Buffer buffer = uring.buffers().acquire(64 * 1024);
 * try {
 *   int sent = uring.zeroCopy().send(socket, buffer, 0, 64 * 1024, CallOptions.NONE);
 * } finally {
 *   uring.buffers().release(buffer);
 * }
 * }</pre>
 *
 * @since 0.1
 */
public final class ZeroCopy {
  private final Uring uring;
  private final int thresholdBytes;

  ZeroCopy(Uring uring, int thresholdBytes) {
    this.uring = uring;
    this.thresholdBytes = thresholdBytes;
  }

  /** From which size on sockets send this way, in bytes; 0 for never: see {@link UringConfig#zeroCopyBytes}. */
  public int thresholdBytes() {
    return thresholdBytes;
  }

  /**
   * Sends all of a range of a buffer, and returns when the kernel has let go of it, which a timeout does not hasten.
   *
   * @throws IOException if it fails, is cancelled, times out or is interrupted before any byte is sent
   * @return how many bytes were sent: fewer than asked for only where it ended early
   */
  public int send(Descriptor to, Buffer from, int offset, int bytes, CallOptions options) throws IOException {
    long deadline = options.deadlineFromNow();
    int result = send(
        to, from, offset, bytes, Constants.MSG_WAITALL, deadline, options.isInterruptible(), options.handle());
    if (result < 0) {
      throw uring.failure(Call.WRITE, result, to);
    }
    return result;
  }

  /** Sends, never with a signal (K-24), and returns when the kernel has let go of the buffer. */
  public int send(
      Descriptor to,
      Buffer from,
      int offset,
      int bytes,
      int flags,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    RawOperations.check(from, offset, bytes);
    Operation op = RawOperations.begin(to.table(), to, deadline, handle);
    if (op == null) {
      return RawOperations.refusal(to.table(), to, deadline, handle);
    }
    Sqe.prepSendZc(op.memory(), op.base(), to.sqeFd(), from.address() + offset, bytes, flags | Constants.MSG_NOSIGNAL);
    return RawOperations.finish(op, OperationKind.SEND_ZC, to, from, deadline, interruptible);
  }

  /**
   * Sends, never with a signal, and returns when the bytes are sent; the buffer goes back to {@code pool} by itself, also
   * where this fails or throws.
   */
  public int sendTransferred(
      Descriptor to,
      BufferPool pool,
      Buffer from,
      int offset,
      int bytes,
      int flags,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    Operation op = beginTransfer(to, pool, from, offset, bytes, deadline, handle);
    if (op == null) {
      return RawOperations.refusal(to.table(), to, deadline, handle);
    }
    Sqe.prepSendZc(op.memory(), op.base(), to.sqeFd(), from.address() + offset, bytes, flags | Constants.MSG_NOSIGNAL);
    return RawOperations.finish(op, OperationKind.SEND_ZC, to, null, deadline, interruptible);
  }

  /** Sends a message, never with a signal, and returns when the kernel has let go of what it lies in. */
  public int sendmsg(
      Descriptor to,
      Message message,
      int flags,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    Objects.requireNonNull(message);
    Operation op = RawOperations.begin(to.table(), to, deadline, handle);
    if (op == null) {
      return RawOperations.refusal(to.table(), to, deadline, handle);
    }
    Buffer held = message.buffer();
    Sqe.prepSendmsgZc(op.memory(), op.base(), to.sqeFd(), held.address(), flags | Constants.MSG_NOSIGNAL);
    return RawOperations.finish(op, OperationKind.SENDMSG_ZC, to, held, deadline, interruptible);
  }

  /**
   * Sends a message, never with a signal, and returns when it is sent; what it lies in goes back to {@code pool} by
   * itself, also where this fails or throws.
   */
  public int sendmsgTransferred(
      Descriptor to,
      BufferPool pool,
      Message message,
      int flags,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    Buffer held = message.buffer();
    Operation op = beginTransfer(to, pool, held, 0, held.capacity(), deadline, handle);
    if (op == null) {
      return RawOperations.refusal(to.table(), to, deadline, handle);
    }
    Sqe.prepSendmsgZc(op.memory(), op.base(), to.sqeFd(), held.address(), flags | Constants.MSG_NOSIGNAL);
    return RawOperations.finish(op, OperationKind.SENDMSG_ZC, to, null, deadline, interruptible);
  }

  /** Begins, or gives the buffer back. */
  private static @Nullable Operation beginTransfer(
      Descriptor to,
      BufferPool pool,
      Buffer from,
      int offset,
      int bytes,
      long deadline,
      @Nullable OperationHandle handle) {
    Operation op = null;
    try {
      RawOperations.check(from, offset, bytes);
      op = RawOperations.begin(to.table(), to, deadline, handle);
    } finally {
      if (op == null) {
        pool.release(from);
      }
    }
    if (op != null) {
      op.transfer(pool, from);
    }
    return op;
  }

  /** Whether a result says that this socket, or this process, cannot have it, and the same bytes can be sent with a copy. */
  public static boolean isRefusal(int result) {
    return result == -Errno.EOPNOTSUPP || result == -Errno.ENOMEM;
  }
}
