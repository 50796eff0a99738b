package io.loomring.net;

import io.loomring.api.RawOperations;
import io.loomring.api.ZeroCopy;
import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Deadline;
import io.loomring.op.Outcome;
import io.loomring.op.SlotLayout;
import io.loomring.sys.Constants;
import io.loomring.sys.InlineSockets;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Moves bytes from the caller's memory, an array or a segment, into a socket: short messages through the ring in the
 * operation's own memory, longer ones through the ring in a lent buffer, and from {@link #LARGE_BYTES} on straight out
 * of the caller's memory, in a call that never waits, as far as they fit. Allocates nothing. Where it is switched on,
 * large ones go without a copy in the kernel instead, in a buffer that goes back by itself.
 */
final class Sender {
  /** From this size on the copy into a buffer costs more than a call of its own. */
  static final int LARGE_BYTES = Integer.getInteger("loomring.largeBytes", 32 * 1024);

  private Sender() {}

  /**
   * Sends all.
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
    if (bytes <= SlotLayout.DATA_BYTES) {
      return writeShort(raw, to, array, segment, offset, bytes);
    }
    int zeroCopyBytes = raw.zeroCopy().thresholdBytes();
    if (zeroCopyBytes > 0 && bytes >= zeroCopyBytes) {
      return writeWithoutCopy(raw, to, buffers, array, segment, offset, bytes);
    }
    return writeCopied(raw, to, buffers, array, segment, offset, bytes);
  }

  private static long writeCopied(
      RawOperations raw,
      Descriptor to,
      BufferPool buffers,
      byte @Nullable [] array,
      @Nullable MemorySegment segment,
      long offset,
      int bytes) {
    int done = 0;
    if (bytes >= LARGE_BYTES) {
      long sent = sendNow(to, buffers, array, segment, offset, bytes);
      done = bytesOf(sent);
      if (done == bytes || !Receiver.isNotYet(resultOf(sent))) {
        return sent;
      }
    }
    long rest = writeBuffered(raw, to, buffers, array, segment, offset + done, bytes - done);
    return both(done + bytesOf(rest), resultOf(rest));
  }

  // A send may be cut short also with MSG_WAITALL, by an error or by our own cancel; then it goes on.

  private static long writeShort(
      RawOperations raw,
      Descriptor to,
      byte @Nullable [] array,
      @Nullable MemorySegment segment,
      long offset,
      int bytes) {
    int done = 0;
    int result = 0;
    while (done < bytes && result >= 0) {
      result = raw.sendShort(to, array, segment, offset + done, bytes - done, Constants.MSG_WAITALL, true);
      done += Math.max(0, result);
    }
    return both(done, result);
  }

  private static long writeBuffered(
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
      MemorySegment.copy(memory(array, segment, offset, bytes), 0, buffer.segment(), 0, bytes);
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

  /**
   * Sends out of buffers that stay the kernel's until the peer has acknowledged what is in them: this does not wait for
   * that. Where the kernel refuses, the rest is copied.
   */
  private static long writeWithoutCopy(
      RawOperations raw,
      Descriptor to,
      BufferPool buffers,
      byte @Nullable [] array,
      @Nullable MemorySegment segment,
      long offset,
      int bytes) {
    int done = 0;
    int result = 0;
    while (done < bytes && result >= 0) {
      int rest = bytes - done;
      Buffer buffer = filled(buffers, memory(array, segment, offset + done, rest));
      result = raw.zeroCopy().sendTransferred(
          to, buffers, buffer, 0, rest, Constants.MSG_WAITALL, Deadline.NONE, true, null);
      if (ZeroCopy.isRefusal(result)) {
        long copied = writeCopied(raw, to, buffers, array, segment, offset + done, rest);
        return both(done + bytesOf(copied), resultOf(copied));
      }
      done += Math.max(0, result);
    }
    return both(done, result);
  }

  private static Buffer filled(BufferPool buffers, MemorySegment from) {
    int bytes = (int) from.byteSize();
    Buffer buffer = buffers.acquire(bytes);
    try {
      MemorySegment.copy(from, 0, buffer.segment(), 0, bytes);
      return buffer;
    } catch (RuntimeException notAccessible) {
      buffers.release(buffer);
      throw notAccessible;
    }
  }

  private static long sendNow(
      Descriptor to,
      BufferPool buffers,
      byte @Nullable [] array,
      @Nullable MemorySegment segment,
      long offset,
      int bytes) {
    Buffer state = buffers.acquire(InlineSockets.STATE_BYTES);
    try {
      int done = 0;
      int result = 0;
      while (done < bytes && result >= 0) {
        result = SocketCalls.sendNow(to, memory(array, segment, offset + done, bytes - done), state.segment());
        done += Math.max(0, result);
      }
      return both(done, result);
    } finally {
      buffers.release(state);
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

  static MemorySegment memory(
      byte @Nullable [] array, @Nullable MemorySegment segment, long offset, int length) {
    if (array != null) {
      return MemorySegment.ofArray(array).asSlice(offset, length);
    }
    assert segment != null;
    return segment.asSlice(offset, length);
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
