package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.op.OperationKind;
import io.loomring.ring.RingOptions;
import io.loomring.testkit.RunsOnce;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@RunsOnce(RunsOnce.NO_DRIVER)
class UringConfigTest {
  private static final List<String> PROPERTIES = List.of(
      "loomring.rings", "loomring.sqEntries", "loomring.cqEntries", "loomring.maxOperations",
      "loomring.maxPooledBytes", "loomring.restricted", "loomring.loops", "loomring.spinMicros",
      "loomring.zeroCopyBytes", "loomring.boundedWorkers", "loomring.unboundedWorkers", "loomring.registeredRing",
      "loomring.directDescriptors", "loomring.closeTimeoutMillis");

  private final Map<String, String> before = new HashMap<>();

  @BeforeEach
  void clearProperties() {
    for (String property : PROPERTIES) {
      String value = System.clearProperty(property);
      if (value != null) {
        before.put(property, value);
      }
    }
  }

  @AfterEach
  void restoreProperties() {
    PROPERTIES.forEach(System::clearProperty);
    before.forEach(System::setProperty);
  }

  @Test
  void withoutPropertiesTheDefaultsHold() {
    assertEquals(UringConfig.defaults(), UringConfig.fromSystemProperties());
  }

  @Test
  void eightProcessorsShareARing() {
    assertEquals(1, UringConfig.ringsFor(1));
    assertEquals(1, UringConfig.ringsFor(15));
    assertEquals(2, UringConfig.ringsFor(16));
    assertEquals(16, UringConfig.ringsFor(128));
    assertEquals(64, UringConfig.ringsFor(1_000));
  }

  @Test
  void everyPropertyChangesItsOwnSetting() {
    System.setProperty("loomring.rings", "3");
    System.setProperty("loomring.sqEntries", "64");
    System.setProperty("loomring.cqEntries", "256");
    System.setProperty("loomring.maxOperations", "1000");
    System.setProperty("loomring.maxPooledBytes", "8589934592");
    System.setProperty("loomring.restricted", "false");
    System.setProperty("loomring.loops", "true");
    System.setProperty("loomring.spinMicros", "70");
    System.setProperty("loomring.zeroCopyBytes", "65536");
    System.setProperty("loomring.boundedWorkers", "5");
    System.setProperty("loomring.unboundedWorkers", "7");
    System.setProperty("loomring.registeredRing", "true");
    System.setProperty("loomring.directDescriptors", "9");
    System.setProperty("loomring.closeTimeoutMillis", "1500");
    UringConfig expected = new UringConfig(
        UringConfig.defaults().name(), 3, 64, 256, 1000, 8_589_934_592L, false, true, Duration.ofNanos(70_000),
        65_536, 5, 7, true, 9, Duration.ofMillis(1500));
    assertEquals(expected, UringConfig.fromSystemProperties());
  }

  @Test
  void moreSubmissionEntriesThanTheCompletionDefaultRaiseThatToo() {
    System.setProperty("loomring.sqEntries", "8192");
    assertEquals(8192, UringConfig.fromSystemProperties().cqEntries());
  }

  @ParameterizedTest(name = "\"{0}\"")
  @ValueSource(strings = {"", "many", "1.5", "99999999999999999999"})
  void aPropertyThatIsNoWholeNumberIsNamed(String value) {
    System.setProperty("loomring.rings", value);
    String message =
        assertThrows(IllegalArgumentException.class, UringConfig::fromSystemProperties).getMessage();
    assertTrue(message.contains("-Dloomring.rings=" + value), message);
  }

  @Test
  void aPropertyThatIsNeitherTrueNorFalseIsNamed() {
    System.setProperty("loomring.restricted", "no");
    String message =
        assertThrows(IllegalArgumentException.class, UringConfig::fromSystemProperties).getMessage();
    assertEquals("-Dloomring.restricted=no is neither true nor false", message);
  }

  @Test
  void spacesAroundANumberAreIgnored() {
    System.setProperty("loomring.rings", " 2 ");
    assertEquals(2, UringConfig.fromSystemProperties().rings());
  }

  @Test
  void aPropertyOutOfItsRangeIsRefused() {
    System.setProperty("loomring.sqEntries", "100");
    assertThrows(IllegalArgumentException.class, UringConfig::fromSystemProperties);
  }

  @ParameterizedTest(name = "{0}={1}")
  @CsvSource({
      "loomring.rings, 4294967297",
      "loomring.sqEntries, 4294968320",
      "loomring.maxOperations, 4294967396"
  })
  void aPropertyThatOnlyFitsAfterTruncationIsRefused(String property, String value) {
    System.setProperty(property, value);
    assertThrows(IllegalArgumentException.class, UringConfig::fromSystemProperties);
  }

  private static String refusal(UnaryOperator<UringConfig> change) {
    return assertThrows(IllegalArgumentException.class, () -> change.apply(UringConfig.defaults())).getMessage();
  }

  @Test
  void settingsOutOfRangeAreRefusedByName() {
    assertTrue(refusal(config -> config.withName(" ")).contains("name"));
    assertTrue(refusal(config -> config.withRings(0)).contains("rings 0: from 1 to 64"));
    assertTrue(refusal(config -> config.withRings(65)).contains("rings 65"));
    assertTrue(refusal(config -> config.withEntries(3, 4)).contains("sqEntries 3"));
    assertTrue(refusal(config -> config.withEntries(8, 4)).contains("cqEntries 4"));
    assertTrue(refusal(config -> config.withMaxOperations(15)).contains("maxOperations 15"));
    assertTrue(refusal(config -> config.withMaxOperations((1 << 23) + 1)).contains("maxOperations 8388609"));
    assertTrue(refusal(config -> config.withMaxPooledBytes(-1)).contains("maxPooledBytes -1"));
    assertTrue(refusal(config -> config.withSpin(Duration.ofNanos(-1))).contains("spin"));
    assertTrue(refusal(config -> config.withSpin(Duration.ofMillis(11))).contains("spin"));
    assertTrue(refusal(config -> config.withCloseTimeout(Duration.ofNanos(-1))).contains("closeTimeout"));
  }

  @Test
  void everyChangeLeavesTheOtherSettingsAlone() {
    UringConfig d = UringConfig.defaults();
    assertEquals(d, d.withName("x").withName(d.name()));
    assertEquals(d, d.withRings(2).withRings(d.rings()));
    assertEquals(d, d.withEntries(2, 4).withEntries(d.sqEntries(), d.cqEntries()));
    assertEquals(d, d.withMaxOperations(16).withMaxOperations(d.maxOperations()));
    assertEquals(d, d.withMaxPooledBytes(0).withMaxPooledBytes(d.maxPooledBytes()));
    assertEquals(d, d.withRestricted(false).withRestricted(true));
    assertEquals(d, d.withSpin(Duration.ofNanos(1)).withSpin(d.spin()));
    assertEquals(d, d.withCloseTimeout(Duration.ZERO).withCloseTimeout(d.closeTimeout()));
  }

  @Test
  void aRestrictedRingAllowsWhatTheLibraryIssues() {
    RingOptions options = UringConfig.defaults().ringOptions();
    assertEquals(OperationKind.opcodes(), options.allowed());
    assertFalse(options.allowed().isEmpty());
    assertTrue(UringConfig.defaults().withRestricted(false).ringOptions().allowed().isEmpty());
  }
}
