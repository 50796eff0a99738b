package io.loomring.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** Holds a page of the guide to the sources of this package, which are compiled and run. */
final class GuideCode {
  private static final Pattern CODE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  private GuideCode() {}

  /** Every block of code on the page is in one of the sources, but for white space. */
  static void assertCompiled(String page, int blocks, String... sources) throws IOException {
    Path top = Path.of(System.getProperty("basedir", "")).toAbsolutePath().getParent();
    StringBuilder compiled = new StringBuilder();
    for (String source : sources) {
      compiled.append(Files.readString(top.resolve("core/src/test/java/io/loomring/guide").resolve(source)));
    }
    List<String> shown = CODE.matcher(Files.readString(top.resolve("docs/guide").resolve(page)))
        .results()
        .map(found -> found.group(1))
        .toList();
    assertEquals(blocks, shown.size());
    for (String code : shown) {
      assertTrue(
          squeezed(compiled.toString()).contains(squeezed(code)), () -> "not in the tested sources:\n" + code);
    }
  }

  private static String squeezed(String code) {
    return code.replaceAll("\\s+", " ").strip();
  }
}
