package io.loomring.op;

import io.loomring.ring.UserData;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Cancels one operation. It is made before the operation, given to the call that waits, and used from any other thread;
 * it serves one operation only.
 *
 * <pre>
 *  UNBOUND -> BINDING -> BOUND        bind: the call begins; of two calls with the same handle one does
 *  BOUND -> FINISHED                  finish: its last completion
 *  UNBOUND -> REFUSED                 cancelled before the call began: the call ends at once
 * </pre>
 *
 * @since 0.1
 */
public final class OperationHandle {
  /** What {@link #cancel} found. */
  public enum Answer {
    /** The operation ended by this, or will not begin. */
    CANCELLED,
    /** It is over, with a result of its own. */
    ALREADY_DONE,
    /** The kernel is at it and cannot stop it: it ends with a result, or as cancelled, when it ends. */
    ALREADY_RUNNING
  }

  private static final int UNBOUND = 0;
  private static final int BOUND = 1;
  private static final int FINISHED = 2;
  private static final int REFUSED = 3;
  private static final int BINDING = 4;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(OperationHandle.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile int state;
  // Written in BINDING, by who made it that.
  private @Nullable Operation operation;
  private int generation;
  // The same for a wait that is not one operation's.
  private @Nullable OperationTable waitsIn;
  private @Nullable Thread waits;
  private volatile boolean asked;
  private final CountDownLatch answered = new CountDownLatch(1);
  private volatile Answer answer = Answer.ALREADY_DONE;

  /**
   * Cancels the operation, whether its call has begun or not, and waits until the kernel says what became of it. Not
   * interruptible; short, unless the kernel takes long over it.
   */
  public Answer cancel() {
    while (true) {
      switch (state) {
        case UNBOUND:
          if (STATE.compareAndSet(this, UNBOUND, REFUSED)) {
            return Answer.CANCELLED;
          }
          break;
        case REFUSED:
          return Answer.CANCELLED;
        case BINDING:
          Thread.yield();
          break;
        case BOUND:
          return cancelBound();
        default:
          return answer;
      }
    }
  }

  private Answer cancelBound() {
    Operation target = operation;
    if (target == null) {
      return cancelWait();
    }
    // Bound, and not handed over yet: a moment, in which there is nothing that could be cancelled.
    while (target.isNew(generation)) {
      Thread.yield();
    }
    asked = true;
    target.requestCancel(generation, Outcome.CANCELLED);
    // Where the request was refused the operation is at its end, or another's request counts: both end in finished().
    target.await(answered);
    return answer;
  }

  private Answer cancelWait() {
    OperationTable table = waitsIn;
    assert table != null;
    asked = true;
    LockSupport.unpark(waits);
    table.await(answered);
    return answer;
  }

  /** Whether it was cancelled before an operation began with it. */
  public boolean isCancelled() {
    return state == REFUSED;
  }

  /** The table of the operation that it was given to, or null before a call begins: for who changes the operation. */
  public @Nullable OperationTable table() {
    Operation target = state == BOUND ? operation : null;
    return target == null ? null : target.table();
  }

  /** What a part of the operation bears as its user data, where {@link #table} answers one; unique for ever (I-2). */
  public long userData(int part) {
    Operation target = operation;
    return target == null ? 0 : UserData.of(target.slot(), generation, part);
  }

  /**
   * Ties this handle to an operation that is about to be submitted.
   *
   * @return false if it was cancelled already
   * @throws IllegalStateException if it has served an operation before
   */
  boolean bind(Operation target, int targetGeneration) {
    if (state == REFUSED) {
      return false;
    }
    if (!mayBind()) {
      return false;
    }
    operation = target;
    generation = targetGeneration;
    state = BOUND;
    return true;
  }

  private boolean mayBind() {
    if (STATE.compareAndSet(this, UNBOUND, BINDING)) {
      return true;
    }
    if (state == REFUSED) {
      return false;
    }
    throw new IllegalStateException("this handle has served an operation: make a new one for each");
  }

  // ---- waits that are not one operation's

  /**
   * Ties this handle to a wait of the calling thread that has any number of operations one behind the other, or none. The
   * thread looks at {@link #isAsked} each time that it comes back from parking, and ends with {@link #endWait}.
   *
   * @param table whose turns may have to be run for the wait to end
   * @return false if it was cancelled already: there is nothing to end then
   * @throws IllegalStateException if it has served an operation before
   */
  public boolean beginWait(OperationTable table) {
    if (!mayBind()) {
      return false;
    }
    waitsIn = table;
    waits = Thread.currentThread();
    state = BOUND;
    return true;
  }

  /** Whether it was cancelled after the call had begun: the wait is to end, and who says so unparks the thread that waits. */
  public boolean isAsked() {
    return asked;
  }

  /** The wait is over: as one that was cancelled, or otherwise. */
  public void endWait(boolean cancelled) {
    finished(cancelled ? Outcome.CANCELLED : 0);
  }

  // ---- the operation's side

  /** The kernel could not stop it. */
  void running() {
    answer(Answer.ALREADY_RUNNING);
  }

  /** The operation has seen its last completion. */
  void finished(int outcome) {
    answer(outcome == Outcome.CANCELLED ? Answer.CANCELLED : Answer.ALREADY_DONE);
    state = FINISHED;
  }

  /** The first answer stays. */
  private void answer(Answer found) {
    if (answered.getCount() != 0) {
      answer = found;
      answered.countDown();
    }
  }
}
