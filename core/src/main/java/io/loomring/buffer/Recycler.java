package io.loomring.buffer;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * The thread that runs what users have to say when memory comes back to nobody: never a thread that runs a ring, which
 * must not run code of others (I-10). One for the process, a daemon, made with the first operation that may need it.
 */
public final class Recycler {
  /** Its name. */
  public static final String THREAD_NAME = "loomring-recycler";

  private static final System.Logger LOG = System.getLogger("io.loomring");

  private static final ConcurrentLinkedQueue<Runnable> QUEUE = new ConcurrentLinkedQueue<>();
  private static final Thread THREAD = Thread.ofPlatform().daemon().name(THREAD_NAME)
      .inheritInheritableThreadLocals(false).start(Recycler::run);

  private Recycler() {}

  /** Has the thread there before it is needed: making one is nothing for a turn. */
  public static void prepare() {
    // The class is initialised now.
  }

  /** Has {@code task} run soon. Neither waits nor blocks. */
  public static void execute(Runnable task) {
    QUEUE.add(task);
    LockSupport.unpark(THREAD);
  }

  private static void run() {
    while (true) {
      Runnable task = QUEUE.poll();
      if (task == null) {
        LockSupport.park(QUEUE);
        continue;
      }
      try {
        task.run();
      } catch (Throwable thrown) {
        LOG.log(System.Logger.Level.ERROR, "recycling failed", thrown);
      }
    }
  }
}
