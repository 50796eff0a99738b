package io.loomring.poller;

import io.loomring.op.Operation;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Dice;
import io.loomring.testkit.SimulatedRing;
import java.lang.foreign.MemorySegment;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A driver whose ring is about to die; nobody drives it. */
final class DyingRing extends RingDriver {
  private static final int ENTRIES = 8;
  private static final Logger LOG_OF_RINGS = Logger.getLogger("io.loomring");

  static {
    // What it says of rings that die is no news here.
    LOG_OF_RINGS.setLevel(Level.OFF);
  }

  DyingRing() {
    super("dying", simulated(), 2, false, false);
  }

  private static SimulatedRing simulated() {
    int bytes = (int) SimulatedRing.bytes(ENTRIES, ENTRIES);
    return new SimulatedRing(
        new Dice(1),
        new SimulatedRing.Odds(),
        new long[SimulatedRing.Fault.values().length],
        MemorySegment.ofArray(new long[bytes / Long.BYTES + 1]),
        ENTRIES,
        ENTRIES,
        what -> {});
  }

  Operation made() {
    Operation op = table().tryAcquire();
    op.describe(OperationKind.NOP, null, null);
    return op;
  }

  @Override
  public boolean isPollerThread() {
    return false;
  }

  @Override
  void wakeIfAsleep() {}

  @Override
  void alarm() {}
}
