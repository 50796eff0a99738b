package io.loomring.buffer;

import java.lang.foreign.MemorySegment;

/**
 * Native memory on loan from a {@link BufferPool}: exclusive to who acquired it, until it is released, which must not
 * be before the last completion of the operation that it was lent to (I-3).
 */
public final class Buffer {
  /** Marks a buffer that does not go back into the pool. */
  static final int UNPOOLED = -1;

  final int sizeClass;
  final int index;
  private final MemorySegment segment;
  private final long address;
  private final int capacity;
  // Written by whoever takes it and gives it back; handed on through the pool's stack.
  boolean out;

  Buffer(int sizeClass, int index, MemorySegment segment) {
    this.sizeClass = sizeClass;
    this.index = index;
    this.segment = segment;
    this.address = segment.address();
    this.capacity = (int) segment.byteSize();
  }

  /** The memory; what it held before is still there. */
  public MemorySegment segment() {
    return segment;
  }

  /** Its native address. */
  public long address() {
    return address;
  }

  /** Its size in bytes, at least what was asked for. */
  public int capacity() {
    return capacity;
  }
}
