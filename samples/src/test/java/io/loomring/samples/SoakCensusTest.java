package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SoakCensusTest {
  private static final Map<String, Integer> SOCKETS = Map.of("socket", 2);
  private static final Map<String, Integer> THREADS = Map.of("main", 1, "process reaper", 1);
  private static final SoakCensus BEFORE = new SoakCensus(SOCKETS, THREADS, 2, 0, 0, 0, 0);

  @Test
  void aThreadThatHasEndedIsNoDifference() {
    assertTrue(new SoakCensus(SOCKETS, Map.of("main", 1), 2, 0, 0, 0, 0).hasNoMoreThan(BEFORE));
  }

  @Test
  void aThreadMoreIs() {
    assertFalse(new SoakCensus(SOCKETS, Map.of("main", 2), 2, 0, 0, 0, 0).hasNoMoreThan(BEFORE));
    assertFalse(new SoakCensus(SOCKETS, Map.of("stray", 1), 2, 0, 0, 0, 0).hasNoMoreThan(BEFORE));
  }

  @Test
  void soIsEverythingElse() {
    assertFalse(new SoakCensus(Map.of("socket", 3), THREADS, 2, 0, 0, 0, 0).hasNoMoreThan(BEFORE));
    assertFalse(new SoakCensus(Map.of("socket", 1), THREADS, 2, 0, 0, 0, 0).hasNoMoreThan(BEFORE));
    assertFalse(new SoakCensus(SOCKETS, THREADS, 3, 0, 0, 0, 0).hasNoMoreThan(BEFORE));
    assertFalse(new SoakCensus(SOCKETS, THREADS, 2, 1, 0, 0, 0).hasNoMoreThan(BEFORE));
    assertFalse(new SoakCensus(SOCKETS, THREADS, 2, 0, 1, 0, 0).hasNoMoreThan(BEFORE));
    assertFalse(new SoakCensus(SOCKETS, THREADS, 2, 0, 0, 1, 0).hasNoMoreThan(BEFORE));
    assertFalse(new SoakCensus(SOCKETS, THREADS, 2, 0, 0, 0, 1).hasNoMoreThan(BEFORE));
  }
}
