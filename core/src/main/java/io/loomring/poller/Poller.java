package io.loomring.poller;

import io.loomring.op.Counters;
import io.loomring.op.Counters.Counter;
import io.loomring.op.Endpoint;
import io.loomring.op.InboxNode;
import io.loomring.op.OperationTable;
import io.loomring.op.SlotLayout;
import io.loomring.op.Submitter;
import io.loomring.op.Waiting;
import io.loomring.ring.Ring;
import io.loomring.sys.MonotonicClock;
import io.loomring.sys.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A ring and what drives it: a virtual thread that runs turns and yields between them, so that it runs behind all that
 * is runnable and finds their submissions together; and a platform thread that waits where the virtual one must not,
 * and runs the turns itself while no carrier comes free for the virtual one.
 *
 * <p>Who holds the <em>baton</em> runs a turn (I-1):
 *
 * <pre>
 *  FREE -> VIRTUAL -> FREE       the poller virtual thread, for the length of one turn
 *  FREE -> PLATFORM -> FREE      the platform half, until the virtual thread is seen to run again
 * </pre>
 *
 * <p>Who has to be woken when a node comes in is the <em>sleeper</em>:
 *
 * <pre>
 *  AWAKE -> VIRTUAL_PARKED -> AWAKE      the virtual thread is about to park; whoever changes it back unparks it
 *  AWAKE -> PLATFORM_WAITING -> AWAKE    the platform half is driving and about to wait; whoever changes it back wakes
 * it
 * </pre>
 *
 * <p>The sleeper announces itself, and then looks at the inbox again; a pusher pushes, and then looks at the sleeper.
 * One of the two sees the other.
 */
public final class Poller implements Submitter {
  private static final System.Logger LOG = System.getLogger("io.loomring");

  static final int FREE = 0;
  static final int VIRTUAL = 1;
  static final int PLATFORM = 2;

  static final int AWAKE = 0;
  static final int VIRTUAL_PARKED = 1;
  static final int PLATFORM_WAITING = 2;

  /** Turns without work, with a yield after each, before the virtual thread sleeps. */
  private static final int IDLE_TURNS_MAX = 3;
  /** The longest sleep: it keeps the scheduler's carriers from retiring, with what they submitted (K-01, K-42). */
  private static final long PARK_NANOS_MAX = 20_000_000_000L;

  /** Memory of rings that died with operations in flight: the kernel may write to it as long as the process lives. */
  private static final Queue<MemorySegment> LEAKED = new ConcurrentLinkedQueue<>();

  private static final VarHandle BATON;
  private static final VarHandle SLEEPER;

