package io.loomring.ring;

/** Completions copied out of the queue, so that its head is published before anything acts on them. */
public final class CompletionBatch {
  final long[] userData;
  final int[] result;
  final int[] flags;
  int size;

  public CompletionBatch(int capacity) {
    userData = new long[capacity];
    result = new int[capacity];
    flags = new int[capacity];
  }

  public int capacity() {
    return userData.length;
  }

  public int size() {
    return size;
  }

  public long userData(int i) {
    return userData[i];
  }

  /** The result: zero or above, or {@code -errno}. */
  public int result(int i) {
    return result[i];
  }

  public int flags(int i) {
    return flags[i];
  }
}
