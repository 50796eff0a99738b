package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.OverLoops;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.TestDriver;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Rings that are called by a number of their thread's. */
class RegisteredRingTest {
  private static final int ROUNDS = 20;

  private static void talk(Uring uring) throws Exception {
    Pair pair = Connections.pair(uring);
    byte[] got = new byte[3];
    for (byte i = 0; i < ROUNDS; i++) {
      byte[] sent = {i, 2, 3};
      uring.send(pair.client(), sent, 0, 3);
      assertEquals(3, uring.recv(pair.server(), got, 0, 3));
      assertArrayEquals(sent, got);
    }
    pair.close();
  }

  /** More rings one after another than a thread has numbers for. */
  @Test
  @RunsOnce("a driver of its own")
  void whoDrivesARingItselfOpensAndClosesOneAfterAnother() throws Exception {
    int before = Descriptors.census();
    for (int i = 0; i < ROUNDS; i++) {
      try (CallerDriven driven = CallerDriven.open(UringConfig.defaults().withRegisteredRing(true))) {
        talk(driven.uring());
        Caller other = Caller.virtual(() -> {
          driven.uring().nop();
          return null;
        });
        while (!other.isDone()) {
          driven.runOnce(Duration.ofMillis(10));
        }
        other.value();
      }
    }
    Descriptors.awaitCensus(before);
  }

  @Test
  @OverLoops
  void loopsServeThreadsOfTheirOwnAndOthers() throws Exception {
    try (Uring uring = TestDriver.open(TestDriver.config("registered").withRegisteredRing(true))) {
      assertTrue(uring.hasLoops());
      Caller first = Caller.virtual(() -> {
        talk(uring);
        return null;
      });
      Caller second = Caller.virtual(() -> {
        talk(uring);
        return null;
      });
      talk(uring);
      first.value();
      second.value();
    }
  }

  /** Its poller's thread is carried by one kernel thread or another, so the option says nothing to it. */
  @Test
  @RunsOnce("a driver of its own")
  void theDefaultDriverWorksAsWithout() throws Exception {
    try (Uring uring = Uring.open(UringConfig.defaults().withName("plain").withRegisteredRing(true))) {
      talk(uring);
    }
  }
}
