package io.loomring.api;

import io.loomring.op.Timings;
import java.util.Arrays;

/**
 * How often which time came up, as {@link Monitoring#latencies} counted it: the times that operations of a kind took on a
 * ring, from being handed in to the turn that saw their end, or those of its turns. Known to within an eighth.
 *
 * <pre>{@code
 * LatencyCounts lately = now.since(before);
 * long p99Nanos = lately.quantileNanos(0.99);
 * }</pre>
 *
 * @param ring the driver of the ring, as its threads are called
 * @param kind what the operations do, or {@link #TURN}
 * @param counts for each of {@link #boundsNanos} how many were below it and not below the one before; those that are left
 *     out at the end are zero
 * @since 0.1
 */
public record LatencyCounts(String ring, String kind, long[] counts) {
  /** The kind that stands for turns. */
  public static final String TURN = "turn";

  private static final long[] BOUNDS = Timings.bounds();

  /** What the times of each count are below, in nanoseconds; the last is {@link Long#MAX_VALUE}. */
  public static long[] boundsNanos() {
    return BOUNDS.clone();
  }

  /** How many there were. */
  public long total() {
    return Arrays.stream(counts).sum();
  }

  /** What came since {@code earlier}, which is of the same ring and kind. */
  public LatencyCounts since(LatencyCounts earlier) {
    long[] difference = counts.clone();
    for (int i = 0; i < Math.min(difference.length, earlier.counts.length); i++) {
      difference[i] -= earlier.counts[i];
    }
    return new LatencyCounts(ring, kind, difference);
  }

  /** The same with those of {@code other} added, which may be another ring's. */
  public LatencyCounts with(LatencyCounts other) {
    long[] sum = Arrays.copyOf(counts, Math.max(counts.length, other.counts.length));
    for (int i = 0; i < other.counts.length; i++) {
      sum[i] += other.counts[i];
    }
    return new LatencyCounts(ring, kind, sum);
  }

  /**
   * The time in nanoseconds that {@code share} of all, from 0 to 1, stayed below; 0 where there is none, and
   * {@link Long#MAX_VALUE} for more than 18 minutes.
   */
  public long quantileNanos(double share) {
    long rank = Math.max(1, (long) Math.ceil(total() * share));
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (seen >= rank) {
        return BOUNDS[i];
      }
    }
    return 0;
  }

  @Override
  public String toString() {
    return ring + " " + kind + ": " + total() + ", half of them below " + quantileNanos(0.5) + " ns";
  }
}
