package io.loomring.api;

import io.loomring.error.Call;
import io.loomring.op.Deadline;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.SlotLayout;
import io.loomring.ring.Sqe;
import io.loomring.ring.TimeoutFlags;
import io.loomring.ring.UserData;
import io.loomring.sys.Errno;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.time.Instant;

/**
 * Timers of the kernel, from {@link Uring#timers}. What all calls share, these share as well: see {@link Uring}.
 *
 * <pre>{@code
 * // A thread sleeps in uring.timers().timeout(ofMinutes(1), CallOptions.handle(handle)).
 * uring.timers().update(handle, ofSeconds(30), CallOptions.NONE);   // sooner
 * uring.timers().remove(handle);                                   // or not at all
 * }</pre>
 *
 * @since 0.1
 */
public final class TimerOperations {
  private final Uring uring;

  TimerOperations(Uring uring) {
    this.uring = uring;
  }

  /**
   * Waits for {@code duration}, on the clock of {@link System#nanoTime}; a timeout of the options that is shorter ends it
   * as a timeout.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public void timeout(Duration duration, CallOptions options) throws IOException {
    long until = Deadline.after(duration);
    uring.checked(
        Call.OTHER,
        new Request(uring, OperationKind.TIMEOUT).until(options).issue((sqe, at, op) -> {
          op.stageTimespec(SlotLayout.DATA, until);
          Sqe.prepTimeout(sqe, at, op.addressOf(SlotLayout.DATA), 0, TimeoutFlags.TIMEOUT_ABS);
        }),
        null);
  }

  /** Waits until a point of the calendar: where the clock is set, the wait goes with it. */
  public void timeout(Instant until, CallOptions options) throws IOException {
    uring.checked(
        Call.OTHER,
        new Request(uring, OperationKind.TIMEOUT).until(options).issue((sqe, at, op) -> {
          long timespec = at + SlotLayout.DATA;
          sqe.set(ValueLayout.JAVA_LONG, timespec, Math.max(0, until.getEpochSecond()));
          sqe.set(ValueLayout.JAVA_LONG, timespec + Long.BYTES, until.getEpochSecond() < 0 ? 0 : until.getNano());
          int flags = TimeoutFlags.TIMEOUT_ABS | TimeoutFlags.TIMEOUT_REALTIME;
          Sqe.prepTimeout(sqe, at, op.addressOf(SlotLayout.DATA), 0, flags);
        }),
        null);
  }

  /**
   * Gives a wait of {@link #timeout(Duration, CallOptions)} another time.
   *
   * @param timer the handle that the call was given
   * @param duration from now on
   * @return false if no such wait is in flight: it has not begun, or is over
   * @throws IllegalArgumentException if the duration is negative
   */
  public boolean update(OperationHandle timer, Duration duration, CallOptions options) throws IOException {
    long until = Deadline.after(duration);
    OperationTable table = timer.table();
    if (table == null) {
      return false;
    }
    int result = new Request(uring, OperationKind.TIMEOUT_UPDATE).in(table).until(options).issue((sqe, at, op) -> {
      op.stageTimespec(SlotLayout.DATA, until);
      long target = timer.userData(UserData.MAIN);
      Sqe.prepTimeoutUpdate(sqe, at, target, op.addressOf(SlotLayout.DATA), TimeoutFlags.TIMEOUT_ABS);
    });
    return found(uring, result);
  }

  /** Whether an operation found what it was to change; an end that is just being made counts as not. */
  static boolean found(Uring uring, int result) throws IOException {
    if (result == -Errno.ENOENT || result == -Errno.EALREADY) {
      return false;
    }
    uring.checked(Call.OTHER, result, null);
    return true;
  }

  /** Ends a wait before its time: its call is cancelled. The same as {@link OperationHandle#cancel}. */
  public OperationHandle.Answer remove(OperationHandle timer) {
    return timer.cancel();
  }
}
