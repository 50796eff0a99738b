package io.loomring.testkit;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Random choices that can be made again: {@code -Dloomring.test.seed=...} replays what a failed test printed. */
public final class Seed {
  private static final String PROPERTY = "loomring.test.seed";

  private Seed() {}

  /** The seed of this run, said on standard output so that it can be given again. */
  public static long announced(String what) {
    long seed = Long.getLong(PROPERTY, System.nanoTime());
    System.out.println(what + ": replay with -D" + PROPERTY + "=" + seed);
    return seed;
  }

  /** Choices of a run, announced. */
  public static RandomGenerator random(String what) {
    return of(announced(what));
  }

  /** Choices of {@code seed}. */
  public static RandomGenerator of(long seed) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }
}
