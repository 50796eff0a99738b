package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.ChildJvm;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Nothing that a socket does keeps its carrier: proof is a ticker on the only carrier there is (K-40). */
class NothingPinsTest {
  private static final int ROUNDS = 3;
  /** What the two may differ by and still be level, on a machine that other work shares. */
  private static final long SLACK_NANOS = 10_000_000;

  @Test
  void aTickerOnTheOnlyCarrierSeesNoLongerGapsThanWithTheJdksSockets() {
    areLevel(500);
  }

  @Tag("long")
  @Test
  void norDoesOneThatTicksForLonger() {
    areLevel(1_500);
  }

  private static void areLevel(int ticks) {
    List<Long> jdk = new ArrayList<>();
    List<Long> uring = new ArrayList<>();
    do {
      jdk.add(gapOfOneInAHundred("jdk", ticks));
      uring.add(gapOfOneInAHundred("uring", ticks));
      // Another round can only raise the bound, and lower what is held against it: the first that holds decides.
    } while (!isLevel(jdk, uring) && jdk.size() < ROUNDS);
    assertTrue(
        isLevel(jdk, uring),
        () -> "gaps in nanoseconds, one in a hundred longer: java.net " + jdk + ", uring " + uring);
  }

  private static boolean isLevel(List<Long> jdk, List<Long> uring) {
    return Collections.min(uring) <= 2 * Collections.max(jdk) + SLACK_NANOS;
  }

  private static long gapOfOneInAHundred(String transport, int ticks) {
    String out = ChildJvm.of(TickingEchoServer.class, transport, Integer.toString(ticks))
        .oneCarrier()
        .options("-Dloomring.rings=1")
        .run()
        .succeeded();
    String line = out.lines().filter(l -> l.startsWith("gaps ")).findFirst().orElseThrow();
    return Long.parseLong(line.split(" ")[2]);
  }
}
