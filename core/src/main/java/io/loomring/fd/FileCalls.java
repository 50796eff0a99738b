package io.loomring.fd;

import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import io.loomring.sys.StatxLayout;
import io.loomring.sys.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Plain, short system calls on files, as {@link SocketCalls} has them for sockets: the result, {@code -errno}, or
 * {@link Outcome#CLOSED}.
 */
public final class FileCalls {
  private FileCalls() {}

  /** The type of the file, as {@link Constants#S_IFMT} masks it; no server of a network's file system is asked. */
  public static int type(Descriptor on) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment status = arena.allocate(StatxLayout.BYTES, 8);
      MemorySegment none = arena.allocateFrom("");
      int result = SystemCalls.statx(
          on.fd(),
          none.address(),
          Constants.AT_EMPTY_PATH | Constants.AT_STATX_DONT_SYNC,
          Constants.STATX_TYPE,
          status.address());
      return result < 0 ? result : status.get(ValueLayout.JAVA_SHORT, StatxLayout.MODE) & Constants.S_IFMT;
    } finally {
      on.endCall();
    }
  }

  /**
   * Moves the descriptor's own position.
   *
   * @param whence SEEK_SET, SEEK_CUR, or SEEK_END for what is not on a network
   * @return where it is then; {@code -ESPIPE} for what has none, such as pipes and terminals
   */
  public static long seek(Descriptor on, long offset, int whence) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try {
      return SystemCalls.lseek(on.fd(), offset, whence);
    } finally {
      on.endCall();
    }
  }

  /** Cuts a file off at {@code bytes}, while the caller's carrier waits: where the ring cannot (before Linux 6.9). */
  public static int truncate(Descriptor on, long bytes) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try {
      return SystemCalls.ftruncate(on.fd(), bytes);
    } finally {
      on.endCall();
    }
  }
}
