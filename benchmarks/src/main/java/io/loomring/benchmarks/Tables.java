package io.loomring.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Tab-separated rows, printed in columns: words to the left, figures to the right. */
final class Tables {
  private Tables() {}

  static void print(PrintStream out, String header, List<String> rows) {
    List<String[]> cells = new ArrayList<>();
    cells.add(header.split("\t"));
    rows.forEach(row -> cells.add(row.split("\t")));
    int[] widths = new int[cells.getFirst().length];
    for (String[] row : cells) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    for (String[] row : cells) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        line.append(String.format(i == 0 ? "%-" + widths[i] + "s" : "  %" + widths[i] + "s", row[i]));
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
