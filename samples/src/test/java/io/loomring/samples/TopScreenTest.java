package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.LatencyCounts;
import io.loomring.api.RingStats;
import io.loomring.api.UringStats;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code top} draws, without a terminal and a process. */
class TopScreenTest {
  private static final String TITLE = "loomring top  4711  com.example.a.rather.longish.package.name.Main --with arguments";
  private static final String FOOT = "q quits   latencies are taken while this runs";

  private static RingStats ring(String name, long amount) {
    return new RingStats(
        name, amount, amount, amount, (int) Math.min(amount, 60_000), 50_000, 49_990, amount, amount, amount, amount,
        amount, amount / 10, amount, amount / 20, amount, amount);
  }

  private static UringStats stats(long amount) {
    return new UringStats(
        amount, amount, amount, 1, 2, 3, amount, amount, amount, amount, amount, amount, amount, 0, amount, amount,
        amount, amount, amount, amount, amount, amount, amount, amount, amount, amount);
  }

  private static LatencyCounts latency(String ring, String kind, long amount) {
    long[] counts = new long[LatencyCounts.boundsNanos().length];
    for (int i = 0; i < counts.length; i += 16) {
      counts[i] = amount;
    }
    return new LatencyCounts(ring, kind, counts);
  }

  /** A process of so many rings and kinds of operations that have counted up to {@code amount}. */
  private static TopSample sample(int rings, int kinds, long amount, long nanos) {
    List<RingStats> all = new ArrayList<>();
    List<LatencyCounts> latencies = new ArrayList<>();
    Map<String, Integer> inFlight = new TreeMap<>();
    for (int i = 0; i < rings; i++) {
      all.add(ring("a-name-of-some-length-poller-" + i, amount));
      latencies.add(latency("a-name-of-some-length-poller-" + i, LatencyCounts.TURN, amount));
    }
    for (int i = 0; i < kinds; i++) {
      inFlight.put("KIND_OF_OPERATION_" + i, 12_345);
      latencies.add(latency(all.getFirst().ring(), "KIND_OF_OPERATION_" + i, amount));
    }
    return new TopSample(nanos, Map.of("uring-1", new TopSample.Reading(stats(amount), all, latencies, inFlight)));
  }

  private static List<TopScreen.Line> lines(int rings, int kinds, long amount, int width, int height) {
    TopFigures figures = TopFigures.between(
        sample(rings, kinds, amount / 2, 0), sample(rings, kinds, amount, 1_000_000_000L));
    return TopScreen.lines(TITLE, "12:00:00", figures, FOOT, width, height);
  }

  private static String text(List<TopScreen.Line> lines) {
    return lines.stream().map(TopScreen.Line::text).collect(Collectors.joining("\n"));
  }

  @ParameterizedTest
  @CsvSource({"80, 24", "120, 40", "200, 60", "40, 10", "20, 5", "3, 3", "1, 1"})
  void noLineIsLongerThanTheScreenAndThereAreNoMoreThanItHas(int width, int height) {
    for (int rings : List.of(1, 64)) {
      for (int kinds : List.of(0, 4, 60)) {
        for (long amount : List.of(98L, Long.MAX_VALUE / 1000)) {
          List<TopScreen.Line> lines = lines(rings, kinds, amount, width, height);
          assertTrue(lines.size() <= height, () -> lines.size() + " lines:\n" + text(lines));
          lines.forEach(line -> assertTrue(line.text().length() <= width, line.text()));
        }
      }
    }
  }

  @Test
  void columnsStandBelowTheirHeads() {
    for (int width : List.of(80, 120)) {
      List<String> lines = lines(2, 3, 98_765, width, 40).stream().map(TopScreen.Line::text).toList();
      int head = lines.indexOf(lines.stream().filter(line -> line.startsWith("operation ")).findFirst().orElseThrow());
      for (int i = head; i <= head + 4; i++) {
        assertEquals(lines.get(head).length(), lines.get(i).length(), lines::toString);
        assertTrue(Pattern.compile(" \\S").matcher(lines.get(i)).find(), lines::toString);
      }
    }
  }

  @Test
  void everyColumnHasSpaceBeforeIt() {
    List<String> lines =
        lines(2, 3, 999_999_999_999L, 120, 40).stream().map(TopScreen.Line::text).toList();
    String row = lines.stream().filter(line -> line.startsWith("KIND_OF_OPERATION_0")).findFirst().orElseThrow();
    String head = lines.stream().filter(line -> line.startsWith("operation ")).findFirst().orElseThrow();
    assertEquals(
        head.strip().replace("in flight", "in-flight").split(" +").length,
        row.strip().replaceAll("(\\d) (ns|us|ms|s|min)\\b", "$1$2").split(" +").length,
        () -> head + "\n" + row);
  }

  @Test
  void whereThereAreMoreThanFitTheBusiestAreShown() {
    Map<String, Integer> inFlight = new TreeMap<>();
    for (int i = 10; i < 50; i++) {
      inFlight.put("KIND_" + i, i);
    }
    TopSample now = new TopSample(0, Map.of("uring-1", new TopSample.Reading(
        stats(1), List.of(ring("poller", 1)), List.of(), inFlight)));
    String text = text(TopScreen.lines(TITLE, "", TopFigures.between(null, now), FOOT, 80, 24));
    assertTrue(text.contains("KIND_49") && text.contains("KIND_40"), text);
    assertFalse(text.contains("KIND_10"), text);
    assertTrue(Pattern.compile("(?m)^operation, \\d+ of 40 ").matcher(text).find(), text);
  }

