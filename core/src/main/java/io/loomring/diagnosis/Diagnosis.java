package io.loomring.diagnosis;

import java.util.List;

/**
 * What the {@link Doctor} found, check by check, and as a report for people or for programs.
 *
 * @param isAvailable whether operations go through a ring and back here, over the default driver; what a warning is about
 *     does not stand in the way of that
 * @param findings one for each check, in the order of the checks
 * @since 0.1
 */
public record Diagnosis(boolean isAvailable, List<Finding> findings) {
  public Diagnosis {
    findings = List.copyOf(findings);
  }

  /** Of lines of at most 80 columns: each finding, its remedy below it, and at the end whether io_uring is available. */
  public String text() {
    return new TextReport(false).of(this);
  }

  /** The same with the colours of ANSI terminals. */
  public String colouredText() {
    return new TextReport(true).of(this);
  }

  /**
   * The same as one JSON object: {@code available}, and in {@code checks} for each finding {@code title}, {@code status}
   * (ok, note, warn, fault or skipped), {@code found}, {@code remedy} (a string or null) and {@code details}.
   */
  public String json() {
    return JsonReport.of(this);
  }

  @Override
  public String toString() {
    return text();
  }
}
