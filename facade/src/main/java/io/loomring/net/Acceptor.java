package io.loomring.net;

import io.loomring.api.RawOperations;
import io.loomring.op.Deadline;
import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import java.util.concurrent.TimeUnit;

/**
 * Accepts for one listener, one call at a time.
 *
 * <p>While no descriptor is left the kernel refuses every accept at once, whether somebody connects or not (K-23). The
 * caller is told, as the JDK tells it, and connections stay in the listener's queue. A caller that only tries again would
 * keep a processor busy: so an accept that is refused right after another one pauses and tries once more before it says
 * so. One that finds descriptors never pauses.
 */
final class Acceptor {
  static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  // Under the lock of who accepts.
  private boolean refused;

  /** Waits for a connection: 0, an errno below zero or an {@link Outcome}. */
  int accept(Held listening, RawOperations.Accepted accepted, long deadline) {
    int result = acceptOne(listening, accepted, deadline);
    if (refused && isShortage(result)) {
      // A listener has no urgent data: this waits for its close, an interrupt, or the time.
      long until = Math.min(deadline, Deadline.afterNanos(PAUSE_NANOS));
      int paused = listening.raw().poll(listening.descriptor(), Constants.POLLPRI, until, true, null);
      if (paused < 0 && paused != Outcome.TIMED_OUT) {
        return paused;
      }
      if (!Deadline.hasPassed(deadline)) {
        result = acceptOne(listening, accepted, deadline);
      }
    }
    refused = isShortage(result);
    return result;
  }

  /** A connection that has ended in the queue is none, as for the JDK: the next one is waited for, in the time left. */
  private static int acceptOne(Held listening, RawOperations.Accepted accepted, long deadline) {
    while (true) {
      int result = listening.raw().accept(listening.descriptor(), accepted, deadline, true, null);
      if (result != -Errno.ECONNABORTED) {
        return result;
      }
      if (Deadline.hasPassed(deadline)) {
        return Outcome.TIMED_OUT;
      }
    }
  }

  private static boolean isShortage(int result) {
    return result == -Errno.EMFILE || result == -Errno.ENFILE;
  }
}
