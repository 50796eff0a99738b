package io.loomring.buffer;

import io.loomring.sys.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Buffers for the bytes on their way between the heap and the kernel, in a few sizes. Taking and giving back is one CAS
 * each. The pool grows by slabs up to its limit and never shrinks; beyond the limit a buffer is a mapping of its own,
 * so that nobody waits for a buffer that an idle connection holds.
 */
public final class BufferPool {
  /** The largest size that is pooled, and the most that one socket operation moves. */
  public static final int MAX_BYTES = 128 * 1024;

  /** What the kernel may still write to, for as long as the process lives. */
  private static final Queue<Buffer> ABANDONED = new ConcurrentLinkedQueue<>();

  private static final int[] CLASS_BYTES = {512, 8 * 1024, 32 * 1024, MAX_BYTES};

  private final SizeClass[] classes;
  private final long maxBytes;
  private final AtomicLong pooledBytes = new AtomicLong();
  private final AtomicLong unpooledOut = new AtomicLong();
  private final AtomicLong abandonedBytes = new AtomicLong();

  /** Makes a pool that keeps at most {@code maxBytes}. */
  public BufferPool(long maxBytes) {
    if (maxBytes < 0) {
      throw new IllegalArgumentException("maxBytes " + maxBytes + " is negative");
    }
    this.maxBytes = maxBytes;
    this.classes = new SizeClass[CLASS_BYTES.length];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = new SizeClass(i, CLASS_BYTES[i]);
    }
  }

  /**
   * Takes a buffer of at least {@code bytes}. Waits for nothing but, now and then, the making of a slab.
   *
   * @throws OutOfMemoryError if the system has no memory left
   */
  public Buffer acquire(int bytes) {
    for (SizeClass sizeClass : classes) {
      if (bytes <= sizeClass.bufferBytes) {
        return sizeClass.acquire();
      }
    }
    return unpooled(bytes);
  }

  private Buffer unpooled(int bytes) {
    Buffer buffer = new Buffer(this, Buffer.UNPOOLED, 0, NativeMemory.anonymous(bytes));
    unpooledOut.getAndIncrement();
    buffer.out = true;
    return buffer;
  }

  /**
   * Gives a buffer back; it must not be touched any more.
   *
   * @throws IllegalStateException if it was given back before, or is lent
   */
  public void release(Buffer buffer) {
    if (buffer.isLent()) {
      refuseLent(buffer);
      return;
    }
    takeBack(buffer);
    if (buffer.sizeClass == Buffer.UNPOOLED) {
      unpooledOut.getAndDecrement();
    } else {
      classes[buffer.sizeClass].free.push(buffer.index);
    }
  }

  /** Gives a buffer up without giving it back: its ring died, and the kernel may still write to it (I-12). */
  public void abandon(Buffer buffer) {
    if (buffer.isLent()) {
      refuseLent(buffer);
      return;
    }
    abandoned(buffer);
  }

  /** One that was abandoned is the pool's no more, and giving it back does nothing. */
  private static void refuseLent(Buffer buffer) {
    if (!buffer.isAbandoned()) {
      throw new IllegalStateException("the buffer is lent to an operation: give it back when that has ended");
    }
  }

  /** The same, by the end of what it was lent to. */
  void abandoned(Buffer buffer) {
    takeBack(buffer);
    ABANDONED.add(buffer);
    abandonedBytes.getAndAdd(buffer.capacity());
    if (buffer.sizeClass == Buffer.UNPOOLED) {
      unpooledOut.getAndDecrement();
    }
  }

  private static void takeBack(Buffer buffer) {
    if (!buffer.out) {
      throw new IllegalStateException("buffer given back twice");
    }
    buffer.out = false;
  }

  /** Buffers that are out. Counts one by one. */
  public long lent() {
    long count = unpooledOut.get();
    for (SizeClass sizeClass : classes) {
      count += sizeClass.lent();
    }
    return count;
  }

  /** Bytes in slabs. */
  public long pooledBytes() {
    return pooledBytes.get();
  }

  /** Bytes that were given up and can never be used again. */
  public long abandonedBytes() {
    return abandonedBytes.get();
  }

  private final class SizeClass {
    private static final int SLAB_BYTES = 1 << 20;
    private static final int MAX_BUFFERS = 1 << 16;
    /** Added to each buffer, so that the same offset of two buffers does not fall into the same cache set. */
    private static final int STAGGER_BYTES = 192;

    private final int sizeClass;
    private final int bufferBytes;
    private final int strideBytes;
    private final IndexStack free = new IndexStack(MAX_BUFFERS, false);
    // Filled under the lock before an index is first pushed; read by whoever popped the index.
    private final @Nullable Buffer[] buffers = new Buffer[MAX_BUFFERS];
    private volatile int count;

    SizeClass(int sizeClass, int bufferBytes) {
      this.sizeClass = sizeClass;
      this.bufferBytes = bufferBytes;
      this.strideBytes = bufferBytes + STAGGER_BYTES;
    }

    Buffer acquire() {
      int index = free.pop();
      return index < 0 ? grow() : taken(index);
    }

    private Buffer taken(int index) {
      Buffer buffer = buffers[index];
      assert buffer != null && !buffer.out;
      buffer.out = true;
      return buffer;
    }

    private synchronized Buffer grow() {
      int raced = free.pop();
      if (raced >= 0) {
        return taken(raced);
      }
      int more = Math.min(SLAB_BYTES / strideBytes, MAX_BUFFERS - count);
      if (more == 0 || pooledBytes.get() + SLAB_BYTES > maxBytes) {
        return unpooled(bufferBytes);
      }
      MemorySegment slab = NativeMemory.anonymous(SLAB_BYTES);
      pooledBytes.getAndAdd(SLAB_BYTES);
      int first = count;
      for (int i = 0; i < more; i++) {
        buffers[first + i] =
            new Buffer(BufferPool.this, sizeClass, first + i, slab.asSlice((long) i * strideBytes, bufferBytes));
      }
      count = first + more;
      for (int i = 1; i < more; i++) {
        free.push(first + i);
      }
      return taken(first);
    }

    long lent() {
      long out = 0;
      for (int i = 0; i < count; i++) {
        Buffer buffer = buffers[i];
        if (buffer != null && buffer.out) {
          out++;
        }
      }
      return out;
    }
  }
}
