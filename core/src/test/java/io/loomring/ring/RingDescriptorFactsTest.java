package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.sys.Errno;
import io.loomring.testkit.RunsOnce;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Rings that their thread knows by a number of its own (K-38). */
@RunsOnce(RunsOnce.NO_DRIVER)
class RingDescriptorFactsTest {
  private static final int WORK = 1;
  /** More than the numbers that the kernel has for a thread. */
  private static final int RINGS = 40;

  private static RawRing registered() {
    return RawRing.open(new RingOptions(8, 16, 0, Set.of()).withRegistered(true));
  }

  @Test
  void theNumberOfARingIsNothingToAnotherThread() {
    try (RawRing ring = registered()) {
      ring.stage(WORK, Sqe::prepNop);
      int staged = ring.ring().sq().publish();
      ShortLivedThread.run(() -> assertEquals(-Errno.EINVAL, ring.ring().enter(staged, 0, 0)));
      assertEquals(staged, ring.ring().enter(staged, 0, 0));
      assertEquals(0, ring.result(WORK));
    }
  }

  @Test
  void aNumberIsFreeAgainWhenItsRingIsClosed() {
    for (int i = 0; i < RINGS; i++) {
      try (RawRing ring = registered()) {
        ring.stage(WORK, Sqe::prepNop).submit();
        assertEquals(0, ring.result(WORK));
      }
    }
  }
}
