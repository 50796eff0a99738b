package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.OverLoops;
import io.loomring.testkit.TestDriver;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What waits for one of the kernel's workers, where there are few. A loop submits all by one thread. */
class WorkerLimitTest {
  @Test
  @OverLoops
  void whatWaitsForAWorkerTimesOutAndIsCancelledMeanwhile() throws Exception {
    UringConfig one = TestDriver.config("few").withRings(1).withWorkers(1, 1);
    try (Uring uring = TestDriver.open(one)) {
      try (Tee first = new Tee(uring); Tee second = new Tee(uring); Tee third = new Tee(uring)) {
        Caller holder = Caller.virtual(() -> first.move(CallOptions.NONE));
        Await.until("the worker is taken", () -> uring.inFlight(OperationKind.TEE) == 1);
        Caller late = Caller.virtual(() -> second.move(CallOptions.timeout(Duration.ofMillis(50))));
        late.thrown(OperationTimeoutException.class);
        OperationHandle handle = new OperationHandle();
        Caller unwanted = Caller.virtual(() -> third.move(CallOptions.NONE.withHandle(handle)));
        Await.until("two are handed in", () -> uring.inFlight(OperationKind.TEE) == 2);
        handle.cancel();
        unwanted.thrown(OperationCancelledException.class);
        Caller last = Caller.virtual(() -> second.move(CallOptions.NONE));
        second.feed();
        first.feed();
        assertEquals(1, holder.value());
        assertEquals(1, last.value());
      }
    }
  }

  /** A tee from one pipe to another. */
  private static final class Tee implements AutoCloseable {
    private final Uring uring;
    private final PipeEnds from;
    private final PipeEnds to;

    Tee(Uring uring) throws Exception {
      this.uring = uring;
      this.from = uring.pipes().open(CallOptions.NONE);
      this.to = uring.pipes().open(CallOptions.NONE);
    }

    int move(CallOptions options) throws Exception {
      return uring.pipes().tee(from.source(), to.sink(), 1, options);
    }

    void feed() throws Exception {
      assertEquals(1, uring.write(from.sink(), new byte[] {1}, 0, 1, -1, CallOptions.NONE));
    }

    @Override
    public void close() throws Exception {
      from.source().close();
      from.sink().close();
      to.source().close();
      to.sink().close();
    }
  }
}
