package io.loomring.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.docs.Pages.Page;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Where the links of the documentation lead within the repository. Addresses of others are not looked at. */
class LinksTest {
  private final Map<Path, Page> pages =
      Pages.all().stream().collect(Collectors.toMap(Page::file, Function.identity()));

  private static boolean isOurs(String link) {
    return !link.matches("[a-z]+:.*");
  }

  private static Path target(Page page, String link) {
    String path = link.replaceFirst("#.*", "");
    return path.isEmpty() ? page.file() : page.file().resolveSibling(path).normalize();
  }

  private String fault(Page page, String link) {
    Path target = target(page, link);
    if (!Files.exists(target)) {
      return page + ": " + link + ": no such file";
    }
    int hash = link.indexOf('#');
    boolean found =
        hash < 0 || pages.containsKey(target) && pages.get(target).anchors().contains(link.substring(hash + 1));
    return found ? "" : page + ": " + link + ": no such heading";
  }

  @Test
  void everyLinkLeadsToAFileAndAHeadingThatAreThere() {
    List<String> faults = new ArrayList<>();
    for (Page page : pages.values()) {
      page.links().stream().filter(LinksTest::isOurs).map(link -> fault(page, link)).forEach(faults::add);
    }
    faults.removeIf(String::isEmpty);
    assertEquals(List.of(), faults);
  }

  @Test
  void everyPageIsReachedFromTheReadme() {
    Set<Path> reached = new HashSet<>();
    List<Path> next = new ArrayList<>(List.of(Pages.TOP.resolve("README.md")));
    while (!next.isEmpty()) {
      Path file = next.removeLast();
      if (pages.containsKey(file) && reached.add(file)) {
        Page page = pages.get(file);
        page.links().stream().filter(LinksTest::isOurs).forEach(link -> next.add(target(page, link)));
      }
    }
    Set<Path> lost = new HashSet<>(pages.keySet());
    lost.removeAll(reached);
    assertTrue(lost.isEmpty(), () -> "no way leads to " + lost);
  }
}
