package io.loomring.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.RunsOnce;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@RunsOnce(RunsOnce.NO_DRIVER)
class DeadlineTest {
  private static final long HOUR_NANOS = Duration.ofHours(1).toNanos();

  @Test
  void noneIsNeverPassed() {
    assertFalse(Deadline.hasPassed(Deadline.NONE));
    assertEquals(Long.MAX_VALUE, Deadline.remainingNanos(Deadline.NONE));
  }

  @Test
  void zeroMillisecondsMeanNoDeadline() {
    assertEquals(Deadline.NONE, Deadline.ofTimeoutMillis(0));
  }

  @Test
  void aTimeoutOfZeroHasPassedAtOnce() {
    assertTrue(Deadline.hasPassed(Deadline.after(Duration.ZERO)));
    assertTrue(Deadline.remainingNanos(Deadline.afterNanos(0)) <= 0);
  }

  @Test
  void aLongTimeoutHasNotPassedAndHasNoMoreLeftThanItWasGiven() {
    long deadline = Deadline.after(Duration.ofHours(1));
    assertFalse(Deadline.hasPassed(deadline));
    long left = Deadline.remainingNanos(deadline);
    assertTrue(left > 0 && left <= HOUR_NANOS, () -> "left " + left);
  }

  @Test
  void theLongestTimeoutInMillisecondsIsADeadline() {
    long deadline = Deadline.ofTimeoutMillis(Integer.MAX_VALUE);
    assertTrue(deadline != Deadline.NONE);
    assertFalse(Deadline.hasPassed(deadline));
  }

  @Test
  void aTimeoutThatIsTooLongForTheClockIsNone() {
    assertEquals(Deadline.NONE, Deadline.after(Duration.ofSeconds(Long.MAX_VALUE)));
    assertEquals(Deadline.NONE, Deadline.after(Duration.ofNanos(Long.MAX_VALUE)));
    assertEquals(Deadline.NONE, Deadline.afterNanos(Long.MAX_VALUE));
  }

  @Test
  void aNegativeTimeoutIsRefused() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Deadline.after(Duration.ofMillis(-5))).getMessage();
    assertTrue(message.contains("PT-0.005S"), message);
  }

  @Test
  void aDeadlineBeyondTheClocksOverflowIsStillInTheFuture() {
    // nanoTime may be close to its end: a sum that wraps around is later nevertheless.
    long deadline = System.nanoTime() + Long.MAX_VALUE / 2 - 1;
    assertFalse(Deadline.hasPassed(deadline));
    assertTrue(Deadline.remainingNanos(deadline) > 0);
  }

  @Test
  void aPastDeadlineHasPassed() {
    long deadline = System.nanoTime() - HOUR_NANOS;
    assertTrue(Deadline.hasPassed(deadline));
    assertTrue(Deadline.remainingNanos(deadline) <= -HOUR_NANOS);
  }
}
