package io.loomring.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.docs.Pages.Block;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Java that the documentation shows. A block that begins with its imports, and has a public class or a
 * {@code main}, is a whole program and is compiled; any other stands, but for white space, in a source of a test or of
 * the samples, which are compiled and run.
 */
class CodeBlocksTest {
  private static final Pattern PROGRAM = Pattern.compile("(?m)^(?:public (?:final )?class (\\w+)|void main\\(\\))");

  @TempDir
  private Path directory;

  private static String squeezed(String code) {
    return code.replaceAll("\\s+", "");
  }

  private static Stream<Block> java() {
    return Pages.all().stream()
        .flatMap(page -> page.blocks().stream())
        .filter(block -> block.language().equals("java"));
  }

  private static boolean isProgram(Block block) {
    return block.text().startsWith("import ") && PROGRAM.matcher(block.text()).find();
  }

  @Test
  void everySnippetStandsInASourceThatIsTested() {
    StringBuilder sources = new StringBuilder();
    for (String module : List.of("core/src/test", "facade/src/test", "samples/src", "interop/src/test")) {
      Pages.files(Pages.TOP.resolve(module), ".java").forEach(file -> sources.append(squeezed(Pages.read(file))));
    }
    List<String> unknown = java()
        .filter(block -> !isProgram(block))
        .filter(block -> sources.indexOf(squeezed(block.text())) < 0)
        .map(block -> block + "\n" + block.text())
        .toList();
    assertEquals(List.of(), unknown);
  }

  @Test
  void everyProgramCompiles() {
    List<String> failures = new ArrayList<>();
    for (Block block : java().filter(CodeBlocksTest::isProgram).toList()) {
      Matcher name = PROGRAM.matcher(block.text());
      name.find();
      String errors = Compiled.into(directory, name.group(1) == null ? "Program" : name.group(1), block.text());
      if (!errors.isEmpty()) {
        failures.add(block + ": " + errors);
      }
    }
    assertEquals(List.of(), failures);
  }

  @Test
  void thePicturesOfTheArchitectureFitInto100Columns() {
    List<String> wide = Pages.of("docs/ARCHITECTURE.md").blocks().stream()
        .flatMap(block -> block.text().lines().filter(line -> line.length() > 100).map(line -> block + ": " + line))
        .toList();
    assertEquals(List.of(), wide);
  }
}
