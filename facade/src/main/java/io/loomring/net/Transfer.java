package io.loomring.net;

import io.loomring.api.RawOperations;
import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.fd.Descriptor;
import io.loomring.op.Deadline;
import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Sends from the caller's memory, an array or a segment: small messages through the ring and a lent buffer. */
final class Transfer {
  private Transfer() {}

  /**
   * Sends all. A send may be cut short also with MSG_WAITALL, by an error or by our own cancel; then it goes on.
   *
   * @return how many bytes were sent, and what the last send came to: see {@link #bytesOf} and {@link #resultOf}
   */
  static long write(
      RawOperations raw,
      Descriptor to,
      BufferPool buffers,
      byte @Nullable [] array,
      @Nullable MemorySegment segment,
      long offset,
      int bytes) {
    Buffer buffer = buffers.acquire(bytes);
    int done = 0;
    int result = 0;
    try {
      copyIn(array, segment, offset, buffer, bytes);
      while (done < bytes && result >= 0) {
        result = Outcome.RING_DEAD;
        result = raw.send(to, buffer, done, bytes - done, Constants.MSG_WAITALL, Deadline.NONE, true, null);
        done += Math.max(0, result);
      }
      return both(done, result);
    } finally {
      giveBack(buffers, buffer, result);
    }
  }

  /** Bytes moved, and the last result, in one value that costs nothing. */
  static long both(int bytes, int result) {
    return (long) bytes << 32 | result & 0xFFFFFFFFL;
  }

  static int bytesOf(long both) {
    return (int) (both >> 32);
  }

  static int resultOf(long both) {
    return (int) both;
  }

  private static void copyIn(
      byte @Nullable [] array, @Nullable MemorySegment segment, long offset, Buffer into, int bytes) {
    if (array != null) {
      MemorySegment.copy(array, (int) offset, into.segment(), ValueLayout.JAVA_BYTE, 0, bytes);
    } else if (segment != null) {
      MemorySegment.copy(segment, offset, into.segment(), 0, bytes);
    }
  }

  /** Gives a buffer back after its operation's last completion, or up, where there will be none (I-3, I-12). */
  private static void giveBack(BufferPool pool, Buffer buffer, int result) {
    if (result == Outcome.RING_DEAD) {
      pool.abandon(buffer);
    } else {
      pool.release(buffer);
    }
  }
}
