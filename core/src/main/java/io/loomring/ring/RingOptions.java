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
 * @param directDescriptors slots of the ring's table of direct descriptors; 0 for no table
 */
public record RingOptions(
    int sqEntries,
    int cqEntries,
    int setupFlags,
    Set<Opcode> allowed,
    int boundedWorkers,
    int unboundedWorkers,
    boolean registered,
    int directDescriptors) {
  /** The smallest queue that a chain of two fits into. */
  public static final int MIN_ENTRIES = 2;

  public static final int MAX_ENTRIES = 32_768;

  /** The largest table of direct descriptors that the kernel makes. */
  public static final int MAX_DIRECT_DESCRIPTORS = 1 << 20;

  public RingOptions {
    if (!isPowerOfTwo(sqEntries) || sqEntries < MIN_ENTRIES || sqEntries > MAX_ENTRIES) {
      throw new IllegalArgumentException(
          "sqEntries " + sqEntries + ": a power of two from " + MIN_ENTRIES + " to " + MAX_ENTRIES);
    }
    if (!isPowerOfTwo(cqEntries) || cqEntries < sqEntries || cqEntries > 2 * MAX_ENTRIES) {
      throw new IllegalArgumentException(
          "cqEntries " + cqEntries + ": a power of two from sqEntries to " + 2 * MAX_ENTRIES);
    }
    if (directDescriptors < 0 || directDescriptors > MAX_DIRECT_DESCRIPTORS) {
      throw new IllegalArgumentException(
          "directDescriptors " + directDescriptors + ": from 0 to " + MAX_DIRECT_DESCRIPTORS);
    }
    allowed = Set.copyOf(allowed);
  }

  /** With as many workers as the kernel thinks right, no number of a thread's own, and no direct descriptors. */
  public RingOptions(int sqEntries, int cqEntries, int setupFlags, Set<Opcode> allowed) {
    this(sqEntries, cqEntries, setupFlags, allowed, 0, 0, false, 0);
  }

  private static boolean isPowerOfTwo(int n) {
    return Integer.bitCount(n) == 1;
  }

  /** The same with more set-up flags. */
  public RingOptions with(int moreSetupFlags) {
    return new RingOptions(
        sqEntries,
        cqEntries,
        setupFlags | moreSetupFlags,
        allowed,
        boundedWorkers,
        unboundedWorkers,
        registered,
        directDescriptors);
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
        registered,
        directDescriptors);
  }

  /** The same with other limits of workers. */
  public RingOptions withWorkers(int bounded, int unbounded) {
    return new RingOptions(
        sqEntries, cqEntries, setupFlags, allowed, bounded, unbounded, registered, directDescriptors);
  }

  /** The same, {@link #registered} or not. */
  public RingOptions withRegistered(boolean on) {
    return new RingOptions(
        sqEntries, cqEntries, setupFlags, allowed, boundedWorkers, unboundedWorkers, on, directDescriptors);
  }

  /** The same with a table of {@code slots} for direct descriptors; 0 for none. */
  public RingOptions withDirectDescriptors(int slots) {
    return new RingOptions(
        sqEntries, cqEntries, setupFlags, allowed, boundedWorkers, unboundedWorkers, registered, slots);
  }
}
