package io.loomring.interleavings;

import io.loomring.testkit.Licences;
import io.loomring.testkit.RunsOnce;
import org.junit.jupiter.api.Test;

@RunsOnce(RunsOnce.NO_DRIVER)
class LicencesTest {
  @Test
  void everyDependencyIsListedWithItsLicence() {
    Licences.assertListed("interleavings");
  }
}
