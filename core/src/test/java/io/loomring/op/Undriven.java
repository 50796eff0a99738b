package io.loomring.op;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.loomring.ring.CompletionBatch;
import io.loomring.ring.KernelRing;
import io.loomring.ring.RingOptions;
import io.loomring.ring.Sqe;
import io.loomring.sys.NativeMemory;
import java.util.Set;

/** A ring with its table and its dispatch and nobody who drives it: each part of a turn is the test's to do. */
final class Undriven implements Submitter, AutoCloseable {
  final KernelRing ring;
  final OperationTable table;
  final Dispatch dispatch;

  Undriven(int entries, int slots) {
    ring = KernelRing.open(new RingOptions(entries, entries * 2, 0, Set.of()));
    table = new OperationTable(this, NativeMemory.anonymous((long) slots * SlotLayout.BYTES), slots, 0, false);
    dispatch = new Dispatch(table, ring.sq(), new Counters(), slots);
  }

  @Override
  public void submit(InboxNode node) {
    dispatch.enqueue(node);
  }

  @Override
  public boolean isPollerThread() {
    return false;
  }

  Operation acquired() {
    Operation op = table.tryAcquire();
    assertNotNull(op);
    return op;
  }

  /** Hands in an entry that does nothing, and counts as one of {@code kind}. */
  Operation handedIn(OperationKind kind) {
    Operation op = acquired();
    Sqe.prepNop(op.memory(), op.base());
    op.describe(kind, null, null);
    op.submit(Deadline.NONE, true);
    return op;
  }

  /** Hands in the entries that are in the operation's parts. */
  static void handIn(Operation op, Parts parts) {
    op.describe(OperationKind.CUSTOM, null, null);
    op.chain(parts);
    op.submit(Deadline.NONE, false);
  }

  void reap() {
    CompletionBatch batch = new CompletionBatch(16);
    while (ring.cq().drainTo(batch) > 0) {
      dispatch.complete(batch);
    }
  }

  @Override
  public void close() {
    ring.closeFd();
    ring.unmap();
  }
}
