package io.loomring.ring;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The submission queue: entries are reserved and written by the baton's holder alone (I-1), published with one release
 * of the tail, and consumed by the kernel inside {@code io_uring_enter}.
 *
 * <pre>
 *      head (kernel's)        published         reserved
 *        |-------- pending ------|---- staged ----|-------- room --------|
 * </pre>
 */
public final class SubmissionQueue {
  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

  private final MemorySegment ring;
  private final MemorySegment sqes;
  private final long headAt;
  private final long tailAt;
  private final long flagsAt;
  private final int entries;
  private final int mask;

  // The baton holder's: next entry to reserve, and the tail as the kernel was last told.
  private int reserved;
  private int published;

  /**
   * Lays the queue over memory. {@code arrayAt} is the index array's offset: it is filled once with the identity, since
   * entries are used in ring order.
   */
  public SubmissionQueue(
      MemorySegment ring, MemorySegment sqes, int entries, long headAt, long tailAt, long flagsAt, long arrayAt) {
    this.ring = ring;
    this.sqes = sqes;
    this.entries = entries;
    this.mask = entries - 1;
    this.headAt = headAt;
    this.tailAt = tailAt;
    this.flagsAt = flagsAt;
    for (int i = 0; i < entries; i++) {
      ring.set(ValueLayout.JAVA_INT, arrayAt + 4L * i, i);
    }
    this.reserved = ring.get(ValueLayout.JAVA_INT, tailAt);
    this.published = reserved;
  }

  /** Capacity in entries. */
  public int entries() {
    return entries;
  }

  /** Where entries are written, at what {@link #reserve} answers. */
  public MemorySegment memory() {
    return sqes;
  }

  /** Whether {@code count} entries fit now: a chain is reserved whole or not at all (I-6, K-05). */
  public boolean hasRoom(int count) {
    return entries - (reserved - head()) >= count;
  }

  /** Reserves the next entry, after {@link #hasRoom} said yes, and answers its offset in {@link #memory}. */
  public long reserve() {
    return (long) (reserved++ & mask) * SqeLayout.BYTES;
  }

  /** Makes what was reserved visible to the kernel, and answers how many entries wait to be submitted. */
  public int publish() {
    if (published != reserved) {
      published = reserved;
      // Release: the kernel must see the entries before it sees the tail that covers them.
      INT.setRelease(ring, tailAt, published);
    }
    return published - head();
  }

  private int head() {
    // Acquire: the kernel has read an entry before it moves the head past it, so that it may be written again.
    return (int) INT.getAcquire(ring, headAt);
  }

  /** The kernel's flags, of {@link SqRingFlags}. */
  public int flags() {
    return (int) INT.getAcquire(ring, flagsAt);
  }
}
