package io.loomring.buffer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A lock-free stack of the indices 0 to capacity - 1, each in it at most once: free slots or buffers, most recently
 * used first, so that hot memory stays hot.
 *
 * <pre>
 *  63                      24 23          0
 *  +-------------------------+-------------+
 *  | changes so far (tag)    | top + 1     |    top + 1 = 0: empty
 *  +-------------------------+-------------+
 * </pre>
 *
 * <p>The tag makes a top that went and came back look different, so that a pop never follows a stale link.
 */
public final class IndexStack {
  private static final VarHandle HEAD;
  private static final VarHandle LINK = MethodHandles.arrayElementVarHandle(int[].class);
  private static final int INDEX_BITS = 24;
  private static final long INDEX_MASK = (1L << INDEX_BITS) - 1;

  static {
    try {
      HEAD = MethodHandles.lookup().findVarHandle(IndexStack.class, "head", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final int[] below;
  private volatile long head;

  /** Makes a stack for {@code capacity} indices, full (0 on top) or empty. */
  public IndexStack(int capacity, boolean full) {
    if (capacity < 1 || capacity >= INDEX_MASK) {
      throw new IllegalArgumentException("capacity " + capacity + ": from 1 to " + (INDEX_MASK - 1));
    }
    below = new int[capacity];
    for (int i = 0; full && i < capacity; i++) {
      below[i] = i + 1 < capacity ? i + 2 : 0;
    }
    head = full ? 1 : 0;
  }

  /** Takes the top, or answers -1 where there is none. */
  public int pop() {
    while (true) {
      long seen = head;
      int top = (int) (seen & INDEX_MASK);
      if (top == 0) {
        return -1;
      }
      // Opaque suffices: a link that changed under us comes with a head that fails the CAS.
      int next = (int) LINK.getOpaque(below, top - 1);
      if (HEAD.compareAndSet(this, seen, retag(seen) | next)) {
        return top - 1;
      }
    }
  }

  /** Puts an index back that this thread took. */
  public void push(int index) {
    while (true) {
      long seen = head;
      LINK.setOpaque(below, index, (int) (seen & INDEX_MASK));
      // The CAS is a release: the link, and what the index stands for, are seen by whoever pops it.
      if (HEAD.compareAndSet(this, seen, retag(seen) | index + 1)) {
        return;
      }
    }
  }

  /** How many there are: exact while nobody pops or pushes. */
  public int size() {
    int count = 0;
    int next = (int) (head & INDEX_MASK);
    while (next != 0 && count < below.length) {
      count++;
      next = (int) LINK.getOpaque(below, next - 1);
    }
    return count;
  }

  /** Whether all are here; where others pop or push while they are counted, the answer may be no, though they are. */
  public boolean isFull() {
    long seen = head;
    // Counted along links that change, an index that comes back on top of another counts twice.
    return size() == below.length && head == seen;
  }

  private static long retag(long seen) {
    return (seen & ~INDEX_MASK) + (1L << INDEX_BITS);
  }
}
