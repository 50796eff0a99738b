package io.loomring.poller;

import io.loomring.error.UringUnavailableException;
import io.loomring.op.Counters;
import io.loomring.op.Deadline;
import io.loomring.op.Endpoint;
import io.loomring.op.InboxNode;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.op.SlotLayout;
import io.loomring.op.Submitter;
import io.loomring.op.Waiting;
import io.loomring.ring.Opcode;
import io.loomring.ring.Ring;
import io.loomring.sys.Errno;
import io.loomring.sys.KernelVersion;
import io.loomring.sys.MonotonicClock;
import io.loomring.sys.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A ring with what is in flight on it, and its end: what the drivers have in common. A driver adds who runs the turns,
 * and how it is woken.
 */
public abstract class RingDriver implements Submitter {
  static final System.Logger LOG = System.getLogger("io.loomring");

  /** Memory of rings that died with operations in flight: the kernel may write to it as long as the process lives. */
  private static final Queue<MemorySegment> LEAKED = new ConcurrentLinkedQueue<>();

  static {
    // What a turn uses only when something goes wrong is loaded while there are descriptors to load it from: a turn
    // that meets a class which cannot be loaded would be its ring's last.
    for (Class<?> rare : List.of(
        RingFailure.class, UringUnavailableException.class, Errno.class, Outcome.class, OperationHandle.class,
        OperationHandle.Answer.class, Deadline.class, Waiting.class, Opcode.class, KernelVersion.class,
        LoopThreads.class)) {
      try {
        MethodHandles.lookup().ensureInitialized(rare);
      } catch (IllegalAccessException impossible) {
        throw new ExceptionInInitializerError(impossible);
      }
    }
  }

  private static final int POISON_STEPS = 5;
  private static final int POISON_ATTEMPTS_MAX = 3_000;
  private static final long POISON_PAUSE_NANOS = 10_000_000;
  /** Looks at whether a table is empty that nobody gets a slot of any more. */
  private static final int LOOKS_MAX = 1_000;

  final Inbox inbox = new Inbox();
  final Turn turn;
  private final String name;
  private final Ring ring;
  private final Counters counters = new Counters();
  private final MemorySegment slotMemory;
  private final OperationTable table;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final AtomicBoolean failing = new AtomicBoolean();

  private volatile boolean stopping;
  private volatile @Nullable Throwable failure;
  // The baton's holder's; others look at it to see whether it moves.
  private volatile long turnsBegun;
  private volatile boolean unfinished;

  @SuppressWarnings("this-escape") // nothing calls the submitter before the driver is started
  RingDriver(String name, Ring ring, int tableCapacity, boolean tracksAge, boolean owned) {
    this.name = name;
    this.ring = ring;
    this.slotMemory = NativeMemory.anonymous((long) tableCapacity * SlotLayout.BYTES);
    this.table = new OperationTable(
        this,
        slotMemory,
        tableCapacity,
        MonotonicClock.offsetFromNanoTime(),
        tracksAge,
        ring.directDescriptors());
    this.turn = new Turn(ring, table, inbox, counters, owned);
  }

  public final OperationTable table() {
    return table;
  }

  public final Counters counters() {
    return counters;
  }

  public final Ring ring() {
    return ring;
  }

  @Override
  public final int ringFd() {
    return ring.fd();
  }

  /** Why the ring died, or null while it is sound. */
  public final @Nullable Throwable failure() {
    return failure;
  }

  // ---- handing in

  @Override
  public final void submit(InboxNode node) {
    inbox.push(node);
    // The push is a full fence: a driver that goes to sleep either sees the node, or is seen here.
    wakeIfAsleep();
    if (failure != null) {
      failEverything();
    }
  }

  @Override
  public final int register(int operation, long argument, int count) {
    return ring.register(operation, argument, count);
  }

  /** Wakes the driver where it sleeps, or is about to. */
  abstract void wakeIfAsleep();

  /** Makes the driver look at {@link #isStopping}, wherever it is. */
  abstract void alarm();

  // ---- turns

  /**
   * Runs a turn, for the baton's holder; a turn that fails is the ring's last (I-11).
   *
   * @param waits whether to wait for a completion in the kernel: for a driver that owns its ring
   */
  final boolean runTurn(boolean waits) {
    if (failure != null) {
      // Poisoned by the baton's last holder: the ring's number may be another's by now.
      return false;
    }
    turnsBegun++;
    try {
      boolean moved = turn.run(waits);
      unfinished = turn.isUnfinished();
      return moved;
    } catch (Throwable thrown) {
      poison(thrown);
      return false;
    }
  }

  /** Waits in the kernel for a short time, with the baton; whether anything came. */
  final boolean runWait(long nanos) {
    if (failure != null) {
      return false;
    }
    try {
      return turn.waitBriefly(nanos);
    } catch (Throwable thrown) {
      poison(thrown);
      return false;
    }
  }

