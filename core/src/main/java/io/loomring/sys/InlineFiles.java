package io.loomring.sys;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * Reads from a file what is in the page cache, without waiting for the device: preadv2 with RWF_NOWAIT. Through the
 * JDK's own linker, since a call through JNA costs more than the read itself (see the decision record on cached reads).
 */
public final class InlineFiles {
  /** Memory that a call needs beside the bytes: the vector, and room to bring its errno back in. */
  public static final int SCRATCH_BYTES = 128;

  private static final int RWF_NOWAIT = 0x8;
  private static final int VECTOR_LENGTH = 8;
  private static final int STATE = 64;
  private static final int STATE_BYTES = 64;
  private static final long PREADV2 = SyscallNumbers.preadv2();
  private static final MethodHandle SYSCALL = link();
  private static final VarHandle ERRNO =
      Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private InlineFiles() {}

  @SuppressWarnings("restricted")
  private static MethodHandle link() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        // By number, for C libraries that have no wrapper of it.
        linker.defaultLookup().findOrThrow("syscall"),
        FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG),
        Linker.Option.firstVariadicArg(1),
        // In the native frame of the call itself (K-31).
        Linker.Option.captureCallState("errno"));
  }

  /**
   * Reads what is there.
   *
   * @param into the address of native memory
   * @param scratch native memory of {@link #SCRATCH_BYTES}, aligned to 8 bytes, the caller's alone
   * @return a count, which may be less than is there; 0 at the end of the file; or {@code -errno}: EAGAIN where the
   *     device would have to be waited for, EOPNOTSUPP where the file system cannot tell
   */
  public static int read(int fd, long into, int bytes, long position, MemorySegment scratch) {
    scratch.set(ValueLayout.JAVA_LONG, 0, into);
    scratch.set(ValueLayout.JAVA_LONG, VECTOR_LENGTH, bytes);
    MemorySegment state = scratch.asSlice(STATE, STATE_BYTES);
    try {
      // The position's upper half is looked at on 32-bit machines only.
      long count = (long) SYSCALL.invokeExact(
          state, PREADV2, (long) fd, scratch.address(), 1L, position, 0L, (long) RWF_NOWAIT);
      return count >= 0 ? (int) count : -(int) ERRNO.get(state, 0L);
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }
}
