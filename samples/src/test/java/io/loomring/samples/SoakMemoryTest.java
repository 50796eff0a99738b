package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

class SoakMemoryTest {
  private static final long MIB = 1 << 20;

  private static SoakMemory of(LongUnaryOperator resident, LongUnaryOperator pooled, LongUnaryOperator live) {
    SoakMemory memory = new SoakMemory();
    for (int i = 0; i < 100; i++) {
      memory.add(new SoakMemory.Sample(resident.applyAsLong(i), pooled.applyAsLong(i), 0));
    }
    for (int i = 0; i < 16; i++) {
      memory.addLive(live.applyAsLong(i));
    }
    return memory;
  }

  @Test
  void whatGrowsAtFirstOnlyIsFlat() {
    assertNull(of(i -> Math.min(i, 25) * 20 * MIB, i -> 8 * MIB, i -> 10 * MIB).growth());
  }

  @Test
  void aPeakIsNoGrowth() {
    assertNull(of(i -> i == 90 ? 900 * MIB : 300 * MIB, i -> 8 * MIB, i -> 10 * MIB).growth());
  }

  @Test
  void residentMemoryThatGrowsAllTheTimeIsNot() {
    String growth = of(i -> (300 + i) * MIB, i -> 8 * MIB, i -> 10 * MIB).growth();
    assertEquals(
        "resident memory grew from 345,088 KiB to 396,288 KiB (medians of the second and the last quarter)", growth);
  }

  @Test
  void norAreBuffersOrTheHeapThatDo() {
    assertTrue(of(i -> 300 * MIB, i -> i * MIB, i -> 10 * MIB).growth().startsWith("memory of buffers"));
    assertTrue(of(i -> 300 * MIB, i -> 8 * MIB, i -> 10 * i * MIB).growth().startsWith("live heap"));
  }

  @Test
  void aHandfulOfLooksSaysNothing() {
    SoakMemory memory = new SoakMemory();
    memory.add(new SoakMemory.Sample(0, 0, 0));
    memory.add(new SoakMemory.Sample(1000 * MIB, 0, 0));
    assertNull(memory.growth());
  }
}
