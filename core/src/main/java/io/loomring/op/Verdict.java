package io.loomring.op;

import io.loomring.op.Counters.Counter;
import io.loomring.sys.Errno;

/** What an operation has come to whose completions are all in. For the baton's holder. */
final class Verdict {
  /** How often an operation that nobody ended is submitted again before its error is shown. */
  private static final int MAX_REISSUES = 10_000;

  private Verdict() {}

  /**
   * Whether the operation ended although nobody asked for it, and moved nothing: its submitter has gone (K-34, K-35).
   */
  static boolean isUnasked(Operation op) {
    if (op.arrivals != null) {
      // Whoever takes what it brings begins it again.
      return false;
    }
    if (op.cancelCause != 0 || op.reissues >= MAX_REISSUES || !op.isOnOpen()) {
      return false;
    }
    if (op.parts != null) {
      return !timeoutFired(op) && op.parts.isUnasked(op.memory(), op.base());
    }
    if (op.kind == OperationKind.CONNECT) {
      if (op.connectWaits) {
        return op.mainResult >= 0 || Outcome.isInterruption(op.mainResult) && !timeoutFired(op);
      }
      if (op.reissues > 0 && op.mainResult == -Errno.EALREADY) {
        op.connectWaits = true;
        return true;
      }
    }
    return Outcome.isInterruption(op.mainResult) && !timeoutFired(op);
  }

  /** Whether the result stands, and its cause is known without the descriptor; else the operation may have to go again. */
  static boolean isFinal(Operation op) {
    return op.mainResult >= 0 || op.cancelCause != 0 || timeoutFired(op);
  }

  /**
   * Whether the kernel's timeout went off; EALREADY is its answer when the target could not be stopped at once, and a
   * count where the target was a futex or a child (K-61). Whatever else it says, past the deadline nothing is done again.
   */
  private static boolean timeoutFired(Operation op) {
    return op.timeoutResult == -Errno.ETIME
        || op.timeoutResult == -Errno.EALREADY
        || op.timeoutResult > 0
        || op.parts == null && op.isOverdue();
  }

  /** The result beats every other reason to return (I-8); only then comes why it ended. */
  static int of(Operation op, Counters counters) {
    // That a connect which was cut off is decided does not say how: asked to end, it ends (K-34).
    boolean undecided = op.connectWaits && op.mainResult >= 0
        || op.kind == OperationKind.CONNECT && op.reissues > 0 && op.mainResult == -Errno.EALREADY;
    int result = op.parts != null ? op.parts.ended() : undecided ? -Errno.ECANCELED : op.mainResult;
    if (result >= 0) {
      return result;
    }
    if (op.kind == OperationKind.TIMEOUT && result == -Errno.ETIME
        || op.kind == OperationKind.CONNECT && result == -Errno.EISCONN && op.reissues > 0) {
      return 0;
    }
    if (Outcome.isInterruption(result) && op.parts != null && op.cancelCause == 0 && !timeoutFired(op) && op.isOnOpen()) {
      // The end of one part was the end of the next: the parts tell.
      return 0;
    }
    if (!op.isOnOpen() || op.cancelCause == Outcome.CLOSED) {
      return Outcome.CLOSED;
    }
    if (Outcome.isInterruption(result)) {
      if (op.cancelCause != 0 && op.cancelCause != Outcome.TIMED_OUT) {
        return op.cancelCause;
      }
      if (op.cancelCause == Outcome.TIMED_OUT || timeoutFired(op)) {
        counters.add(Counter.TIMED_OUT, 1);
        return Outcome.TIMED_OUT;
      }
    }
    return result;
  }
}
