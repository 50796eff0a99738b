package io.loomring.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.RunsOnce;
import org.junit.jupiter.api.Test;

/** How a round's reads are shared out. */
@RunsOnce(RunsOnce.NO_DRIVER)
class InlineReadsTest {
  private final InlineReads reads = new InlineReads();

  @Test
  void theMoreShareARoundTheFewerReadsEachHas() {
    reads.share(1);
    assertEquals(64, reads.run(), "one thread alone parks now and then as well");
    reads.share(16);
    assertEquals(64, reads.run());
    reads.share(64);
    assertEquals(16, reads.run());
    reads.share(100_000);
    assertEquals(4, reads.run());
    reads.share(0);
    assertEquals(64, reads.run());
  }

  @Test
  void aRoundThatEndedHasNoneUntilTheNext() {
    reads.looked(true);
    assertTrue(reads.any());
    reads.endRound();
    assertEquals(0, reads.run());
    assertFalse(reads.any());
    reads.share(2);
    assertEquals(64, reads.run());
    assertFalse(reads.any(), "nobody has read yet");
  }

  @Test
  void nobodyLooksWhereManyHaveFoundNothing() {
    for (int misses = 0; misses < 8; misses++) {
      assertTrue(reads.mayLook(), "after " + misses);
      reads.looked(true);
      reads.looked(false);
    }
    assertFalse(reads.mayLook());
    reads.share(1);
    assertTrue(reads.mayLook());
  }
}
