package io.loomring.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.ChildJvm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The benchmarks run, verify what comes back, and print a row for each server; what they measure is not looked at. */
class BenchTest {
  private static final List<String> FURTHER_DOCUMENTS =
      List.of("docs/performance/RESULTS.md", "docs/performance/SCALING.md", "docs/performance/TUNING.md");
  /** What makes a measurement one that only shows that it runs. */
  private static final Map<String, String> SHORT = Map.of(
      "echo", "--rounds 1 --slice 50 --warm 50 --preheat 50 --connections 1",
      "accept", "--rounds 1 --slice 50 --preheat 50",
      "stream", "--rounds 1 --slice 50 --preheat 50",
      "idle", "--connections 50",
      "file", "--rounds 1 --slice 50 --warm 10 --preheat 100 --mib 8 --threads 32",
      "transfer", "--mib 4 --rounds 1 --warm 0 --part 2097152",
      "jmh", "--forks 0 --warmups 0 --iterations 1 --millis 10");

  @ParameterizedTest
  @MethodSource("inReadme")
  void everyCommandOfTheReadmePrintsARowForEachSubject(String command) {
    run(command);
  }

  @Tag("interop")
  @ParameterizedTest
  @MethodSource("furtherDocumented")
  void soDoesEveryOtherDocumentedOne(String command) {
    run(command);
  }

  static Stream<String> inReadme() {
    return documented("README.md");
  }

  static Stream<String> furtherDocumented() {
    return FURTHER_DOCUMENTS.stream().flatMap(BenchTest::documented).distinct();
  }

  private static void run(String command) {
    List<String> words = new ArrayList<>(List.of(command.split(" ")));
    Map<String, String> options = new LinkedHashMap<>();
    while (words.size() > 2 && words.get(words.size() - 2).startsWith("--")) {
      String value = words.removeLast();
      options.put(words.removeLast(), value);
    }
    String[] shorter = SHORT.getOrDefault(words.getFirst(), "").split(" ");
    for (int i = 0; i + 1 < shorter.length; i += 2) {
      options.put(shorter[i], shorter[i + 1]);
    }
    options.forEach((name, value) -> words.addAll(List.of(name, value)));
    List<String> lines = bench(words.toArray(String[]::new));
    String subjects = switch (words.getFirst()) {
      case "file" -> "jdk,uring,uring-loop";
      case "transfer" -> "jdk-transferTo,uring-read-write,uring-transferFrom,uring-splice";
      case "jmh" -> words.get(1);
      default -> options.getOrDefault("--servers", "");
    };
    for (String subject : subjects.split(",")) {
      assertTrue(lines.stream().anyMatch(line -> line.startsWith(subject)), () -> subject + ": " + lines);
    }
  }

  /** What stands in code blocks, and in the middle of a line, behind {@code ./loomring bench}. */
  private static Stream<String> documented(String document) {
    Pattern command = Pattern.compile("\\./loomring bench ([^`#\n]+)");
    return command.matcher(read(document)).results().map(found -> found.group(1).strip());
  }

  private static String read(String document) {
    try {
      return Files.readString(Path.of("..", document));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void everyPartRunsOnce() {
    List<String> lines = bench("jmh", ".*", "--forks", "0", "--warmups", "0", "--iterations", "1", "--millis", "10");
    for (String part : List.of(
        "NopBenchmark.roundTrip", "ParkBenchmark.platformToVirtualAndBack", "ParkBenchmark.virtualToVirtualAndBack",
        "SqeBenchmark.copyIntoTheQueue", "SqeBenchmark.encodeRecv", "TurnBenchmark.completionDispatch",
        "TurnBenchmark.inboxPushAndTake", "TurnBenchmark.wholeLife")) {
      assertTrue(lines.stream().anyMatch(line -> line.contains(part + " ") && line.contains("avgt")), () -> part + ": " + lines);
    }
  }

  @Test
  void aWrongOptionIsOneLineAndNotAStackTrace() {
    ChildJvm.Result result = ChildJvm.of(Bench.class, "bench", "echo", "--rouds", "3").run();
    assertEquals(2, result.exitCode());
    assertEquals(1, result.err().lines().count(), result.err());
    assertTrue(result.err().contains("--rouds"), result.err());
  }

  private static List<String> bench(String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "bench";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    // Nobody looks at how fast it is, so that the second compiler would only take time.
    return ChildJvm.of(Bench.class, all)
        .options("--add-opens=java.base/java.lang=ALL-UNNAMED", "-XX:TieredStopAtLevel=1")
        .run()
        .succeeded()
        .lines()
        .toList();
  }
}
