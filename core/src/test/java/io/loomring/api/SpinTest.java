package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.op.Deadline;
import io.loomring.op.OperationKind;
import io.loomring.op.Outcome;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A poller that looks for something to do before it waits: nothing else about it differs. */
class SpinTest extends UringTest {
  private static final int ROUNDS = 200;

  @Override
  protected UringConfig config() {
    return TestDriver.config("test").withSpin(Duration.ofMillis(2));
  }

  @Test
  void whatComesInWhileItSpinsIsDone() {
    Caller virtual = Caller.virtual(this::nops);
    Caller platform = Caller.platform(this::nops);
    assertEquals(ROUNDS, virtual.value());
    assertEquals(ROUNDS, platform.value());
  }

  private int nops() {
    for (int i = 0; i < ROUNDS; i++) {
      assertEquals(0, uring.raw().nop());
    }
    return ROUNDS;
  }

  @Test
  void whatComesInAfterItHasGoneToSleepIsDone() {
    for (int i = 0; i < ROUNDS / 10; i++) {
      Caller timer = Caller.virtual(() -> uring.raw().timeout(Deadline.after(Duration.ofMillis(5)), true, null));
      assertEquals(0, timer.value());
    }
  }

  @Test
  void closingItEndsWhatWaits() {
    Caller waiting = Caller.virtual(() -> uring.raw().timeout(Deadline.after(Duration.ofMinutes(5)), true, null));
    Await.until(() -> "nothing waits", () -> uring.inFlight(OperationKind.TIMEOUT) == 1);
    uring.close();
    assertEquals(Outcome.CLOSED, waiting.value());
  }
}
