package io.loomring.op;

/** Where the completions of an operation go that has many, or that nobody waits for. For the baton's holder. */
public abstract class CompletionSink {
  CompletionSink() {}

  /** One has come, which brings something; has whoever waits resumed. */
  abstract void add(int result, int flags, Resumptions resumed);

  /** Whether the operation is to be ended until what it has brought is taken. */
  abstract boolean isFull();

  /** The operation has ended: {@code outcome} is the last result, {@code -errno}, or an {@link Outcome}. */
  abstract void end(int outcome, Resumptions resumed);
}
