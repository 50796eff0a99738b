package io.loomring.api;

import io.loomring.op.Deadline;
import io.loomring.op.OperationHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a call may be given beside its arguments: a timeout, a handle to cancel it by, and whether interrupts end it.
 * Immutable; {@link #NONE} waits for ever, or for an interrupt.
 *
 * @since 0.1
 */
public final class CallOptions {
  /** No timeout, no handle. */
  public static final CallOptions NONE = new CallOptions(null, Deadline.NONE, null, true);

  private final @Nullable Duration timeout;
  private final long deadline;
  private final @Nullable OperationHandle handle;
  private final boolean interruptible;

  private CallOptions(
      @Nullable Duration timeout, long deadline, @Nullable OperationHandle handle, boolean interruptible) {
    this.timeout = timeout;
    this.deadline = deadline;
    this.handle = handle;
    this.interruptible = interruptible;
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
    return new CallOptions(newTimeout, Deadline.NONE, handle, interruptible);
  }

  /**
   * The same with an absolute deadline on the clock of {@link System#nanoTime}, instead of whatever limit there was.
   */
  public CallOptions withDeadline(long nanoTime) {
    return new CallOptions(null, nanoTime, handle, interruptible);
  }

  /** The same with a handle, which serves one call only. */
  public CallOptions withHandle(OperationHandle newHandle) {
    return new CallOptions(timeout, deadline, newHandle, interruptible);
  }

  /**
   * The same for a call that an interrupt of a virtual thread does not end, as none of a platform thread does: it goes on
   * waiting, and the flag is set when it returns.
   */
  public CallOptions withoutInterrupts() {
    return new CallOptions(timeout, deadline, handle, false);
  }

  /** The deadline of a call that is made now. */
  long deadlineFromNow() {
    return timeout == null ? deadline : Deadline.after(timeout);
  }

  @Nullable OperationHandle handle() {
    return handle;
  }

  boolean isInterruptible() {
    return interruptible;
  }
}
