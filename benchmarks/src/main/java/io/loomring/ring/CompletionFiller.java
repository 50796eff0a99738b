package io.loomring.ring;

/** Puts completions into a batch that no kernel has made. */
public final class CompletionFiller {
  private CompletionFiller() {}

  /** Makes completion {@code i} the last one, and its result zero. */
  public static void fill(CompletionBatch batch, int i, long userData) {
    batch.userData[i] = userData;
    batch.result[i] = 0;
    batch.flags[i] = 0;
    batch.size = i + 1;
  }
}
