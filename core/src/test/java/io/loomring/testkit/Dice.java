package io.loomring.testkit;

/** Choices that a seed makes: the same ones each time, and cheap, for many short runs. */
public final class Dice {
  private long state;

  public Dice(long seed) {
    this.state = seed;
    // Neighbouring seeds are to differ from the first choice on.
    next();
    state ^= next();
  }

  private long next() {
    state += 0x9E3779B97F4A7C15L;
    long z = state;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  /** From 0 to {@code bound} - 1. */
  public int below(int bound) {
    return (int) ((next() >>> 33) % bound);
  }

  /** Whether what happens {@code permille} times in a thousand happens now. */
  public boolean chance(int permille) {
    return permille > 0 && below(1000) < permille;
  }

  public boolean coin() {
    return next() < 0;
  }

  /** One of them. */
  public int oneOf(int... choices) {
    return choices[below(choices.length)];
  }
}
