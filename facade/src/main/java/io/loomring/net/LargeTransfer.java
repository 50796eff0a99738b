package io.loomring.net;

import io.loomring.api.RawOperations;
import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.sys.Errno;
import io.loomring.sys.InlineSockets;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Sends large messages: straight from the caller's memory, in a call that never waits, while the ring does the waiting.
 * So there is no copy through a buffer. Below {@link #MIN_BYTES} that costs more than it saves.
 */
final class LargeTransfer {
  /** From this size on. */
  static final int MIN_BYTES = Integer.getInteger("loomring.largeBytes", 32 * 1024);

  private LargeTransfer() {}

  /**
   * Sends all: at once what fits, and the rest through the ring, which waits.
   *
   * @return as {@link Transfer#write}
   */
  static long write(
      RawOperations raw,
      Descriptor to,
      BufferPool buffers,
      byte @Nullable [] array,
      @Nullable MemorySegment segment,
      long offset,
      int bytes) {
    long sent = sendNow(to, buffers, array, segment, offset, bytes);
    int done = Transfer.bytesOf(sent);
    if (done == bytes || !isNotYet(Transfer.resultOf(sent))) {
      return sent;
    }
    long rest = Transfer.write(raw, to, buffers, array, segment, offset + done, bytes - done);
    return Transfer.both(done + Transfer.bytesOf(rest), Transfer.resultOf(rest));
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
      return Transfer.both(done, result);
    } finally {
      buffers.release(state);
    }
  }

  /** Whether a call that never waits would have to. */
  static boolean isNotYet(int result) {
    return result == -Errno.EAGAIN || result == -Errno.EINTR;
  }

  /** The range, wherever it lies. */
  static MemorySegment memory(
      byte @Nullable [] array, @Nullable MemorySegment segment, long offset, int length) {
    if (array != null) {
      return MemorySegment.ofArray(array).asSlice(offset, length);
    }
    assert segment != null;
    return segment.asSlice(offset, length);
  }
}
