package io.loomring.api;

import io.loomring.fd.Expected;
import io.loomring.op.Operation;
import io.loomring.op.OperationHandle;
import io.loomring.op.Outcome;
import io.loomring.op.Parts;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A {@link CustomOperation} in flight. One thread, any, takes the result with {@link #join}, once, or gives it up with
 * {@link #close}; one of the two has to be, since the operation's memory is given back by it. Any thread may
 * {@link #cancel}.
 *
 * @param <T> what the operation answers
 * @since 0.1
 */
public final class Submission<T> implements AutoCloseable {
  private final Uring uring;
  private final CustomOperation<T> operation;
  private final SqeChain chain;
  private final Operation op;
  private final Parts parts;
  private final OperationHandle handle;
  private final @Nullable Expected[] made;
  private final int generation;
  private final AtomicBoolean taken = new AtomicBoolean();

  Submission(
      Uring uring,
      CustomOperation<T> operation,
      SqeChain chain,
      Operation op,
      Parts parts,
      OperationHandle handle,
      @Nullable Expected[] made) {
    this.uring = uring;
    this.operation = operation;
    this.chain = chain;
    this.op = op;
    this.parts = parts;
    this.handle = handle;
    this.made = made;
    this.generation = op.generation();
  }

  /**
   * Waits for the last completion, and answers what the operation makes of it; timeout, cancel, interrupt and close end
   * it as every call of {@link Uring}.
   *
   * @throws IllegalStateException if the result has been taken, or given up by {@link #close}
   * @throws IOException as the operation says
   */
  public T join() throws IOException {
    if (!taken.compareAndSet(false, true)) {
      throw new IllegalStateException("the result of " + operation + " has been taken: keep what join() answered");
    }
    int outcome = parts.await(op, generation, true);
    ChainResults results = new ChainResults(operation, parts, made);
    try {
      if (outcome < 0) {
        throw CopiedTransfers.partly(uring.failure(operation.toString(), outcome), operation.progress(results));
      }
      return operation.result(results);
    } finally {
      letGo(outcome);
    }
  }

  /** Whether the operation has ended, so that {@link #join} would not wait. */
  public boolean isDone() {
    return parts.isDone();
  }

  /** Cancels the operation: see {@link OperationHandle#cancel}. Any thread may call it. */
  public OperationHandle.Answer cancel() {
    return handle.cancel();
  }

  /**
   * Cancels the operation unless its result has been taken, waits until the kernel has let go of it, and gives up what it
   * has come to; a descriptor that it made is closed. An interrupt does not end the wait.
   */
  @Override
  public void close() throws IOException {
    if (taken.compareAndSet(false, true)) {
      handle.cancel();
      letGo(parts.await(op, generation, false));
    }
  }

  private void letGo(int outcome) throws IOException {
    if (outcome == Outcome.RING_DEAD) {
      chain.abandon();
    } else {
      chain.giveBack();
    }
    chain.giveSlotsBack(parts);
    for (int i = 0; i < made.length; i++) {
      Expected expected = made[i];
      if (expected != null && parts.result(i) >= 0) {
        expected.descriptor().close();
      } else if (expected != null) {
        expected.discard();
      }
    }
  }
}
