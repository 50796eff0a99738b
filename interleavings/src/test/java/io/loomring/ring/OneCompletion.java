package io.loomring.ring;

/** A batch of one completion, which no kernel has made. */
public final class OneCompletion {
  private OneCompletion() {}

  public static CompletionBatch of(long userData, int result, int flags) {
    CompletionBatch batch = new CompletionBatch(1);
    batch.userData[0] = userData;
    batch.result[0] = result;
    batch.flags[0] = flags;
    batch.size = 1;
    return batch;
  }
}
