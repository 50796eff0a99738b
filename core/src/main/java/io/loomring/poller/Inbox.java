package io.loomring.poller;

import io.loomring.op.Dispatch;
import io.loomring.op.InboxNode;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Nodes on their way to the baton's holder: many threads push, one takes all there is at once. The order of pushes is
 * kept, so a close never overtakes an operation that was handed in before it (I-5).
 */
final class Inbox {
  private static final VarHandle NEWEST;

  static {
    try {
      NEWEST = MethodHandles.lookup().findVarHandle(Inbox.class, "newest", InboxNode.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile @Nullable InboxNode newest;

  void push(InboxNode node) {
    while (true) {
      InboxNode seen = newest;
      node.next = seen;
      // The CAS publishes the node, and is the full fence of the sleep protocol: the pusher looks at the sleeper after
      // it.
      if (NEWEST.compareAndSet(this, seen, node)) {
        return;
      }
    }
  }

  boolean isEmpty() {
    return newest == null;
  }

  /** Takes all there is, and hands it over in the order in which it came. */
  boolean drainTo(Dispatch dispatch) {
    if (newest == null) {
      return false;
    }
    InboxNode node = (InboxNode) NEWEST.getAndSet(this, null);
    InboxNode oldest = null;
    while (node != null) {
      InboxNode older = node.next;
      node.next = oldest;
      oldest = node;
      node = older;
    }
    while (oldest != null) {
      InboxNode newer = oldest.next;
      dispatch.enqueue(oldest);
      oldest = newer;
    }
    return true;
  }
}
