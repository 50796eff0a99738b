package io.loomring.poller;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.op.Probe;
import io.loomring.poller.Simulation.Coverage;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.SimulatedRing;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Core on a ring whose kernel is a seed's, from the first call to the last slot given back: see docs/TESTING.md. */
@RunsOnce(RunsOnce.NO_DRIVER)
class SimulationTest {
  /** The one seed to run, in place of many. */
  static final String PROPERTY = "loomring.simulation.seed";

  private static final int SEEDS = 10_000;
  private static final int SEEDS_LONG = 1_000_000;

  // Kept here: a logger that nobody holds on to forgets its level.
  private final Logger log = Logger.getLogger("io.loomring");
  private final Level levelBefore = log.getLevel();

  @BeforeEach
  void silenceWhatIsSaidOfRingsThatDie() {
    log.setLevel(Level.OFF);
  }

  @AfterEach
  void restore() {
    log.setLevel(levelBefore);
  }

  @Test
  void whateverTheKernelDoesTheInvariantsHold() {
    Long one = Long.getLong(PROPERTY);
    if (one != null) {
      Simulation.run(one, new Coverage());
    } else {
      run(0, SEEDS);
    }
  }

  @Test
  @Tag("long")
  void whateverTheKernelDoesTheInvariantsHoldForLong() {
    run(SEEDS, SEEDS_LONG);
  }

  private static void run(long first, int count) {
    Coverage coverage = new Coverage();
    long begun = System.nanoTime();
    for (long seed = first; seed < first + count; seed++) {
      Simulation.run(seed, coverage);
    }
    List<String> missed = new ArrayList<>();
    System.out.println(summary(coverage, System.nanoTime() - begun, missed));
    assertEquals(List.of(), missed, "not reached");
  }

  static String summary(Coverage coverage, long nanos, List<String> missed) {
    StringBuilder text = new StringBuilder("simulated ring: " + coverage.runs + " seeds, " + coverage.steps + " steps, "
        + coverage.calls + " operations, " + nanos / 1_000_000 + " ms\n  faults:");
    for (SimulatedRing.Fault fault : SimulatedRing.Fault.values()) {
      add(text, fault.name(), coverage.faults[fault.ordinal()], missed);
    }
    text.append("\n  events:");
    for (Simulation.Event event : Simulation.Event.values()) {
      add(text, event.name(), coverage.events[event.ordinal()], missed);
    }
    text.append("\n  seen from state to state:");
    for (int i = 0; i < Simulation.TRANSITIONS.length; i++) {
      int[] states = Simulation.TRANSITIONS[i];
      add(text, Probe.name(states[0]) + ">" + Probe.name(states[1]), coverage.transitions[i], missed);
    }
    return text.toString();
  }

  private static void add(StringBuilder text, String name, long count, List<String> missed) {
    text.append(' ').append(name).append('=').append(count);
    if (count == 0) {
      missed.add(name);
    }
  }
}
