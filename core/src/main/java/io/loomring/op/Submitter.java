package io.loomring.op;

/** The one port through which operations and descriptors reach the poller. */
public interface Submitter {
  /**
   * Hands a node to the ring, behind everything handed in before by the same thread, and wakes the poller where it
   * sleeps. Never blocks, and may be called by any thread.
   */
  void submit(InboxNode node);

  /** Whether the calling thread is one that runs turns: it must not wait for a completion. */
  boolean isPollerThread();
}
