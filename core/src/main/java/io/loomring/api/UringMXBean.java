package io.loomring.api;

import java.util.List;
import java.util.Map;

/**
 * A {@link Uring} as JMX sees it, under {@code io.loomring:type=Uring,name=...}: see {@link Monitoring#register}. Reading
 * costs a walk over the operation tables, and turns nothing aside.
 *
 * @since 0.1
 */
public interface UringMXBean {
  /** How it is set up, in one line. */
  String getDescription();

  /** Its figures. */
  UringStats getStats();

  /** How many operations are in flight, by kind; kinds that have none are left out. */
  Map<String, Integer> getInFlightByKind();

  /** The figures of each ring. */
  List<RingStats> getRings();

  /** How long operations took, by ring and kind, and turns, since it was first {@linkplain #setTimed timed}. */
  List<LatencyCounts> getLatencies();

  /** What the times of each count of those are below, in nanoseconds. */
  long[] getLatencyBoundsNanos();

  /** What is in flight, the oldest first. */
  List<InFlightOperation> getInFlight();

  /** Whether operations note when they begin, and how long they and turns take is counted. */
  boolean isTimed();

  /** Switches that on or off, for what begins from now on. */
  void setTimed(boolean on);

  /**
   * Has it timed for so many milliseconds from now, for who watches it and may be gone before he can switch that off; 0
   * ends it. Where it is timed for good, does nothing.
   */
  void timeFor(long millis);

  /** What is in flight as text, a line each. */
  String dump();
}
