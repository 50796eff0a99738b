package io.loomring.op;

import org.jspecify.annotations.Nullable;

/**
 * Something that the baton's holder has to look at: an operation to issue, or a request about one. Linked through
 * itself, so that handing it over allocates nothing; it is in one queue at a time (I-4).
 */
public abstract class InboxNode {
  /** The queue's own: whoever holds the queue that this node is in may touch it. */
  public @Nullable InboxNode next;

  /** Package-private on purpose: the kinds of nodes are a closed set. */
  InboxNode() {}

  /** How many entries of the submission queue it takes, at most. */
  int entries() {
    return 1;
  }

  /** Whether its entry moves bytes of a file, which the kernel does inside the enter as a rule. */
  boolean isFileTransfer() {
    return false;
  }
}
