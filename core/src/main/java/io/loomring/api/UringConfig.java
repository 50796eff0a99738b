package io.loomring.api;

import io.loomring.op.OperationKind;
import io.loomring.poller.PollerGroup;
import io.loomring.ring.RingOptions;
import io.loomring.ring.SetupFlags;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Set;

/**
 * How a {@link Uring} is set up. Made from {@link #defaults} or {@link #fromSystemProperties}, and changed by the
 * {@code with} methods, each of which answers a new one.
 *
 * @param name what its threads are called
 * @param rings how many rings, each with a poller of its own; 1 to 64
 * @param sqEntries submission queue entries of each ring: a power of two, 2 to 32768
 * @param cqEntries completion queue entries of each ring: a power of two, at least {@code sqEntries}
 * @param maxOperations operations in flight and open descriptors of each ring, together; 16 to 8388608
 * @param maxPooledBytes native memory that buffers are kept in, in bytes
 * @param restricted whether a ring restricts itself to the operations that this library issues (K-06)
 * @param loops whether each ring has a thread of its own that also carries the virtual threads of
 *     {@link Uring#threadFactory}; needs the package {@code java.lang} opened
 * @param spin how long a poller looks for something to do before it waits, at the cost of a busy core; up to 10 ms
 * @param zeroCopyBytes from this size on sockets of {@code io.loomring.net} send without a copy in the kernel
 *     ({@link ZeroCopy}), in bytes; 0 for never
 * @param boundedWorkers how many threads of the kernel may work at a time, for each thread that submits, on what ends by
 *     itself, such as reads of files; 0 for the kernel's own limit (four for each processor, at most)
 * @param unboundedWorkers the same for what may last for ever, such as waiting for a child process; 0 for the kernel's
 *     own limit (RLIMIT_NPROC)
 * @param registeredRing whether loops, and who drives a ring by itself, call it by a number of their thread's instead of
 *     by descriptor; the default driver, whose thread changes, does not
 * @param directDescriptors slots of each ring's table of direct descriptors ({@link DirectOperations}): so many may be
 *     open at a time; 0 for no table, and at most 1048576, or RLIMIT_NOFILE where that is less
 * @param closeTimeout how long {@link Uring#close} waits for the kernel to let go of what is in flight
 * @since 0.1
 */
