package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.ChildJvm;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Nothing that a socket does keeps its carrier: proof is a ticker on the only carrier there is (K-40). */
class NothingPinsTest {
  private static final int ROUNDS = 3;
  /** What the two may differ by and still be level, on a machine that other work shares. */
  private static final long SLACK_NANOS = 10_000_000;

  @Test
  void aTickerOnTheOnlyCarrierSeesNoLongerGapsThanWithTheJdksSockets() {
    long[] jdk = new long[ROUNDS];
    long[] uring = new long[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      jdk[i] = gapOfOneInAHundred("jdk");
      uring[i] = gapOfOneInAHundred("uring");
    }
    Arrays.sort(jdk);
    Arrays.sort(uring);
    assertTrue(
        uring[0] <= 2 * jdk[ROUNDS - 1] + SLACK_NANOS,
        () -> "gaps in nanoseconds, one in a hundred longer: java.net " + Arrays.toString(jdk) + ", uring "
            + Arrays.toString(uring));
  }

  private static long gapOfOneInAHundred(String transport) {
    String out = ChildJvm.of(TickingEchoServer.class, transport).oneCarrier().options("-Dloomring.rings=1").run().succeeded();
    String line = out.lines().filter(l -> l.startsWith("gaps ")).findFirst().orElseThrow();
    return Long.parseLong(line.split(" ")[2]);
  }
}
