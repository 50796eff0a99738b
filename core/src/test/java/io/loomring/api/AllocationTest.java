package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.buffer.Buffer;
import io.loomring.op.Deadline;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** The way of a read and a write allocates nothing on the calling thread (I-10). */
class AllocationTest extends UringTest {
  private static final int WARM_UP = 4_000;
  private static final int BATCHES_MAX = 400;
  private static final int BATCH = 400;
  /** Less than one object, of the smallest size there is, in eight exchanges. */
  private static final double MOST_BYTES_EACH = 2;

  private final com.sun.management.ThreadMXBean threads =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  private double bytesEach(Pair pair, boolean timed) {
    Buffer buffer = uring.buffers().acquire(64);
    exchange(pair, buffer, WARM_UP, timed);
    long least = Long.MAX_VALUE;
    // What is allocated each time is so in every batch. What the JDK's scheduler allocates when a caller wakes the poller
    // is not: as long as it does not sleep, nobody wakes it.
    for (int i = 0; i < BATCHES_MAX && least >= MOST_BYTES_EACH * BATCH; i++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      exchange(pair, buffer, BATCH, timed);
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    uring.buffers().release(buffer);
    return (double) least / BATCH;
  }

  private void exchange(Pair pair, Buffer buffer, int times, boolean timed) {
    RawOperations raw = uring.raw();
    for (int i = 0; i < times; i++) {
      long deadline = timed ? Deadline.ofTimeoutMillis(60_000) : Deadline.NONE;
      assertEquals(64, raw.send(pair.client(), buffer, 0, 64, 0, deadline, true, null));
      assertEquals(64, raw.recv(pair.server(), buffer, 64, 0, deadline, true, null));
      Buffer other = uring.buffers().acquire(1000);
      uring.buffers().release(other);
    }
  }

  @Test
  void aReadAndAWriteAllocateNothing() throws IOException {
    Pair pair = Connections.pair(uring);
    double bytes = (double) Caller.platform(() -> bytesEach(pair, false)).value();
    assertTrue(bytes < MOST_BYTES_EACH, bytes + " bytes each");
    pair.close();
  }

  @Test
  void whereItIsTimedNeither() throws IOException {
    uring.monitoring().setTimed(true);
    aReadAndAWriteAllocateNothing();
  }

  @Test
  void withADeadlineNeither() throws IOException {
    Pair pair = Connections.pair(uring);
    double bytes = (double) Caller.platform(() -> bytesEach(pair, true)).value();
    assertTrue(bytes < MOST_BYTES_EACH, bytes + " bytes each");
    pair.close();
  }
}
