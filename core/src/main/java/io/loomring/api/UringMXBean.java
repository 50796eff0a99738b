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

  /** What is in flight, the oldest first. */
  List<InFlightOperation> getInFlight();

  /** Whether operations note when they begin, and the time of turns is taken. */
  boolean isTimed();

  /** Switches that on or off, for what begins from now on. */
  void setTimed(boolean on);

  /** What is in flight as text, a line each. */
  String dump();
}
