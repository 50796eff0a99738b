package io.loomring.net;

import io.loomring.buffer.Buffer;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Operation;
import io.loomring.op.Outcome;
import io.loomring.op.SlotLayout;
import io.loomring.sys.Errno;
import io.loomring.sys.InlineSockets;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Moves bytes from a socket into the caller's memory, an array or a segment. The ring waits, and brings a short message
 * with it, in the operation's own memory; what is there beyond that goes straight into the caller's memory, in one call
 * that never waits. So a connection that only waits holds no buffer, and nothing that is long is copied twice.
 *
 * <p>One for the reads of each socket, used under its lock. Allocates nothing where
 * it reads into one range.
 */
final class Receiver {
  /** Reads that wait at once, after one that tried first in vain, before the next one tries again. */
  private static final int READS_WITHOUT_TRY = 16;

  /** What a read got that is followed by more as a rule: it came faster than it was taken. */
  private static final int MUCH_BYTES = 8 * 1024;

  private boolean lastGotMuch;
  private int readsWithoutTry;
  /** What a call behind bytes failed with: the next read fails with it, since the socket tells it only once. */
  private int lateError;

  /** Receives at least one byte: a count, 0 at the end of the stream, or what the operation failed with. */
  int read(Held on, byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length, long deadline) {
    int late = lateError;
    if (late != 0) {
      lateError = 0;
      return late;
    }
    if (triesFirst(length)) {
      int result = receiveNow(on, array, segment, offset, length);
      if (!isNotYet(result)) {
        return noted(result, length);
      }
      readsWithoutTry = READS_WITHOUT_TRY;
    }
    Operation op = on.raw().submitRecvShort(on.descriptor(), length, deadline);
    if (op == null) {
      return on.raw().refusal(on.descriptor(), deadline);
    }
    // From here, so that the stack of a connection that waits is as small as can be.
    int result = op.await(true);
    on.raw().takeShort(op, result, array, segment, offset);
    if (result == SlotLayout.DATA_BYTES && length > result) {
      result += takeRest(on, array, segment, offset + result, length - result);
    }
    return noted(result, length);
  }

  /** Where the read before got all that it asked for, or much, more is likely there, and is asked for before waiting. */
  private boolean triesFirst(int length) {
    if (!lastGotMuch || length <= SlotLayout.DATA_BYTES) {
      return false;
    }
    if (readsWithoutTry > 0) {
      readsWithoutTry--;
      return false;
    }
    return true;
  }

  private int noted(int result, int length) {
    lastGotMuch = result >= Math.min(length, MUCH_BYTES);
    return result;
  }

  /** Receives what else is there; the next read tells what it failed with, and is at the end of the stream again. */
  private int takeRest(Held on, byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length) {
    int result = receiveNow(on, array, segment, offset, length);
    if (Outcome.isErrno(result) && !isNotYet(result)) {
      lateError = result;
    }
    return Math.max(0, result);
  }

  /**
   * Receives at least one byte into buffers of which at least one has room, and advances their positions. It waits for a
   * short message, whichever of them that lies in, and takes what else is there without waiting.
   *
   * @return as the other
   */
  int read(Held on, ByteBuffer[] into, int begin, int end, long deadline) {
    int late = lateError;
    if (late != 0) {
      lateError = 0;
      return late;
    }
    int wanted = (int) Math.min(Vectored.remaining(into, begin, end), Vectored.GROUP_BYTES);
    if (triesFirst(wanted)) {
      int result = receiveNow(on, into, begin, end, wanted);
      if (!isNotYet(result)) {
        return noted(result, wanted);
      }
      readsWithoutTry = READS_WITHOUT_TRY;
    }
    Operation op = on.raw().submitRecvShort(on.descriptor(), wanted, deadline);
    if (op == null) {
      return on.raw().refusal(on.descriptor(), deadline);
    }
    int result = op.await(true);
    byte[] message = new byte[Math.max(0, result)];
    on.raw().takeShort(op, result, message, null, 0);
    Vectored.spread(MemorySegment.ofArray(message), result, into, begin, end);
    if (result == SlotLayout.DATA_BYTES && wanted > result) {
      int more = receiveNow(on, into, begin, end, wanted - result);
      if (Outcome.isErrno(more) && !isNotYet(more)) {
        lateError = more;
      }
      result += Math.max(0, more);
    }
    return noted(result, wanted);
  }

  /** Receives what is there, group by group, as long as there is enough to fill them: a count, or what failed first. */
  private int receiveNow(Held on, ByteBuffer[] into, int begin, int end, int wanted) {
    int done = 0;
    for (int i = Vectored.firstRemaining(into, begin, end); i < end && done < wanted; ) {
      int groupEnd = Vectored.groupEnd(into, i, end);
      int room = (int) Math.min(Vectored.remaining(into, i, groupEnd), wanted - done);
      int result = groupEnd == i + 1
          ? receiveStraight(on, into[i], room)
          : receiveTogether(on, into, i, groupEnd, room);
      if (result <= 0) {
        if (done == 0) {
          return result;
        }
        if (Outcome.isErrno(result) && !isNotYet(result)) {
          lateError = result;
        }
        return done;
      }
      done += result;
      if (result < room) {
        return done;
      }
      i = Vectored.firstRemaining(into, i, end);
    }
    return done;
  }

  private static int receiveStraight(Held on, ByteBuffer into, int room) {
    int result = receiveNow(on, null, MemorySegment.ofBuffer(into), 0, room);
    into.position(into.position() + Math.max(0, result));
    return result;
  }

  private static int receiveTogether(Held on, ByteBuffer[] into, int begin, int end, int room) {
    Buffer lent = on.buffers().acquire(room);
    try {
      int result = receiveNow(on, null, lent.segment(), 0, room);
      Vectored.spread(lent.segment(), result, into, begin, end);
      return result;
    } finally {
      on.buffers().release(lent);
    }
  }

  private static int receiveNow(
      Held on, byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length) {
    Buffer state = on.buffers().acquire(InlineSockets.STATE_BYTES);
    try {
      return SocketCalls.recvNow(on.descriptor(), Sender.memory(array, segment, offset, length), state.segment());
    } finally {
      on.buffers().release(state);
    }
  }

  static boolean isNotYet(int result) {
    return result == -Errno.EAGAIN || result == -Errno.EINTR;
  }
}
