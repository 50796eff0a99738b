package io.loomring.buffer;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Which memory of the process the kernel has, lent by its users: what it writes to is lent once, what it only reads any
 * number of times. Ranges of addresses are what conflicts, whatever objects stand for them, and whichever rings they
 * were lent to.
 *
 * <p>The address space is cut into stripes, each of which knows the ranges that touch it; the stripes are spread over a
 * number of locks, of which a lend takes those of its stripes, in order. What goes by way of this library's own buffers,
 * as all ordinary data does, is not lent by its user, and comes nowhere near.
 */
public final class LentMemory {
  private static final int STRIPE_SHIFT = 20;
  private static final int SHARDS = 64;
  private static final Shard[] ALL = new Shard[SHARDS];
  private static final LongAdder COUNT = new LongAdder();

  static {
    for (int i = 0; i < SHARDS; i++) {
      ALL[i] = new Shard();
    }
  }

  private LentMemory() {}

  private record Range(long start, long end) {}

  /** Under the lock of the shard. */
  private static final class Stripe {
    /** By where they begin; no two overlap. */
    private final TreeMap<Long, Lend> written = new TreeMap<>();
    /** The same range may be lent many times over, and different ones may overlap. */
    private final Map<Range, Set<Lend>> read = new HashMap<>();

    @Nullable Lend conflict(long start, long end, boolean mutable) {
      Map.Entry<Long, Lend> before = written.lowerEntry(end);
      if (before != null && before.getValue().end() > start) {
        return before.getValue();
      }
      if (mutable) {
        for (Map.Entry<Range, Set<Lend>> other : read.entrySet()) {
          if (other.getKey().start < end && other.getKey().end > start) {
            return other.getValue().iterator().next();
          }
        }
      }
      return null;
    }

    void add(Lend lend) {
      if (lend.isMutable()) {
        written.put(lend.address(), lend);
      } else {
        read.computeIfAbsent(new Range(lend.address(), lend.end()), any -> new HashSet<>()).add(lend);
      }
    }

    void remove(Lend lend) {
      if (lend.isMutable()) {
        written.remove(lend.address(), lend);
        return;
      }
      Range range = new Range(lend.address(), lend.end());
      Set<Lend> same = read.get(range);
      if (same != null && same.remove(lend) && same.isEmpty()) {
        read.remove(range);
      }
    }

    boolean isEmpty() {
      return written.isEmpty() && read.isEmpty();
    }
  }

  private static final class Shard {
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Long, Stripe> stripes = new HashMap<>();
  }

  /**
   * Lends all of a resource.
   *
   * @param mutable whether the kernel will write to it
   * @param use what it is lent to, for messages; must hold on to nothing that should go
   * @throws IllegalStateException if it is lent already, and one of the two is to be written to; or the resource refuses
   * @throws IllegalArgumentException if it is read-only and is to be written to, or it has no bytes
   */
  public static Lend lend(Resource resource, boolean mutable, Object use) {
    if (mutable && resource.isReadOnly()) {
      throw new IllegalArgumentException("read-only memory cannot be lent to " + use + ", which writes to it");
    }
    resource.lent();
    Lend lend = null;
    try {
      long address = resource.address();
      long bytes = resource.byteSize();
      if (bytes <= 0 || address <= 0 || address > Long.MAX_VALUE - bytes) {
        throw new IllegalArgumentException(bytes + " bytes at 0x" + Long.toHexString(address) + " cannot be lent");
      }
      lend = new Lend(resource, address, bytes, mutable, use);
      Lend other = tryAdd(lend);
      if (other != null) {
        Lend refused = lend;
        lend = null;
        throw new IllegalStateException("refused: " + refused + ", since it overlaps " + other
            + ": memory that the kernel writes to is lent to one operation at a time");
      }
      COUNT.increment();
      return lend;
    } finally {
      if (lend == null) {
        Lend.returned(resource, use);
      }
    }
  }

  /** How many lends are out, in the whole process; those of rings that died count for ever. */
  public static long count() {
    return COUNT.sum();
  }

  private static @Nullable Lend tryAdd(Lend lend) {
    long first = lend.address() >> STRIPE_SHIFT;
    long last = lend.end() - 1 >> STRIPE_SHIFT;
    long shards = lock(first, last);
    try {
      for (long number = first; number <= last; number++) {
        Stripe stripe = shard(number).stripes.get(number);
        Lend other = stripe == null ? null : stripe.conflict(lend.address(), lend.end(), lend.isMutable());
        if (other != null) {
          return other;
        }
      }
      for (long number = first; number <= last; number++) {
        shard(number).stripes.computeIfAbsent(number, any -> new Stripe()).add(lend);
      }
      return null;
    } finally {
      unlock(shards);
    }
  }

  static void remove(Lend lend) {
    long first = lend.address() >> STRIPE_SHIFT;
    long last = lend.end() - 1 >> STRIPE_SHIFT;
    long shards = lock(first, last);
    try {
      for (long number = first; number <= last; number++) {
        Stripe stripe = shard(number).stripes.get(number);
        if (stripe != null) {
          stripe.remove(lend);
          if (stripe.isEmpty()) {
            shard(number).stripes.remove(number);
          }
        }
      }
    } finally {
      unlock(shards);
    }
    COUNT.decrement();
  }

  /**
   * Has one that came back, and that nobody takes, wait for another that is out, and has a part of the same whole; false
   * if there is none.
   */
  static boolean leftToAnother(Lend left) {
    long first = left.wholeAddress() >> STRIPE_SHIFT;
    long last = left.wholeEnd() - 1 >> STRIPE_SHIFT;
    long shards = lock(first, last);
    try {
      for (long number = first; number <= last; number++) {
        Stripe stripe = shard(number).stripes.get(number);
        Lend other = stripe == null ? null : stripe.conflict(left.wholeAddress(), left.wholeEnd(), true);
        if (other != null) {
          other.inherit(left);
          return true;
        }
      }
      return false;
    } finally {
      unlock(shards);
    }
  }

  private static Shard shard(long stripe) {
    return ALL[(int) (stripe & SHARDS - 1)];
  }

  /** Takes the locks of the stripes, in the order of the shards; answers which. */
  private static long lock(long first, long last) {
    long shards = 0;
    if (last - first >= SHARDS) {
      shards = -1;
    } else {
      for (long number = first; number <= last; number++) {
        shards |= 1L << (number & SHARDS - 1);
      }
    }
    for (long left = shards; left != 0; left &= left - 1) {
      ALL[Long.numberOfTrailingZeros(left)].lock.lock();
    }
    return shards;
  }

  private static void unlock(long shards) {
    for (long left = shards; left != 0; left &= left - 1) {
      ALL[Long.numberOfTrailingZeros(left)].lock.unlock();
    }
  }
}
