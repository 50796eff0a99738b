package io.loomring.op;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many slots of a ring's table of direct descriptors are spoken for. Which of them a descriptor gets is the kernel's
 * to say; that there is one is known here beforehand, so that a full table is told before anything is lost: an accept
 * that finds no slot has taken its connection already, and drops it (K-66).
 *
 * <p>A slot is taken for a descriptor before the operation that makes it, and given back at the completion of its CLOSE
 * (K-22).
 */
public final class DirectSlots {
  private final int capacity;
  private final AtomicInteger taken = new AtomicInteger();

  DirectSlots(int capacity) {
    this.capacity = capacity;
  }

  /** How many there are in all; 0 where the ring has no table. */
  public int capacity() {
    return capacity;
  }

  /** How many are taken. */
  public int taken() {
    return taken.get();
  }

  /** Takes one, or answers false where none is left. */
  public boolean tryTake() {
    int seen = taken.get();
    while (seen < capacity) {
      int found = taken.compareAndExchange(seen, seen + 1);
      if (found == seen) {
        return true;
      }
      seen = found;
    }
    return false;
  }

  /** Counts one that the kernel has given out by itself, for an operation that has many. */
  public void take() {
    taken.incrementAndGet();
  }

  public void giveBack() {
    taken.decrementAndGet();
  }
}
