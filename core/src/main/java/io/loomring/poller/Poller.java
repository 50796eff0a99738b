package io.loomring.poller;

import io.loomring.event.Recordings;
import io.loomring.op.Counters.Counter;
import io.loomring.ring.Ring;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A ring and what drives it: a virtual thread that runs turns and yields between them, so that it runs behind all that
 * is runnable and finds their submissions together; and a platform thread that waits where the virtual one must not,
 * and runs the turns itself while no carrier comes free for the virtual one.
 *
 * <p>Who holds the {@link Baton} runs a turn (I-1). Who has to be woken when a node comes in is the <em>sleeper</em>:
 *
 * <pre>
 *  AWAKE -> VIRTUAL_WAITING -> AWAKE     the virtual thread waits in the kernel for a moment; whoever changes it back
 *                                        signals, unless it is the thread itself
 *  AWAKE -> VIRTUAL_PARKED -> AWAKE      the virtual thread is about to park; whoever changes it back unparks it
 *  AWAKE -> PLATFORM_WAITING -> AWAKE    the platform half is driving and about to wait; whoever changes it back wakes
 * it
 * </pre>
 *
 * <p>How one sees the other is told in {@link Sleeper}.
 */
public final class Poller extends RingDriver {
  static final int VIRTUAL = Baton.VIRTUAL;
  static final int PLATFORM = Baton.PLATFORM;

  static final int AWAKE = Sleeper.AWAKE;
  static final int VIRTUAL_PARKED = 1;
  static final int PLATFORM_WAITING = 2;
  static final int VIRTUAL_WAITING = 3;

  /** Turns without work, with a yield after each, before the virtual thread sleeps. */
  private static final int IDLE_TURNS_MAX = 3;
  /** How long the virtual thread waits in the kernel, with its carrier, before it goes to sleep. */
  private static final long WAIT_NANOS = 100_000;
  /** Waits in vain make it go to sleep at once next time, and twice as often each time, up to so often. */
  private static final int SLEEPS_AT_ONCE_MAX = 64;
  /** How long the carriers' own queues may stay busy before what waits outside is let in. */
  private static final long LET_IN_NANOS = 4_000_000;
  /** The same where threads read without a park: they keep the carriers busy by themselves. */
  private static final long LET_IN_BESIDE_READS_NANOS = 1_000_000;
  /** A park that returns sooner was none. */
  private static final long PARKED_NANOS_MIN = 2_000;
  /** The longest sleep: it keeps the scheduler's carriers from retiring, with what they submitted (K-01, K-42). */
  private static final long PARK_NANOS_MAX = 20_000_000_000L;

  final PlatformHalf platformHalf;
  private final Thread virtualThread;
  private final Thread platformThread;

  private final WakeUp wakeUp;
  private final Sleeper sleeper = new Sleeper();
  private final Baton baton = new Baton();
  // Made once, since a turn's end makes nothing.
  private final BooleanSupplier whileWaiting = () -> !inbox.isEmpty() || isStopping();
  private final BooleanSupplier whileAsleep = this::hasWorkAfterAll;
  private final BooleanSupplier whileWanted = this::isStopping;
  private final Runnable wakesPlatformHalf = this::wakePlatformHalf;
  private final long spinNanos;

  // The virtual thread's.
  private long othersLetIn;
  private int sleepsAtOnce;
  private int sleepsAtOnceNext;

  /** Makes a poller on {@code ring}; it runs after {@link #start}. */
  public Poller(String name, Ring ring, int tableCapacity, boolean tracksAge, long spinNanos) {
    this(name, ring, tableCapacity, tracksAge, spinNanos, PARK_NANOS_MAX);
  }

