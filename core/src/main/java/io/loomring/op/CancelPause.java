package io.loomring.op;

import io.loomring.ring.Sqe;
import io.loomring.ring.SqeFlags;
import io.loomring.sys.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A millisecond before a chain is cancelled once more, because a worker of the kernel was at a part of it. Mostly the
 * signal ends that part; one that the worker was about to wait for without blocking goes on, and only the next cancel finds
 * it (K-78). Work that heeds no signal, such as that of a slow disk, is not asked at every turn.
 */
final class CancelPause {
  private static final long NANOS = 1_000_000;

  /** The kernel copies it when it takes the entry. */
  private static final MemorySegment TIMESPEC = Arena.global().allocate(16, 8);

  static {
    TIMESPEC.set(ValueLayout.JAVA_LONG, 8, NANOS);
  }

  private CancelPause() {}

  static boolean isDue(Operation op) {
    return op.parts != null && op.cancelResult == -Errno.EALREADY;
  }

  /** Writes the entry that the cancel is to stand behind: it holds whatever ends the pause. */
  static void stage(MemorySegment sqes, long at) {
    Sqe.prepTimeout(sqes, at, TIMESPEC.address(), 0, 0);
    Sqe.setFlags(sqes, at, SqeFlags.IO_HARDLINK);
  }
}
