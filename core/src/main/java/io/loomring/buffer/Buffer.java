package io.loomring.buffer;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Native memory on loan from a {@link BufferPool}: exclusive to who acquired it, until it is released, which must not
 * be before the last completion of the operation that it was lent to (I-3). Lent as a {@link Resource}, it refuses to be
 * released too early; who leaves it to the library has it released.
 */
public final class Buffer implements Resource {
  /** Marks a buffer that does not go back into the pool. */
  static final int UNPOOLED = -1;

  /** In {@link #lends}: its ring died, and it has been abandoned. */
  private static final int ABANDONED = Integer.MIN_VALUE;

  private static final VarHandle LENDS;

  static {
    try {
      LENDS = MethodHandles.lookup().findVarHandle(Buffer.class, "lends", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final BufferPool pool;
  final int sizeClass;
  final int index;
  private final MemorySegment segment;
  private final long address;
  private final int capacity;
  // Written by whoever takes it and gives it back; handed on through the pool's stack.
  boolean out;
  // Lends that are out; plain data calls do not lend it in this sense.
  private volatile int lends;

  Buffer(BufferPool pool, int sizeClass, int index, MemorySegment segment) {
    this.pool = pool;
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

  @Override
  public long byteSize() {
    return capacity;
  }

  /** Its native address. */
  @Override
  public long address() {
    return address;
  }

  /** Its size in bytes, at least what was asked for. */
  public int capacity() {
    return capacity;
  }

  @Override
  public void lent() {
    if (!out) {
      throw new IllegalStateException("the buffer was given back to its pool: acquire another one");
    }
    LENDS.getAndAdd(this, 1);
  }

  @Override
  public void returned() {
    LENDS.getAndAdd(this, -1);
  }

  @Override
  public void abandoned() {
    if ((int) LENDS.getAndBitwiseOr(this, ABANDONED) >= 0) {
      pool.abandoned(this);
    }
  }

  @Override
  public void recycle() {
    pool.release(this);
  }

  /** Whether it may go back; the pool has it already if it was abandoned. */
  boolean isLent() {
    return lends != 0;
  }

  boolean isAbandoned() {
    return lends < 0;
  }
}
