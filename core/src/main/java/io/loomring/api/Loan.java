package io.loomring.api;

import io.loomring.op.OperationHandle;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;

/**
 * Memory that is lent to an operation in flight, from {@link Lending#submit}. It is not to be touched until
 * {@link #join} has returned or thrown: then it is the lender's again, whatever came of the operation.
 *
 * <p>Who cannot wait for that leaves with {@link #close}: the operation is cancelled, and the memory is the library's,
 * which recycles it when the kernel has let go. A loan that nobody can reach any more is left in the same way.
 *
 * @since 0.1
 */
public final class Loan implements AutoCloseable {
  private final LoanState state;
  private final OperationHandle handle;
  private final Cleaner.Cleanable cleanable;

  Loan(LoanState state, OperationHandle handle) {
    this.state = state;
    this.handle = handle;
    this.cleanable = state.leftWith(this);
  }

  /**
   * Waits for the last completion; timeout, cancel, interrupt and close end the operation as every call of
   * {@link Uring}.
   *
   * @return how many bytes were moved; -1 at the end of what is read
   * @throws IllegalStateException if the result has been taken, or given up by {@link #close}
   * @throws IOException if it failed, or moved nothing before it was ended
   */
  public int join() throws IOException {
    try {
      int result = state.take();
      if (result < 0) {
        throw state.failure(result);
      }
      return state.answer(result);
    } finally {
      cleanable.clean();
      Reference.reachabilityFence(this);
    }
  }

  /** Whether the operation has ended, so that {@link #join} would not wait. */
  public boolean isDone() {
    return state.isDone();
  }

  /** Cancels the operation: see {@link OperationHandle#cancel}. The memory is taken back by {@link #join} all the same. */
  public OperationHandle.Answer cancel() {
    return handle.cancel();
  }

  /**
   * Leaves: the operation is cancelled, unless it has ended, and {@link io.loomring.buffer.Resource#recycle} is called,
   * on another thread, once the kernel has let go. Never waits. After {@link #join} it does nothing.
   */
  @Override
  public void close() {
    cleanable.clean();
  }

  @Override
  public String toString() {
    return "Loan[" + state + "]";
  }
}
