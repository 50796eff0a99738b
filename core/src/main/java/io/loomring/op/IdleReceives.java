package io.loomring.op;

import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * Finds the receives of one table that hold a buffer although nothing comes, and has the poller bring them to rest: see
 * {@link Loan}. For one thread, which looks from time to time; what it finds at two looks in a row has waited for at
 * least the time between them. A receive that ends before is never touched, so that a busy connection pays nothing.
 */
final class IdleReceives {
  /** So many are asked to rest at once; a pause of {@link #PAUSE_NANOS} lets the others' operations through. */
  private static final int BURST_MAX = 128;
  private static final long PAUSE_NANOS = 500_000;

  private final OperationTable table;
  /** By slot, the complement of the generation that was seen to wait at the last look. */
  private int[] seen = new int[0];

  IdleReceives(OperationTable table) {
    this.table = table;
  }

  /** Looks at every slot once; answers how many receives wait with a buffer. */
  int look() {
    int slots = table.slotsEverUsed();
    if (seen.length < slots) {
      seen = Arrays.copyOf(seen, Math.max(slots, 2 * seen.length));
    }
    int found = 0;
    int asked = 0;
    for (int slot = 0; slot < slots; slot++) {
      Operation op = table.at(slot);
      int generation = op == null ? 0 : op.generation();
      if (op == null || !op.waitsWithLoan(generation)) {
        continue;
      }
      found++;
      if (seen[slot] == ~generation) {
        op.askToRest(generation);
        if (++asked % BURST_MAX == 0) {
          LockSupport.parkNanos(this, PAUSE_NANOS);
        }
      }
      seen[slot] = ~generation;
    }
    return found;
  }
}
