package io.loomring.buffer;

import io.loomring.sys.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Buffers of one size, one behind the other on pages of their own, as the kernel wants to be told of them. */
public final class RegisteredMemory {
  private static final int MAX_BUFFERS = 1 << 14;
  private static final int MAX_BYTES = 1 << 30;
  private static final int IOVEC_BYTES = 16;

  private final int bufferBytes;
  private final MemorySegment memory;
  private final MemorySegment iovecs;

  /**
   * Makes {@code count} buffers of {@code bufferBytes} each.
   *
   * @throws IllegalArgumentException for more than 16,384 buffers, or 1 GiB together, or none
   */
  public RegisteredMemory(int count, int bufferBytes) {
    long bytes = (long) count * bufferBytes;
    if (count < 1 || count > MAX_BUFFERS || bufferBytes < 1 || bytes > MAX_BYTES) {
      throw new IllegalArgumentException(count + " buffers of " + bufferBytes + " bytes: from 1 to " + MAX_BUFFERS
          + ", of at least one byte, and " + MAX_BYTES + " together at most");
    }
    this.bufferBytes = bufferBytes;
    this.memory = NativeMemory.anonymous(bytes);
    this.iovecs = Arena.ofAuto().allocate((long) count * IOVEC_BYTES, Long.BYTES);
    for (int i = 0; i < count; i++) {
      iovecs.set(ValueLayout.JAVA_LONG, (long) i * IOVEC_BYTES, memory.address() + (long) i * bufferBytes);
      iovecs.set(ValueLayout.JAVA_LONG, (long) i * IOVEC_BYTES + 8, bufferBytes);
    }
  }

  /** The memory of one buffer. */
  public MemorySegment buffer(int index) {
    return memory.asSlice((long) index * bufferBytes, bufferBytes);
  }

  /** The address of a {@code struct iovec} for each of them. */
  public long iovecs() {
    return iovecs.address();
  }
}
