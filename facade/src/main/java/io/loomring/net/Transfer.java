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

/**
 * Moves bytes between the caller's memory, an array or a segment, and a socket, through the ring and a lent buffer: the
 * way of small messages. Allocates nothing.
 */
final class Transfer {
  private Transfer() {}

  /** Receives at least one byte: a count, 0 at the end of the stream, or what the operation failed with. */
  static int read(
      RawOperations raw,
      Descriptor from,
      BufferPool buffers,
      byte @Nullable [] array,
      @Nullable MemorySegment segment,
      int offset,
      int length,
      long deadline) {
    Buffer buffer = buffers.acquire(length);
    int result = Outcome.RING_DEAD;
    try {
      result = raw.recv(from, buffer, length, 0, deadline, true, null);
      if (result > 0) {
        copyOut(buffer, array, segment, offset, result);
      }
      return result;
    } finally {
      giveBack(buffers, buffer, result);
    }
  }

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

  private static void copyOut(
      Buffer from, byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int bytes) {
    if (array != null) {
      MemorySegment.copy(from.segment(), ValueLayout.JAVA_BYTE, 0, array, offset, bytes);
    } else if (segment != null) {
      MemorySegment.copy(from.segment(), 0, segment, offset, bytes);
    }
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
