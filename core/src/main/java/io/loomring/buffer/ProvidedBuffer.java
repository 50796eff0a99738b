package io.loomring.buffer;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bytes that came, in a buffer that the kernel picked. They are its reader's until {@link #close}; then the kernel gets
 * the buffer again, and what is in the segment is anybody's. As a {@link Resource} they can be sent on without a copy.
 *
 * @since 0.1
 */
public final class ProvidedBuffer implements Resource, AutoCloseable {
  private static final int CLOSED = -1;

  private final BufferGroup group;
  private final int number;
  private final MemorySegment segment;
  /** Lends that are out, or CLOSED. */
  private final AtomicInteger lends = new AtomicInteger();
  private volatile boolean abandoned;

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
    if (lends.get() == CLOSED) {
      throw closed();
    }
    return segment;
  }

  private static IllegalStateException closed() {
    return new IllegalStateException("the buffer was given back: copy out what is needed before close()");
  }

  /** How many. */
  public int size() {
    return (int) segment.byteSize();
  }

  @Override
  public long address() {
    return segment.address();
  }

  @Override
  public long byteSize() {
    return segment.byteSize();
  }

  @Override
  public void lent() {
    if (lends.getAndUpdate(out -> out == CLOSED ? CLOSED : out + 1) == CLOSED) {
      throw closed();
    }
  }

  @Override
  public void returned() {
    lends.getAndDecrement();
  }

  @Override
  public void abandoned() {
    abandoned = true;
  }

  @Override
  public void recycle() {
    close();
  }

  /**
   * Gives the buffer back; the second time it does nothing. Never waits.
   *
   * @throws IllegalStateException if it is lent: nothing has changed then
   */
  @Override
  public void close() {
    if (lends.compareAndSet(0, CLOSED)) {
      group.release(number);
    } else if (lends.get() > 0 && !abandoned) {
      throw new IllegalStateException("the buffer is lent to an operation: give it back when that has ended");
    }
  }
}
