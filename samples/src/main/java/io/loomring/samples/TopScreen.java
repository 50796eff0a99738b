package io.loomring.samples;

import io.loomring.api.LatencyCounts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Lays out what {@code top} shows: lines that are no longer than the screen is wide, and no more than it has. */
final class TopScreen {
  /** What a line is there for; on a terminal it looks accordingly. */
  enum Style {
    TITLE,
    HEAD,
    PLAIN,
    FOOT
  }

  /** A line of the screen. */
  record Line(Style style, String text) {}

  /** A column of a table: those at the end are left out where there is no room. */
  private record Column<T>(String head, int width, Function<T, String> cell) {}

  /** What is shown of a table: no more rows than there is room for. */
  private record Table<T>(String head, List<T> rows, Function<T, String> name, List<Column<T>> columns) {
    int nameWidth() {
      int longest = rows.stream().mapToInt(row -> name.apply(row).length()).max().orElse(0);
      return Math.min(NAME_MAX, Math.max(NAME_MIN, Math.max(longest, head.length())));
    }

    List<Line> lines(int names, int width) {
      List<Line> lines = new ArrayList<>();
      lines.add(new Line(Style.HEAD, row(head, names, columns, width, Column::head)));
      for (T one : rows) {
        lines.add(plain(row(name.apply(one), names, columns, width, column -> column.cell.apply(one))));
      }
      return lines;
    }
  }

  private static final String NONE = "-";
  private static final String GAP = "   ";
  private static final int NAME_MIN = 16;
  private static final int NAME_MAX = 32;

  private static final List<Column<TopFigures.Ring>> RING_COLUMNS = List.of(
      new Column<>("ops/s", 9, ring -> rate(ring.operations())),
      new Column<>("in flight", 10, ring -> count(ring.inFlight())),
      new Column<>("conns", 8, ring -> count(ring.connections())),
      new Column<>("batch", 7, ring -> mean(ring.batch())),
      new Column<>("largest", 8, ring -> count(ring.largestBatch())),
      new Column<>("enters/s", 9, ring -> rate(ring.enters())),
      new Column<>("per enter", 10, ring -> mean(ring.perEnter())),
      new Column<>("descr", 7, ring -> count(ring.descriptors())),
      new Column<>("takeovers", 10, ring -> count(ring.takeovers())),
      new Column<>("overflows", 10, ring -> count(ring.overflows())),
      new Column<>("resubmitted", 12, ring -> count(ring.resubmitted())),
      new Column<>("timed out", 10, ring -> count(ring.timedOut())));

  private static final List<Column<TopFigures.Kind>> KIND_COLUMNS = List.of(
      new Column<>("ops/s", 9, kind -> rate(kind.perSecond())),
      new Column<>("in flight", 10, kind -> isTurn(kind) ? NONE : count(kind.inFlight())),
      new Column<>("p50", 8, kind -> quantile(kind, 0.5)),
      new Column<>("p90", 8, kind -> quantile(kind, 0.9)),
      new Column<>("p99", 8, kind -> quantile(kind, 0.99)),
      new Column<>("p99.9", 8, kind -> quantile(kind, 0.999)),
      new Column<>("max", 8, kind -> quantile(kind, 1)));

  private TopScreen() {}

  /** What stands above the screen: of a main class without its package, for which a terminal has no room. */
  static String title(long pid, String name) {
    String known = name.replaceFirst("^(?:[\\w$]+\\.)+(?!jar(?: |$))(?=[\\w$]+(?: |$))", "");
    return "loomring top  " + pid + "  " + known.replaceAll("\\p{Cntrl}", " ");
  }

  /**
   * Lays a screen out.
   *
   * @param title what is watched
   * @param clock what stands at the right of it
   * @param foot the last line
   * @param width columns, at least 1
   * @param height lines, at least 1
   */
  static List<Line> lines(String title, String clock, TopFigures figures, String foot, int width, int height) {
    List<Line> all = new ArrayList<>();
    all.add(new Line(Style.TITLE, ends(title, clock, width)));
    all.add(plain(whole(width,
        "operations/s " + rate(figures.operations()),
        "connections " + count(figures.connections()),
        "in flight " + count(figures.inFlight()),
        "descriptors " + count(figures.descriptors()))));
    all.add(plain(whole(width,
        "batch " + mean(figures.batch()),
        "per enter " + mean(figures.perEnter()),
        "buffers lent " + count(figures.buffersLent()),
        "pooled " + bytes(figures.pooledBytes()),
        "Urings " + count(figures.urings()))));
    // What is left when the lines around the tables are taken off, of which the rings get a third at most.
    int room = height - all.size() - 5;
    int ringRoom = Math.max(1, Math.min(figures.rings().size(), room - Math.min(figures.kinds().size(), room * 2 / 3)));
    Table<TopFigures.Ring> rings = table("ring", figures.rings(), TopFigures.Ring::name, RING_COLUMNS, ringRoom,
        Comparator.comparingDouble((TopFigures.Ring ring) -> known(ring.operations()))
            .thenComparing(TopFigures.Ring::inFlight));
    int kindRoom = Math.max(1, room - rings.rows.size());
    Table<TopFigures.Kind> kinds = table("operation", figures.kinds(), TopFigures.Kind::name, KIND_COLUMNS, kindRoom,
        Comparator.comparingDouble((TopFigures.Kind kind) -> known(kind.perSecond()))
            .thenComparing(TopFigures.Kind::inFlight));
    // One width for both, so that the columns they share stand below one another.
    int names = Math.max(rings.nameWidth(), kinds.nameWidth());
    all.add(plain(""));
    all.addAll(rings.lines(names, width));
    all.add(plain(""));
    all.addAll(kinds.lines(names, width));
    List<Line> shown = new ArrayList<>(all.subList(0, Math.max(0, Math.min(all.size(), height - 1))));
    if (!foot.isEmpty()) {
      while (shown.size() < Math.min(height - 1, all.size() + 1)) {
        shown.add(plain(""));
      }
      shown.add(new Line(Style.FOOT, foot));
    }
    return shown.stream().map(line -> new Line(line.style, clip(line.text, width))).toList();
  }

