package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
  private static final Set<String> FLAGS = Set.of("--port", "--grace");
  private static final Set<String> SWITCHES = Set.of("--json");

  private static Arguments parse(String... words) throws UsageException {
    return Arguments.parse(List.of(words), FLAGS, SWITCHES);
  }

  @Test
  void aValueFollowsItsFlagOrAnEqualsSign() throws UsageException {
    assertEquals(17, parse("--port", "17").number("--port", 0, 100, 1));
    assertEquals(17, parse("--port=17").number("--port", 0, 100, 1));
    assertEquals(1, parse().number("--port", 0, 100, 1));
  }

  @Test
  void operandsStandBesideFlagsInTheirOrder() throws UsageException {
    Arguments arguments = Arguments.parse(List.of("a", "--port", "1", "b", "--", "--c"), FLAGS, SWITCHES, 3);
    assertEquals(List.of("a", "b", "--c"), arguments.operands());
    UsageException e =
        assertThrows(UsageException.class, () -> Arguments.parse(List.of("a", "b"), FLAGS, SWITCHES, 1));
    assertEquals("unexpected argument b", e.getMessage());
  }

  @Test
  void aSwitchHasNoValue() throws UsageException {
    assertTrue(parse("--json", "--port", "17").has("--json"));
    assertFalse(parse("--port", "17").has("--json"));
  }

  @ParameterizedTest
  @CsvSource({"250ms, 250", "3s, 3000", "2m, 120000", "0s, 0"})
  void aTimeHasAUnit(String text, long millis) throws UsageException {
    assertEquals(Duration.ofMillis(millis), parse("--grace", text).duration("--grace", Duration.ofDays(1)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"5", "s", "-1s", "1.5s", "1h", "99999999999s"})
  void anythingElseIsNoTime(String text) throws UsageException {
    Arguments arguments = parse("--grace", text);
    UsageException e = assertThrows(UsageException.class, () -> arguments.duration("--grace", Duration.ZERO));
    assertEquals("--grace " + text + ": a time such as 500ms, 10s or 2m", e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "101", "x", "0x10", "99999999999"})
  void anythingOutOfRangeIsNoNumber(String text) throws UsageException {
    Arguments arguments = parse("--port", text);
    UsageException e = assertThrows(UsageException.class, () -> arguments.number("--port", 0, 100, 1));
    assertEquals("--port " + text + ": a whole number from 0 to 100", e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "'--prot 1', unknown flag --prot",
    "'hello', unexpected argument hello",
    "'--port', --port needs a value",
    "'--port=', --port needs a value",
    "'--port 1 --port 2', --port is given twice",
    "'--json --json', --json is given twice",
    "'--json=1', unknown flag --json",
  })
  void whatMakesNoSenseIsNamed(String line, String message) {
    UsageException e = assertThrows(UsageException.class, () -> parse(line.split(" ")));
    assertEquals(message, e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "echo-server --prot 1",
    "echo-server --transport tcp",
    "echo-server --bind a..name.that.nobody.is.asked.for",
    "echo-client --timeout 0s",
    "echo-client --port 0",
    "demo --seconds 21",
    "soak --driver reactor",
    "soak --seed x",
    "http --root /no/such",
    "chat --port x",
    "copy --threads 0",
    "checksum --threads 0",
    "watch --count 0",
    "custom-op --file",
    "jdbc --url x",
  })
  void aWrongCommandLineIsOneClearLineAndStatusTwo(String line) {
    InProcess.Result result = InProcess.run(line.split(" "));
    assertEquals(2, result.status(), result::toString);
    assertEquals("", result.out());
    String[] words = line.split(" ");
    assertTrue(result.err().matches(words[0] + ": .*" + words[1] + ".*\n"), result::toString);
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "demo", "echo-server", "echo-client", "proxy", "http", "tls-echo", "chat", "jdbc", "checksum", "copy", "health",
    "custom-op", "watch", "ops", "soak",
  })
  void everyCommandExplainsItselfAndAllOfItsFlags(String command) {
    InProcess.Result result = InProcess.run(command, "--help");
    assertEquals(0, result.status(), result::toString);
    String help = result.out();
    assertTrue(help.startsWith("Usage: ./loomring " + command), help);
    assertTrue(help.contains("Exit status"), help);
    for (String flag : Loomring.command(command).flags()) {
      assertTrue(help.contains("  " + flag + " "), flag);
    }
    for (String line : help.lines().toList()) {
      assertTrue(line.length() <= 120, line);
    }
    assertEquals("", result.err());
  }
}
