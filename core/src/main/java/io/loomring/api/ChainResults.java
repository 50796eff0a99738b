package io.loomring.api;

import io.loomring.fd.Descriptor;
import io.loomring.fd.Expected;
import io.loomring.op.Parts;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What became of the entries of a {@link CustomOperation}, in the order in which they were added.
 *
 * @since 0.1
 */
public final class ChainResults {
  private final CustomOperation<?> operation;
  private final Parts parts;
  private final @Nullable Expected[] made;

  ChainResults(CustomOperation<?> operation, Parts parts, @Nullable Expected[] made) {
    this.operation = operation;
    this.parts = parts;
    this.made = made;
  }

  /** How many entries there were. */
  public int count() {
    return parts.count();
  }

  /**
   * What the kernel answered: zero or above, or {@code -errno}; {@code -ECANCELED} where an entry before it broke the
   * chain.
   */
  public int result(int entry) {
    return parts.result(entry);
  }

  /** The flags that the result came with, of {@code IORING_CQE_F_*}. */
  public int flags(int entry) {
    return parts.flags(entry);
  }

  /**
   * The result of an entry that must not have failed.
   *
   * @throws IOException of {@link CustomOperation#failure} if it has
   */
  public int require(int entry) throws IOException {
    int result = parts.result(entry);
    if (result < 0) {
      throw operation.failure(entry, -result);
    }
    return result;
  }

  /**
   * Takes over the descriptor that an entry made. What is not taken is closed when the call ends.
   *
   * @throws IllegalStateException if it made none, or it was taken before
   */
  public Descriptor descriptor(int entry) {
    Expected expected = made[entry];
    if (expected == null || parts.result(entry) < 0) {
      throw new IllegalStateException("entry " + entry + " made no descriptor, or it has been taken");
    }
    made[entry] = null;
    return expected.descriptor();
  }
}
