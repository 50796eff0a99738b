package io.loomring.diagnosis;

import io.loomring.diagnosis.Finding.Status;
import java.util.ArrayList;
import java.util.List;

/** A diagnosis for people: columns of status, title and what was found, in 80 columns in all. */
final class TextReport {
  private static final int COLUMNS = 80;
  private static final int STATUS_COLUMNS = 9;
  private static final int TITLE_COLUMNS = 19;
  private static final String ARROW = "-> ";
  private static final String RESET = "\033[0m";

  private final boolean coloured;

  TextReport(boolean coloured) {
    this.coloured = coloured;
  }

  String of(Diagnosis diagnosis) {
    StringBuilder text = new StringBuilder();
    diagnosis.findings().forEach(finding -> append(text, finding));
    text.append('\n');
    if (diagnosis.isAvailable()) {
      text.append(painted("io_uring is available here.", Status.OK));
    } else {
      text.append(painted("io_uring is not available here.", Status.FAULT))
          .append(" Until it is: -Dloomring.transport=jdk");
    }
    return text.append('\n').toString();
  }

  private void append(StringBuilder text, Finding finding) {
    String word = finding.status().word();
    text.append(painted(word, finding.status()))
        .append(" ".repeat(STATUS_COLUMNS - word.length()))
        .append(finding.title())
        .append(" ".repeat(TITLE_COLUMNS - finding.title().length()));
    String indent = "\n" + " ".repeat(STATUS_COLUMNS + TITLE_COLUMNS);
    List<String> lines = wrapped(finding.found(), COLUMNS - STATUS_COLUMNS - TITLE_COLUMNS);
    for (String detail : finding.details()) {
      lines.addAll(wrapped(detail, COLUMNS - STATUS_COLUMNS - TITLE_COLUMNS));
    }
    text.append(String.join(indent, lines)).append('\n');
    if (finding.remedy() != null) {
      text.append(" ".repeat(STATUS_COLUMNS - ARROW.length())).append(ARROW).append(finding.remedy()).append('\n');
    }
  }

  private String painted(String words, Status status) {
    if (!coloured) {
      return words;
    }
    // Those that can be read on white and on black: no yellow, no cyan, no blue.
    String colour = switch (status) {
      case OK -> "\033[32m";
      case NOTE, SKIPPED -> "";
      case WARN -> "\033[1;35m";
      case FAULT -> "\033[1;31m";
    };
    return colour.isEmpty() ? words : colour + words + RESET;
  }

  /** Breaks at blanks; a word that is longer than a line gets one of its own. */
  private static List<String> wrapped(String words, int columns) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : words.split(" ")) {
      if (!line.isEmpty() && line.length() + 1 + word.length() > columns) {
        lines.add(line.toString());
        line.setLength(0);
        line.append(" ");
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}
