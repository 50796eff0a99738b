package io.loomring.samples;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How often which latency came up, in nanoseconds, to within 1/32; from any number of threads.
 *
 * <p>A value's bucket is the position of its highest bit and the five bits that follow.
 */
final class Latencies {
  private static final int FRACTION_BITS = 5;
  private static final int BUCKETS = 64 << FRACTION_BITS;

  private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);

  void add(long nanos) {
    counts.incrementAndGet(bucket(Math.max(nanos, 1L << FRACTION_BITS)));
  }

  private static int bucket(long nanos) {
    int exponent = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos);
    int fraction = (int) (nanos >>> exponent - FRACTION_BITS) & (1 << FRACTION_BITS) - 1;
    return exponent << FRACTION_BITS | fraction;
  }

  private static long lowest(int bucket) {
    int exponent = bucket >>> FRACTION_BITS;
    long fraction = bucket & (1 << FRACTION_BITS) - 1;
    return (1L << exponent) + (fraction << exponent - FRACTION_BITS);
  }

  /** The latency in nanoseconds that {@code share} of all, from 0 to 1, stayed at or below; 0 where there is none. */
  long quantile(double share) {
    long total = 0;
    for (int i = 0; i < BUCKETS; i++) {
      total += counts.get(i);
    }
    long rank = (long) Math.ceil(total * share);
    long seen = 0;
    for (int i = 0; i < BUCKETS; i++) {
      seen += counts.get(i);
      if (seen >= rank && counts.get(i) > 0) {
        return lowest(i);
      }
    }
    return 0;
  }
}