  /** Whether something waits for a turn. Any thread may ask. */
  final boolean hasWork() {
    return unfinished || !inbox.isEmpty() || turn.hasCompletions();
  }

  /** The same for the baton's holder, before it sleeps until it is woken: whether it must not. */
  final boolean hasWorkAfterAll() {
    return !inbox.isEmpty() || turn.hasCompletions() || turn.isUnfinished() || isStopping();
  }

  final long turnsBegun() {
    return turnsBegun;
  }

  final boolean isStopping() {
    return stopping || failure != null;
  }

  // ---- the end

  /**
   * Ends the ring, and everybody who waits on it, with the cause; for the baton's holder. What it met may be a lack of
   * memory, which lasts: so each step is tried until it is done, and none takes memory that it can do without.
   */
  final void poison(Throwable cause) {
    int step = 0;
    for (int attempt = 0; step < POISON_STEPS && attempt < POISON_ATTEMPTS_MAX; attempt++) {
      try {
        poison(step, cause);
        step++;
      } catch (Throwable again) {
        pause();
      }
    }
  }

  private void poison(int step, Throwable cause) {
    switch (step) {
      case 0 -> {
        table.close(cause);
        failure = cause;
      }
      // First the ring, so that no request of it lives on when descriptors are closed (K-11).
      case 1 -> ring.closeFd();
      case 2 -> failEverything();
      case 3 -> alarm();
      // Last, since a log may fail too, and nobody must go on waiting for that.
      default -> log(
          System.Logger.Level.ERROR, "the ring failed; everything on it ended with this as the cause", cause);
    }
  }

  private static void pause() {
    try {
      LockSupport.parkNanos(POISON_PAUSE_NANOS);
    } catch (Throwable stillShort) {
      // Then without a pause.
      Thread.onSpinWait();
    }
  }

  /** Says something, where that can be said: a log that fails must not end the thread that would go on. */
  final void log(System.Logger.Level level, String what, @Nullable Throwable thrown) {
    try {
      LOG.log(level, name + ": " + what, thrown);
    } catch (Throwable notLogged) {
      Thread.onSpinWait();
    }
  }

  /** Ends all that is in flight; again for each node that comes in after the failure. */
  private void failEverything() {
    // Not a lock: a carrier must not queue for one behind a virtual thread that only it can run.
    while (!failing.compareAndSet(false, true)) {
      Thread.onSpinWait();
    }
    List<Endpoint> held;
    try {
      held = turn.failAll();
    } finally {
      failing.set(false);
    }
    // Only now: what was waiting for these to be let go of hands itself in, and comes by here.
    held.forEach(Endpoint::letGo);
  }

  /** Refuses threads that may not run turns, where no thread of the driver's own does. */
  void requireDriver() {}

  /** Refuses new operations from now on. */
  final void refuse() {
    table.close(new IllegalStateException("the Uring is closed"));
  }

  /**
   * Closes the ring's descriptors and cancels the rest, without waiting; to be called again until {@link #isDrained},
   * for what was on its way when the ring was closed.
   */
  final void endAll() {
    for (Endpoint endpoint : table.endpoints()) {
      endpoint.closeWithoutWaiting();
    }
    table.cancelAll();
  }

  /** Whether there is nothing to wait for: all is ended, or the ring is dead. */
  final boolean isDrained() {
    return table.isEmpty() || failure != null;
  }

  /** Has the driver stop, without waiting. What the kernel still holds is leaked, and said so (I-12). */
  void stop() {
    stopping = true;
    alarm();
  }

  /**
   * Waits until it has stopped, or the deadline passes: a driver that carries threads ends when the one that it carries
   * just now leaves it.
   *
   * @param deadline on the clock of {@link Deadline}
   */
  final void awaitStopped(long deadline) {
    if (!Waiting.uninterruptibly(stopped, deadline)) {
      LOG.log(System.Logger.Level.WARNING, name + ": a thread keeps the loop; the ring is closed when it lets go");
    }
  }

  /** The last thing that happens to a ring, by the thread that keeps the baton for ever; then {@link #stopped}. */
  final void tearDown() {
    boolean sound = failure == null;
    if (sound) {
      failure = new IllegalStateException("the Uring is closed");
      ring.closeFd();
      failEverything();
    }
    if (isTableEmpty()) {
      ring.unmap();
    } else {
      LEAKED.add(slotMemory);
      log(
          System.Logger.Level.WARNING,
          table.slotsInUse() + " slots are still in use; their memory, and the ring's, is leaked",
          null);
    }
  }

  /** Whether no slot is in use, nor will be: one that is taken for the moment in which it is refused comes back. */
  private boolean isTableEmpty() {
    boolean empty = table.isEmpty();
    for (int i = 0; i < LOOKS_MAX && !empty; i++) {
      Thread.onSpinWait();
      empty = table.isEmpty();
    }
    return empty;
  }

  /** Lets go who waits for the end: nothing of the driver is open any more. */
  final void stopped() {
    stopped.countDown();
  }

  @Override
  public final String toString() {
    return name;
  }
}
