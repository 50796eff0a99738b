package io.loomring.poller;

import io.loomring.error.UringUnavailableException;
import io.loomring.sys.Constants;
import io.loomring.sys.EpollEventLayout;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * The platform thread behind a poller. It waits for the ring's descriptor while the poller virtual thread sleeps, and
 * wakes it; and it watches over it while it should be running: if no turn has begun for a while although work waits,
 * all carriers are busy, and this thread runs the turns until the virtual one is back.
 *
 * <p>The ring's descriptor is watched one-shot, and only where a driver is about to sleep: while turns run, completions
 * wake nobody. When nothing at all has moved for a while the watch is given up too, until somebody wakes the poller.
 */
final class PlatformHalf implements Runnable {
  /** How often the virtual thread is looked at while it should be running. */
  private static final int WATCH_MILLIS = 5;
  /** Looks that must find work waiting and no turn begun, one after the other, before this thread takes over. */
  private static final int STALLED_LOOKS = 2;
  /** Looks that must find nothing moving before the watch is given up. */
  private static final int QUIET_LOOKS = 40;
  /** How often it looks meanwhile whether it is to go on. */
  private static final long LOOK_NANOS = 200_000;
  /** Looks at whether the virtual thread is back, before this one goes on in its place. */
  private static final int RETURN_LOOKS = 5;
  /** The longest wait while driving. */
  private static final int DRIVING_WAIT_MILLIS = 100;

  private static final int RING = 1;
  private static final int WAKE_UP = 2;

  private final Poller poller;
  private final int ringFd;
  private final int stirMillis;
  private final int epollFd;
  private final int wakeFd;
  private final MemorySegment memory = Arena.ofAuto().allocate(4 * EpollEventLayout.BYTES_MAX, 8);
  private final MemorySegment watchEvent = Arena.ofAuto().allocate(EpollEventLayout.BYTES_MAX, 8);

  private final MemorySegment one = Arena.ofAuto().allocate(Long.BYTES, Long.BYTES);
  private final Object wakeLock = new Object();
  // Under wakeLock: no more wake-ups, their descriptor is about to be closed.
  private boolean ended;

  // Set by a driver with the baton, cleared by this thread when the event comes.
  private volatile boolean ringWatched;
  private final AtomicBoolean resting = new AtomicBoolean();

  // This thread's.
  private long turnsSeen;
  private int stalledLooks;
  private int quietLooks;

  /** Makes one that leaves the carriers without work for {@code stirNanos} at most. */
  PlatformHalf(Poller poller, int ringFd, long stirNanos) {
    this.poller = poller;
    this.ringFd = ringFd;
    this.stirMillis = (int) Math.min(Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMillis(stirNanos));
    this.one.set(ValueLayout.JAVA_LONG, 0, 1);
    this.epollFd = checked("epoll_create1", SystemCalls.epollCreate());
    this.wakeFd = SystemCalls.eventfd();
    try {
      checked("eventfd2", wakeFd);
      add(wakeFd, Constants.EPOLLIN, WAKE_UP);
      add(ringFd, Constants.EPOLLONESHOT, RING);
    } catch (RuntimeException failed) {
      closeDescriptors();
      throw failed;
    }
  }

  private static int checked(String call, int result) {
    if (result < 0) {
      throw UringUnavailableException.refused(call, -result);
    }
    return result;
  }

  private void add(int fd, int events, int id) {
    EpollEventLayout.write(watchEvent, events, id);
    checked("epoll_ctl", SystemCalls.epollCtl(epollFd, Constants.EPOLL_CTL_ADD, fd, watchEvent.address()));
    EpollEventLayout.write(watchEvent, Constants.EPOLLIN | Constants.EPOLLONESHOT, RING);
  }

  // ---- called by others

  /** Has the ring's descriptor watched once, if it is not: with the baton, by a driver that is about to sleep. */
  void watchRing() {
    if (!ringWatched) {
      // Set first: the event, which clears it, may come before the call returns.
      ringWatched = true;
      SystemCalls.epollCtl(epollFd, Constants.EPOLL_CTL_MOD, ringFd, watchEvent.address());
    }
  }

  /** The virtual thread was woken: look after it again, if the watch was given up. */
  void watchAgain() {
    if (resting.get() && resting.compareAndSet(true, false)) {
      interruptWait();
    }
  }

  /** Ends this thread's wait. */
  void interruptWait() {
    synchronized (wakeLock) {
      // Closed, the number may be another's.
      if (!ended) {
        SystemCalls.write(wakeFd, one.address(), Long.BYTES);
      }
    }
  }

  // ---- the thread

  @Override
  public void run() {
    while (!poller.isStopping()) {
      try {
        watchOnce();
      } catch (Throwable thrown) {
        poller.failed(Poller.PLATFORM, thrown);
      }
    }
    poller.takeBatonForEver();
    try {
      poller.tearDown();
    } finally {
      closeDescriptors();
      poller.stopped();
    }
  }

