package io.loomring.net;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.op.Deadline;
import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.Objects;

/**
 * Gathers what several buffers hold, and scatters what comes over several. Small ones next to each other share one lent
 * buffer, and so one call; a large one goes straight between the socket and its own memory. The kernel never holds the
 * caller's memory while anybody waits: an arena may be closed meanwhile, and an array may be moved.
 */
final class Vectored {
  /** Buffers that together have no more than this travel together. */
  static final int GROUP_BYTES = BufferPool.MAX_BYTES;

  private Vectored() {}

  // ---- checks, before anything moves

  /** Refuses a range that is not one of the array, and buffers that are null or the thread may not touch. */
  static void check(ByteBuffer[] buffers, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, buffers.length);
    for (int i = offset; i < offset + length; i++) {
      UringSocket.requireUsable(MemorySegment.ofBuffer(buffers[i]));
    }
  }

  /** The same for buffers to read into. */
  static void checkWritable(ByteBuffer[] buffers, int offset, int length) {
    check(buffers, offset, length);
    for (int i = offset; i < offset + length; i++) {
      if (buffers[i].isReadOnly()) {
        throw new ReadOnlyBufferException();
      }
    }
  }

  /** The bytes of any number of buffers. */
  static long remaining(ByteBuffer[] buffers, int from, int end) {
    long bytes = 0;
    for (int i = from; i < end; i++) {
      bytes += buffers[i].remaining();
    }
    return bytes;
  }

  /** Says that all of them were written. */
  static void toLimits(ByteBuffer[] buffers, int from, int end) {
    for (int i = from; i < end; i++) {
      buffers[i].position(buffers[i].limit());
    }
  }

  // ---- groups

  /** The first buffer from {@code from} on with something remaining, or {@code end}. */
  static int firstRemaining(ByteBuffer[] buffers, int from, int end) {
    int i = from;
    while (i < end && !buffers[i].hasRemaining()) {
      i++;
    }
    return i;
  }

  /** Where the group that begins at {@code from} ends: behind at least one buffer, and before the first large one. */
  static int groupEnd(ByteBuffer[] buffers, int from, int end) {
    long bytes = buffers[from].remaining();
    int i = from + 1;
    while (i < end && bytes < Sender.LARGE_BYTES) {
      int more = buffers[i].remaining();
      if (more >= Sender.LARGE_BYTES || bytes + more > GROUP_BYTES) {
        break;
      }
      bytes += more;
      i++;
    }
    return i;
  }

  // ---- gathering

  /**
   * Sends all that remains of the buffers; their positions stay.
   *
   * @return as {@link Sender#write}, for the last part that was begun
   */
  static long send(Held to, ByteBuffer[] from, int begin, int end) {
    long last = 0;
    for (int i = firstRemaining(from, begin, end); i < end && Sender.resultOf(last) >= 0; ) {
      int groupEnd = groupEnd(from, i, end);
      int next = firstRemaining(from, groupEnd, end);
      last = groupEnd == i + 1 ? sendOne(to, from[i]) : sendTogether(to, from, i, groupEnd, next < end);
      i = next;
    }
    return last;
  }

  private static long sendOne(Held to, ByteBuffer from) {
    MemorySegment memory = MemorySegment.ofBuffer(from);
    long last = 0;
    for (int at = 0; at < from.remaining() && Sender.resultOf(last) >= 0; ) {
      int bytes = Math.min(from.remaining() - at, BufferPool.MAX_BYTES);
      last = Sender.write(to.raw(), to.descriptor(), to.buffers(), null, memory, at, bytes);
      at += bytes;
    }
    return last;
  }

  /** Sends a group; the kernel may wait for {@code more}, which follows at once, to fill a packet. */
  private static long sendTogether(Held to, ByteBuffer[] from, int begin, int end, boolean more) {
    int bytes = (int) remaining(from, begin, end);
    Buffer lent = to.buffers().acquire(bytes);
    int flags = Constants.MSG_WAITALL | (more ? Constants.MSG_MORE : 0);
    int done = 0;
    int result = 0;
    try {
      for (int i = begin, at = 0; i < end; i++) {
        MemorySegment piece = MemorySegment.ofBuffer(from[i]);
        MemorySegment.copy(piece, 0, lent.segment(), at, piece.byteSize());
        at += (int) piece.byteSize();
      }
      // It may be cut short also with MSG_WAITALL; then it goes on.
      while (done < bytes && result >= 0) {
        result = Outcome.RING_DEAD;
        result = to.raw().send(to.descriptor(), lent, done, bytes - done, flags, Deadline.NONE, true, null);
        done += Math.max(0, result);
      }
      return Sender.both(done, result);
    } finally {
      Sender.giveBack(to.buffers(), lent, result);
    }
  }

  // ---- scattering

  /** Spreads bytes over the buffers, each filled before the next is begun; their positions advance. */
  static void spread(MemorySegment bytes, long count, ByteBuffer[] into, int begin, int end) {
    long at = 0;
    for (int i = begin; i < end && at < count; i++) {
      int here = (int) Math.min(count - at, into[i].remaining());
      MemorySegment.copy(bytes, at, MemorySegment.ofBuffer(into[i]), 0, here);
      into[i].position(into[i].position() + here);
      at += here;
    }
  }
}
