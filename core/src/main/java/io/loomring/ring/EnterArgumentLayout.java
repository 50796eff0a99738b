package io.loomring.ring;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@code struct io_uring_getevents_arg}, and behind it the timespec that it points to: how long an enter waits. */
final class EnterArgumentLayout {
  /** What the kernel is told the argument's size is. */
  static final int BYTES = 24;

  /** The timespec's fields, within the memory of {@link #allocate}. */
  static final int SECONDS = 24;
  static final int NANOS = 32;

  private static final int TIMESPEC_AT = 16;

  private EnterArgumentLayout() {}

  /** An argument without a signal mask that points to its own timespec. */
  static MemorySegment allocate(Arena arena) {
    MemorySegment memory = arena.allocate(NANOS + Long.BYTES, Long.BYTES);
    memory.set(ValueLayout.JAVA_LONG, TIMESPEC_AT, memory.address() + SECONDS);
    return memory;
  }
}
