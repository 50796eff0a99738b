package io.loomring.samples;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that belong together, each on a virtual thread: the first one that fails ends the others, by an interrupt, and
 * nobody leaves before all have ended. A small version of what {@code java.util.concurrent.StructuredTaskScope} will be.
 */
final class Scope implements AutoCloseable {
  /** What a thread of it does. */
  interface Task {
    void run() throws Exception;
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();

  // Under the lock.
  private final Set<Thread> threads = new HashSet<>();
  private boolean cancelled;
  private @Nullable Exception failure;

  /** Starts a task; false if the scope is cancelled, and nothing is started. */
  boolean fork(String name, Task task) {
    Thread thread = Thread.ofVirtual().name(name).unstarted(() -> run(task));
    lock.lock();
    try {
      if (cancelled) {
        return false;
      }
      threads.add(thread);
    } finally {
      lock.unlock();
    }
    thread.start();
    return true;
  }

  private void run(Task task) {
    Exception thrown = null;
    try {
      task.run();
    } catch (Exception e) {
      thrown = e;
    }
    lock.lock();
    try {
      threads.remove(Thread.currentThread());
      if (thrown != null && !cancelled) {
        failure = thrown;
        cancel();
      }
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How many tasks have not ended. */
  int size() {
    lock.lock();
    try {
      return threads.size();
    } finally {
      lock.unlock();
    }
  }

  /** Interrupts every task, and lets no other begin. What they throw from now on is no failure. */
  void cancel() {
    lock.lock();
    try {
      if (!cancelled) {
        cancelled = true;
        threads.forEach(Thread::interrupt);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until every task has ended; an interrupt of the calling thread cancels them, and is kept.
   *
   * @throws Exception what the first one that failed has thrown
   */
  void join() throws Exception {
    boolean interrupted = false;
    lock.lock();
    try {
      while (!threads.isEmpty()) {
        try {
          ended.await();
        } catch (InterruptedException e) {
          interrupted = true;
          cancel();
        }
      }
      if (failure != null) {
        throw failure;
      }
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Cancels what is left, and waits for it. */
  @Override
  public void close() {
    cancel();
    try {
      join();
    } catch (Exception known) {
      // Whoever wanted to know has joined before.
    }
  }
}
