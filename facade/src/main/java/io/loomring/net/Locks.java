package io.loomring.net;

import io.loomring.error.Call;
import io.loomring.op.Deadline;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** Waiting for another reader or accepter: SO_TIMEOUT covers that too. */
final class Locks {
  private Locks() {}

  /**
   * Takes the lock within the deadline; an interrupt does not end the wait.
   *
   * @throws SocketTimeoutException in the words of {@code call}, if the deadline passes first
   */
  static void lock(ReentrantLock lock, Call call, long deadline) throws SocketTimeoutException {
    if (!tryLock(lock, deadline)) {
      throw new SocketTimeoutException(Failures.timedOut(call));
    }
  }

  /** The same; false if the deadline passes first. */
  static boolean tryLock(ReentrantLock lock, long deadline) {
    if (deadline == Deadline.NONE) {
      lock.lock();
      return true;
    }
    boolean acquired = lock.tryLock();
    boolean interrupted = false;
    while (!acquired && !Deadline.hasPassed(deadline)) {
      try {
        acquired = lock.tryLock(Deadline.remainingNanos(deadline), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return acquired;
  }
}
