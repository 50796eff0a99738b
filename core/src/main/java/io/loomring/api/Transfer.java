package io.loomring.api;

import io.loomring.buffer.Resource;
import io.loomring.error.RingDeadException;
import io.loomring.op.OperationHandle;
import io.loomring.op.Outcome;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * Memory that was given to an operation in flight, from {@link Lending#transfer}. It is the operation's: its completion
 * hands it back, with the result, to who calls {@link #join}. That may be another thread than the one that gave it.
 *
 * <p>Whoever cannot wait leaves with {@link #close}: the operation is cancelled, and the memory recycled when the kernel
 * has let go. A transfer that nobody can reach any more is left in the same way.
 *
 * @param <R> what was transferred
 * @since 0.1
 */
public final class Transfer<R extends Resource> implements AutoCloseable {
  private final LoanState state;
  private final R resource;
  private final OperationHandle handle;
  private final Cleaner.Cleanable cleanable;

  Transfer(LoanState state, R resource, OperationHandle handle) {
    this.state = state;
    this.resource = resource;
    this.handle = handle;
    this.cleanable = state.leftWith(this);
  }

  /**
   * What a completion hands back, whether the operation went well or not.
   *
   * @param <R> what was transferred
   */
  public static final class Returned<R extends Resource> {
    private final R resource;
    private final int bytes;
    private final @Nullable IOException failure;

    Returned(R resource, int bytes, @Nullable IOException failure) {
      this.resource = resource;
      this.bytes = bytes;
      this.failure = failure;
    }

    /** What was transferred. It is the caller's now. */
    public R resource() {
      return resource;
    }

    /**
     * How many bytes were moved; -1 at the end of what is read.
     *
     * @throws IOException if the operation failed, or moved nothing before it was ended: as every call of {@link Uring}
     */
    public int bytes() throws IOException {
      if (failure != null) {
        throw failure;
      }
      return bytes;
    }
  }

  /**
   * Waits for the last completion, and takes over what it hands back; timeout, cancel, interrupt and close end the
   * operation as every call of {@link Uring}.
   *
   * @throws IllegalStateException if it has been taken over, or given up by {@link #close}
   * @throws RingDeadException if the ring died: then the memory stays the kernel's, and is not handed back to anybody
   */
  public Returned<R> join() throws IOException {
    try {
      int result = state.take();
      if (result == Outcome.RING_DEAD) {
        throw state.failure(result);
      }
      return result < 0
          ? new Returned<>(resource, 0, state.failure(result))
          : new Returned<>(resource, state.answer(result), null);
    } finally {
      cleanable.clean();
      Reference.reachabilityFence(this);
    }
  }

  /** Whether the operation has ended, so that {@link #join} would not wait. */
  public boolean isDone() {
    return state.isDone();
  }

  /** Cancels the operation: see {@link OperationHandle#cancel}. {@link #join} hands the memory back all the same. */
  public OperationHandle.Answer cancel() {
    return handle.cancel();
  }

  /**
   * Leaves: the operation is cancelled, unless it has ended, and {@link Resource#recycle} is called, on another thread,
   * once the kernel has let go. Never waits. After {@link #join} it does nothing.
   */
  @Override
  public void close() {
    cleanable.clean();
  }

  @Override
  public String toString() {
    return "Transfer[" + state + "]";
  }
}
