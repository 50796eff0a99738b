package io.loomring.op;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The events that a poll has reported and nobody has taken, all completions together: what counts is that there was one,
 * and so as many as you like may come before somebody looks. It has one taker, a thread, or whoever takes from a
 * {@link SinkList}.
 *
 * <p>Each side writes its own and then reads the other's: either the baton's holder sees who waits, or that sees what
 * came.
 */
public abstract class PollSink extends CompletionSink {
  private static final VarHandle EVENTS;
  private static final VarHandle LISTED;

  static {
    try {
      EVENTS = MethodHandles.lookup().findVarHandle(PollSink.class, "events", int.class);
      LISTED = MethodHandles.lookup().findVarHandle(PollSink.class, "listed", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final @Nullable SinkList list;
  private final @Nullable Thread taker;

  private volatile int events;
  private volatile int ended = Operation.NO_RESULT;
  private volatile boolean listed;
  /** The list's, as long as this is in it. */
  @Nullable PollSink next;

  /** Makes one that is put into {@code list} when something has come, or has {@code taker} resumed. */
  protected PollSink(@Nullable SinkList list, @Nullable Thread taker) {
    this.list = list;
    this.taker = taker;
  }

  // ---- the baton's holder

  @Override
  final void add(int result, int flags, Resumptions resumed) {
    EVENTS.getAndBitwiseOr(this, result);
    changed(resumed);
  }

  @Override
  final boolean isFull() {
    return false;
  }

  @Override
  final void end(int outcome, Resumptions resumed) {
    ended = outcome;
    changed(resumed);
  }

  private void changed(Resumptions resumed) {
    if (taker != null) {
      resumed.add(taker);
    }
    if (list != null && LISTED.compareAndSet(this, false, true)) {
      Thread waiter = list.push(this);
      if (waiter != null) {
        resumed.add(waiter);
      }
    }
  }

  // ---- the taker

  /** Says that it is out of the list; before the look at what came. Answers the one behind it. */
  public final @Nullable PollSink unlist() {
    PollSink behind = next;
    next = null;
    listed = false;
    return behind;
  }

  /** Forgets the end of the operation before, for the next one. */
  public final void begin() {
    ended = Operation.NO_RESULT;
  }

  /** Whether the operation has ended. Looked at before {@link #takeEvents}, it says that these are the last. */
  public final boolean isEnded() {
    return ended != Operation.NO_RESULT;
  }

  /** How it ended: {@code -errno}, an {@link Outcome}, or zero where its last completion brought events. */
  public final int outcome() {
    return ended;
  }

  /** Whether there are events to take. */
  public final boolean hasEvents() {
    return events != 0;
  }

  /** Takes what has been reported since the last time; 0 for nothing. */
  public final int takeEvents() {
    return (int) EVENTS.getAndSet(this, 0);
  }
}