  /** The same, with another longest sleep: too long a one lets the carriers retire. */
  Poller(String name, Ring ring, int tableCapacity, boolean tracksAge, long spinNanos, long parkNanosMax) {
    super(name, ring, tableCapacity, tracksAge, false);
    this.spinNanos = spinNanos;
    this.wakeUp = WakeUp.make();
    this.platformHalf = platformHalf(ring, parkNanosMax);
    this.virtualThread = Thread.ofVirtual().name(name).unstarted(this::driveVirtually);
    this.platformThread = Thread.ofPlatform().daemon(true).name(name + "-platform").unstarted(platformHalf);
  }

  @SuppressWarnings("this-escape") // it uses the poller only once it is started
  private PlatformHalf platformHalf(Ring ring, long parkNanosMax) {
    try {
      return new PlatformHalf(this, ring.fd(), parkNanosMax);
    } catch (RuntimeException failed) {
      wakeUp.close();
      throw failed;
    }
  }

  public void start() {
    platformThread.start();
    virtualThread.start();
  }

  @Override
  public boolean isPollerThread() {
    Thread me = Thread.currentThread();
    return me == virtualThread || me == platformThread;
  }

  // ---- waking

  @Override
  void wakeIfAsleep() {
    if (!sleeper.isAwake()) {
      wake();
    }
  }

  @Override
  void alarm() {
    LockSupport.unpark(virtualThread);
    platformHalf.interruptWait();
    wakeUp.signal();
  }

  /** Wakes whoever sleeps, if anybody does. */
  void wake() {
    if (sleeper.wake(VIRTUAL_PARKED)) {
      LockSupport.unpark(virtualThread);
      platformHalf.watchAgain();
    } else if (sleeper.wake(PLATFORM_WAITING)) {
      platformHalf.interruptWait();
    } else if (sleeper.wake(VIRTUAL_WAITING)) {
      wakeUp.signal();
    }
  }

  // ---- the virtual driver

  private void driveVirtually() {
    try {
      driveUntilStopped();
    } catch (Throwable thrown) {
      failed(VIRTUAL, thrown);
    }
  }

  private void driveUntilStopped() {
    int idleTurns = 0;
    while (!isStopping()) {
      if (!takeBaton(VIRTUAL)) {
        baton.await(wakesPlatformHalf, whileWanted);
        continue;
      }
      boolean moved = runTurn(false) || idleTurns == IDLE_TURNS_MAX && (spin() || waitBriefly());
      wakeUp.spend(turn);
      idleTurns = moved ? 0 : idleTurns + 1;
      if (idleTurns > IDLE_TURNS_MAX && announceSleep(VIRTUAL_PARKED)) {
        giveBaton();
        sleepVirtually();
        idleTurns = 0;
      } else {
        // Given back over the yield: if no carrier comes free for us, the platform half can go on.
        giveBaton();
        Thread.yield();
        letOthersIn();
      }
    }
  }

  /** Looks for something to do, without a turn or a wait, for as long as is configured; whether there is. */
  private boolean spin() {
    if (spinNanos == 0) {
      return false;
    }
    long begun = System.nanoTime();
    while (!isStopping() && System.nanoTime() - begun < spinNanos) {
      if (!inbox.isEmpty() || turn.hasCompletions() || turn.hasTaskWork() && runTurn(false)) {
        return true;
      }
      Thread.onSpinWait();
    }
    return false;
  }

  /**
   * Waits in the kernel for a moment, with the baton and the carrier: where the next completion is near, that is cheaper
   * than to go to sleep and to be woken. Where it is not, what waits for this carrier is kept waiting for nothing, and so
   * the next sleeps are at once.
   *
   * @return whether there is something to do
   */
  private boolean waitBriefly() {
    if (sleepsAtOnce > 0) {
      sleepsAtOnce--;
      return false;
    }
    if (!wakeUp.watch(turn)) {
      return true;
    }
    boolean moved = !sleeper.announce(VIRTUAL_WAITING, whileWaiting) || runWait(WAIT_NANOS) || !inbox.isEmpty();
    sleeper.awake();
    sleepsAtOnceNext = moved ? 0 : Math.min(SLEEPS_AT_ONCE_MAX, 2 * sleepsAtOnceNext + 1);
    sleepsAtOnce = sleepsAtOnceNext;
    return moved;
  }