public record UringConfig(
    String name,
    int rings,
    int sqEntries,
    int cqEntries,
    int maxOperations,
    long maxPooledBytes,
    boolean restricted,
    boolean loops,
    Duration spin,
    int zeroCopyBytes,
    int boundedWorkers,
    int unboundedWorkers,
    boolean registeredRing,
    int directDescriptors,
    Duration closeTimeout) {
  private static final int MAX_RINGS = 64;
  private static final int PROCESSORS_PER_RING = 8;
  private static final int MIN_OPERATIONS = 16;
  private static final int MAX_OPERATIONS = 1 << 23;
  private static final Duration MAX_SPIN = Duration.ofMillis(10);

  /** Checks that each is within its range. */
  public UringConfig {
    check(!name.isBlank(), "name is blank");
    check(rings >= 1 && rings <= MAX_RINGS, "rings " + rings + ": from 1 to " + MAX_RINGS);
    // The queues' sizes are checked where a ring's options are made of them.
    new RingOptions(sqEntries, cqEntries, 0, Set.of());
    check(
        maxOperations >= MIN_OPERATIONS && maxOperations <= MAX_OPERATIONS,
        "maxOperations " + maxOperations + ": from " + MIN_OPERATIONS + " to " + MAX_OPERATIONS);
    check(maxPooledBytes >= 0, "maxPooledBytes " + maxPooledBytes + " is negative");
    check(!spin.isNegative() && spin.compareTo(MAX_SPIN) <= 0, "spin " + spin + ": from 0 to " + MAX_SPIN);
    check(zeroCopyBytes >= 0, "zeroCopyBytes " + zeroCopyBytes + " is negative");
    check(boundedWorkers >= 0, "boundedWorkers " + boundedWorkers + " is negative");
    check(unboundedWorkers >= 0, "unboundedWorkers " + unboundedWorkers + " is negative");
    check(
        directDescriptors >= 0 && directDescriptors <= RingOptions.MAX_DIRECT_DESCRIPTORS,
        "directDescriptors " + directDescriptors + ": from 0 to " + RingOptions.MAX_DIRECT_DESCRIPTORS);
    check(!closeTimeout.isNegative(), "closeTimeout " + closeTimeout + " is negative");
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  /**
   * A ring for every eight processors, at least one; each of 1024 submission and 4096 completion entries, with 65536
   * operations; 256 MiB of buffers, restricted.
   */
  public static UringConfig defaults() {
    return new Draft().made();
  }

  /** One ring ends where its poller fills a processor, long before eight are full of what it has to do. */
  static int ringsFor(int processors) {
    return Math.clamp(processors / PROCESSORS_PER_RING, 1, MAX_RINGS);
  }

  /**
   * The defaults, changed by the system properties {@code loomring.rings}, {@code loomring.sqEntries},
   * {@code loomring.cqEntries}, {@code loomring.maxOperations}, {@code loomring.maxPooledBytes},
   * {@code loomring.restricted}, {@code loomring.loops}, {@code loomring.spinMicros}, {@code loomring.zeroCopyBytes},
   * {@code loomring.boundedWorkers}, {@code loomring.unboundedWorkers}, {@code loomring.registeredRing},
   * {@code loomring.directDescriptors} and {@code loomring.closeTimeoutMillis}.
   *
   * @throws IllegalArgumentException if one is not a number, or out of its range, or neither true nor false
   */
  public static UringConfig fromSystemProperties() {
    Draft d = new Draft();
    d.rings = count("loomring.rings", d.rings);
    d.sqEntries = count("loomring.sqEntries", d.sqEntries);
    d.cqEntries = count("loomring.cqEntries", Math.max(d.cqEntries, d.sqEntries));
    d.maxOperations = count("loomring.maxOperations", d.maxOperations);
    d.maxPooledBytes = number("loomring.maxPooledBytes", d.maxPooledBytes);
    d.restricted = flag("loomring.restricted", d.restricted);
    d.loops = flag("loomring.loops", d.loops);
    d.spin = Duration.of(number("loomring.spinMicros", d.spin.toNanos() / 1_000), ChronoUnit.MICROS);
    d.zeroCopyBytes = count("loomring.zeroCopyBytes", d.zeroCopyBytes);
    d.boundedWorkers = count("loomring.boundedWorkers", d.boundedWorkers);
    d.unboundedWorkers = count("loomring.unboundedWorkers", d.unboundedWorkers);
    d.registeredRing = flag("loomring.registeredRing", d.registeredRing);
    d.directDescriptors = count("loomring.directDescriptors", d.directDescriptors);
    d.closeTimeout = Duration.ofMillis(number("loomring.closeTimeoutMillis", d.closeTimeout.toMillis()));
    return d.made();
  }

  private static int count(String property, int otherwise) {
    long value = number(property, otherwise);
    check(value == (int) value, "-D" + property + "=" + value + " is far out of range");
    return (int) value;
  }

  private static boolean flag(String property, boolean otherwise) {
    String value = System.getProperty(property);
    if (value == null) {
      return otherwise;
    }
    boolean on = value.strip().equalsIgnoreCase("true");
    check(on || value.strip().equalsIgnoreCase("false"), "-D" + property + "=" + value + " is neither true nor false");
    return on;
  }

  private static long number(String property, long otherwise) {
    String value = System.getProperty(property);
    if (value == null) {
      return otherwise;
    }
    try {
      return Long.parseLong(value.trim());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("-D" + property + "=" + value + " is not a whole number", e);
    }
  }

  /** The same with another name: see {@link #name}. */
  public UringConfig withName(String newName) {
    Draft d = new Draft(this);
    d.name = newName;
    return d.made();
  }

  /** The same with so many rings: see {@link #rings}. */
  public UringConfig withRings(int count) {
    Draft d = new Draft(this);
    d.rings = count;
    return d.made();
  }

  /** The same with queues of these sizes: see {@link #sqEntries} and {@link #cqEntries}. */
  public UringConfig withEntries(int sq, int cq) {
    Draft d = new Draft(this);
    d.sqEntries = sq;
    d.cqEntries = cq;
    return d.made();
  }

  /** The same with room for so many operations and descriptors: see {@link #maxOperations}. */
  public UringConfig withMaxOperations(int count) {
    Draft d = new Draft(this);
    d.maxOperations = count;
    return d.made();
  }

  /** The same with so much memory kept: see {@link #maxPooledBytes}. */
  public UringConfig withMaxPooledBytes(long bytes) {
    Draft d = new Draft(this);
    d.maxPooledBytes = bytes;
    return d.made();
  }

  /** The same with rings that restrict themselves, or not: see {@link #restricted}. */
  public UringConfig withRestricted(boolean on) {
    Draft d = new Draft(this);
    d.restricted = on;
    return d.made();
  }

  /** The same with loops, or without: see {@link #loops}. */
  public UringConfig withLoops(boolean on) {
    Draft d = new Draft(this);
    d.loops = on;
    return d.made();
  }

  /** The same with a time to look for work before waiting: see {@link #spin}. */
  public UringConfig withSpin(Duration time) {
    Draft d = new Draft(this);
    d.spin = time;
    return d.made();
  }

  /** The same with a size from which sends are not copied: see {@link #zeroCopyBytes}. */
  public UringConfig withZeroCopyBytes(int bytes) {
    Draft d = new Draft(this);
    d.zeroCopyBytes = bytes;
    return d.made();
  }

  /** How many threads of the kernel may work at a time: see {@link #boundedWorkers} and {@link #unboundedWorkers}. */
  public UringConfig withWorkers(int bounded, int unbounded) {
    Draft d = new Draft(this);
    d.boundedWorkers = bounded;
    d.unboundedWorkers = unbounded;
    return d.made();
  }

  /** The same with rings that are called by number, or not: see {@link #registeredRing}. */
  public UringConfig withRegisteredRing(boolean on) {
    Draft d = new Draft(this);
    d.registeredRing = on;
    return d.made();
  }

  /** The same with so many slots for direct descriptors: see {@link #directDescriptors}. */
  public UringConfig withDirectDescriptors(int slots) {
    Draft d = new Draft(this);
    d.directDescriptors = slots;
    return d.made();
  }

  /** The same with a time that a close waits: see {@link #closeTimeout}. */
  public UringConfig withCloseTimeout(Duration timeout) {
    Draft d = new Draft(this);
    d.closeTimeout = timeout;
    return d.made();
  }

  RingOptions ringOptions() {
    return new RingOptions(sqEntries, cqEntries, SetupFlags.CLAMP, restricted ? OperationKind.opcodes() : Set.of())
        .withWorkers(boundedWorkers, unboundedWorkers)
        .withRegistered(registeredRing)
        .withDirectDescriptors(directDescriptors);
  }

  /** Sets the rings up that this describes. */
  PollerGroup start() {
    return PollerGroup.start(name, rings, ringOptions(), maxOperations, loops, spin.toNanos());
  }

  /** What becomes a config; begins as the defaults, or as another one. */
  private static final class Draft {
    String name = "loomring";
    int rings = ringsFor(Runtime.getRuntime().availableProcessors());
    int sqEntries = 1024;
    int cqEntries = 4096;
    int maxOperations = 65_536;
    long maxPooledBytes = 256L << 20;
    boolean restricted = true;
    boolean loops;
    Duration spin = Duration.ZERO;
    int zeroCopyBytes;
    int boundedWorkers;
    int unboundedWorkers;
    boolean registeredRing;
    int directDescriptors;
    Duration closeTimeout = Duration.ofSeconds(5);

    Draft() {}

    Draft(UringConfig of) {
      name = of.name;
      rings = of.rings;
      sqEntries = of.sqEntries;
      cqEntries = of.cqEntries;
      maxOperations = of.maxOperations;
      maxPooledBytes = of.maxPooledBytes;
      restricted = of.restricted;
      loops = of.loops;
      spin = of.spin;
      zeroCopyBytes = of.zeroCopyBytes;
      boundedWorkers = of.boundedWorkers;
      unboundedWorkers = of.unboundedWorkers;
      registeredRing = of.registeredRing;
      directDescriptors = of.directDescriptors;
      closeTimeout = of.closeTimeout;
    }

    UringConfig made() {
      return new UringConfig(
          name,
          rings,
          sqEntries,
          cqEntries,
          maxOperations,
          maxPooledBytes,
          restricted,
          loops,
          spin,
          zeroCopyBytes,
          boundedWorkers,
          unboundedWorkers,
          registeredRing,
          directDescriptors,
          closeTimeout);
    }
  }
}
