package io.loomring.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.sys.Errno;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page that is ordered by error message: what it quotes, in headings, is what is thrown. */
class TroubleshootingPageTest {
  private static final int ERRNO_MAX = 133;
  private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");

  private static List<String> quoted(String part) {
    String page = Pages.read(Pages.TOP.resolve("docs/TROUBLESHOOTING.md"));
    int from = page.indexOf("\n## " + part + "\n");
    assertTrue(from >= 0, part);
    int to = page.indexOf("\n## ", from + 1);
    return page.substring(from, to < 0 ? page.length() : to).lines()
        .filter(line -> line.startsWith("### "))
        .flatMap(line -> QUOTED.matcher(line).results())
        .map(found -> found.group(1))
        .toList();
  }

  /** Three dots stand for what differs from case to case. */
  private static Stream<String> pieces(String message) {
    return Stream.of(message.split("\\.\\.\\.")).map(String::strip).filter(piece -> !piece.isEmpty());
  }

  @Test
  void everyMessageOfTheLibraryThatIsQuotedIsInItsSources() {
    String literals = Pages.librarySources().stream()
        .flatMap(source -> Pages.literals(source).stream())
        .collect(Collectors.joining("\n"));
    List<String> messages = quoted("Messages of the library");
    assertTrue(messages.size() > 20, () -> "too few: " + messages);
    assertEquals(
        List.of(),
        messages.stream().filter(message -> !pieces(message).allMatch(literals::contains)).toList());
  }

  @Test
  void everyMessageOfTheKernelThatIsQuotedIsOneOfItsErrors() {
    Set<String> texts = IntStream.rangeClosed(1, ERRNO_MAX).mapToObj(Errno::text).collect(Collectors.toSet());
    List<String> messages = quoted("Messages of the kernel");
    assertTrue(messages.size() > 5, () -> "too few: " + messages);
    assertEquals(List.of(), messages.stream().filter(message -> !texts.contains(message)).toList());
  }
}
