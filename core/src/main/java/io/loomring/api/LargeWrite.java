package io.loomring.api;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.op.Outcome;
import io.loomring.ring.Sqe;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One write of more than a buffer holds, out of several: many file systems leave each write to a worker of the kernel,
 * and to wake that, and to be woken by it, takes about as long as the copying of a whole buffer. Serves one call.
 */
final class LargeWrite {
  /** What one operation writes at most, in bytes. */
  static final int MAX_BYTES = 8 * BufferPool.MAX_BYTES;

  private static final int ENTRY_BYTES = 16;

  private final Uring uring;
  private final Buffer[] data;
  private final Buffer vector;

  /** Copies the beginning of {@code from}, as much as goes into one operation. */
  LargeWrite(Uring uring, MemorySegment from) {
    int bytes = (int) Math.min(from.byteSize(), MAX_BYTES);
    this.uring = uring;
    this.data = new Buffer[Math.ceilDiv(bytes, BufferPool.MAX_BYTES)];
    this.vector = uring.buffers().acquire(data.length * ENTRY_BYTES);
    for (int i = 0; i < data.length; i++) {
      data[i] = uring.buffers().acquire(BufferPool.MAX_BYTES);
    }
    boolean filled = false;
    try {
      fill(from, bytes);
      filled = true;
    } finally {
      if (!filled) {
        giveBack(0);
      }
    }
  }

  private void fill(MemorySegment from, int bytes) {
    for (int i = 0; i < data.length; i++) {
      int begin = i * BufferPool.MAX_BYTES;
      int length = Math.min(bytes - begin, BufferPool.MAX_BYTES);
      MemorySegment.copy(from, begin, data[i].segment(), 0, length);
      vector.segment().set(ValueLayout.JAVA_LONG, (long) i * ENTRY_BYTES, data[i].address());
      vector.segment().set(ValueLayout.JAVA_LONG, (long) i * ENTRY_BYTES + Long.BYTES, length);
    }
  }

  /** The result as the kernel gives it, {@code -errno}, or an {@link Outcome}. */
  int write(Descriptor to, long position, long deadline, CallOptions options) {
    int result = Outcome.RING_DEAD;
    try {
      result = new Request(uring, OperationKind.WRITEV)
          .on(to)
          .lending(this)
          .until(deadline, options.isInterruptible(), options.handle())
          .issue((sqe, at, op) ->
              Sqe.prepWritev(sqe, at, to.sqeFd(), vector.address(), data.length, position, 0));
      return result;
    } catch (IllegalStateException refused) {
      // Of a handle that was used before: nothing is in flight.
      result = 0;
      throw refused;
    } finally {
      giveBack(result);
    }
  }

  private void giveBack(int result) {
    uring.giveBack(vector, result);
    for (Buffer buffer : data) {
      uring.giveBack(buffer, result);
    }
  }
}
