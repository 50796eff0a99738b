package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.loomring.testkit.RunsOnce;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@RunsOnce(RunsOnce.NO_DRIVER)
class UserDataTest {
  @ParameterizedTest(name = "slot {0}, generation {1}, part {2}")
  @CsvSource({
      "0, 0, 1",
      "1, 1, 2",
      "65535, 123456, 3",
      "16777215, 2147483647, 4",
      "16777215, -1, 4",
      "0, -2147483648, 127"
  })
  void slotGenerationAndPartComeBackAsTheyWentIn(int slot, int generation, int part) {
    long userData = UserData.of(slot, generation, part);
    assertEquals(slot, UserData.slot(userData));
    assertEquals(generation, UserData.generation(userData));
    assertEquals(part, UserData.part(userData));
  }

  @Test
  void theLargestSlotIsTheLastThatTheEncodingHasRoomFor() {
    assertEquals(UserData.MAX_SLOTS - 1, UserData.slot(UserData.of(UserData.MAX_SLOTS - 1, 0, 0)));
  }

  @Test
  void theNextGenerationOfASlotHasAnotherValue() {
    assertNotEquals(UserData.of(7, 1, UserData.MAIN), UserData.of(7, 2, UserData.MAIN));
    assertNotEquals(UserData.of(7, -1, UserData.MAIN), UserData.of(7, 0, UserData.MAIN));
  }

  @Test
  void noTwoCombinationsShareAValue() {
    Set<Long> values = new HashSet<>();
    int count = 0;
    for (int slot : new int[] {0, 1, 255, 256, UserData.MAX_SLOTS - 1}) {
      for (int generation : new int[] {0, 1, 255, 1 << 24, -1}) {
        for (int part = UserData.MAIN; part <= UserData.TIMEOUT_REMOVE; part++) {
          values.add(UserData.of(slot, generation, part));
          count++;
        }
      }
    }
    assertEquals(count, values.size());
  }
}
