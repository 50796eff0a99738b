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

  /** Whether tests run for long, and with them what is slow to begin. */
  static boolean isLong() {
    return TIMES > 1;
  }

  /** Hands it on to another JVM. */
  static String option() {
    return "-D" + PROPERTY + "=" + TIMES;
  }
}
