package io.loomring.buffer;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Bytes that came, in a buffer that the kernel picked. They are its reader's until {@link #close}; then the kernel gets
 * the buffer again, and what is in the segment is anybody's.
 *
 * @since 0.1
 */
public final class ProvidedBuffer implements AutoCloseable {
  private final BufferGroup group;
  private final int number;
  private final MemorySegment segment;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Wraps what a completion has brought. */
  public ProvidedBuffer(BufferGroup group, int number, int offset, int bytes) {
    this.group = group;
    this.number = number;
    this.segment = group.slice(number, offset, bytes);
  }

  /**
   * The bytes, exactly those that came.
   *
   * @throws IllegalStateException if it is closed
   */
  public MemorySegment segment() {
    if (closed.get()) {
      throw new IllegalStateException("the buffer was given back: copy out what is needed before close()");
    }
    return segment;
  }

  /** How many. */
  public int size() {
    return (int) segment.byteSize();
  }

  /** Gives the buffer back; the second time it does nothing. Never waits. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      group.release(number);
    }
  }
}
