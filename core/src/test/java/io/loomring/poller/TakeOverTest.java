package io.loomring.poller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.op.Counters.Counter;
import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.OperationKind;
import io.loomring.ring.KernelRing;
import io.loomring.ring.RingOptions;
import io.loomring.ring.Sqe;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.RunsOnce;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The virtual half asks for the baton in the only moment in which it has a carrier, and is kept from its carrier when it
 * is given back: the platform half goes on, instead of giving the baton back after each turn.
 */
@RunsOnce("the platform half is the poller's, and loops have none")
class TakeOverTest {
  @Test
  void whoAskedForTheBatonAndDoesNotComeKeepsNobodyWaiting() {
    String out = ChildJvm.of(Main.class).oneCarrier().run().succeeded();
    assertEquals("served, and taken back", out.lines().toList().getLast());
  }

  /** In a JVM of its own, with one carrier. */
  static final class Main {
    private static final int OPERATIONS = 300;
    /** The carrier may be left for some turns of the virtual half before it is kept for good. */
    private static final int MORE_TAKEOVERS_MAX = 5;

    private final Poller poller =
        new Poller("stalled", KernelRing.open(new RingOptions(64, 128, 0, Set.of())), 64, false, 0);
    private volatile boolean spinning;
    private volatile boolean asked;
    private volatile int operations;
    private volatile boolean stop;

    public static void main(String[] args) {
      new Main().run();
      System.exit(0);
    }

    private void run() {
      poller.start();
      Caller spinner = Caller.virtual(this::spin);
      Await.until("the only carrier is busy", () -> spinning);
      while (!asked) {
        operate();
        operations++;
      }
      long before = takeovers();
      for (int i = 0; i < OPERATIONS; i++) {
        operate();
      }
      long more = takeovers() - before;
      assertTrue(more <= MORE_TAKEOVERS_MAX, more + " takeovers for " + OPERATIONS + " operations");
      stop = true;
      spinner.value();
      Await.until("the virtual half runs again, and sleeps", poller::isVirtualParked);
      Caller.virtual(() -> {
        operate();
        return null;
      }).value();
      System.out.println("served, and taken back");
    }

    private Object spin() {
      spinning = true;
      while (!asked) {
        // Where the virtual half ends this, it stands right behind us when it yields.
        operate();
        int before = operations;
        while (operations - before < 2) {
          Thread.onSpinWait();
        }
        // The platform half is at work: the last operation was begun and ended while the carrier was kept.
        Thread.yield();
        asked = poller.isBatonWanted();
      }
      while (!stop) {
        Thread.onSpinWait();
      }
      return null;
    }

    private long takeovers() {
      return poller.counters().get(Counter.TAKEOVERS);
    }

    private void operate() {
      Operation op = poller.table().acquire(null, Deadline.NONE);
      Sqe.prepNop(op.memory(), op.base());
      op.describe(OperationKind.NOP, null, null);
      op.submit(Deadline.NONE, true);
      assertEquals(0, op.await(true));
      op.release();
    }
  }
}
