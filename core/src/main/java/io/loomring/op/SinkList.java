package io.loomring.op;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The sinks to which something has come, of any number of rings: the holders of their batons add, one taker at a time
 * takes all. A sink is its own entry, so that nothing is allocated (I-10).
 */
public final class SinkList {
  private final AtomicReference<@Nullable PollSink> head = new AtomicReference<>();
  private volatile @Nullable Thread waiter;

  /** Adds a sink that is in no list; answers who is to be resumed, which is whoever adds to an empty list to do. */
  @Nullable Thread push(PollSink sink) {
    while (true) {
      PollSink first = head.get();
      sink.next = first;
      if (head.compareAndSet(first, sink)) {
        return first == null ? waiter : null;
      }
    }
  }

  /** Takes all, the first that came first; {@link PollSink#unlist} leads from one to the next. */
  public @Nullable PollSink takeAll() {
    PollSink rest = head.getAndSet(null);
    PollSink ordered = null;
    while (rest != null) {
      PollSink behind = rest.next;
      rest.next = ordered;
      ordered = rest;
      rest = behind;
    }
    return ordered;
  }

  public boolean isEmpty() {
    return head.get() == null;
  }

  /** Says who is to be resumed; null for nobody. Set before the last look at what came. */
  public void waiter(@Nullable Thread thread) {
    waiter = thread;
  }

  /** Who waits. */
  public @Nullable Thread waiter() {
    return waiter;
  }
}
