package io.loomring.net;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.op.Outcome;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Copies between the caller's memory, an array or a segment, and a lent buffer. Allocates nothing. */
final class Transfer {
  private Transfer() {}

  static void copyOut(
      Buffer from, byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int bytes) {
    if (array != null) {
      MemorySegment.copy(from.segment(), ValueLayout.JAVA_BYTE, 0, array, offset, bytes);
    } else if (segment != null) {
      MemorySegment.copy(from.segment(), 0, segment, offset, bytes);
    }
  }

  static void copyIn(
      byte @Nullable [] array, @Nullable MemorySegment segment, long offset, Buffer into, int bytes) {
    if (array != null) {
      MemorySegment.copy(array, (int) offset, into.segment(), ValueLayout.JAVA_BYTE, 0, bytes);
    } else if (segment != null) {
      MemorySegment.copy(segment, offset, into.segment(), 0, bytes);
    }
  }

  /** Gives a buffer back after its operation's last completion, or up, where there will be none (I-3, I-12). */
  static void giveBack(BufferPool pool, Buffer buffer, int result) {
    if (result == Outcome.RING_DEAD) {
      pool.abandon(buffer);
    } else {
      pool.release(buffer);
    }
  }
}
