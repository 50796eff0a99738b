package io.loomring.ready;

import io.loomring.fd.Descriptor;
import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.op.PollSink;
import io.loomring.op.SinkList;
import io.loomring.ring.Sqe;
import io.loomring.sys.SystemCalls;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A waiter for a descriptor and a direction, with the poll that it has in the kernel. */
final class Registration extends PollSink {
  final int id;
  final Interest interest;
  final boolean persistent;
  final Waiter waiter;
  /** Where its polls are: a descriptor of ours has a home (I-13). */
  final OperationTable table;
  /** The descriptor, where it is one of ours. */
  final @Nullable Descriptor on;
  /** The thread that waits, where it is not {@link ReadinessQueue#poll} that reports it. */
  final @Nullable Thread thread;
  /** What cancels that thread's wait. */
  private final @Nullable OperationHandle canceller;

  /** Polls that ended and brought nothing, in a row. Its taker's. */
  int fruitless;
  /** Taken, and not confirmed. Its taker's. */
  private int unsure;
  private boolean begun;

  // Each side writes its own and then reads the other's: who begins a poll, and who drops the registration.
  private volatile @Nullable OperationHandle handle;
  private volatile boolean dropped;
  private volatile boolean closedBehind;

  Registration(
      int id,
      Interest interest,
      boolean persistent,
      Waiter waiter,
      OperationTable table,
      @Nullable Descriptor on,
      @Nullable SinkList list,
      @Nullable Thread thread,
      @Nullable OperationHandle canceller) {
    super(list, thread);
    this.id = id;
    this.interest = interest;
    this.persistent = persistent;
    this.waiter = waiter;
    this.table = table;
    this.on = on;
    this.thread = thread;
    this.canceller = canceller;
  }

  /** The same for who is not cancelled by a handle. */
  Registration(
      int id,
      Interest interest,
      boolean persistent,
      Waiter waiter,
      OperationTable table,
      @Nullable Descriptor on,
      @Nullable SinkList list,
      @Nullable Thread thread) {
    this(id, interest, persistent, waiter, table, on, list, thread, null);
  }

  /** What is known by one waiter a direction: a number of the process, or a direct descriptor, which has none. */
  static Object key(int fd, @Nullable Descriptor on) {
    return on != null && on.isDirect() ? on : fd;
  }

  Object key() {
    return key(id, on);
  }

  /**
   * Takes the events that have come since the last time, of those that count. It may wait for a look of the kernel's, and
   * a while for the slot for that, at most until {@code deadline}; where there is none, it answers none, and the events are
   * kept for the next time: see {@link #isUnsure}.
   */
  int takeReady(long deadline) {
    int events = takeEvents() | unsure;
    unsure = 0;
    if (!interest.isUnsure(events)) {
      return events;
    }
    if (on == null || !on.isDirect()) {
      return interest.confirmed(events, SystemCalls.pollNow(id, interest.event()));
    }
    Operation op = table.acquire(on, OperationTable.slotBy(deadline));
    if (op == null && table.refusal(on, Deadline.NONE) == 0) {
      unsure = events;
      return 0;
    }
    return interest.confirmed(events, op == null ? Outcome.CLOSED : lookNow(op, on, interest.event()));
  }

  /** Whether there are events of which nobody could say yet whether they count. */
  boolean isUnsure() {
    return unsure != 0;
  }

  /**
   * The same as {@link SystemCalls#pollNow} through the ring, for what has no number: what is there, or negative.
   *
   * @param op has begun, and is released
   */
  static int lookNow(Operation op, Descriptor at, int events) {
    if (!at.beginOperation()) {
      op.release();
      return Outcome.CLOSED;
    }
    Sqe.prepPollAdd(op.memory(), op.base(), at.sqeFd(), events);
    op.describe(OperationKind.POLL, at, null);
    op.submit(System.nanoTime(), true);
    int result = op.await(false);
    if (result != Outcome.RING_DEAD) {
      op.release();
    }
    return result == Outcome.TIMED_OUT ? 0 : result;
  }

  /** Names the handle of the poll that is about to begin; false if it must not. */
  boolean mayBegin(OperationHandle fresh) {
    handle = fresh;
    return !dropped;
  }

  /** A poll is handed in. */
  void begins() {
    begun = true;
    begin();
  }

  /** Whether a poll was ever handed in. */
  boolean isBegun() {
    return begun;
  }

  boolean isDropped() {
    return dropped;
  }

  /** Whether who waits is to come back: it was dropped, or cancelled by its handle. */
  boolean isCancelled() {
    return dropped || canceller != null && canceller.isAsked();
  }

  /** Whether the number came to mean another file, or none. */
  boolean isClosedBehind() {
    return closedBehind;
  }

  /**
   * Ends it: its poll is over when this returns, or never begins. A thread that waits is resumed.
   *
   * @param stale whether that is because its descriptor is another's
   */
  void drop(boolean stale) {
    closedBehind |= stale;
    dropped = true;
    OperationHandle current = handle;
    if (current != null) {
      current.cancel();
    }
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }

  /** What the descriptor is called in messages. */
  String name() {
    return (on != null && on.isDirect() ? "direct descriptor " : "descriptor ") + id;
  }

  @Override
  public String toString() {
    return name() + " " + interest;
  }
}