  private static <T> Table<T> table(
      String what,
      List<T> rows,
      Function<T, String> name,
      List<Column<T>> columns,
      int room,
      Comparator<T> byImportance) {
    if (rows.size() <= room) {
      return new Table<>(what, rows, name, columns);
    }
    Set<T> kept = rows.stream().sorted(byImportance.reversed()).limit(room).collect(Collectors.toSet());
    String head = what + ", " + room + " of " + rows.size();
    return new Table<>(head, rows.stream().filter(kept::contains).toList(), name, columns);
  }

  private static <T> String row(
      String name, int first, List<Column<T>> columns, int width, Function<Column<T>, String> cell) {
    StringBuilder line = new StringBuilder(left(name, first));
    for (Column<T> column : columns) {
      if (line.length() + column.width > width) {
        break;
      }
      String text = cell.apply(column);
      line.append(" ".repeat(Math.max(1, column.width - text.length()))).append(text);
    }
    return line.toString();
  }

  /** As many of the words as there is room for, each as a whole. */
  private static String whole(int width, String... words) {
    StringBuilder line = new StringBuilder(words[0]);
    for (int i = 1; i < words.length && line.length() + GAP.length() + words[i].length() <= width; i++) {
      line.append(GAP).append(words[i]);
    }
    return line.toString();
  }

  private static Line plain(String text) {
    return new Line(Style.PLAIN, text);
  }

  private static boolean isTurn(TopFigures.Kind kind) {
    return kind.name().equals(LatencyCounts.TURN);
  }

  private static double known(double figure) {
    return Double.isNaN(figure) ? 0 : figure;
  }

  private static String ends(String begin, String end, int width) {
    int room = width - end.length() - 1;
    return room < 1 ? begin : left(begin, room) + " " + end;
  }

  private static String left(String text, int width) {
    return clip(text, width) + " ".repeat(Math.max(0, width - text.length()));
  }

  private static String clip(String text, int width) {
    return text.length() <= width ? text : width < 3 ? text.substring(0, width) : text.substring(0, width - 2) + "..";
  }

  // ---- figures, of seven characters at most

  static String count(long number) {
    return number < 1_000_000
        ? String.format(Locale.ROOT, "%,d", number)
        : scaled(number, 1000, List.of("", "k", "M", "G", "T"));
  }

  static String rate(double perSecond) {
    return Double.isNaN(perSecond) || Double.isInfinite(perSecond) ? NONE : count(Math.round(perSecond));
  }

  private static String mean(double figure) {
    return Double.isNaN(figure) ? NONE : String.format(Locale.ROOT, figure < 1000 ? "%.1f" : "%,.0f", figure);
  }

  static String bytes(long bytes) {
    return bytes < 1024 ? bytes + " B" : scaled(bytes, 1024, List.of(" B", " kB", " MB", " GB", " TB"));
  }

  private static String scaled(double number, int step, List<String> units) {
    int unit = 0;
    while (number >= step && unit < units.size() - 1) {
      number /= step;
      unit++;
    }
    return String.format(Locale.ROOT, number < 100 ? "%.1f%s" : "%.0f%s", number, units.get(unit));
  }

  private static String quantile(TopFigures.Kind kind, double share) {
    LatencyCounts lately = kind.lately();
    return lately == null ? NONE : time(lately.quantileNanos(share));
  }

  static String time(long nanos) {
    if (nanos == Long.MAX_VALUE) {
      return ">18 min";
    }
    if (nanos >= 600_000_000_000L) {
      return nanos / 60_000_000_000L + " min";
    }
    double amount = nanos;
    List<String> units = List.of("ns", "us", "ms", "s");
    int unit = 0;
    while (amount >= 1000 && unit < units.size() - 1) {
      amount /= 1000;
      unit++;
    }
    boolean isWhole = amount >= 10 || unit == 0;
    return String.format(Locale.ROOT, isWhole ? "%.0f %s" : "%.1f %s", amount, units.get(unit));
  }
}
