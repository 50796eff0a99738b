package io.loomring.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import io.loomring.api.UringStats;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * A test with a ring of its own, and a census: when the test is over nothing is in flight, no slot is in use, no buffer
 * lent, every entry submitted has been completed, and once the ring is closed no descriptor is left.
 */
public abstract class UringTest {
  private int descriptorsBefore;
  protected Uring uring;

  /** How the ring is set up; the defaults unless overridden. */
  protected UringConfig config() {
    return TestDriver.config("test");
  }

  @BeforeEach
  final void openRing() {
    descriptorsBefore = Descriptors.census();
    uring = TestDriver.open(config());
  }

  @AfterEach
  final void nothingIsLeft() {
    if (uring.isSound()) {
      awaitNothingLeft(uring);
    }
    uring.close();
    Descriptors.awaitCensus(descriptorsBefore);
  }

  /** Waits until {@code uring} holds nothing, which every test must come to by itself. */
  public static void awaitNothingLeft(Uring uring) {
    Await.until(
        () -> "something is left: " + uring.stats() + ", " + uring.direct().inUse() + " direct descriptors",
        () -> isEmpty(uring.stats()) && uring.direct().inUse() == 0);
    assertEquals(0, uring.stats().strayCompletions(), "completions for nobody");
  }

  private static boolean isEmpty(UringStats stats) {
    return stats.inFlight() == 0
        && stats.slotsInUse() == 0
        && stats.openDescriptors() == 0
        && stats.buffersLent() == 0
        && stats.submitted() == stats.completed();
  }

  /** Waits until exactly {@code count} entries are the kernel's. */
  protected final void awaitInKernel(int count) {
    Await.until(() -> "not " + count + " entries are in the kernel: " + uring.stats(), () -> {
      UringStats stats = uring.stats();
      return stats.submitted() - stats.completed() == count;
    });
  }
}
