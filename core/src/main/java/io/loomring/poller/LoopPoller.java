package io.loomring.poller;

import io.loomring.ring.KernelRing;
import io.loomring.ring.Ring;
import io.loomring.ring.RingOptions;
import io.loomring.ring.SetupFlags;
import io.loomring.sys.SystemCalls;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * A loop: one platform thread that owns a ring, and is at the same time the carrier of the virtual threads started on
 * it. A completion makes its waiter runnable on the very thread that saw it, so it costs no thread hop; and since the
 * ring has one issuer for life, nothing that is submitted outlives its submitter.
 *
 * <p>Each round runs what is runnable, then one turn, which submits what those threads asked for together. With nothing
 * runnable the turn waits in the kernel. Whoever has something for the loop from outside (a node, a thread to run) adds
 * it, and then looks whether the loop sleeps; the loop says that it sleeps, and then looks again.
 */
final class LoopPoller extends RingDriver implements Executor, Runnable {
  static final int SETUP_FLAGS =
      SetupFlags.SINGLE_ISSUER | SetupFlags.DEFER_TASKRUN | SetupFlags.TASKRUN_FLAG;

  /** Threads run in one round at most, so that submissions and completions flow under any load. */
  private static final int RUNS_PER_ROUND_MAX = 1024;
  /** How long a thread that is pinned waits between the turns that it runs. */
  private static final long PINNED_WAIT_NANOS = 100_000;
  /** Carries the threads of loops that are over, or that a pinned thread keeps. */
  private static final Executor STAND_IN =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon(true).name("loomring-stand-in-", 0).factory());

  private final Thread thread;
  private final int threadId = SystemCalls.gettid();
  final WakeUp wakeUp;
  private final long spinNanos;
  private final Sleeper sleeper = new Sleeper();
  private final ConcurrentLinkedQueue<Runnable> fromOutside = new ConcurrentLinkedQueue<>();
  // Made once, since a round makes nothing.
  private final BooleanSupplier whileAsleep = () -> !fromOutside.isEmpty() || hasWorkAfterAll();

  // The loop's.
  private final ArrayDeque<Runnable> runnable = new ArrayDeque<>();

  /** Threads that were carried for a while: as long as one does not leave, it stays the same. */
  private long runs;
  private boolean ended;

  private volatile boolean over;

  private LoopPoller(String name, Ring ring, int tableCapacity, boolean tracksAge, WakeUp wakeUp, long spinNanos) {
    super(name, ring, tableCapacity, tracksAge, true);
    this.thread = Thread.currentThread();
    this.wakeUp = wakeUp;
    this.spinNanos = spinNanos;
  }

  /**
   * Starts a loop: its ring is made, and enabled, on its own thread, which the kernel then takes for its only issuer
   * (K-02).
   *
   * @throws io.loomring.error.UringUnavailableException if the ring cannot be had
   */
  static LoopPoller start(String name, RingOptions options, int tableCapacity, long spinNanos) {
    return start(name, () -> KernelRing.open(options.with(SETUP_FLAGS)), tableCapacity, spinNanos);
  }

  /** The same with a ring that {@code rings} makes, with {@link #SETUP_FLAGS}. */
  static LoopPoller start(String name, Supplier<Ring> rings, int tableCapacity, long spinNanos) {
    CompletableFuture<LoopPoller> made = new CompletableFuture<>();
    Thread.ofPlatform().daemon(true).name(name).start(() -> {
      LoopPoller loop;
      try {
        loop = make(name, rings, tableCapacity, spinNanos);
      } catch (Throwable failed) {
        made.completeExceptionally(failed);
        return;
      }
      made.complete(loop);
      loop.run();
    });
    try {
      return made.join();
    } catch (CompletionException failed) {
      throw failed.getCause() instanceof RuntimeException refused ? refused : failed;
    }
  }

  /** Makes a loop of the calling thread, which runs when it is told to. */
  static LoopPoller make(String name, Supplier<Ring> rings, int tableCapacity, long spinNanos) {
    WakeUp wakeUp = WakeUp.make();
    try {
      Ring ring = rings.get();
      try {
        return new LoopPoller(name, ring, tableCapacity, false, wakeUp, spinNanos);
      } catch (RuntimeException | Error failed) {
        ring.closeFd();
        ring.unmap();
        throw failed;
      }
    } catch (RuntimeException | Error failed) {
      wakeUp.close();
      throw failed;
    }
  }

  // ---- the loop

  @Override
  public void run() {
    while (!isStopping()) {
      try {
        round();
      } catch (Throwable thrown) {
        // Not of a turn, nor of a thread that it carries: of the loop's own (I-11).
        sleeper.awake();
        poison(thrown);
      }
    }
    end();
    wakeUp.close();
    over = true;
    handOver();
    stopped();
  }

  private void round() {
    runThreads();
    if (isStopping()) {
      // A thread that is pinned may have ended the ring, whose memory is gone then.
      return;
    }
    boolean waits = runnable.isEmpty() && !spin() && announceSleep();
    runTurn(waits);
    if (waits) {
      sleeper.awake();
    }
    wakeUp.spend(turn);
  }

  private void runThreads() {
    for (Runnable task = fromOutside.peek(); task != null; task = fromOutside.peek()) {
      // Added before it is taken, so that none is lost where there is no memory for that.
      runnable.add(task);
      fromOutside.poll();
    }
    // What becomes runnable meanwhile has to wait for a turn: a thread that only yields must not keep it off.
    for (int left = Math.min(runnable.size(), RUNS_PER_ROUND_MAX); left > 0 && !runnable.isEmpty(); left--) {
      runs++;
      try {
        runnable.remove().run();
      } catch (Throwable thrown) {
        // Whatever became of that thread: the others, and the ring, are not to end with it (I-11).
        log(System.Logger.Level.ERROR, "a thread's run failed", thrown);
      }
    }
  }

  private void end() {
    if (!ended) {
      ended = true;
      tearDown();
    }
  }

  /** Looks for something to do, without a turn or a wait, for as long as is configured; whether there is. */
  private boolean spin() {
    if (spinNanos == 0) {
      return false;
    }
    long begun = System.nanoTime();
    while (!isStopping() && System.nanoTime() - begun < spinNanos) {
      if (!fromOutside.isEmpty() || !inbox.isEmpty() || turn.hasCompletions() || turn.hasTaskWork()) {
        return true;
      }
      Thread.onSpinWait();
    }
    return false;
  }

  /** Says that the loop sleeps, and looks again; false if there is something to do after all. */
  boolean announceSleep() {
    return wakeUp.watch(turn) && sleeper.announce(Sleeper.ASLEEP, whileAsleep);
  }

  boolean isAsleep() {
    return !sleeper.isAwake();
  }

  // ---- from outside

  /** Makes a virtual thread's next run known to the loop. */
  @Override
  public void execute(Runnable continuation) {
    if (Thread.currentThread() == thread && !over) {
      runnable.add(continuation);
      return;
    }
    fromOutside.add(continuation);
    wakeIfAsleep();
    if (over) {
      // Added first, then the look: the loop, at its end, does it the other way round.
      drainOutside();
    }
  }

  /** Virtual threads outlive their loop, and do not wait for who keeps it: they go on where they are carried. */
  private void handOver() {
    for (Runnable task = runnable.poll(); task != null; task = runnable.poll()) {
      STAND_IN.execute(task);
    }
    drainOutside();
  }

  private void drainOutside() {
    for (Runnable task = fromOutside.poll(); task != null; task = fromOutside.poll()) {
      STAND_IN.execute(task);
    }
  }

  @Override
  void wakeIfAsleep() {
    if (sleeper.wake(Sleeper.ASLEEP)) {
      alarm();
    }
  }

  @Override
  void alarm() {
    wakeUp.signal();
  }

  @Override
  public boolean isPollerThread() {
    return Thread.currentThread() == thread;
  }

  // ---- threads that cannot leave

  /**
   * A thread that is pinned, as by a class initializer or a native frame, parks its carrier; on a loop it would wait for
   * ever for a turn that only the carrier can run. So the carrier gets a permit first: a pinned thread comes back at
   * once, and finds that nothing else has run meanwhile.
   */
  @Override
  public void park(Object blocker) {
    LoopPoller mine = LoopThreads.currentLoop();
    if (mine == null) {
      LockSupport.park(blocker);
      return;
    }
    long before = mine.runs;
    LockSupport.unpark(mine.thread);
    LockSupport.park(blocker);
    if (mine.runs == before) {
      mine.turnInPlace();
    }
  }

  @Override
  public boolean turnIfPinned() {
    LoopPoller mine = LoopThreads.currentLoop();
    return mine != null && mine.turnInPlace();
  }

  /**
   * Runs a turn if the calling thread, one of this loop's, cannot leave it: then it is on the ring's own thread. The
   * others, for whose answer it may wait, are carried by stand-ins meanwhile.
   */
  private boolean turnInPlace() {
    long before = runs;
    Thread.yield();
    if (runs != before || over || SystemCalls.gettid() != threadId) {
      return false;
    }
    handOver();
    if (isStopping()) {
      end();
    } else {
      runTurn(false);
    }
    drainOutside();
    LockSupport.parkNanos(this, PINNED_WAIT_NANOS);
    return true;
  }
}
