package io.loomring.op;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How long operations of one ring took, by kind, and its turns: how often which time came up, since it was first switched
 * on. Off, it is a flag that is looked at, and memory is taken when it is switched on for the first time.
 *
 * <p>Buckets are eighths of powers of two, from {@link #LOWEST_NANOS} on, so a time is known to within an eighth:
 *
 * <pre>
 *  bucket  0          1           2             8          9             {@link #BUCKETS} - 1
 *          0 .. 255   256 .. 287  288 .. 319    480 .. 511 512 .. 575    all that is longer
 * </pre>
 *
 * <p>One thread at a time writes, which holds the baton, and any thread reads. The switch is anybody's.
 */
public final class Timings {
  /** Shorter ones are not told apart, in nanoseconds. */
  static final long LOWEST_NANOS = 256;

  /** Those that last longer than 18 minutes are not told apart. */
  static final int BUCKETS = 257;

  /** Where the times of turns are counted. */
  public static final int TURNS = OperationKind.values().length;

  private static final int LOWEST_EXPONENT = 8;
  private static final int FRACTION_BITS = 3;
  private static final long OFF = 0;
  private static final long FOR_EVER = Long.MAX_VALUE;
  private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);

  /** {@link #OFF}, {@link #FOR_EVER}, or until when, on the clock of {@link System#nanoTime}. */
  private final AtomicLong until = new AtomicLong(OFF);
  /** A row of {@link #BUCKETS} for each kind, and one for turns; made when first switched on, and kept. */
  private volatile long @Nullable [] counts;

  // The baton's holder's.
  private long seenNanos;

  /** Switches it on for good, or off. */
  public void set(boolean on) {
    if (on) {
      makeRoom();
    }
    until.set(on ? FOR_EVER : OFF);
  }

  /**
   * Has it on for {@code nanos} from now, unless it is on for good; 0 ends that at once. Nobody has to switch it off: the
   * first turn after that does.
   */
  public void lease(long nanos) {
    if (nanos > 0) {
      makeRoom();
    }
    long end = nanos <= 0 ? OFF : Math.max(OFF + 1, Deadline.afterNanos(nanos));
    until.updateAndGet(now -> now == FOR_EVER ? now : end);
  }

  private synchronized void makeRoom() {
    if (counts == null) {
      counts = new long[(TURNS + 1) * BUCKETS];
    }
  }

  /** Whether times are noted. */
  public boolean isOn() {
    return until.get() != OFF;
  }

  /** Whether they are to be: it is on, and not for a time that is over. */
  public boolean isWanted() {
    long end = until.get();
    return end != OFF && !isOver(end, System.nanoTime());
  }

  private static boolean isOver(long end, long nanoTime) {
    return end != FOR_EVER && nanoTime - end >= 0;
  }

  // ---- the baton's holder's

  /** Switches it off where the time is over that it was wanted for. */
  public void endAt(long nanoTime) {
    long end = until.get();
    if (isOver(end, nanoTime)) {
      // Unless it has been asked for again meanwhile.
      until.compareAndSet(end, OFF);
    }
  }

  /** Completions have been seen just now: operations that end by them end now. */
  public void look() {
    if (isOn()) {
      seenNanos = System.nanoTime();
    }
  }

  /** An operation is about to end. */
  void ended(Operation op) {
    resulted(op);
    // Once: an operation whose cancel is still on its way comes by again.
    op.begunNanos = 0;
  }

  /** An operation has its result; one that did not note when it began, or never came to the kernel, is left out. */
  void resulted(Operation op) {
    long nanos = seenNanos - op.begunNanos;
    // A stream lasts as long as its user likes, which says nothing of its kind.
    if (op.begunNanos != 0 && isOn() && nanos >= 0 && op.arrivals == null) {
      add(op.kind.ordinal(), nanos);
    }
  }

  /** A turn took so long. */
  public void addTurn(long nanos) {
    add(TURNS, nanos);
  }

  private void add(int row, long nanos) {
    long[] all = counts;
    if (all != null) {
      int i = row * BUCKETS + bucket(nanos);
      COUNT.setOpaque(all, i, all[i] + 1);
    }
  }

  // ---- anybody's

  /** How often which time came up in a row: of a kind, by its ordinal, or of {@link #TURNS}; up to the last above zero. */
  public long[] counts(int row) {
    long[] all = counts;
    if (all == null) {
      return new long[0];
    }
    long[] found = new long[BUCKETS];
    int length = 0;
    for (int i = 0; i < BUCKETS; i++) {
      found[i] = (long) COUNT.getOpaque(all, row * BUCKETS + i);
      if (found[i] != 0) {
        length = i + 1;
      }
    }
    return Arrays.copyOf(found, length);
  }

  static int bucket(long nanos) {
    if (nanos < LOWEST_NANOS) {
      return 0;
    }
    int exponent = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos);
    int fraction = (int) (nanos >>> exponent - FRACTION_BITS) & (1 << FRACTION_BITS) - 1;
    return Math.min(BUCKETS - 1, 1 + (exponent - LOWEST_EXPONENT << FRACTION_BITS | fraction));
  }

  /** The time that a bucket ends before, in nanoseconds, for each; the last has no end. */
  public static long[] bounds() {
    long[] bounds = new long[BUCKETS];
    bounds[0] = LOWEST_NANOS;
    for (int i = 1; i < BUCKETS - 1; i++) {
      int exponent = LOWEST_EXPONENT + (i - 1 >> FRACTION_BITS);
      long fraction = i - 1 & (1 << FRACTION_BITS) - 1;
      bounds[i] = (1L << exponent) + (fraction + 1 << exponent - FRACTION_BITS);
    }
    bounds[BUCKETS - 1] = Long.MAX_VALUE;
    return bounds;
  }
}
