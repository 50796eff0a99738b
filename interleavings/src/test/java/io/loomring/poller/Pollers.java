package io.loomring.poller;

import io.loomring.ring.Ring;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Dice;
import io.loomring.testkit.SimulatedRing;
import java.lang.foreign.MemorySegment;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Drivers whose threads are never started: the tests do what those would. They are used again, since each has
 * descriptors and memory outside the heap.
 */
final class Pollers {
  private static final int ENTRIES = 8;
  private static final int SLOTS = 4;
  private static final int FD = SystemCalls.eventfd();
  private static final Queue<Poller> IDLE = new ConcurrentLinkedQueue<>();
  private static final Queue<LoopPoller> IDLE_LOOPS = new ConcurrentLinkedQueue<>();

  private Pollers() {}

  static Poller take() {
    Poller idle = IDLE.poll();
    return idle == null ? new Poller("stands", ring(), SLOTS, false, 0) : idle;
  }

  /** One that nothing is left in. */
  static void back(Poller poller) {
    IDLE.add(poller);
  }

  /** A loop that what wakes it was submitted for. */
  static LoopPoller takeLoop() {
    LoopPoller idle = IDLE_LOOPS.poll();
    if (idle == null) {
      idle = LoopPoller.make("stands", Pollers::ring, SLOTS, 0);
      idle.announceSleep();
      idle.runTurn(false);
    }
    return idle;
  }

  static void back(LoopPoller loop) {
    IDLE_LOOPS.add(loop);
  }

  static Ring ring() {
    int bytes = (int) SimulatedRing.bytes(ENTRIES, ENTRIES);
    SimulatedRing ring = new SimulatedRing(
        new Dice(1),
        new SimulatedRing.Odds(),
        new long[SimulatedRing.Fault.values().length],
        MemorySegment.ofArray(new long[bytes / Long.BYTES + 1]),
        ENTRIES,
        ENTRIES,
        what -> {});
    ring.descriptor = FD;
    return ring;
  }
}
