package io.loomring.api;

import io.loomring.error.ErrorTable;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An operation of the user's own: one entry, or a chain of several, that the library submits whole or not at all, parks
 * for, times out, cancels and cleans up after, as it does for its own. It serves one call; make one for each.
 *
 * <p>{@link #encode} says what is to be done, {@link #result} what came of it; both run on the thread that calls, never
 * on a poller. How errors read is said in {@link #failure}. {@link CustomOperations} submits it.
 *
 * @param <T> what the call answers
 * @since 0.1
 */
public abstract class CustomOperation<T> {
  private final AtomicBoolean used = new AtomicBoolean();

  /** For subclasses. */
  protected CustomOperation() {}

  /**
   * Writes the entries. Nothing is in flight yet: what this throws is thrown to the caller.
   *
   * @param chain takes the entries, and hands out memory; of no use after this returns
   */
  protected abstract void encode(SqeChain chain) throws IOException;

  /**
   * Makes the call's value, once every entry has seen its last completion. Not called where the operation was timed out,
   * cancelled, interrupted or closed: then the call throws what every call throws. Memory of {@link SqeChain#allocate}
   * is to be read here: it is another's afterwards.
   *
   * @throws IOException as {@link ChainResults#require} does, for entries that failed
   */
  protected abstract T result(ChainResults results) throws IOException;

  /**
   * The exception for an entry that failed, not thrown: {@link IOException} with the system's text unless overridden.
   *
   * @param entry which, from zero
   * @param errno positive
   */
  protected IOException failure(int entry, int errno) {
    return ErrorTable.fileException(errno);
  }

  /**
   * How many bytes were moved by an operation that ended early, for its exception: none unless overridden.
   */
  protected long progress(ChainResults results) {
    return 0;
  }

  /** What it is called in messages: the class's name unless overridden. */
  @Override
  public String toString() {
    String name = getClass().getSimpleName();
    return name.isEmpty() ? "custom operation" : name;
  }

  void use() {
    if (!used.compareAndSet(false, true)) {
      throw new IllegalStateException(this + " was submitted before: make a new one for each call");
    }
  }
}
