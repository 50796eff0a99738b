package io.loomring.net;

import io.loomring.api.RawOperations;
import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.InlineSockets;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Moves large messages: the ring waits, and the bytes go straight between the socket and the caller's memory, in a call
 * that never waits. So there is no copy through a buffer, and no buffer is held while nothing comes. Below
 * {@link #MIN_BYTES} that costs more than it saves. One for the reads of each socket; writes have no memory.
 */
final class LargeTransfer {
  /** From this size on. */
  static final int MIN_BYTES = Integer.getInteger("loomring.largeBytes", 32 * 1024);

  /** Reads that wait at once, after one that tried first in vain, before the next one tries again. */
  private static final int READS_WITHOUT_TRY = 16;

  // The reader's, under its lock.
  private int lastRead;
  private int readsWithoutTry;

  /** Whether a read of {@code length} bytes is one for this class: large ones follow large ones. */
  boolean suits(int length) {
    return lastRead >= MIN_BYTES && length >= MIN_BYTES;
  }

  /** Takes note of a read that got {@code bytes}. */
  void noted(int bytes) {
    lastRead = bytes;
  }

  /**
   * Receives at least one byte: a count, 0 at the end of the stream, or what the operation failed with. Where the read
   * before got all that it asked for, more is likely there, and is asked for before waiting.
   */
  int read(
      RawOperations raw,
      Descriptor from,
      BufferPool buffers,
      byte @Nullable [] array,
      @Nullable MemorySegment segment,
      int offset,
      int length,
      long deadline) {
    Buffer state = buffers.acquire(InlineSockets.STATE_BYTES);
    try {
      MemorySegment into = memory(array, segment, offset, length);
      int result = triesFirst(length) ? SocketCalls.recvNow(from, into, state.segment()) : -Errno.EAGAIN;
      if (isNotYet(result) && readsWithoutTry == 0) {
        readsWithoutTry = READS_WITHOUT_TRY;
      }
      while (isNotYet(result)) {
        result = raw.poll(from, Constants.POLLIN, deadline, true, null);
        if (result >= 0) {
          result = SocketCalls.recvNow(from, into, state.segment());
        }
      }
      return result;
    } finally {
      buffers.release(state);
    }
  }

  private boolean triesFirst(int length) {
    if (lastRead < Math.min(length, InlineSockets.MAX_BYTES)) {
      return false;
    }
    if (readsWithoutTry > 0) {
      readsWithoutTry--;
      return false;
    }
    return true;
  }

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

  private static boolean isNotYet(int result) {
    return result == -Errno.EAGAIN || result == -Errno.EINTR;
  }

  private static MemorySegment memory(
      byte @Nullable [] array, @Nullable MemorySegment segment, long offset, int length) {
    if (array != null) {
      return MemorySegment.ofArray(array).asSlice(offset, length);
    }
    assert segment != null;
    return segment.asSlice(offset, length);
  }
}
