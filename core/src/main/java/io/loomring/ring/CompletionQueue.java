package io.loomring.ring;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/** The completion queue: the kernel moves the tail, the baton's holder copies out and moves the head (I-1). */
public final class CompletionQueue {
  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

  private final MemorySegment ring;
  private final int entries;
  private final int mask;
  private final long headAt;
  private final long tailAt;
  private final long overflowAt;
  private final long cqesAt;

  // The baton holder's.
  private int head;

  public CompletionQueue(MemorySegment ring, int entries, long headAt, long tailAt, long overflowAt, long cqesAt) {
    this.ring = ring;
    this.entries = entries;
    this.mask = entries - 1;
    this.headAt = headAt;
    this.tailAt = tailAt;
    this.overflowAt = overflowAt;
    this.cqesAt = cqesAt;
    this.head = ring.get(ValueLayout.JAVA_INT, headAt);
  }

  /** Capacity in entries. */
  public int entries() {
    return entries;
  }

  /** Whether nothing waits to be reaped. Any thread may ask. */
  public boolean isEmpty() {
    return (int) INT.getAcquire(ring, tailAt) == (int) INT.getAcquire(ring, headAt);
  }

  /** Copies out up to the batch's capacity, gives the entries back to the kernel, and answers their number. */
  public int drainTo(CompletionBatch batch) {
    // Acquire: entries are written before the tail that covers them.
    int available = (int) INT.getAcquire(ring, tailAt) - head;
    int count = Math.min(available, batch.capacity());
    for (int i = 0; i < count; i++) {
      long at = cqesAt + (long) (head + i & mask) * CqeLayout.BYTES;
      batch.userData[i] = ring.get(ValueLayout.JAVA_LONG, at);
      long resultAndFlags = ring.get(ValueLayout.JAVA_LONG, at + CqeLayout.RES);
      batch.result[i] = (int) resultAndFlags;
      batch.flags[i] = (int) (resultAndFlags >>> 32);
    }
    batch.size = count;
    if (count > 0) {
      head += count;
      // Release: the entries are read before the kernel may write over them.
      INT.setRelease(ring, headAt, head);
    }
    return count;
  }

  /** Completions that the kernel had to drop: above zero the ring can no longer be trusted (K-07). */
  public int lost() {
    return (int) INT.getAcquire(ring, overflowAt);
  }
}
