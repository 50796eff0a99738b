package io.loomring.poller;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.loomring.interleavings.Meeting;
import io.loomring.op.Operation;
import io.loomring.op.Probe;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** The two halves of a poller: which of them runs turns, and what becomes of what is handed in meanwhile. */
public final class BatonInterleavings {
  /** A wait of this long is one that nothing ended. */
  private static final long LONG_NANOS = 30_000_000_000L;

  private BatonInterleavings() {}

  /** A thread that waits with no time of its own, and somebody to see whether it is back. */
  private static final class Watched {
    private volatile Thread thread;
    private volatile boolean back;

    void begins() {
      thread = Thread.currentThread();
    }

    void isBack() {
      back = true;
    }

    /** Answers 0 where it came back by itself; it is brought back in any case. */
    int watch() {
      long begun = System.nanoTime();
      int lost = 0;
      while (!back) {
        if (System.nanoTime() - begun > LONG_NANOS) {
          lost = 1;
          LockSupport.unpark(thread);
        }
        Thread.onSpinWait();
      }
      return lost;
    }
  }

  /** A platform half that holds the baton and may sleep with it, and a virtual half that wants it. */
  private static final class Halves {
    final Baton baton = new Baton();
    private final Sleeper sleeper = new Sleeper();
    private final Watched watched = new Watched();
    private volatile Thread driving;
    private volatile long begun;

    Halves() {
      baton.take(Baton.PLATFORM);
    }

    /** Waits for the baton, as the virtual half; answers 1 where it has it. */
    int takeVirtually() {
      watched.begins();
      while (!baton.take(Baton.VIRTUAL)) {
        baton.await(this::wakeWhoDrives, () -> false);
      }
      int has = baton.isHeldBy(Baton.VIRTUAL) ? 1 : 0;
      watched.isBack();
      return has;
    }

    private void wakeWhoDrives() {
      if (sleeper.is(Poller.PLATFORM_WAITING) && sleeper.wake(Poller.PLATFORM_WAITING)) {
        LockSupport.unpark(driving);
      }
    }

    void beginsToDrive() {
      driving = Thread.currentThread();
      begun = System.nanoTime();
    }

    private boolean isSoon() {
      return System.nanoTime() - begun < LONG_NANOS;
    }

    /** Answers 1 where the platform half slept until nothing but its time ended that. */
    int sleepUntilWanted() {
      while (!baton.isWanted() && isSoon()) {
        if (sleeper.announce(Poller.PLATFORM_WAITING, () -> false)) {
          if (!baton.isWanted()) {
            LockSupport.parkNanos(LONG_NANOS);
          }
          sleeper.wake(Poller.PLATFORM_WAITING);
        }
      }
      return isSoon() ? 0 : 1;
    }

    void give() {
      if (baton.give()) {
        LockSupport.unpark(watched.thread);
      }
    }

    int watch() {
      return watched.watch();
    }
  }

