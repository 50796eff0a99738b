package io.loomring.net;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.error.DescriptorClosedException;
import io.loomring.error.ErrorTable;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Deadline;
import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.InlineFiles;
import io.loomring.sys.InlineSockets;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * Sends a part of a file into a socket. Serves one call: {@link #sent} bytes went, and then the file was at its end, or
 * {@link #fileResult} or {@link #socketResult} says what failed.
 *
 * <p>The bytes go through a lent buffer. What is in the page cache, and what the socket has room for, is moved at once;
 * the ring waits for the rest. A splice through a pipe would save the copy, and costs two wake-ups of a worker (K-64): see
 * the decision record on sending files.
 */
final class FileSender {
  /** More than any device wants of addresses: what O_DIRECT asks for. */
  private static final int PAGE_BYTES = 4096;
  /** Room to align the bytes, and for what a read without waiting needs behind them; the rest is a number of pages. */
  private static final int SLACK_BYTES = 2 * PAGE_BYTES;

  private final Held to;
  private final Descriptor file;
  private final long begin;
  private final long count;

  private long sent;
  private int fileResult;
  private int socketResult;

  FileSender(Held to, Descriptor file, long position, long count) {
    this.to = to;
    this.file = file;
    this.begin = position;
    this.count = count;
  }

  static void check(Descriptor file, long position, long count) {
    if (position < 0) {
      throw new IllegalArgumentException("position " + position + " is negative");
    }
    if (count < 0) {
      throw new IllegalArgumentException("a count of " + count + " bytes is negative");
    }
    if (!file.isOpen()) {
      throw new IllegalArgumentException("the file is closed: " + file);
    }
  }

  /** Sends; the caller has the socket's lock of writers. */
  FileSender run() {
    int most = (int) Math.min(count, BufferPool.MAX_BYTES - SLACK_BYTES);
    if (most == 0) {
      return this;
    }
    Buffer lent = to.buffers().acquire(most + SLACK_BYTES);
    Buffer state = to.buffers().acquire(InlineSockets.STATE_BYTES);
    int result = Outcome.RING_DEAD;
    try {
      copy(lent, most, state.segment());
      result = Math.min(fileResult, socketResult);
      return this;
    } finally {
      to.buffers().release(state);
      Sender.giveBack(to.buffers(), lent, result);
    }
  }

  /** How many bytes the socket has taken. */
  long sent() {
    return sent;
  }

  /** What the socket failed with, or a result of zero or above. */
  int socketResult() {
    return socketResult;
  }

  /** Throws what the file failed with, unless bytes went: then the next call meets the same again. */
  void throwFailureOfFile() throws IOException {
    if (fileResult >= 0 || sent > 0) {
      return;
    }
    throw fileResult == Outcome.CLOSED
        ? new DescriptorClosedException("closed: " + file)
        : ErrorTable.fileException(-fileResult);
  }

  private long left() {
    return count - sent;
  }

  /** Whether the step went on; otherwise it is noted whose failure it was. */
  private boolean isFileAtEnd(int result) {
    if (result > 0) {
      return false;
    }
    if (Outcome.isErrno(result) || result == Outcome.CLOSED && !file.isOpen()) {
      fileResult = result;
    } else {
      // An interrupt, or the end of the ring, ends what the socket was asked for.
      socketResult = result;
    }
    return true;
  }

  private void copy(Buffer lent, int most, MemorySegment state) {
    while (left() > 0) {
      int got = read(lent, (int) Math.min(left(), most));
      if (isFileAtEnd(got) || !send(lent, got, state)) {
        return;
      }
    }
  }

  private static int alignment(Buffer lent) {
    return (int) (-lent.address() & PAGE_BYTES - 1);
  }

  private int read(Buffer lent, int bytes) {
    int at = file.bufferAlignment() == 1 ? 0 : alignment(lent);
    int scratch = at + bytes + 7 & ~7;
    int result = file.readNow(
        lent.address() + at, bytes, begin + sent, lent.segment().asSlice(scratch, InlineFiles.SCRATCH_BYTES));
    return result == -Errno.EAGAIN
        ? to.raw().read(file, lent, at, bytes, begin + sent, Deadline.NONE, true, null)
        : result;
  }

  private boolean send(Buffer lent, int bytes, MemorySegment state) {
    int at = file.bufferAlignment() == 1 ? 0 : alignment(lent);
    int done = 0;
    while (done < bytes) {
      int result = SocketCalls.sendNow(
          to.descriptor(), lent.segment().asSlice(at + done, bytes - done), state);
      if (Receiver.isNotYet(result)) {
        result = to.raw().send(
            to.descriptor(), lent, at + done, bytes - done, Constants.MSG_WAITALL, Deadline.NONE, true, null);
      }
      socketResult = result;
      if (result < 0) {
        return false;
      }
      done += result;
      sent += result;
    }
    return true;
  }
}
