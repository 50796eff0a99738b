package io.loomring.ready;

import io.loomring.fd.Descriptor;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationTable;
import io.loomring.op.PollSink;
import io.loomring.op.SinkList;
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

  /** Polls that ended and brought nothing, in a row. Its taker's. */
  int fruitless;
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
      @Nullable Thread thread) {
    super(list, thread);
    this.id = id;
    this.interest = interest;
    this.persistent = persistent;
    this.waiter = waiter;
    this.table = table;
    this.on = on;
    this.thread = thread;
  }

  /** Takes the events that have come since the last time, of those that count. */
  int takeReady() {
    int events = takeEvents();
    return events == 0 ? 0 : interest.confirmed(id, events);
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

  @Override
  public String toString() {
    return "descriptor " + id + " " + interest;
  }
}
