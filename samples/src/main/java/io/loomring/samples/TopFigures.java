package io.loomring.samples;

import io.loomring.api.LatencyCounts;
import io.loomring.api.RingStats;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What {@code top} shows: what changed from one look at a process to the next. Rates are for each second; what cannot be
 * said is {@link Double#NaN}.
 */
record TopFigures(
    int connections,
    int descriptors,
    int inFlight,
    long buffersLent,
    long pooledBytes,
    int urings,
    double operations,
    double batch,
    double perEnter,
    List<Ring> rings,
    List<Kind> kinds) {

  /** A ring; {@code batch} is the mean of the completions that one look at its queue found. */
  record Ring(
      String name,
      double operations,
      int inFlight,
      int connections,
      int descriptors,
      double batch,
      long largestBatch,
      double enters,
      double perEnter,
      long takeovers,
      long timedOut,
      long resubmitted,
      long overflows) {}

  /** A kind of operation, or turns, of which none is in flight; {@code lately} is null where none came to its end. */
  record Kind(String name, int inFlight, double perSecond, @Nullable LatencyCounts lately) {}

  /** What changed since {@code before}, which is null at the first look. */
  static TopFigures between(@Nullable TopSample before, TopSample now) {
    double seconds = before == null ? Double.NaN : (now.nanos() - before.nanos()) / 1e9;
    Totals totals = new Totals();
    List<Ring> rings = new ArrayList<>();
    Map<String, Integer> inFlight = new TreeMap<>();
    Map<String, LatencyCounts> lately = new TreeMap<>();
    now.urings().forEach((name, reading) -> {
      TopSample.Reading earlier = before == null ? null : before.urings().get(name);
      Map<String, RingStats> ringsBefore = new HashMap<>();
      Map<String, LatencyCounts> latenciesBefore = new HashMap<>();
      if (earlier != null) {
        earlier.rings().forEach(ring -> ringsBefore.put(ring.ring(), ring));
        earlier.latencies().forEach(one -> latenciesBefore.put(one.ring() + " " + one.kind(), one));
        totals.since(earlier.rings(), -1);
      }
      totals.since(reading.rings(), 1);
      totals.buffersLent += reading.stats().buffersLent();
      totals.pooledBytes += reading.stats().pooledBytes();
      for (RingStats ring : reading.rings()) {
        rings.add(ring(ring, ringsBefore.get(ring.ring()), seconds));
      }
      reading.inFlight().forEach((kind, count) -> inFlight.merge(kind, count, Integer::sum));
      for (LatencyCounts one : reading.latencies()) {
        LatencyCounts known = latenciesBefore.get(one.ring() + " " + one.kind());
        lately.merge(one.kind(), known == null ? one : one.since(known), LatencyCounts::with);
      }
    });
    return new TopFigures(
        rings.stream().mapToInt(Ring::connections).sum(),
        rings.stream().mapToInt(Ring::descriptors).sum(),
        rings.stream().mapToInt(Ring::inFlight).sum(),
        totals.buffersLent,
        totals.pooledBytes,
        now.urings().size(),
        totals.operations / seconds,
        share(totals.batched, totals.batches),
        share(totals.submitted, totals.enters),
        rings,
        kinds(inFlight, before == null ? Map.of() : lately, seconds));
  }

  private static Ring ring(RingStats now, @Nullable RingStats before, double seconds) {
    Totals change = new Totals();
    change.since(List.of(now), 1);
    if (before != null) {
      change.since(List.of(before), -1);
    }
    return new Ring(
        now.ring(),
        change.operations / seconds,
        now.inFlight(),
        now.connections(),
        now.openDescriptors(),
        share(change.batched, change.batches),
        now.largestBatch(),
        change.enters / seconds,
        share(change.submitted, change.enters),
        now.takeovers(),
        now.timedOut(),
        now.resubmitted(),
        now.cqOverflows());
  }

  private static List<Kind> kinds(Map<String, Integer> inFlight, Map<String, LatencyCounts> lately, double seconds) {
    List<Kind> kinds = new ArrayList<>();
    TreeMap<String, LatencyCounts> seen = new TreeMap<>(lately);
    LatencyCounts turns = seen.remove(LatencyCounts.TURN);
    TreeMap<String, Integer> names = new TreeMap<>(inFlight);
    seen.keySet().forEach(name -> names.putIfAbsent(name, 0));
    names.forEach((name, count) -> kinds.add(kind(name, count, seen.get(name), seconds)));
    if (turns != null) {
      kinds.add(kind(LatencyCounts.TURN, 0, turns, seconds));
    }
    return kinds;
  }

  private static Kind kind(String name, int inFlight, @Nullable LatencyCounts lately, double seconds) {
    boolean any = lately != null && lately.total() > 0;
    return new Kind(name, inFlight, lately == null ? Double.NaN : lately.total() / seconds, any ? lately : null);
  }

  private static double share(double of, double in) {
    return in > 0 ? of / in : Double.NaN;
  }

  /** Counters that are added up, or taken off. */
  private static final class Totals {
    double operations;
    double submitted;
    double enters;
    double batches;
    double batched;
    long buffersLent;
    long pooledBytes;

    void since(List<RingStats> rings, int sign) {
      for (RingStats ring : rings) {
        operations += sign * ring.operations();
        submitted += sign * ring.submitted();
        enters += sign * ring.enters();
        batches += sign * ring.batches();
        batched += sign * ring.batched();
      }
    }
  }
}