  /** Both halves run turns. */
  @JCStressTest
  @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "one at a time, and each saw what was before it")
  @Outcome(expect = FORBIDDEN, desc = "two at once in a turn (I-1), or a turn that saw an older one's writes")
  @State
  public static class TwoDrivers {
    private static final int TRIES = 3;

    private final Baton baton = new Baton();
    private int turns;
    private volatile boolean inTurn;
    private volatile int clashes;

    private int drive(int as) {
      int ran = 0;
      for (int i = 0; i < TRIES; i++) {
        if (baton.take(as)) {
          if (inTurn) {
            clashes = 1;
          }
          inTurn = true;
          turns++;
          ran++;
          inTurn = false;
          baton.give();
        }
      }
      return ran;
    }

    @Actor
    public void virtualHalf(III_Result r) {
      r.r1 = drive(Baton.VIRTUAL);
    }

    @Actor
    public void platformHalf(III_Result r) {
      r.r2 = drive(Baton.PLATFORM);
    }

    @Arbiter
    public void rest(III_Result r) {
      int ran = r.r1 + r.r2;
      r.r1 = clashes;
      r.r2 = ran - turns;
      r.r3 = ran > 0 ? 1 : 0;
    }
  }

  /** The virtual thread wants the baton, which the platform half gives back just now. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "it has it")
  @Outcome(expect = FORBIDDEN, desc = "it waits for a baton that is free")
  @State
  public static class GivenAndWanted {
    private final Baton baton = new Baton();
    private final Watched watched = new Watched();

    public GivenAndWanted() {
      baton.take(Baton.PLATFORM);
    }

    @Actor
    public void virtualHalf(II_Result r) {
      watched.begins();
      while (!baton.take(Baton.VIRTUAL)) {
        baton.await(() -> { }, () -> false);
      }
      r.r1 = baton.isHeldBy(Baton.VIRTUAL) ? 1 : 0;
      watched.isBack();
    }

    @Actor
    public void platformHalf(II_Result r) {
      if (baton.give()) {
        LockSupport.unpark(watched.thread);
      }
      r.r2 = watched.watch();
    }
  }

  /** The virtual thread wants the baton while the platform half goes to sleep with it. */
  @JCStressTest
  @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "it has it, and nobody slept over that")
  @Outcome(expect = FORBIDDEN, desc = "the platform half sleeps with a baton that is wanted")
  @State
  public static class WantedAndAsleep {
    private final Halves halves = new Halves();

    @Actor
    public void virtualHalf(III_Result r) {
      r.r1 = halves.takeVirtually();
    }

    @Actor
    public void platformHalf(III_Result r) {
      halves.beginsToDrive();
      r.r2 = halves.sleepUntilWanted();
      halves.give();
      r.r3 = halves.watch();
    }
  }

  /** The platform half goes on in spite of a wish that it has answered, and the virtual thread is back meanwhile. */
  @JCStressTest
  @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "it has it, and nobody slept over that")
  @Outcome(expect = FORBIDDEN, desc = "a wish that was passed over before it was answered: both wait")
  @State
  public static class PassedOver {
    private static final int TRIES = 3;

    private final Halves halves = new Halves();

    @Actor
    public void virtualHalf(III_Result r) {
      r.r1 = halves.takeVirtually();
    }

    @Actor
    public void platformHalf(III_Result r) {
      halves.beginsToDrive();
      boolean holds = true;
      for (int i = 0; i < TRIES && holds; i++) {
        long wish = halves.baton.wish();
        halves.give();
        holds = halves.baton.take(Baton.PLATFORM);
        if (holds) {
          halves.baton.passOver(wish);
        }
      }
      if (holds) {
        r.r2 = halves.sleepUntilWanted();
        halves.give();
      }
      r.r3 = halves.watch();
    }
  }

  /** The poller's last turn before its sleep, and a node that is handed in. */
  @JCStressTest
  @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "taken by the turn, and asleep after that")
  @Outcome(id = "1, 0, 1", expect = ACCEPTABLE, desc = "the same, and woken for nothing")
  @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "woken for it")
  @Outcome(id = "0, 0, 0", expect = ACCEPTABLE, desc = "seen, and awake")
  @Outcome(expect = FORBIDDEN, desc = "asleep over what was handed in, or awake with nothing to do")
  @State
  public static class LastTurnAndHandIn {
    private final Meeting meeting = new Meeting(64, 2_048);
    private final Poller poller = Pollers.take();
    private final Operation op = poller.table().tryAcquire();

    @Actor
    public void virtualHalf(III_Result r) {
      meeting.one();
      if (poller.takeBaton(Poller.VIRTUAL)) {
        poller.runTurn(false);
        r.r1 = poller.announceSleep(Poller.VIRTUAL_PARKED) ? 1 : 0;
        poller.giveBaton();
      }
    }

    @Actor
    public void caller() {
      meeting.other();
      poller.submit(Probe.idleNode(op));
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r2 = poller.isAsleep() ? 1 : 0;
      r.r3 = poller.inbox.isEmpty() ? 1 : 0;
      poller.wake();
      poller.runTurn(false);
      op.release();
      Pollers.back(poller);
    }
  }

  /** The platform half gives its watch up while the poller is woken, which sleeps. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "awake, and looked after")
  @Outcome(expect = FORBIDDEN, desc = "awake, with nobody to run its turns where no carrier comes free")
  @State
  public static class WatchAndWake {
    private final Meeting meeting = new Meeting();
    private final Poller poller = Pollers.take();

    public WatchAndWake() {
      poller.announceSleep(Poller.VIRTUAL_PARKED);
    }

    @Actor
    public void platformHalf() {
      meeting.one();
      poller.platformHalf.rest();
    }

    @Actor
    public void caller() {
      meeting.other();
      poller.wake();
    }

    @Arbiter
    public void rest(II_Result r) {
      r.r1 = poller.isAsleep() ? 1 : 0;
      r.r2 = poller.platformHalf.isResting() ? 1 : 0;
      poller.platformHalf.watchAgain();
      Pollers.back(poller);
    }
  }
}
