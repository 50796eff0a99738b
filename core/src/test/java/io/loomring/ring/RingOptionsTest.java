package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.RunsOnce;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RunsOnce(RunsOnce.NO_DRIVER)
class RingOptionsTest {
  private static RingOptions options(int sqEntries, int cqEntries) {
    return new RingOptions(sqEntries, cqEntries, 0, Set.of());
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(ints = {-2, -1, 0, 1, 3, 100, 65_536, Integer.MIN_VALUE, Integer.MAX_VALUE})
  void submissionEntriesThatAreNoPowerOfTwoInRangeAreRefused(int entries) {
    String message = assertThrows(IllegalArgumentException.class, () -> options(entries, 65_536)).getMessage();
    assertTrue(message.contains("sqEntries " + entries) && message.contains("from 2 to 32768"), message);
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(ints = {0, 32, 100, 131_072, Integer.MIN_VALUE})
  void completionEntriesThatAreFewerOrNoPowerOfTwoAreRefused(int entries) {
    String message = assertThrows(IllegalArgumentException.class, () -> options(64, entries)).getMessage();
    assertTrue(message.contains("cqEntries " + entries), message);
  }

  @Test
  void theSmallestAndTheLargestAreTaken() {
    assertEquals(2, options(2, 2).sqEntries());
    assertEquals(65_536, options(32_768, 65_536).cqEntries());
  }

  @Test
  void halvingKeepsTheProportion() {
    assertEquals(options(512, 2048), options(1024, 4096).halved());
  }

  @Test
  void theSetOfOpcodesIsCopied() {
    Set<Opcode> mine = EnumSet.of(Opcode.NOP);
    RingOptions options = new RingOptions(2, 2, 0, mine);
    mine.add(Opcode.RECV);
    assertEquals(Set.of(Opcode.NOP), options.allowed());
  }
}
