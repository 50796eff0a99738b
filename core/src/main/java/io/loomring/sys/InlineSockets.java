package io.loomring.sys;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * Receives and sends without waiting, straight between the socket and any memory, the heap included: no copy through a
 * native buffer in between. The one thing that JNA cannot do (see the decision record on large transfers).
 *
 * <p>The call keeps the collector waiting for as long as it lasts, so what it moves at once is bounded.
 */
public final class InlineSockets {
  /** The most that one call moves. */
  public static final int MAX_BYTES = 64 * 1024;
  /** Memory that a call needs to bring its errno back in. */
  public static final int STATE_BYTES = 64;

  private static final MethodHandle RECV = link("recv");
  private static final MethodHandle SEND = link("send");
  private static final VarHandle ERRNO =
      Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private InlineSockets() {}

  @SuppressWarnings("restricted")
  private static MethodHandle link(String name) {
    Linker linker = Linker.nativeLinker();
    SymbolLookup libc = linker.defaultLookup();
    return linker.downcallHandle(
        libc.find(name).orElseThrow(),
        FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT),
        Linker.Option.critical(true),
        // In the native frame of the call itself (K-31).
        Linker.Option.captureCallState("errno"));
  }

  /** Receives what is there: a count, 0 at the end of the stream, or {@code -errno}, EAGAIN where nothing is. */
  public static int recv(int fd, MemorySegment into, MemorySegment state) {
    try {
      long count = (long) RECV.invokeExact(
          state, fd, into, Math.min(into.byteSize(), MAX_BYTES), Constants.MSG_DONTWAIT);
      return count >= 0 ? (int) count : -(int) ERRNO.get(state, 0L);
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** Sends what fits: a count, or {@code -errno}, EAGAIN where nothing does; never with a signal (K-24). */
  public static int send(int fd, MemorySegment from, MemorySegment state) {
    try {
      long count = (long) SEND.invokeExact(
          state, fd, from, Math.min(from.byteSize(), MAX_BYTES), Constants.MSG_DONTWAIT | Constants.MSG_NOSIGNAL);
      return count >= 0 ? (int) count : -(int) ERRNO.get(state, 0L);
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }
}
