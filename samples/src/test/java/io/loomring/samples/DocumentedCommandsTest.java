package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.docs.Pages;
import io.loomring.docs.Pages.Block;
import io.loomring.docs.Pages.Page;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The commands that the documentation shows: a test runs each, and what they name is there. */
class DocumentedCommandsTest {
  /** Which test runs a command of {@code ./loomring}, where that is not the one of the command's name. */
  private static final Map<String, String> RUN_BY = Map.of(
      "--help", "LauncherTest.itsHelpNamesEveryCommand",
      "demo", "LauncherTest.itRunsTheDemo",
      "doctor", "LauncherTest.itRunsTheDoctorAsTheReadmeSays",
      "echo-server", "EchoServerCommandTest.bytesOfAllSizesComeBackAndTheEndOfTheStreamToo",
      "http", "HttpFilesTest.theJdksClientGetsTheBytesOfAFileOverOneConnection",
      "soak", "LauncherTest.itRunsTheSoakThatTheReadmeNames",
      "bench", "BenchTest.everyCommandOfTheReadmePrintsARowForEachSubject");

  private static final Pattern COMMAND = Pattern.compile("\\./loomring\\s+(--help|[a-z][a-z-]*)");
  /** Where BenchTest looks for commands. */
  private static final Pattern BENCH_PAGE = Pattern.compile("\"((?:docs/|README)[^\"]*\\.md)\"");

  private static final List<Page> PAGES = Pages.all();

  private static List<String> lines(String command) {
    return PAGES.stream().flatMap(page -> page.blocks().stream()).flatMap(block -> block.commands(command).stream())
        .toList();
  }

  private static String source(String testClass) {
    List<Path> found = Pages.files(Pages.TOP, "/" + testClass + ".java");
    assertEquals(1, found.size(), () -> testClass + ": " + found);
    return Pages.read(found.getFirst());
  }

  /** {@code echo-client} is run by EchoClientTest. */
  private static String testOf(String command) {
    return Stream.of(command.split("-"))
        .map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1))
        .collect(Collectors.joining("", "", "Test."));
  }

  @Test
  void everyCommandThatIsNamedAnywhereIsRunByATest() {
    Set<String> named = new TreeSet<>(RUN_BY.keySet());
    for (Page page : PAGES) {
      COMMAND.matcher(Pages.read(page.file())).results().map((MatchResult found) -> found.group(1)).forEach(named::add);
    }
    for (String command : named) {
      String[] test = (RUN_BY.containsKey(command) ? RUN_BY.get(command) : testOf(command)).split("\\.");
      String method = test.length > 1 ? " void " + test[1] + "(" : "@Test";
      assertTrue(source(test[0]).contains(method), () -> command + ": no " + method + " in " + test[0]);
    }
  }

  @Test
  void everyCommandLineIsUnderstood() {
    List<String> wrong = new ArrayList<>();
    for (String line : lines("./loomring")) {
      List<String> words = new ArrayList<>(List.of(line.split(" +")));
      words.removeFirst();
      String name = words.removeFirst();
      Loomring.Command command = Loomring.command(name);
      if (command == null || words.contains("--help")) {
        assertTrue(command != null || RUN_BY.containsKey(name), line);
      } else {
        try {
          Arguments.parse(words, command.flags(), command.switches(), command.maxOperands());
        } catch (UsageException e) {
          wrong.add(line + ": " + e.getMessage());
        }
      }
    }
    assertEquals(List.of(), wrong);
  }

  @Test
  void everyBenchmarkIsOnAPageWhoseCommandsATestRuns() {
    Set<String> run = BENCH_PAGE.matcher(source("BenchTest")).results().map((MatchResult found) -> found.group(1))
        .collect(Collectors.toSet());
    List<String> elsewhere = PAGES.stream()
        .filter(page -> !run.contains(page.toString()))
        .flatMap(page -> page.blocks().stream())
        .filter(block -> block.commands("./loomring bench").stream().anyMatch(line -> !line.endsWith(" --help")))
        .map(Block::toString)
        .toList();
    assertEquals(List.of(), elsewhere);
  }

  @Test
  void whatMavenIsToldToBuildAndToTestIsThere() {
    String pom = Pages.read(Pages.TOP.resolve("pom.xml"));
    for (String line : lines("mvn")) {
      values(line, "-pl ").forEach(
          module -> assertTrue(Files.exists(Pages.TOP.resolve(module).resolve("pom.xml")), line));
      values(line, "-P").forEach(profile -> assertTrue(pom.contains("<id>" + profile + "</id>"), line));
      values(line, "-Dtest='?").forEach(test -> {
        String[] names = test.split("#");
        String source = source(names[0]);
        assertTrue(names.length == 1 || source.contains(" void " + names[1] + "("), line);
      });
    }
  }

  private static Stream<String> values(String line, String option) {
    Matcher found = Pattern.compile(" " + option + "([\\w#,/.-]+)").matcher(line);
    return found.find() ? Stream.of(found.group(1).split(",")) : Stream.empty();
  }
}
