package io.loomring.ready;

import io.loomring.error.ErrorTable;
import io.loomring.error.RingDeadException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.RegularDescriptor;
import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.OperationTable;
import io.loomring.sys.Constants;
import io.loomring.sys.EpollEventLayout;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Tells whether a number still means the file that it meant: a poll holds its file, and does not notice that the number
 * was closed (K-39). An epoll set knows its members by number and file together (K-70), and is asked for nothing else: it
 * is never waited for. Under the queue's lock.
 */
final class FileIdentities {
  /** Waits for no event; the kernel only reads it. */
  private static final MemorySegment NO_EVENTS = Arena.global().allocate(EpollEventLayout.BYTES_MAX, 8);

  private final Descriptor epoll;

  private FileIdentities(Descriptor epoll) {
    this.epoll = epoll;
  }

  static FileIdentities open(OperationTable table) throws IOException {
    Operation closing = table.acquire(null, Deadline.NONE);
    if (closing == null) {
      throw new RingDeadException(table.closedCause());
    }
    int fd = SystemCalls.epollCreate();
    if (fd < 0) {
      table.release(closing);
      throw ErrorTable.fileException(-fd);
    }
    return new FileIdentities(RegularDescriptor.of(table, closing, fd, true));
  }

  /** Notes which file the number means; answers 0 or {@code -errno}: EBADF for none, EPERM for one that never waits. */
  int note(int fd) {
    int result = control(Constants.EPOLL_CTL_ADD, fd);
    return result == -Errno.EEXIST ? 0 : result;
  }

  /** Whether it means the file that was noted. */
  boolean isSame(int fd) {
    int result = control(Constants.EPOLL_CTL_MOD, fd);
    return result != -Errno.ENOENT && result != -Errno.EBADF;
  }

  /** Forgets what was noted. */
  void forget(int fd) {
    int ignored = control(Constants.EPOLL_CTL_DEL, fd);
  }

  private int control(int operation, int fd) {
    if (!epoll.beginCall()) {
      // The Uring is closed, which the queue finds out by itself.
      return 0;
    }
    try {
      return SystemCalls.epollCtl(epoll.fd(), operation, fd, NO_EVENTS.address());
    } finally {
      epoll.endCall();
    }
  }

  void close() throws IOException {
    epoll.close();
  }
}
