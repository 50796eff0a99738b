package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds docs/KERNEL-NOTES.md to the tests that it names, and to the facts that the code cites. */
@RunsOnce(RunsOnce.NO_DRIVER)
class KernelNotesTest {
  private static final Pattern PROBE = Pattern.compile("`([\\w.]*Test)?#(\\w+)`");
  private static final Pattern FACT = Pattern.compile("\\bK-\\d\\d\\b");

  @Test
  void everyProbeThatTheNotesNameIsATest() throws IOException {
    List<String> missing = new ArrayList<>();
    int found = 0;
    for (String line : Files.readAllLines(top().resolve("docs/KERNEL-NOTES.md"))) {
      String type = "";
      Matcher probe = PROBE.matcher(line);
      while (probe.find()) {
        type = probe.group(1) == null ? type : probe.group(1);
        found++;
        if (!isTest(type, probe.group(2))) {
          missing.add(type + "#" + probe.group(2));
        }
      }
    }
    assertEquals(List.of(), missing);
    assertTrue(found > 0);
  }

  private static boolean isTest(String type, String method) {
    String name = "io.loomring." + (type.contains(".") ? type : "ring." + type);
    try {
      return Arrays.stream(Class.forName(name).getDeclaredMethods())
          .anyMatch(declared -> declared.getName().equals(method) && declared.getAnnotations().length > 0);
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  @Test
  void everyFactThatTheCodeCitesStandsInTheNotes() throws IOException {
    TreeSet<String> cited = new TreeSet<>();
    for (String module : List.of("core", "facade")) {
      try (Stream<Path> files = Files.walk(top().resolve(module).resolve("src/main"))) {
        for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
          cited.addAll(facts(file));
        }
      }
    }
    cited.removeAll(facts(top().resolve("docs/KERNEL-NOTES.md")));
    assertEquals(List.of(), List.copyOf(cited));
  }

  private static List<String> facts(Path file) throws IOException {
    return FACT.matcher(Files.readString(file)).results().map(found -> found.group()).toList();
  }

  /** The directory above the modules. */
  private static Path top() {
    Path start = Path.of(System.getProperty("basedir", System.getProperty("user.dir"))).toAbsolutePath();
    for (Path directory = start; directory != null; directory = directory.getParent()) {
      if (Files.isDirectory(directory.resolve("core/src")) && Files.isRegularFile(directory.resolve("pom.xml"))) {
        return directory;
      }
    }
    throw new IllegalStateException("no core/src above " + start);
  }
}
