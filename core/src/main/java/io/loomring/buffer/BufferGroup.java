package io.loomring.buffer;

import io.loomring.sys.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Buffers of equal size that the kernel picks from by itself when something has come: a provided buffer ring, in memory
 * shared with one ring of operations.
 *
 * <pre>
 *  0          8          12       14        16
 *  +----------+----------+--------+---------+---
 *  | address  | length   | number | tail    | the next one: 16 bytes each; the tail is in the first only
 *  +----------+----------+--------+---------+---
 * </pre>
 *
 * <p>A buffer is the kernel's from {@link #provide} until its last completion, and then its readers' until the last of
 * them gives it back: so many hold it. With incremental use one buffer takes what several completions bring.
 */
public final class BufferGroup {
  private static final int ENTRY_BYTES = 16;
  private static final int LENGTH = 8;
  private static final int NUMBER = 12;
  private static final int TAIL = 14;
  private static final VarHandle TAIL_HANDLE = ValueLayout.JAVA_SHORT.varHandle();
  /** What a dead ring may still write to, for as long as the process lives. */
  private static final Queue<MemorySegment> ABANDONED = new ConcurrentLinkedQueue<>();

  private final int id;
  private final int count;
  private final int bufferBytes;
  private final MemorySegment entries;
  private final MemorySegment memory;
  /** Who holds a buffer: the kernel, and every completion that has bytes in it and was not given back. */
  private final AtomicIntegerArray holders;
  private final AtomicInteger provided = new AtomicInteger();
  private final Queue<Thread> waiters = new ConcurrentLinkedQueue<>();

  // The baton's holder's; whoever provides a buffer sets its own to zero before.
  private final int[] offsets;

  // Under the lock of this.
  private short tail;

  /**
   * Makes one, to be registered under its number, and provides all of its buffers.
   *
   * @param count a power of two, up to 32768
   */
  public BufferGroup(int id, int count, int bufferBytes) {
    check(count, bufferBytes);
    this.id = id;
    this.count = count;
    this.bufferBytes = bufferBytes;
    this.entries = NativeMemory.anonymous((long) count * ENTRY_BYTES);
    this.memory = NativeMemory.anonymous((long) count * bufferBytes);
    this.holders = new AtomicIntegerArray(count);
    this.offsets = new int[count];
    for (int i = 0; i < count; i++) {
      provide(i);
    }
  }

  /**
   * Refuses what cannot be.
   *
   * @throws IllegalArgumentException saying what can
   */
  public static void check(int count, int bufferBytes) {
    if (Integer.bitCount(count) != 1 || count > 32_768) {
      throw new IllegalArgumentException("count " + count + ": a power of two up to 32768");
    }
    if (bufferBytes < 1 || (long) count * bufferBytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("bufferBytes " + bufferBytes + ": from 1 on, and less than 2 GiB in all");
    }
  }

  /** Its number in the ring. */
  public int id() {
    return id;
  }

  /** How many buffers there are. */
  public int count() {
    return count;
  }

  /** The address that is registered. */
  public long address() {
    return entries.address();
  }

  /** Buffers that the kernel can pick from. */
  public int provided() {
    return provided.get();
  }

  /** Hands a buffer to the kernel. */
  private synchronized void provide(int number) {
    offsets[number] = 0;
    holders.set(number, 1);
    long at = (long) (tail & count - 1) * ENTRY_BYTES;
    entries.set(ValueLayout.JAVA_LONG, at, memory.address() + (long) number * bufferBytes);
    entries.set(ValueLayout.JAVA_INT, at + LENGTH, bufferBytes);
    entries.set(ValueLayout.JAVA_SHORT, at + NUMBER, (short) number);
    provided.getAndIncrement();
    tail++;
    // Release: the kernel, which reads the tail first, sees the entry.
    TAIL_HANDLE.setRelease(entries, (long) TAIL, tail);
  }

  /**
   * A completion has put {@code bytes} into a buffer. For the baton's holder, in the order of completions.
   *
   * @param more whether the kernel goes on using it
   * @return where they begin
   */
  public int arrived(int number, int bytes, boolean more) {
    // Volatile, so that what was written before the buffer was provided is seen.
    int kernel = holders.get(number);
    assert kernel > 0;
    int offset = offsets[number];
    if (more) {
      offsets[number] = offset + Math.max(0, bytes);
      holders.getAndIncrement(number);
    } else {
      // One holder in place of the other.
      provided.getAndDecrement();
    }
    return offset;
  }

  /** One completion's bytes of a buffer are not needed any more; the last one to say so gives it to the kernel. */
  public void release(int number) {
    if (holders.decrementAndGet(number) == 0) {
      provide(number);
      for (Thread thread = waiters.poll(); thread != null; thread = waiters.poll()) {
        LockSupport.unpark(thread);
      }
    }
  }

  /** Has {@code thread} unparked when the next buffer comes back. */
  public void notifyOf(Thread thread) {
    if (!waiters.contains(thread)) {
      waiters.add(thread);
    }
  }

  /** Forgets {@code thread}. */
  public void forget(@Nullable Thread thread) {
    waiters.remove(thread);
  }

  /** The bytes of a completion. */
  public MemorySegment slice(int number, int offset, int bytes) {
    return memory.asSlice((long) number * bufferBytes + offset, bytes);
  }

  /** Keeps the memory for ever: the kernel may still write to it. */
  public void abandon() {
    ABANDONED.add(entries);
    ABANDONED.add(memory);
  }
}