  /**
   * Now and then stays away for the shortest time that a timer has. A carrier takes what comes from outside (timers,
   * platform threads) only when its own queue, and the one it took its last task from, are empty; we run in them turn
   * by turn, and make others runnable in them, so under load they never would be. While we are away they run dry.
   */
  private void letOthersIn() {
    long now = System.nanoTime();
    if (now - othersLetIn > letInNanos()) {
      turn.endRound();
      LockSupport.parkNanos(this, 1);
      othersLetIn = System.nanoTime();
      if (othersLetIn - now < PARKED_NANOS_MIN) {
        // A wake-up of long ago was still to be spent.
        LockSupport.parkNanos(this, 1);
      }
      turn.beginRound();
    }
  }

  /** How long the carriers' own queues may stay busy just now. */
  long letInNanos() {
    return turn.hasInlineReads() ? LET_IN_BESIDE_READS_NANOS : LET_IN_NANOS;
  }

  /**
   * Sleeps without a time of its own: a timer costs two switches to the scheduler's timer thread, and most sleeps are
   * short. The platform half sees to it that a long one is broken.
   */
  private void sleepVirtually() {
    while (sleeper.is(VIRTUAL_PARKED) && !isStopping()) {
      LockSupport.park(this);
    }
  }

  private void wakePlatformHalf() {
    if (sleeper.is(PLATFORM_WAITING)) {
      wake();
    }
  }

  // ---- for both drivers

  boolean takeBaton(int driver) {
    return baton.take(driver);
  }

  /** Gives the baton back, and wakes the virtual thread where it waits for it. */
  void giveBaton() {
    if (baton.give()) {
      LockSupport.unpark(virtualThread);
    }
  }

  /** Ends the ring because of what a driver met outside its turns, with the baton or without (I-11). */
  void failed(int driver, Throwable thrown) {
    while (!baton.isHeldBy(driver) && !takeBaton(driver)) {
      if (driver == VIRTUAL) {
        // Again and again: each wish is answered once.
        baton.want();
      }
      Thread.onSpinWait();
    }
    if (failure() == null) {
      poison(thrown);
    }
    try {
      giveBaton();
    } catch (Throwable notWoken) {
      // It is given back; whoever waits for it on a dead ring waits for nothing.
      log(System.Logger.Level.DEBUG, "the other half was not woken", notWoken);
    }
  }

  boolean isBatonWanted() {
    return baton.isWanted();
  }

  /** What the virtual thread wants the baton by, for {@link #goOnInSpiteOf}. */
  long batonWish() {
    return baton.wish();
  }

  /** Has the platform half, which holds the baton, keep it although it is wanted; until it is wanted again. */
  void goOnInSpiteOf(long wish) {
    baton.passOver(wish);
  }

  /**
   * Announces, with the baton, that this driver is about to sleep, and has the ring's descriptor watched.
   *
   * @return false if there is work after all: then the driver must not sleep
   */
  boolean announceSleep(int as) {
    boolean sleeps = sleeper.announce(as, whileAsleep);
    if (sleeps) {
      platformHalf.watchRing();
    }
    return sleeps;
  }

  /** Ends a sleep of the platform half that nobody ended. */
  void wokeUp() {
    sleeper.wake(PLATFORM_WAITING);
  }

  /** Has the virtual thread run for a moment, and so a carrier. */
  void stir() {
    LockSupport.unpark(virtualThread);
  }

  boolean isAsleep() {
    return !sleeper.isAwake();
  }

  boolean isVirtualParked() {
    return sleeper.is(VIRTUAL_PARKED);
  }

  void countTakeover() {
    counters().add(Counter.TAKEOVERS, 1);
    Recordings.tellStall(toString());
  }

  /** Takes the baton for ever; by the platform half. */
  void takeBatonForEver() {
    while (!takeBaton(PLATFORM)) {
      Thread.onSpinWait();
    }
    wakeUp.close();
  }
}
