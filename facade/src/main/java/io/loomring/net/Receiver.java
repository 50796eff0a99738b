package io.loomring.net;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Loan;
import io.loomring.op.Operation;
import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.InlineSockets;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Receives into the caller's memory, an array or a segment. One for each socket, since what came last says what to get
 * ready for; for one reader at a time.
 *
 * <p>Small messages take a RECV on the ring into a lent buffer, which is large enough for twice what came last; what
 * does not fit comes straight into the caller's memory, in a call that never waits. Large ones wait with a POLL on the
 * ring, and then come that way altogether. A RECV that waits for long gives its buffer back and goes on as a POLL, so
 * that a connection which only waits holds none; the next ones have none from the beginning, until one is quick.
 */
final class Receiver implements Loan {
  /** The buffer that waits for a message of which nothing is known. */
  static final int SMALL_BYTES = 512;
  /** A wait that is shorter makes a connection one that is quick. */
  private static final long QUICK_NANOS = 10_000_000;
  /** Reads that wait at once, after one that tried first in vain, before the next one tries again. */
  private static final int READS_WITHOUT_TRY = 16;

  // The reader's, under its lock.
  private int lastRead;
  private int readsWithoutTry;
  /** The last receive waited for long. */
  private boolean slow;
  /** What a call behind bytes failed with: the next read fails with it, since the socket tells it only once. */
  private int lateError;

  // While an operation is in flight its buffer is the baton holder's, who may give it back; otherwise the reader's.
  private @Nullable Buffer buffer;
  private @Nullable BufferPool pool;

  /** Receives at least one byte: a count, 0 at the end of the stream, or what the operation failed with. */
  int read(
      Held on, byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length, long deadline) {
    int late = lateError;
    if (late != 0) {
      lateError = 0;
      return late;
    }
    int result = lastRead >= LargeTransfer.MIN_BYTES && length >= LargeTransfer.MIN_BYTES
        ? readLarge(on, array, segment, offset, length, deadline)
        : readSmall(on, array, segment, offset, length, deadline);
    if (result > 0) {
      lastRead = result;
    }
    return result;
  }

  // ---- small messages

  private int readSmall(
      Held on, byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length, long deadline) {
    while (true) {
      if (slow) {
        int result = waitSlowly(on, deadline);
        int count = result == Outcome.READY ? receiveNow(on, array, segment, offset, length) : result;
        if (!LargeTransfer.isNotYet(count)) {
          return count;
        }
        continue;
      }
      Buffer lent = lend(on.buffers(), length);
      int result = 0;
      try {
        Operation op = submit(on, lent, length, deadline);
        if (op == null) {
          result = on.raw().refusal(on.descriptor(), deadline);
        } else {
          result = Outcome.RING_DEAD;
          // From here, so that the stack of a connection that waits is as small as can be.
          result = op.await(true);
          ended(op, result);
        }
        if (result > 0) {
          copyOut(lent, array, segment, offset, result);
        }
      } finally {
        settle(result);
      }
      slow = result == Outcome.READY;
      int count = result == lent.capacity() || result == Outcome.READY
          ? takeRest(on, array, segment, offset, length, result)
          : result;
      if (!LargeTransfer.isNotYet(count)) {
        return count;
      }
    }
  }

  private int waitSlowly(Held on, long deadline) {
    long begun = System.nanoTime();
    Operation op = on.raw().submitRecvWithoutBuffer(on.descriptor(), deadline);
    if (op == null) {
      return on.raw().refusal(on.descriptor(), deadline);
    }
    int result = op.await(true);
    ended(op, result);
    slow = System.nanoTime() - begun >= QUICK_NANOS;
    return result;
  }

  private Buffer lend(BufferPool buffers, int length) {
    Buffer lent = buffers.acquire(Math.min(length, Math.max(SMALL_BYTES, 2 * lastRead)));
    buffer = lent;
    pool = buffers;
    return lent;
  }

  private @Nullable Operation submit(Held on, Buffer lent, int length, long deadline) {
    return on.raw().submitRecv(on.descriptor(), lent, this, Math.min(length, lent.capacity()), deadline);
  }

  private static void ended(Operation op, int result) {
    if (result != Outcome.RING_DEAD) {
      op.release();
    }
  }

  /** Gives the buffer back, or up where there was no last completion (I-3, I-12). */
  private void settle(int result) {
    if (result != Outcome.RING_DEAD) {
      giveBack();
    } else if (buffer != null && pool != null) {
      pool.abandon(buffer);
      buffer = null;
    }
  }

  /** By the reader after the last completion, or before by the baton's holder, between two entries (I-3). */
  @Override
  public void giveBack() {
    Buffer mine = buffer;
    BufferPool home = pool;
    if (mine != null && home != null) {
      buffer = null;
      home.release(mine);
    }
  }

  private static void copyOut(
      Buffer from, byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int bytes) {
    if (array != null) {
      MemorySegment.copy(from.segment(), ValueLayout.JAVA_BYTE, 0, array, offset, bytes);
    } else if (segment != null) {
      MemorySegment.copy(from.segment(), 0, segment, offset, bytes);
    }
  }

  /**
   * Receives what is there: behind {@code got} bytes that filled the buffer, or all of it where that is
   * {@link Outcome#READY}. Where bytes came already, the next read tells what else there is.
   */
  private int takeRest(
      Held on, byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length, int got) {
    int already = Math.max(0, got);
    if (already == length) {
      return already;
    }
    int result = receiveNow(on, array, segment, offset + already, length - already);
    if (already == 0) {
      return result;
    }
    if (Outcome.isErrno(result) && !LargeTransfer.isNotYet(result)) {
      lateError = result;
    }
    return already + Math.max(0, result);
  }

  // ---- large messages

  /**
   * Waits, and receives. Where the read before got all that it asked for, more is likely there, and is asked for before
   * waiting.
   */
  private int readLarge(
      Held on, byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length, long deadline) {
    int result = triesFirst(length) ? receiveNow(on, array, segment, offset, length) : -Errno.EAGAIN;
    if (LargeTransfer.isNotYet(result) && readsWithoutTry == 0) {
      readsWithoutTry = READS_WITHOUT_TRY;
    }
    while (LargeTransfer.isNotYet(result)) {
      result = on.raw().poll(on.descriptor(), Constants.POLLIN, deadline, true, null);
      if (result >= 0) {
        result = receiveNow(on, array, segment, offset, length);
      }
    }
    return result;
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

  // ---- both

  private static int receiveNow(
      Held on, byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length) {
    Buffer state = on.buffers().acquire(InlineSockets.STATE_BYTES);
    try {
      return SocketCalls.recvNow(
          on.descriptor(), LargeTransfer.memory(array, segment, offset, length), state.segment());
    } finally {
      on.buffers().release(state);
    }
  }
}