  @Test
  void ratesAreThoseOfTheTimeBetweenTwoLooks() {
    TopFigures figures = TopFigures.between(sample(1, 1, 1000, 0), sample(1, 1, 3000, 500_000_000L));
    assertEquals(4000, figures.operations());
    assertEquals(20, figures.batch());
    assertEquals(10, figures.perEnter());
    assertEquals(3000, figures.rings().getFirst().largestBatch());
    TopFigures.Kind kind = figures.kinds().getFirst();
    int buckets = (LatencyCounts.boundsNanos().length + 15) / 16;
    assertEquals(buckets * 4000.0, kind.perSecond());
    assertEquals(12_345, kind.inFlight());
  }

  @Test
  void atTheFirstLookThereIsNoRate() {
    String text = text(TopScreen.lines(TITLE, "", TopFigures.between(null, sample(1, 1, 1000, 0)), FOOT, 80, 24));
    assertTrue(text.contains("operations/s -   connections 49,990"), text);
    assertFalse(text.contains("NaN") || text.contains("Infinity"), text);
  }

  @Test
  void aUringThatIsGoneDoesNotCount() {
    TopSample both = new TopSample(0, Map.of(
        "one", new TopSample.Reading(stats(5), List.of(ring("a", 100)), List.of(), Map.of()),
        "other", new TopSample.Reading(stats(5), List.of(ring("b", 900)), List.of(), Map.of())));
    TopSample one = new TopSample(1_000_000_000L, Map.of(
        "one", new TopSample.Reading(stats(5), List.of(ring("a", 150)), List.of(), Map.of())));
    assertEquals(50, TopFigures.between(both, one).operations());
  }

  @Test
  void figuresAreShort() {
    assertEquals("999,999", TopScreen.count(999_999));
    assertEquals("1.0M", TopScreen.count(1_000_000));
    assertEquals("12.3M", TopScreen.count(12_345_678));
    assertEquals("-", TopScreen.rate(Double.NaN));
    assertEquals("999 ns", TopScreen.time(999));
    assertEquals("1.5 us", TopScreen.time(1_536));
    assertEquals("81 s", TopScreen.time(81_000_000_000L));
    assertEquals("17 min", TopScreen.time(1_024_000_000_000L));
    assertEquals(">18 min", TopScreen.time(Long.MAX_VALUE));
    assertEquals("4.0 MB", TopScreen.bytes(4 << 20));
  }

  @Test
  void theTablesHaveTheColumnsTheyShareBelowOneAnother() {
    for (int rings : List.of(1, 12)) {
      List<String> heads = lines(rings, 3, 98_765, 80, 24).stream()
          .filter(line -> line.style() == TopScreen.Style.HEAD)
          .map(TopScreen.Line::text)
          .toList();
      assertEquals(2, heads.size(), heads::toString);
      assertEquals(heads.getFirst().indexOf(" in flight"), heads.getLast().indexOf(" in flight"), heads::toString);
    }
  }

  @Test
  void whatFitsNoMoreOfTheSumsIsLeftOutAsAWhole() {
    List<String> sums = lines(1, 1, 98_765, 50, 24).stream().map(TopScreen.Line::text).toList().subList(1, 3);
    sums.forEach(line -> {
      assertFalse(line.contains(".."), line);
      assertTrue(line.matches("\\S.*\\d( B)?"), line);
    });
  }

  @Test
  void theTitleHasTheMainClassWithoutItsPackageAndAJarAsItIs() {
    assertEquals("loomring top  7  Main --port 1.5", TopScreen.title(7, "com.example.a_b.Main --port 1.5"));
    assertEquals("loomring top  7  Main", TopScreen.title(7, "Main"));
    assertEquals("loomring top  7  my.app.jar --x", TopScreen.title(7, "my.app.jar --x"));
    assertEquals("loomring top  7  /opt/a.b/my.app.jar", TopScreen.title(7, "/opt/a.b/my.app.jar"));
    assertEquals("loomring top  7  module/a.Main [2J", TopScreen.title(7, "module/a.Main\033[2J"));
  }

  @Test
  void aPictureIsDrawnOverTheOneBeforeAndLeavesNoneOfIt() {
    List<TopScreen.Line> lines = List.of(
        new TopScreen.Line(TopScreen.Style.TITLE, "full"), new TopScreen.Line(TopScreen.Style.PLAIN, "one"));
    assertEquals("\033[?2026h\033[Hfull\r\none\033[J\033[?2026l", TopTerminal.picture(lines, 4, false));
    assertEquals("\033[?2026h\033[H\033[1mfull\033[0m\r\none\033[J\033[?2026l", TopTerminal.picture(lines, 4, true));
    assertFalse(TopTerminal.picture(lines, 4, true).contains("\033[2J"), "cleared, and so flickers");
  }

  /** A full line leaves the cursor on its last character, which an erasure behind it would take. */
  @Test
  void aFullLastLineKeepsItsLastCharacter() {
    List<TopScreen.Line> lines = List.of(
        new TopScreen.Line(TopScreen.Style.PLAIN, "one"), new TopScreen.Line(TopScreen.Style.FOOT, "full"));
    assertEquals("\033[?2026h\033[Hone\033[K\r\n\033[Jfull\033[?2026l", TopTerminal.picture(lines, 4, false));
  }

  @Test
  void onATerminalHeadsAreBarsOfItsWholeWidth() {
    List<TopScreen.Line> lines = List.of(
        new TopScreen.Line(TopScreen.Style.HEAD, "ab"), new TopScreen.Line(TopScreen.Style.PLAIN, "c"));
    assertEquals(
        "\033[?2026h\033[H\033[7mab  \033[0m\r\nc\033[J\033[?2026l", TopTerminal.picture(lines, 4, true));
    assertEquals("\033[?2026h\033[Hab\033[K\r\nc\033[J\033[?2026l", TopTerminal.picture(lines, 4, false));
  }
}
