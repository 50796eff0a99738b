package io.loomring.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Holds the list of dependencies in docs/LICENCES.md to the jars that a module is built and tested with. */
public final class Licences {
  private static final Path PAGE = Path.of("..", "docs", "LICENCES.md");
  /** A row: group and artifact, what it is for, version, licence, modules. */
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `([\\w.-]+):([\\w.-]+)`[^|]*\\| ([\\w.-]+) \\| ([^|]+) \\| ([^|]+) \\|$");

  private Licences() {}

  private record Row(String group, String artifact, String version, String licence, List<String> modules) {
    Row(MatchResult found) {
      this(found.group(1), found.group(2), found.group(3), found.group(4), List.of(found.group(5).split(", ")));
    }

    boolean isOf(String module) {
      return modules.contains(module) || modules.equals(List.of("all"));
    }

    /** Whether a jar is where repositories have this artifact. */
    boolean is(Path jar) {
      return jar.getParent().endsWith(Path.of(group.replace('.', '/'), artifact, version));
    }

    String name() {
      return group + ":" + artifact + ":" + version;
    }
  }

  private static List<Row> rows() {
    try {
      return ROW.matcher(Files.readString(PAGE)).results().map(Row::new).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The jars of others on the class path of this JVM, as they are in Maven's repository. */
  private static List<Path> jars() {
    return Stream.of(ChildJvm.classPath().split(File.pathSeparator))
        .map(Path::of)
        .filter(entry -> entry.toString().endsWith(".jar"))
        .filter(entry -> !entry.getFileName().toString().startsWith("loomring-"))
        .filter(entry -> !entry.toString().contains("surefire"))
        .toList();
  }

  /** Fails unless the page lists for {@code module} exactly what this JVM has on its class path. */
  public static void assertListed(String module) {
    List<Row> rows = rows().stream().filter(row -> row.isOf(module)).toList();
    Set<String> used = new TreeSet<>();
    Set<String> unknown = new TreeSet<>();
    for (Path jar : jars()) {
      rows.stream().filter(row -> row.is(jar)).findFirst().ifPresentOrElse(
          row -> used.add(row.name()), () -> unknown.add(jar.toString()));
    }
    assertEquals(Set.of(), unknown, () -> "on the class path of " + module + ", and not listed for it in " + PAGE);
    assertEquals(
        rows.stream().map(Row::name).collect(Collectors.toCollection(TreeSet::new)), used,
        () -> "listed for " + module + " in " + PAGE + ", and what is on its class path");
  }
}
