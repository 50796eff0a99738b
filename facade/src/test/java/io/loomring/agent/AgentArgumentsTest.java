package io.loomring.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

@RunsOnce(RunsOnce.NO_DRIVER)
class AgentArgumentsTest {
  @Test
  void namesAndValuesAreSplitAndSpacesDoNotCount() throws Exception {
    assertEquals(Map.of("rings", "2", "transport", "auto"), AgentArguments.parse("transport=auto, rings = 2"));
  }

  @Test
  void noArgumentsSetNothing() throws Exception {
    assertTrue(AgentArguments.parse(null).isEmpty());
    assertTrue(AgentArguments.parse("").isEmpty());
  }

  @Test
  void anUnknownNameIsAnsweredWithThoseThatAre() {
    String message =
        assertThrows(AgentArguments.WrongArgumentException.class, () -> AgentArguments.parse("ring=2")).getMessage();
    assertTrue(message.contains("'ring'"), message);
    assertTrue(message.contains("rings, "), message);
  }

  @Test
  void everyDocumentedPropertyIsAnArgument() throws IOException {
    List<String> documented = Pattern.compile("\\| `loomring\\.(\\w+)` \\|")
        .matcher(Files.readString(Path.of("../docs/CONFIGURATION.md")))
        .results()
        .map((MatchResult match) -> match.group(1))
        .toList();
    assertEquals(new TreeSet<>(documented), AgentArguments.NAMES,
        "AgentArguments.NAMES is the list of properties in docs/CONFIGURATION.md");
  }
}