  private void watchOnce() {
    boolean rests = resting.get();
    if (waitForEvents(rests ? stirMillis : WATCH_MILLIS)) {
      resting.set(false);
      poller.wake();
    } else if (rests) {
      poller.stir();
    }
    watch();
  }

  private void closeDescriptors() {
    synchronized (wakeLock) {
      ended = true;
    }
    SystemCalls.close(epollFd);
    if (wakeFd >= 0) {
      SystemCalls.close(wakeFd);
    }
  }

  /** Waits, and answers whether the ring has completions. */
  private boolean waitForEvents(int timeoutMillis) {
    int count = SystemCalls.epollWait(epollFd, memory.address(), 2, timeoutMillis);
    boolean ringReady = false;
    for (int i = 0; i < count; i++) {
      if (EpollEventLayout.id(memory, i) == RING) {
        ringWatched = false;
        ringReady = true;
      } else {
        SystemCalls.read(wakeFd, memory.address() + 2L * EpollEventLayout.BYTES_MAX, Long.BYTES);
      }
    }
    assert count >= 0 || count == -Errno.EINTR;
    return ringReady;
  }

  private void watch() {
    long turns = poller.turnsBegun();
    boolean moved = turns != turnsSeen;
    turnsSeen = turns;
    if (moved) {
      stalledLooks = 0;
      quietLooks = 0;
    } else if (poller.hasWork()) {
      quietLooks = 0;
      if (++stalledLooks >= STALLED_LOOKS) {
        stalledLooks = 0;
        takeOver();
      }
    } else {
      stalledLooks = 0;
      if (++quietLooks >= QUIET_LOOKS) {
        quietLooks = 0;
        rest();
      }
    }
  }

  /** Gives the watch up, unless the virtual thread is awake, which somebody may just have seen to. */
  void rest() {
    resting.set(true);
    if (!poller.isVirtualParked()) {
      resting.set(false);
    }
  }

  /** Whether the watch is given up, until the poller is woken. */
  boolean isResting() {
    return resting.get();
  }

  /** Runs turns in place of the virtual thread, until that one is back. */
  private void takeOver() {
    boolean stalled = takeBatonFromAwake();
    while (stalled) {
      poller.countTakeover();
      drive();
      long wish = poller.batonWish();
      long turns = poller.turnsBegun();
      poller.giveBaton();
      stalled = !poller.isStopping() && !isVirtualBack(turns) && takeBatonFromAwake();
      if (stalled) {
        // It was unparked, and then no carrier came free for it.
        poller.goOnInSpiteOf(wish);
      }
    }
  }

  /** Takes the baton, unless the virtual thread has it, or sleeps: then that one is woken. */
  private boolean takeBatonFromAwake() {
    if (!poller.takeBaton(Poller.PLATFORM)) {
      return false;
    }
    // With the baton, since the virtual thread goes to sleep only while it holds it.
    if (poller.isVirtualParked()) {
      poller.giveBaton();
      poller.wake();
      return false;
    }
    return true;
  }

  /** Whether the virtual thread runs a turn soon, now that the baton is given back; {@code turns} had begun before. */
  private boolean isVirtualBack(long turns) {
    for (int i = 0; i < RETURN_LOOKS && poller.turnsBegun() == turns; i++) {
      LockSupport.parkNanos(this, LOOK_NANOS);
    }
    return poller.turnsBegun() != turns;
  }

  /** Runs turns, with the baton, until the virtual thread asks for it. */
  private void drive() {
    // At least one: who wants the baton may wait for a carrier for ever, behind threads that yield to each other.
    long resumed = poller.turn.virtualThreadsResumed();
    long othersLetIn = System.nanoTime();
    poller.runTurn(false);
    while (!poller.isStopping() && !poller.isBatonWanted()) {
      if (poller.turn.virtualThreadsResumed() != resumed && System.nanoTime() - othersLetIn > poller.letInNanos()) {
        letOthersIn();
        resumed = poller.turn.virtualThreadsResumed();
        othersLetIn = System.nanoTime();
      }
      if (!poller.runTurn(false) && poller.announceSleep(Poller.PLATFORM_WAITING)) {
        if (!poller.isBatonWanted()) {
          waitForEvents(DRIVING_WAIT_MILLIS);
        }
        poller.wokeUp();
      }
    }
  }

  /**
   * Stays away until the carriers have run dry, as long as it was at work. They take what they are given from outside
   * from one queue for each thread that gives, and keep to one as long as there is something in it: with us at it turn by
   * turn, others, and our own virtual half among them, would wait for ever.
   */
  private void letOthersIn() {
    long begun = System.nanoTime();
    long away = poller.letInNanos();
    poller.turn.endRound();
    while (!poller.isStopping() && !poller.isBatonWanted() && System.nanoTime() - begun < away) {
      LockSupport.parkNanos(this, LOOK_NANOS);
    }
    poller.turn.beginRound();
  }
}
