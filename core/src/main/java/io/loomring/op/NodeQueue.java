package io.loomring.op;

import org.jspecify.annotations.Nullable;

/** First in, first out, for one thread: what the baton's holder has taken and not issued yet. */
public final class NodeQueue {
  private @Nullable InboxNode head;
  private @Nullable InboxNode tail;

  public boolean isEmpty() {
    return head == null;
  }

  public @Nullable InboxNode peek() {
    return head;
  }

  public void add(InboxNode node) {
    node.next = null;
    InboxNode last = tail;
    if (last == null) {
      head = node;
    } else {
      last.next = node;
    }
    tail = node;
  }

  /** Takes the head away; the queue must not be empty. */
  public void removeHead() {
    InboxNode first = head;
    assert first != null;
    head = first.next;
    first.next = null;
    if (head == null) {
      tail = null;
    }
  }
}
