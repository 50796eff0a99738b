package io.loomring.poller;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.op.Counters.Counter;
import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.OperationKind;
import io.loomring.op.Outcome;
import io.loomring.ring.KernelRing;
import io.loomring.ring.RingOptions;
import io.loomring.ring.Sqe;
import io.loomring.sys.Constants;
import io.loomring.sys.NativeMemory;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.RunsOnce;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * With a poller that sleeps long enough for the JDK's carriers to retire, which the usual one does not (K-42), all that
 * they had submitted is mended: reads that wait (K-34), and a read whose timeout has lost its timer (K-35).
 */
@RunsOnce("loops have no carriers that retire")
@Tag("long")
class RetiredCarriersTest {
  private static final int CONNECTIONS = 20;

  @Test
  void everyReadThatARetiredCarrierSubmittedGetsItsDataAndATimeoutItsTime() {
    String out = ChildJvm.of(Main.class).limit(Duration.ofSeconds(150)).run().succeeded();
    assertEquals("carriers 0, answered 20, timed out true, mended true", out.lines().toList().getLast());
  }

  /** In a JVM of its own, since only there nobody else keeps the carriers. */
  static final class Main {
    private static final long READ_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Poller poller =
        new Poller("sleeper", KernelRing.open(new RingOptions(64, 128, 0, Set.of())), 64, false, 0, Long.MAX_VALUE / 2);
    private final MemorySegment buffer = NativeMemory.anonymous(4096);

    public static void main(String[] args) {
      new Main().run();
      System.exit(0);
    }

    private void run() {
      poller.start();
      List<int[]> pairs = new ArrayList<>();
      List<Caller> readers = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        int[] pair = pair();
        pairs.add(pair);
        int at = i;
        readers.add(Caller.virtual(() -> receive(pair[0], at, Deadline.NONE)));
      }
      int silent = pair()[0];
      long begun = System.nanoTime();
      Caller timed = Caller.virtual(() -> receive(silent, CONNECTIONS, Deadline.afterNanos(READ_TIMEOUT_NANOS)));
      Await.until("all are in flight", () -> poller.table().inFlight(OperationKind.RECV) == CONNECTIONS + 1);
      // On a busy machine the platform half may have submitted some of them itself; and it does not retire.
      boolean byCarriers = poller.counters().get(Counter.TAKEOVERS) == 0;
      // Thirty idle seconds make a carrier retire.
      Awaitility.await().atMost(50, TimeUnit.SECONDS).pollInterval(1, TimeUnit.SECONDS).until(() -> carriers() == 0);
      int carriers = carriers();
      int answered = 0;
      for (int i = 0; i < CONNECTIONS; i++) {
        write(pairs.get(i)[1], (byte) (i + 1));
      }
      for (int i = 0; i < CONNECTIONS; i++) {
        if ((int) readers.get(i).value() == 1 && buffer.get(ValueLayout.JAVA_BYTE, i) == i + 1) {
          answered++;
        }
      }
      boolean timedOut = (int) timed.value() == Outcome.TIMED_OUT
          && Math.abs(System.nanoTime() - begun - READ_TIMEOUT_NANOS) < TimeUnit.SECONDS.toNanos(10);
      boolean mended = poller.counters().get(Counter.RESUBMITTED) >= (byCarriers ? CONNECTIONS : 0);
      System.out.println("carriers " + carriers + ", answered " + answered + ", timed out " + timedOut + ", mended "
          + mended);
    }

    private int receive(int fd, int at, long deadline) {
      Operation op = poller.table().acquire(null, Deadline.NONE);
      Sqe.prepRecv(op.memory(), op.base(), fd, buffer.address() + at, 1, 0);
      op.describe(OperationKind.RECV, null, buffer);
      op.submit(deadline, true);
      int result = op.await(true);
      op.release();
      return result;
    }

    private static int carriers() {
      return (int) Thread.getAllStackTraces().keySet().stream()
          .filter(thread -> thread.getName().startsWith("ForkJoinPool-1-worker")).count();
    }

    private static int[] pair() {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment fds = arena.allocate(8, 4);
        assertEquals(0, SystemCalls.socketpair(
            Constants.AF_UNIX, Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC, 0, fds.address()));
        return new int[] {fds.get(ValueLayout.JAVA_INT, 0), fds.get(ValueLayout.JAVA_INT, 4)};
      }
    }

    private static void write(int fd, byte value) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_BYTE, value);
        assertEquals(1, SystemCalls.write(fd, one.address(), 1));
      }
    }
  }
}
