package io.loomring.samples;

/** What the environment says of the terminal. */
final class Terminals {
  private Terminals() {}

  /** Whether it can do no more than print line after line. */
  static boolean isDumb() {
    return System.getenv().getOrDefault("TERM", "dumb").equals("dumb");
  }

  /** Whether its user does not mind colours. */
  static boolean wantsColour() {
    return System.getenv().getOrDefault("NO_COLOR", "").isEmpty() && !isDumb();
  }
}
