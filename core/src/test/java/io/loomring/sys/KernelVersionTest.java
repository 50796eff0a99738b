package io.loomring.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.RunsOnce;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@RunsOnce(RunsOnce.NO_DRIVER)
class KernelVersionTest {
  @ParameterizedTest(name = "{0}")
  @CsvSource({
      "6.18.44-generic, 6, 18",
      "6.1, 6, 1",
      "5.15.0-1051-aws, 5, 15",
      "7.0-rc3, 7, 0",
      "10.20.30, 10, 20",
      "6.1+, 6, 1"
  })
  void theTwoNumbersOfAReleaseAreRead(String release, int major, int minor) {
    assertEquals(new KernelVersion(major, minor, release), KernelVersion.parse(release));
  }

  @ParameterizedTest(name = "\"{0}\"")
  @CsvSource({"''", "linux", "6", "v6.1"})
  void aReleaseWithoutNumbersCountsAsZero(String release) {
    assertEquals(new KernelVersion(0, 0, release), KernelVersion.parse(release));
  }

  @Test
  void versionsAreComparedByTheirNumbersAndNotAsText() {
    assertTrue(KernelVersion.parse("6.11").compareTo(KernelVersion.parse("6.2")) > 0);
    assertTrue(KernelVersion.parse("10.0").compareTo(KernelVersion.parse("9.9")) > 0);
    assertEquals(0, KernelVersion.parse("6.1.1").compareTo(KernelVersion.parse("6.1.2")));
  }

  @Test
  void atLeastHoldsForTheSameAndForNewerOnes() {
    KernelVersion version = KernelVersion.parse("6.1");
    assertTrue(version.isAtLeast(6, 1));
    assertTrue(version.isAtLeast(5, 19));
    assertFalse(version.isAtLeast(6, 2));
    assertFalse(version.isAtLeast(7, 0));
  }

  @Test
  void theRunningKernelTellsItsVersion() {
    assertEquals(System.getProperty("os.version"), KernelVersion.current().release());
  }
}
