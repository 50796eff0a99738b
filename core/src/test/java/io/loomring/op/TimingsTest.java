package io.loomring.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.RunsOnce;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** How times are counted, and when. */
@RunsOnce(RunsOnce.NO_DRIVER)
class TimingsTest {
  private static final long HOUR_NANOS = 3_600_000_000_000L;

  @Test
  void aTimeIsBelowTheBoundOfItsBucketAndNotBelowTheOneBefore() {
    long[] bounds = Timings.bounds();
    assertEquals(Timings.BUCKETS, bounds.length);
    for (long nanos = 1; nanos < HOUR_NANOS; nanos += 1 + nanos / 50) {
      int bucket = Timings.bucket(nanos);
      assertTrue(nanos < bounds[bucket], nanos + " is in the bucket that ends before " + bounds[bucket]);
      long from = bucket == 0 ? 0 : bounds[bucket - 1];
      assertTrue(nanos >= from, nanos + " is in the bucket from " + from);
    }
    assertEquals(Timings.BUCKETS - 1, Timings.bucket(Long.MAX_VALUE - 1));
    assertEquals(0, Timings.bucket(0));
  }

  @Test
  void aBucketIsNoWiderThanAnEighth() {
    long[] bounds = Timings.bounds();
    for (int i = 1; i < bounds.length - 1; i++) {
      assertTrue(bounds[i] > bounds[i - 1], Arrays.toString(bounds));
      assertTrue(bounds[i] - bounds[i - 1] <= bounds[i - 1] / 8, Arrays.toString(bounds));
    }
  }

  @Test
  void nothingIsCountedThatWasNeverAskedFor() {
    Timings timings = new Timings();
    timings.addTurn(5);
    assertFalse(timings.isOn());
    assertEquals(0, timings.counts(Timings.TURNS).length);
  }

  @Test
  void whatIsCountedStaysWhenItIsSwitchedOff() {
    Timings timings = new Timings();
    timings.set(true);
    timings.addTurn(5);
    timings.addTurn(300);
    timings.set(false);
    assertArrayEquals(new long[] {1, 0, 1}, timings.counts(Timings.TURNS));
    timings.set(true);
    timings.addTurn(5);
    assertArrayEquals(new long[] {2, 0, 1}, timings.counts(Timings.TURNS));
  }

  @Test
  void itEndsByItselfWhereItWasWantedForATime() {
    Timings timings = new Timings();
    timings.lease(HOUR_NANOS);
    timings.endAt(System.nanoTime());
    assertTrue(timings.isOn() && timings.isWanted());
    timings.endAt(System.nanoTime() + HOUR_NANOS);
    assertFalse(timings.isOn() || timings.isWanted());
  }

  @Test
  void nobodyWantsItWhenTheTimeIsOverAlthoughNoTurnHasSeenThat() {
    Timings timings = new Timings();
    timings.lease(1);
    while (timings.isWanted()) {
      Thread.onSpinWait();
    }
    assertTrue(timings.isOn());
    timings.endAt(System.nanoTime());
    assertFalse(timings.isOn());
  }

  @Test
  void aTimeThatIsOverDoesNotEndWhatIsWantedForGood() {
    Timings timings = new Timings();
    timings.lease(HOUR_NANOS);
    timings.set(true);
    timings.lease(1);
    timings.lease(0);
    timings.endAt(System.nanoTime() + HOUR_NANOS);
    assertTrue(timings.isOn() && timings.isWanted());
  }

  @Test
  void whoWantedItForATimeMayEndItBefore() {
    Timings timings = new Timings();
    timings.lease(HOUR_NANOS);
    timings.lease(0);
    assertFalse(timings.isOn() || timings.isWanted());
  }
}
