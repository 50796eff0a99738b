package io.loomring.api;

import java.util.List;

/**
 * What a close found in flight: see {@link Uring#close(java.time.Duration)} and
 * {@link RequestTable#close(java.time.Duration)}.
 *
 * @param cancelled how many it ended
 * @param left what had not ended when the time was up, one line each
 * @since 0.1
 */
public record CloseReport(int cancelled, List<String> left) {
  /** What a second close finds. */
  static final CloseReport NOTHING = new CloseReport(0, List.of());

  /** Makes one. */
  public CloseReport {
    left = List.copyOf(left);
  }

  /** Whether nothing was left. */
  public boolean isClean() {
    return left.isEmpty();
  }
}
