package io.loomring.api;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.error.Call;
import io.loomring.error.ErrorTable;
import io.loomring.fd.Descriptor;
import io.loomring.op.Deadline;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Moves data between the caller's memory and a descriptor, by way of buffers of this library. */
final class CopiedTransfers {
  private final Uring uring;
  private final RawOperations raw;
  private final BufferPool buffers;

  CopiedTransfers(Uring uring, RawOperations raw, BufferPool buffers) {
    this.uring = uring;
    this.raw = raw;
    this.buffers = buffers;
  }

  int write(Descriptor to, MemorySegment from, long fileOffset, CallOptions options) throws IOException {
    int size = (int) Math.min(from.byteSize(), BufferPool.MAX_BYTES);
    requireAccessible(from);
    Objects.requireNonNull(to);
    long deadline = options.deadlineFromNow();
    if (size == 0) {
      return 0;
    }
    Buffer buffer = filled(from, 0, size);
    int result = Outcome.RING_DEAD;
    try {
      result = raw.write(to, buffer, size, fileOffset, deadline, options.isInterruptible(), options.handle());
    } catch (IllegalStateException refused) {
      result = 0;
      throw refused;
    } finally {
      uring.giveBack(buffer, result);
    }
    return checkedOfFile(Call.WRITE, result, to);
  }

  void send(Descriptor socket, MemorySegment from, CallOptions options, @Nullable ByteBuffer advance)
      throws IOException {
    requireAccessible(from);
    Objects.requireNonNull(socket);
    long deadline = options.deadlineFromNow();
    long done = 0;
    while (done < from.byteSize()) {
      OperationHandle handle = options.handle();
      if (done > 0 && handle != null) {
        // A handle serves one operation, and that one was cut short: only what ends it early does that to MSG_WAITALL
        // (K-17).
        throw partly(uring.failure(Call.WRITE, endOf(socket, deadline, handle), socket), done);
      }
      long most = options.handle() == null ? BufferPool.MAX_BYTES : Integer.MAX_VALUE;
      int size = (int) Math.min(from.byteSize() - done, most);
      Buffer buffer = filled(from, done, size);
      int result = Outcome.RING_DEAD;
      try {
        result = raw.send(
            socket, buffer, 0, size, Constants.MSG_WAITALL, deadline, options.isInterruptible(), options.handle());
      } catch (IllegalStateException refused) {
        result = 0;
        throw refused;
      } finally {
        uring.giveBack(buffer, result);
      }
      if (result < 0) {
        throw partly(uring.failure(Call.WRITE, result, socket), done);
      }
      done += result;
      if (advance != null) {
        advance.position(advance.position() + result);
      }
    }
  }

  /** Why an operation ended early that has moved bytes, and so has no other outcome (I-8). */
  private static int endOf(Descriptor socket, long deadline, OperationHandle handle) {
    if (handle.isAsked()) {
      return Outcome.CANCELLED;
    }
    if (!socket.isOpen()) {
      return Outcome.CLOSED;
    }
    return Deadline.hasPassed(deadline) ? Outcome.TIMED_OUT
        : Thread.currentThread().isInterrupted() ? Outcome.INTERRUPTED : Outcome.CANCELLED;
  }

  private Buffer filled(MemorySegment from, long offset, int size) {
    Buffer buffer = buffers.acquire(size);
    try {
      MemorySegment.copy(from, offset, buffer.segment(), 0, size);
      return buffer;
    } catch (RuntimeException notAccessible) {
      buffers.release(buffer);
      throw notAccessible;
    }
  }

  static IOException partly(IOException failure, long done) {
    if (failure instanceof java.io.InterruptedIOException interrupted) {
      interrupted.bytesTransferred = (int) Math.min(done, Integer.MAX_VALUE);
    } else if (done > 0) {
      failure.addSuppressed(new IOException("failed after " + done + " bytes"));
    }
    return failure;
  }

  int receive(
      Descriptor from, MemorySegment into, OperationKind kind, long fileOffset, CallOptions options)
      throws IOException {
    int size = (int) Math.min(into.byteSize(), BufferPool.MAX_BYTES);
    if (into.isReadOnly()) {
      throw new IllegalArgumentException("the segment to read into is read-only");
    }
    requireAccessible(into);
    Objects.requireNonNull(from);
    long deadline = options.deadlineFromNow();
    if (size == 0) {
      return 0;
    }
    Buffer buffer = buffers.acquire(size);
    int result = Outcome.RING_DEAD;
    try {
      result = kind == OperationKind.RECV
          ? raw.recv(from, buffer, size, 0, deadline, options.isInterruptible(), options.handle())
          : raw.read(from, buffer, size, fileOffset, deadline, options.isInterruptible(), options.handle());
      if (result > 0) {
        MemorySegment.copy(buffer.segment(), 0, into, 0, result);
      }
    } catch (IllegalStateException refused) {
      // Of a handle that was used before, or of a segment whose arena was closed meanwhile: nothing is in flight.
      result = 0;
      throw refused;
    } finally {
      uring.giveBack(buffer, result);
    }
    int count = kind == OperationKind.RECV
        ? uring.checked(Call.READ, result, from)
        : checkedOfFile(Call.READ, result, from);
    return count == 0 ? -1 : count;
  }

  /** The words of the system, and no exception of sockets, on files, pipes and terminals. */
  private int checkedOfFile(Call call, int result, Descriptor on) throws IOException {
    if (Outcome.isErrno(result)) {
      throw ErrorTable.fileException(-result);
    }
    return uring.checked(call, result, on);
  }

  /** Looked at before the kernel is asked, so that what it has moved does not get lost on the last inches. */
  static void requireAccessible(MemorySegment segment) {
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException("the segment's arena is closed");
    }
    if (!segment.isAccessibleBy(Thread.currentThread())) {
      throw new WrongThreadException("the segment belongs to another thread");
    }
  }

  static void requireWritable(ByteBuffer buffer) {
    if (buffer.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
  }

  static int advanced(ByteBuffer buffer, int count) {
    if (count > 0) {
      buffer.position(buffer.position() + count);
    }
    return count;
  }
}
