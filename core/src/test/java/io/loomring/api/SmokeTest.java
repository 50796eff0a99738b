package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Smoke;
import io.loomring.testkit.UringTest;
import org.junit.jupiter.api.Test;

/** A little of everything, on the smallest queues that there are. */
class SmokeTest extends UringTest {
  @Override
  protected UringConfig config() {
    return super.config().withEntries(2, 2);
  }

  @Test
  void everythingGoesThroughQueuesOfTwoEntries() throws Exception {
    new Smoke(uring).run();
  }

  @Test
  void everythingGoesThroughThemOnOneCarrier() {
    String said = ChildJvm.of(Smoke.class)
        .oneCarrier()
        .options("-Dloomring.sqEntries=2", "-Dloomring.cqEntries=2")
        .run()
        .succeeded();
    assertTrue(said.contains("smoke passed, entries 2"), said);
  }
}
