package io.loomring.op;

import java.util.concurrent.locks.LockSupport;

/** The one port through which operations and descriptors reach the poller. */
public interface Submitter {
  /**
   * Hands a node to the ring, behind everything handed in before by the same thread, and wakes the poller where it
   * sleeps. Never blocks, and may be called by any thread.
   */
  void submit(InboxNode node);

  /**
   * Registers something with the ring, for a node's turn: a ring may have one thread that is allowed to.
   *
   * @return the result, or {@code -errno}
   */
  default int register(int operation, long argument, int count) {
    throw new UnsupportedOperationException("no ring to register with");
  }

  /** The descriptor of the ring, which other rings name to send it messages; -1 where there is none. */
  default int ringFd() {
    return -1;
  }

  /** The clock that turns look at deadlines with: {@link System#nanoTime}, unless a test has time pass. */
  default long nanoTime() {
    return System.nanoTime();
  }

  /** Whether the calling thread is one that runs turns: it must not wait for a completion. */
  boolean isPollerThread();

  /**
   * Parks the calling thread, which waits for the ring, as {@link LockSupport#park} does: it may come back for no
   * reason. Where it is the ring that waits for the thread, because that is pinned to the carrier which drives the ring,
   * the thread runs a turn instead.
   */
  default void park(Object blocker) {
    LockSupport.park(blocker);
  }

  /**
   * The same for who is about to wait in another way than by a park: where the calling thread keeps a ring from running,
   * runs a turn of it, waits a moment, and answers true; otherwise answers false.
   */
  default boolean turnIfPinned() {
    return false;
  }
}
