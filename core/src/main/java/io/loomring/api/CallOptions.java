package io.loomring.api;

import io.loomring.op.Deadline;
import io.loomring.op.OperationHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a call may be given beside its arguments: a timeout, and a handle to cancel it by. Immutable; {@link #NONE}
 * waits for ever.
 *
 * @since 0.1
 */
public final class CallOptions {
  /** No timeout, no handle. */
  public static final CallOptions NONE = new CallOptions(null, Deadline.NONE, null);

  private final @Nullable Duration timeout;
  private final long deadline;
  private final @Nullable OperationHandle handle;

  private CallOptions(@Nullable Duration timeout, long deadline, @Nullable OperationHandle handle) {
    this.timeout = timeout;
    this.deadline = deadline;
    this.handle = handle;
  }

  /**
   * A timeout that runs from the moment that the call is made; zero means: what is there at once, or a timeout.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public static CallOptions timeout(Duration timeout) {
    return NONE.withTimeout(timeout);
  }

  /** A handle to cancel one call by. */
  public static CallOptions handle(OperationHandle handle) {
    return NONE.withHandle(handle);
  }

  /**
   * The same with a timeout instead of whatever limit there was.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public CallOptions withTimeout(Duration newTimeout) {
    if (newTimeout.isNegative()) {
      throw new IllegalArgumentException("timeout " + newTimeout + " is negative");
    }
    return new CallOptions(newTimeout, Deadline.NONE, handle);
  }

  /**
   * The same with an absolute deadline on the clock of {@link System#nanoTime}, instead of whatever limit there was.
   */
  public CallOptions withDeadline(long nanoTime) {
    return new CallOptions(null, nanoTime, handle);
  }

  /** The same with a handle, which serves one call only. */
  public CallOptions withHandle(OperationHandle newHandle) {
    return new CallOptions(timeout, deadline, newHandle);
  }

  /** The deadline of a call that is made now. */
  long deadlineFromNow() {
    return timeout == null ? deadline : Deadline.after(timeout);
  }

  @Nullable OperationHandle handle() {
    return handle;
  }
}
