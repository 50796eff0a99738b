package io.loomring.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.UringConfig;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page that lists every option and every property: nothing is missing, and nothing is made up. */
class ConfigurationPageTest {
  private static final Pages.Page PAGE = Pages.of("docs/CONFIGURATION.md");
  /** Event names begin with a capital letter. */
  private static final Pattern PROPERTY = Pattern.compile("(?<!io\\.)loomring\\.[a-z][\\w.]*\\w");
  private static final Pattern VARIABLE = Pattern.compile("LOOMRING_\\w+");

  private static Set<String> found(Pattern pattern, Stream<String> texts) {
    return texts.flatMap(text -> pattern.matcher(text).results()).map(found -> found.group())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> named(String first) {
    return new TreeSet<>(PAGE.rows(first).keySet());
  }

  @Test
  void everyPropertyOfTheLibraryIsOnThePageAndNoOther() {
    Set<String> inSources = found(
        Pattern.compile("^" + PROPERTY + "$"),
        Pages.librarySources().stream().flatMap(text -> Pages.literals(text).stream()));
    assertEquals(inSources, found(PROPERTY, Stream.of(Pages.read(PAGE.file()))));
  }

  @Test
  void everyVariableOfTheLauncherIsOnThePageAndNoOther() {
    assertEquals(found(VARIABLE, Stream.of(Pages.read(Pages.TOP.resolve("loomring")))), named("`(LOOMRING_\\w+)`"));
  }

  @Test
  void everyPropertyOfTheJdkThatThePageNamesIsLookedAt() {
    Set<String> inSources =
        Pages.librarySources().stream().flatMap(text -> Pages.literals(text).stream()).collect(Collectors.toSet());
    Set<String> jdk = named("`((?!loomring\\.)[a-zA-Z]+\\.?[\\w.]+)`");
    jdk.removeIf(name -> !name.contains(".") && !name.startsWith("socks"));
    assertTrue(jdk.size() >= 5, jdk::toString);
    jdk.removeIf(inSources::contains);
    assertEquals(Set.of(), jdk);
  }

  @Test
  void everyOptionOfAConfigIsOnThePageWithItsMethodAndItsDefault() throws ReflectiveOperationException {
    Map<String, List<String>> rows = PAGE.rows("`(\\w+)`");
    Set<String> methods = Arrays.stream(UringConfig.class.getMethods())
        .map(Method::getName)
        .filter(name -> name.startsWith("with"))
        .collect(Collectors.toCollection(TreeSet::new));
    Set<String> shown = new TreeSet<>();
    for (RecordComponent option : UringConfig.class.getRecordComponents()) {
      List<String> cells = rows.remove(option.getName());
      assertTrue(cells != null, () -> option.getName() + " is not on the page");
      shown.addAll(found(Pattern.compile("with\\w+"), Stream.of(cells.getFirst())));
      Object value = option.getAccessor().invoke(UringConfig.defaults());
      String expected =
          option.getName().equals("rings") ? "one for every eight processors, at least 1" : value.toString();
      assertEquals(expected, cells.get(2).replace("`", "").replaceFirst(" \\(.*", ""), option.getName());
    }
    assertEquals(methods, shown);
    rows.keySet().removeIf(name -> !name.matches("[a-z]+[A-Za-z]*") || name.startsWith("socks"));
    assertEquals(Set.of(), rows.keySet(), "options that there are not");
  }
}
