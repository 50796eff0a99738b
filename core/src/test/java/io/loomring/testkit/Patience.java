package io.loomring.testkit;

import java.time.Duration;

/** How many times as long as usual tests wait before they give up: {@code -Dloomring.test.patience=10} in long ones. */
final class Patience {
  private static final String PROPERTY = "loomring.test.patience";
  private static final int TIMES = Integer.getInteger(PROPERTY, 1);

  private Patience() {}

  static Duration seconds(int usual) {
    return Duration.ofSeconds(usual).multipliedBy(TIMES);
  }

  /** Hands it on to another JVM. */
  static String option() {
    return "-D" + PROPERTY + "=" + TIMES;
  }
}