  static {
    try {
      BATON = MethodHandles.lookup().findVarHandle(Poller.class, "baton", int.class);
      SLEEPER = MethodHandles.lookup().findVarHandle(Poller.class, "sleeper", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final String name;
  private final Ring ring;
  private final Inbox inbox = new Inbox();
  private final Counters counters = new Counters();
  private final MemorySegment slotMemory;
  private final OperationTable table;
  private final Turn turn;
  private final PlatformHalf platformHalf;
  private final Thread virtualThread;
  private final Thread platformThread;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Object failing = new Object();

  private volatile int baton = FREE;
  private volatile int sleeper = AWAKE;
  private volatile boolean batonWanted;
  private volatile boolean stopping;
  private volatile @Nullable Throwable failure;
  // The baton's holder's; others look at it to see whether it moves.
  private volatile long turnsBegun;
  private volatile boolean unfinished;

  /** Makes a poller on {@code ring}; it runs after {@link #start}. */
  public Poller(String name, Ring ring, int tableCapacity, boolean tracksAge) {
    this.name = name;
    this.ring = ring;
    this.slotMemory = NativeMemory.anonymous((long) tableCapacity * SlotLayout.BYTES);
    this.table =
        new OperationTable(this, slotMemory, tableCapacity, MonotonicClock.offsetFromNanoTime(), tracksAge);
    this.turn = new Turn(ring, table, inbox, counters);
    this.platformHalf = new PlatformHalf(this, ring.fd());
    this.virtualThread = Thread.ofVirtual().name(name).unstarted(this::driveVirtually);
    this.platformThread = Thread.ofPlatform().daemon(true).name(name + "-platform").unstarted(platformHalf);
  }

  public void start() {
    platformThread.start();
    virtualThread.start();
  }

  public OperationTable table() {
    return table;
  }

  public Counters counters() {
    return counters;
  }

  public Ring ring() {
    return ring;
  }

  /** Why the ring died, or null while it is sound. */
  public @Nullable Throwable failure() {
    return failure;
  }

  @Override
  public boolean isPollerThread() {
    Thread me = Thread.currentThread();
    return me == virtualThread || me == platformThread;
  }

  // ---- handing in

  @Override
  public void submit(InboxNode node) {
    inbox.push(node);
    // The push is a full fence: the sleeper either sees the node, or is seen here.
    if (sleeper != AWAKE) {
      wake();
    }
    if (failure != null) {
      failEverything();
    }
  }

  /** Wakes whoever sleeps, if anybody does. */
  void wake() {
    if (SLEEPER.compareAndSet(this, VIRTUAL_PARKED, AWAKE)) {
      LockSupport.unpark(virtualThread);
      platformHalf.watchAgain();
    } else if (SLEEPER.compareAndSet(this, PLATFORM_WAITING, AWAKE)) {
      platformHalf.interruptWait();
    }
  }

  // ---- the virtual driver

  private void driveVirtually() {
    int idleTurns = 0;
    while (!stopping && failure == null) {
      if (!takeBaton(VIRTUAL)) {
        waitForBaton();
        continue;
      }
      boolean moved = runTurn();
      idleTurns = moved ? 0 : idleTurns + 1;
      if (idleTurns > IDLE_TURNS_MAX && announceSleep(VIRTUAL_PARKED)) {
        giveBaton();
        sleepVirtually();
        idleTurns = 0;
      } else {
        // Given back over the yield: if no carrier comes free for us, the platform half can go on.
        giveBaton();
        Thread.yield();
      }
    }
  }

  private void sleepVirtually() {
    while (sleeper == VIRTUAL_PARKED && !stopping) {
      LockSupport.parkNanos(this, PARK_NANOS_MAX);
    }
  }

  private void waitForBaton() {
    batonWanted = true;
    if (sleeper == PLATFORM_WAITING) {
      wake();
    }
    // Wanted first, then the look: whoever gives the baton back does it the other way round, and one sees the other.
    if (baton != FREE && !stopping) {
      LockSupport.parkNanos(this, PARK_NANOS_MAX);
    }
    batonWanted = false;
  }

  // ---- for both drivers

  boolean takeBaton(int driver) {
    return BATON.compareAndSet(this, FREE, driver);
  }

  /**
   * Gives the baton back, and wakes the virtual thread where it waits for it. What its holder wrote is seen by the
   * next.
   */
  void giveBaton() {
    baton = FREE;
    if (batonWanted) {
      LockSupport.unpark(virtualThread);
    }
  }

  boolean isBatonWanted() {
    return batonWanted;
  }

  /** Runs a turn, with the baton; a turn that fails is the ring's last (I-11). */
  boolean runTurn() {
    if (failure != null) {
      // Poisoned by the baton's last holder: the ring's number may be another's by now.
      return false;
    }
    turnsBegun++;
    try {
      boolean moved = turn.run();
      unfinished = turn.isUnfinished();
      return moved;
    } catch (Throwable thrown) {
      poison(thrown);
      return false;
    }
  }

  /**
   * Announces, with the baton, that this driver is about to sleep, and has the ring's descriptor watched.
   *
   * @return false if there is work after all: then the driver must not sleep
   */
  boolean announceSleep(int as) {
    sleeper = as;
    // The write of a volatile and the reads after it do not pass each other: see the class comment.
    if (!inbox.isEmpty() || turn.hasCompletions() || turn.isUnfinished() || stopping || failure != null) {
      sleeper = AWAKE;
      return false;
    }
    platformHalf.watchRing();
    return true;
  }

  /** Ends a sleep of the platform half that nobody ended. */
  void wokeUp() {
    SLEEPER.compareAndSet(this, PLATFORM_WAITING, AWAKE);
  }

  boolean isVirtualParked() {
    return sleeper == VIRTUAL_PARKED;
  }

  boolean hasWork() {
    return unfinished || !inbox.isEmpty() || turn.hasCompletions();
  }

  long turnsBegun() {
    return turnsBegun;
  }

  void countTakeover() {
    counters.add(Counter.TAKEOVERS, 1);
  }

  boolean isStopping() {
    return stopping || failure != null;
  }

  // ---- the end

  private void poison(Throwable cause) {
    LOG.log(System.Logger.Level.ERROR, name + ": the ring failed; everything on it ends with this as the cause", cause);
    table.close(cause);
    failure = cause;
    // First the ring, so that no request of it lives on when descriptors are closed (K-11).
    ring.closeFd();
    failEverything();
    LockSupport.unpark(virtualThread);
    platformHalf.interruptWait();
  }

  /** Ends all that is in flight; again for each node that comes in after the failure. */
  private void failEverything() {
    synchronized (failing) {
      turn.failAll();
    }
  }

  /** Refuses new operations from now on. */
  void refuse() {
    table.close(new IllegalStateException("the Uring is closed"));
  }

  /**
   * Closes the ring's descriptors and cancels the rest, without waiting; to be called again until {@link #isDrained}, for
   * what was on its way when the ring was closed.
   */
  void endAll() {
    for (Endpoint endpoint : table.endpoints()) {
      endpoint.closeWithoutWaiting();
    }
    table.cancelAll();
  }

  /** Whether there is nothing to wait for: all is ended, or the ring is dead. */
  boolean isDrained() {
    return table.isEmpty() || failure != null;
  }

  /** Stops, and waits for it. What the kernel still holds is leaked, and said so (I-12). */
  void stop() {
    stopping = true;
    LockSupport.unpark(virtualThread);
    platformHalf.interruptWait();
    Waiting.uninterruptibly(stopped);
  }

  /** The last thing that happens to a ring, on the platform half's thread, which keeps the baton for ever. */
  void tearDown() {
    while (!takeBaton(PLATFORM)) {
      Thread.onSpinWait();
    }
    boolean sound = failure == null;
    if (sound) {
      failure = new IllegalStateException("the Uring is closed");
      ring.closeFd();
      failEverything();
    }
    if (table.isEmpty()) {
      ring.unmap();
    } else {
      LEAKED.add(slotMemory);
      LOG.log(
          System.Logger.Level.WARNING,
          name + ": " + table.slotsInUse() + " slots are still in use; their memory, and the ring's, is leaked");
    }
    stopped.countDown();
  }

  @Override
  public String toString() {
    return name;
  }
}
