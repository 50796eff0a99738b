package io.loomring.samples;

import io.loomring.api.LatencyCounts;
import io.loomring.api.RingStats;
import io.loomring.api.UringMXBean;
import io.loomring.api.UringStats;
import java.util.List;
import java.util.Map;

/**
 * What the Urings of a process said of themselves.
 *
 * @param nanos when, on the clock of {@link System#nanoTime}
 * @param urings what each said, by the name of its MXBean
 */
record TopSample(long nanos, Map<String, Reading> urings) {

  /** What one of them said. */
  record Reading(
      UringStats stats, List<RingStats> rings, List<LatencyCounts> latencies, Map<String, Integer> inFlight) {

    static Reading of(UringMXBean bean) {
      return new Reading(bean.getStats(), bean.getRings(), bean.getLatencies(), bean.getInFlightByKind());
    }
  }
}
