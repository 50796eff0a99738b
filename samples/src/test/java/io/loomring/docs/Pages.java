package io.loomring.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The pages of the documentation, and the sources that they speak of. */
public final class Pages {
  /** The top of the repository. */
  public static final Path TOP = Path.of(System.getProperty("basedir", "")).toAbsolutePath().normalize().getParent();

  private static final Pattern FENCE = Pattern.compile(" {0,3}```(\\w*)\\s*");
  private static final Pattern HEADING = Pattern.compile("#{1,6} +(.*?) *#*");
  private static final Pattern LINK = Pattern.compile("\\[[^\\]\\[]*\\]\\(([^()\\s]+)\\)");
  private static final Pattern INLINE_CODE = Pattern.compile("`[^`]*`");
  private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\\\n]|\\\\.)*)\"");

  private Pages() {}

  /** What stands between two fences. */
  public record Block(Page page, int line, String language, String text) {
    /** The lines that begin with {@code command}, without comments at their ends. */
    public List<String> commands(String command) {
      return text.lines()
          .filter(each -> each.startsWith(command + " "))
          .map(each -> each.replaceFirst("\\s+#.*", "").strip())
          .toList();
    }

    @Override
    public String toString() {
      return page + ":" + line;
    }
  }

  /** One page: its blocks of code, where its links lead, and what links may lead to. */
  public record Page(Path file, List<Block> blocks, List<String> links, List<String> headings, Set<String> anchors) {
    /** The block that begins with {@code start}. */
    public Block block(String start) {
      return blocks.stream()
          .filter(block -> block.text.startsWith(start))
          .findFirst()
          .orElseThrow(() -> new AssertionError(this + " has no block that begins with " + start));
    }

    /** The cells of the tables' rows whose first cell matches {@code first}, which names one group. */
    public Map<String, List<String>> rows(String first) {
      Map<String, List<String>> rows = new HashMap<>();
      Pattern row = Pattern.compile("(?m)^\\| *" + first + " *\\|(.*)\\|$");
      row.matcher(read(file)).results().forEach(found ->
          rows.put(found.group(1), Stream.of(found.group(2).split("\\|")).map(String::strip).toList()));
      return rows;
    }

    @Override
    public String toString() {
      return TOP.relativize(file).toString();
    }
  }

  /** Every page of the repository. */
  public static List<Page> all() {
    return files(TOP, ".md").stream().map(Pages::parsed).toList();
  }

  /** One of them. */
  public static Page of(String path) {
    return parsed(TOP.resolve(path));
  }

  /** The files below {@code directory} whose names end so, without what is built. */
  public static List<Path> files(Path directory, String ending) {
    List<Path> found = new ArrayList<>();
    try {
      Files.walkFileTree(directory, new SimpleFileVisitor<>() {
        @Override
        public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) {
          String name = each.getFileName().toString();
          boolean skipped = !each.equals(directory) && (name.startsWith(".") || name.equals("target"));
          return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path each, BasicFileAttributes attributes) {
          if (each.toString().endsWith(ending)) {
            found.add(each);
          }
          return FileVisitResult.CONTINUE;
        }
      });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found.stream().sorted().toList();
  }

  /** The main sources of the library: of core, the facade and the agent. */
  public static List<String> librarySources() {
    return Stream.of("core", "facade")
        .flatMap(module -> files(TOP.resolve(module).resolve("src/main/java"), ".java").stream())
        .map(Pages::read)
        .toList();
  }

  /** The string literals of a source; those that are added to one another are one. */
  public static List<String> literals(String source) {
    return LITERAL.matcher(source.replaceAll("\"\\s*\\+\\s*\"", "")).results().map(found -> found.group(1)).toList();
  }

  public static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Page parsed(Path file) {
    List<Block> blocks = new ArrayList<>();
    List<String> headings = new ArrayList<>();
    Set<String> anchors = new LinkedHashSet<>();
    Page page = new Page(file, blocks, new ArrayList<>(), headings, anchors);
    StringBuilder prose = new StringBuilder();
    StringBuilder code = null;
    String language = "";
    int begun = 0;
    int number = 0;
    for (String line : read(file).lines().toList()) {
      number++;
      Matcher fence = FENCE.matcher(line);
      Matcher heading = HEADING.matcher(line);
      if (code != null) {
        if (fence.matches()) {
          blocks.add(new Block(page, begun, language, code.toString()));
          code = null;
        } else {
          code.append(line).append('\n');
        }
      } else if (fence.matches()) {
        code = new StringBuilder();
        language = fence.group(1);
        begun = number;
      } else {
        prose.append(line).append(' ');
        if (heading.matches()) {
          headings.add(heading.group(1));
          addAnchor(anchors, heading.group(1));
        }
      }
    }
    if (code != null) {
      throw new AssertionError(page + ":" + begun + ": the block is never ended");
    }
    String bare = INLINE_CODE.matcher(prose).replaceAll("code");
    LINK.matcher(bare).results().map((MatchResult found) -> found.group(1)).forEach(page.links::add);
    return page;
  }

  /** As GitHub makes them: a second heading of the same words gets a number. */
  private static void addAnchor(Set<String> anchors, String heading) {
    String words = LINK.matcher(heading).replaceAll(found -> found.group().replaceAll("\\[(.*)\\].*", "$1"));
    String anchor = words.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}_ -]", "").replace(' ', '-');
    String unique = anchor;
    for (int i = 1; !anchors.add(unique); i++) {
      unique = anchor + "-" + i;
    }
  }
}
