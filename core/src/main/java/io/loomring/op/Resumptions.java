package io.loomring.op;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Threads that a turn has to unpark, together, when it has acted on what came. For the baton's holder. */
public final class Resumptions {
  private final @Nullable Thread[] threads;
  private int count;
  private long virtualThreads;

  /** Makes one that notes up to {@code max} before it unparks those that it has. */
  Resumptions(int max) {
    this.threads = new Thread[max];
  }

  void add(Thread thread) {
    if (count == threads.length) {
      all();
    }
    virtualThreads += thread.isVirtual() ? 1 : 0;
    threads[count++] = thread;
  }

  /** Unparks all, in order; answers how many. */
  public int all() {
    int had = count;
    for (int i = 0; i < had; i++) {
      LockSupport.unpark(threads[i]);
      threads[i] = null;
    }
    count = 0;
    return had;
  }

  /** How many of all that were ever unparked were virtual. */
  public long virtualThreads() {
    return virtualThreads;
  }
}
