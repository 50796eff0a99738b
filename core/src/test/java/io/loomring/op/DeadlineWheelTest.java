package io.loomring.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.ring.SqeLayout;
import io.loomring.sys.NativeMemory;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.Seed;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The wheel by itself, on a clock of the test's. */
@RunsOnce(RunsOnce.NO_DRIVER)
class DeadlineWheelTest implements Submitter {
  private static final int SLOTS = 256;
  private static final long SECOND = 1_000_000_000L;

  private final OperationTable table =
      new OperationTable(this, NativeMemory.anonymous((long) SLOTS * SlotLayout.BYTES), SLOTS, 0, false);
  private final DeadlineWheel wheel = new DeadlineWheel(table);
  private final MemorySegment entry = NativeMemory.anonymous(SqeLayout.BYTES);
  private final List<Long> timeouts = new ArrayList<>();
  private long now = System.nanoTime();

  @Override
  public void submit(InboxNode node) {
    throw new AssertionError("nothing is submitted here");
  }

  @Override
  public boolean isPollerThread() {
    return false;
  }

  @Test
  void aNearDeadlineIsNotTaken() {
    assertFalse(wheel.watch(due(now + DeadlineWheel.NEAR_NANOS - 1), now));
    assertNull(wheel.arming());
  }

  @Test
  void aFarDeadlineIsHandedOutBeforeItPassesAndNotMuchEarlier() {
    Operation op = due(now + 3 * SECOND);
    assertTrue(wheel.watch(op, now));
    long armed = arm();
    assertTrue(armed <= op.deadline && armed > op.deadline - SECOND / 10, "armed for " + (op.deadline - armed));
    assertNull(wheel.next(armed - SECOND / 10));
    wheel.expired();
    assertEquals(op, wheel.next(armed));
    assertNull(wheel.next(armed));
  }

  @Test
  void aSlotThatIsWatchedForEarlierStaysWhereItIs() {
    Operation op = due(now + 3 * SECOND);
    assertTrue(wheel.watch(op, now));
    arm();
    for (int i = 0; i < 100; i++) {
      op.deadline += SECOND / 100;
      assertTrue(wheel.watch(op, now));
      assertNull(wheel.arming());
    }
  }

  @Test
  void anEarlierDeadlineGetsATimeoutOfItsOwnAndALaterOneNone() {
    wheel.watch(due(now + 10 * SECOND), now);
    long first = arm();
    wheel.watch(due(now + 20 * SECOND), now);
    assertNull(wheel.arming());
    wheel.watch(due(now + 5 * SECOND), now);
    assertTrue(arm() < first);
  }

  @Test
  void manyThatWantATimeoutAtOnceGetOne() {
    for (int i = 20; i > 10; i--) {
      wheel.watch(due(now + i * SECOND), now);
    }
    long armed = arm();
    assertTrue(armed <= now + 11 * SECOND);
    assertNull(wheel.arming());
  }

  @Test
  void whateverTheDeadlinesAndTheirChangesNoneIsMissed() {
    RandomGenerator random = Seed.of(Seed.announced("deadlines on a wheel"));
    Operation[] operations = new Operation[SLOTS];
    boolean[] watched = new boolean[SLOTS];
    for (int i = 0; i < SLOTS; i++) {
      operations[i] = due(now);
    }
    long seen = 0;
    for (int step = 0; step < 100_000; step++) {
      now += random.nextInt(20_000_000);
      runTimeouts(operations, watched);
      int i = random.nextInt(SLOTS);
      if (watched[i]) {
        seen++;
      }
      // Up to 200 s, which is three times as far as the wheel reaches.
      operations[i].deadline = now + random.nextLong(1L << (30 + random.nextInt(8)));
      watched[i] = wheel.watch(operations[i], now);
      if (wheel.arming() != null) {
        armNow();
      }
      for (int j = 0; j < SLOTS; j++) {
        assertFalse(watched[j] && operations[j].deadline < now, "a deadline has passed, and nobody looked");
      }
    }
    assertTrue(seen > 10_000, "deadlines that were changed while they were watched: " + seen);
  }

  /** What the dispatch does with the ring's timeouts, all that have come by now. */
  private void runTimeouts(Operation[] operations, boolean[] watched) {
    while (!timeouts.isEmpty() && timeouts.getLast() <= now) {
      timeouts.removeLast();
      wheel.expired();
      for (Operation op = wheel.next(now); op != null; op = wheel.next(now)) {
        int i = List.of(operations).indexOf(op);
        if (watched[i]) {
          watched[i] = wheel.watch(op, now);
        }
      }
      wheel.lookedThrough();
      if (wheel.arming() != null) {
        armNow();
      }
    }
  }

  private Operation due(long deadline) {
    Operation op = table.tryAcquire();
    assertNotNull(op);
    op.deadline = deadline;
    return op;
  }

  private long arm() {
    assertNotNull(wheel.arming());
    return armNow();
  }

  private long armNow() {
    wheel.arm(entry, 0);
    MemorySegment timespec =
        MemorySegment.ofAddress(entry.get(ValueLayout.JAVA_LONG, SqeLayout.ADDR)).reinterpret(16);
    long at = timespec.get(ValueLayout.JAVA_LONG, 0) * SECOND + timespec.get(ValueLayout.JAVA_LONG, 8);
    assertTrue(timeouts.isEmpty() || at < timeouts.getLast(), "only an earlier one is added");
    timeouts.add(at);
    return at;
  }
}
