package io.loomring.ring;

import java.util.Set;

/**
 * How a ring is set up.
 *
 * @param sqEntries submission queue entries, a power of two, 2 to 32768
 * @param cqEntries completion queue entries, a power of two, at least {@code sqEntries}
 * @param setupFlags of {@link SetupFlags}, beside those that every ring has
 * @param allowed the opcodes that the ring restricts itself to, or empty for no restriction
 * @param boundedWorkers threads of the kernel, for each submitter, that work on what ends by itself; 0 for its own limit
 * @param unboundedWorkers the same for what may last for ever
 * @param registered whether the thread that opens the ring, and is then the only one to enter it, names it by a number of
 *     its own instead of by descriptor
 */
public record RingOptions(
    int sqEntries,
    int cqEntries,
    int setupFlags,
    Set<Opcode> allowed,
    int boundedWorkers,
    int unboundedWorkers,
    boolean registered) {
  /** The smallest queue that a chain of two fits into. */
  public static final int MIN_ENTRIES = 2;

  public static final int MAX_ENTRIES = 32_768;

  public RingOptions {
    if (!isPowerOfTwo(sqEntries) || sqEntries < MIN_ENTRIES || sqEntries > MAX_ENTRIES) {
      throw new IllegalArgumentException(
          "sqEntries " + sqEntries + ": a power of two from " + MIN_ENTRIES + " to " + MAX_ENTRIES);
    }
    if (!isPowerOfTwo(cqEntries) || cqEntries < sqEntries || cqEntries > 2 * MAX_ENTRIES) {
      throw new IllegalArgumentException(
          "cqEntries " + cqEntries + ": a power of two from sqEntries to " + 2 * MAX_ENTRIES);
    }
    allowed = Set.copyOf(allowed);
  }

  /** With as many workers as the kernel thinks right, and no number of a thread's own. */
  public RingOptions(int sqEntries, int cqEntries, int setupFlags, Set<Opcode> allowed) {
    this(sqEntries, cqEntries, setupFlags, allowed, 0, 0, false);
  }

  private static boolean isPowerOfTwo(int n) {
    return Integer.bitCount(n) == 1;
  }

  /** The same with more set-up flags. */
  public RingOptions with(int moreSetupFlags) {
    return new RingOptions(
        sqEntries, cqEntries, setupFlags | moreSetupFlags, allowed, boundedWorkers, unboundedWorkers, registered);
  }

  /** The same with queues of half the size. */
  public RingOptions halved() {
    return new RingOptions(
        sqEntries / 2,
        Math.max(cqEntries / 2, sqEntries / 2),
        setupFlags,
        allowed,
        boundedWorkers,
        unboundedWorkers,
        registered);
  }

  /** The same with other limits of workers. */
  public RingOptions withWorkers(int bounded, int unbounded) {
    return new RingOptions(sqEntries, cqEntries, setupFlags, allowed, bounded, unbounded, registered);
  }

  /** The same, {@link #registered} or not. */
  public RingOptions withRegistered(boolean on) {
    return new RingOptions(sqEntries, cqEntries, setupFlags, allowed, boundedWorkers, unboundedWorkers, on);
  }
}
