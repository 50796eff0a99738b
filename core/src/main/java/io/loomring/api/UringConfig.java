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
    Duration closeTimeout) {
  private static final int MAX_RINGS = 64;
  private static final int PROCESSORS_PER_RING = 8;
  private static final int MIN_OPERATIONS = 16;
  private static final int MAX_OPERATIONS = 1 << 23;
  private static final Duration MAX_SPIN = Duration.ofMillis(10);

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
    return new UringConfig(
        "loomring", ringsFor(Runtime.getRuntime().availableProcessors()), 1024, 4096, 65_536, 256L << 20, true, false, Duration.ZERO, 0, Duration.ofSeconds(5));
  }

  /** One ring ends where its poller fills a processor, long before eight are full of what it has to do. */
  static int ringsFor(int processors) {
    return Math.clamp(processors / PROCESSORS_PER_RING, 1, MAX_RINGS);
  }

  /**
   * The defaults, changed by the system properties {@code loomring.rings}, {@code loomring.sqEntries},
   * {@code loomring.cqEntries}, {@code loomring.maxOperations}, {@code loomring.maxPooledBytes},
   * {@code loomring.restricted}, {@code loomring.loops}, {@code loomring.spinMicros}, {@code loomring.zeroCopyBytes} and
   * {@code loomring.closeTimeoutMillis}.
   *
   * @throws IllegalArgumentException if one is not a number, or out of its range, or neither true nor false
   */
  public static UringConfig fromSystemProperties() {
    UringConfig d = defaults();
    return new UringConfig(
        d.name,
        count("loomring.rings", d.rings),
        count("loomring.sqEntries", d.sqEntries),
        count("loomring.cqEntries", Math.max(d.cqEntries, count("loomring.sqEntries", 0))),
        count("loomring.maxOperations", d.maxOperations),
        number("loomring.maxPooledBytes", d.maxPooledBytes),
        flag("loomring.restricted", d.restricted),
        flag("loomring.loops", d.loops),
        Duration.of(number("loomring.spinMicros", d.spin.toNanos() / 1_000), ChronoUnit.MICROS),
        count("loomring.zeroCopyBytes", d.zeroCopyBytes),
        Duration.ofMillis(number("loomring.closeTimeoutMillis", d.closeTimeout.toMillis())));
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

  public UringConfig withName(String newName) {
    return new UringConfig(
        newName, rings, sqEntries, cqEntries, maxOperations, maxPooledBytes, restricted, loops, spin, zeroCopyBytes,
        closeTimeout);
  }

  public UringConfig withRings(int count) {
    return new UringConfig(
        name, count, sqEntries, cqEntries, maxOperations, maxPooledBytes, restricted, loops, spin, zeroCopyBytes,
        closeTimeout);
  }

  public UringConfig withEntries(int sq, int cq) {
    return new UringConfig(name, rings, sq, cq, maxOperations, maxPooledBytes, restricted, loops, spin, zeroCopyBytes,
        closeTimeout);
  }

  public UringConfig withMaxOperations(int count) {
    return new UringConfig(
        name, rings, sqEntries, cqEntries, count, maxPooledBytes, restricted, loops, spin, zeroCopyBytes,
        closeTimeout);
  }

  public UringConfig withMaxPooledBytes(long bytes) {
    return new UringConfig(
        name, rings, sqEntries, cqEntries, maxOperations, bytes, restricted, loops, spin, zeroCopyBytes,
        closeTimeout);
  }

  public UringConfig withRestricted(boolean on) {
    return new UringConfig(
        name, rings, sqEntries, cqEntries, maxOperations, maxPooledBytes, on, loops, spin, zeroCopyBytes, closeTimeout);
  }

  public UringConfig withLoops(boolean on) {
    return new UringConfig(
        name, rings, sqEntries, cqEntries, maxOperations, maxPooledBytes, restricted, on, spin, zeroCopyBytes,
        closeTimeout);
  }

  public UringConfig withSpin(Duration time) {
    return new UringConfig(
        name, rings, sqEntries, cqEntries, maxOperations, maxPooledBytes, restricted, loops, time, zeroCopyBytes,
        closeTimeout);
  }

  public UringConfig withZeroCopyBytes(int bytes) {
    return new UringConfig(
        name, rings, sqEntries, cqEntries, maxOperations, maxPooledBytes, restricted, loops, spin, bytes, closeTimeout);
  }

  public UringConfig withCloseTimeout(Duration timeout) {
    return new UringConfig(
        name, rings, sqEntries, cqEntries, maxOperations, maxPooledBytes, restricted, loops, spin, zeroCopyBytes,
        timeout);
  }

  RingOptions ringOptions() {
    return new RingOptions(sqEntries, cqEntries, SetupFlags.CLAMP, restricted ? OperationKind.opcodes() : Set.of());
  }

  /** Sets the rings up that this describes. */
  PollerGroup start() {
    return PollerGroup.start(name, rings, ringOptions(), maxOperations, loops, spin.toNanos());
  }
}
