package io.loomring.poller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.Probe;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Dice;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.SimulatedRing;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/**
 * A driver that goes to sleep, and somebody who brings it something, in every order that their steps can have: never does
 * it sleep over what was brought.
 */
@RunsOnce("every driver is in it")
class SleepProtocolTest {
  private static final int ENTRIES = 8;

  /** The order of the steps of two: runs those of the one wherever they come before a step of the other. */
  private static final class Interleaving {
    private final boolean[] others;
    private final Runnable[] steps;
    private int at;
    private int done;

    Interleaving(boolean[] others, Runnable... steps) {
      this.others = others;
      this.steps = steps;
    }

    /** To be called before each step of the driver. */
    void before() {
      for (; at < others.length && others[at]; at++) {
        steps[done++].run();
      }
      at++;
    }

    void rest() {
      while (done < steps.length) {
        steps[done++].run();
      }
    }

    @Override
    public String toString() {
      return Arrays.toString(others);
    }
  }

  /** Every order of so many steps of the driver's and of the other's, which are true. */
  private static List<boolean[]> orders(int drivers, int others) {
    List<boolean[]> all = new ArrayList<>();
    for (int bits = 0; bits < 1 << drivers + others; bits++) {
      if (Integer.bitCount(bits) == others) {
        boolean[] order = new boolean[drivers + others];
        for (int i = 0; i < order.length; i++) {
          order[i] = (bits >> i & 1) != 0;
        }
        all.add(order);
      }
    }
    return all;
  }

  @Test
  void betweenAnyTwoStepsOfItsAnnouncementTheSleeperIsWokenOrStaysAwake() {
    int slept = 0;
    // It looks, announces, looks again, and sleeps; the other one adds, and then wakes who sleeps.
    for (boolean[] order : orders(4, 2)) {
      Sleeper sleeper = new Sleeper();
      boolean[] brought = {false};
      boolean[] woken = {false};
      Interleaving both = new Interleaving(
          order, () -> brought[0] = true, () -> woken[0] = sleeper.wake(Sleeper.ASLEEP));
      both.before();
      boolean found = brought[0];
      both.before();
      boolean sleeps = !found && sleeper.announce(Sleeper.ASLEEP, () -> {
        both.before();
        boolean finds = brought[0];
        // Whatever it does behind its second look.
        both.before();
        return finds;
      });
      both.rest();
      slept += sleeps ? 1 : 0;
      assertFalse(sleeps && !woken[0], () -> "sleeps over what was brought: " + both);
      assertTrue(sleeper.isAwake(), () -> "nobody will wake it any more: " + both);
    }
    assertTrue(slept > 0, "it never slept");
  }

  @Test
  void aPollerNeverSleepsOverWhatIsHandedIn() {
    for (int as : new int[] {Poller.VIRTUAL_PARKED, Poller.PLATFORM_WAITING}) {
      int slept = 0;
      for (boolean[] order : orders(2, 2)) {
        SimulatedRing ring = ring();
        ring.descriptor = SystemCalls.eventfd();
        Poller poller = new Poller("sleeps", ring, 16, false, 0);
        slept += sleeps(poller, () -> poller.announceSleep(as), poller::isAsleep, order) ? 1 : 0;
        poller.stop();
        poller.start();
        poller.awaitStopped(Deadline.NONE);
        SystemCalls.close(ring.descriptor);
      }
      // After it was handed in and taken, and before: then it is woken.
      assertEquals(4, slept, "times that it went to sleep");
    }
  }

  @Test
  void aLoopNeverSleepsOverWhatIsHandedIn() {
    int slept = 0;
    for (boolean[] order : orders(2, 2)) {
      LoopPoller loop = LoopPoller.make("sleeps", SleepProtocolTest::ring, 16, 0);
      assertFalse(loop.announceSleep(), "what wakes it is to be submitted first");
      loop.runTurn(false);
      slept += sleeps(loop, loop::announceSleep, loop::isAsleep, order) ? 1 : 0;
      loop.stop();
      loop.run();
    }
    assertEquals(4, slept, "times that it went to sleep");
  }

  /** Has it run a turn and go to sleep, while somebody hands a node in and then wakes it. */
  private static boolean sleeps(RingDriver driver, BooleanSupplier announces, BooleanSupplier asleep, boolean[] order) {
    Operation op = driver.table().tryAcquire();
    assertNotNull(op);
    Interleaving both = new Interleaving(order, () -> driver.inbox.push(Probe.idleNode(op)), driver::wakeIfAsleep);
    both.before();
    driver.runTurn(false);
    both.before();
    boolean sleeps = announces.getAsBoolean();
    both.rest();
    assertFalse(asleep.getAsBoolean() && !driver.inbox.isEmpty(), () -> "sleeps over what was handed in: " + both);
    driver.runTurn(false);
    op.release();
    return sleeps;
  }

  private static SimulatedRing ring() {
    return new SimulatedRing(
        new Dice(1),
        new SimulatedRing.Odds(),
        new long[SimulatedRing.Fault.values().length],
        Arena.ofAuto().allocate(SimulatedRing.bytes(ENTRIES, ENTRIES), 64),
        ENTRIES,
        ENTRIES,
        new SimulatedRing.Watcher() {
          @Override
          public void violated(String what) {
            throw new AssertionError(what);
          }
        });
  }
}
