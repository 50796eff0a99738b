package io.loomring.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.loomring.ring.CompletionBatch;
import io.loomring.ring.EnterFlags;
import io.loomring.ring.KernelRing;
import io.loomring.ring.RingOptions;
import io.loomring.ring.Sqe;
import io.loomring.ring.SqeFlags;
import io.loomring.sys.Errno;
import io.loomring.sys.NativeMemory;
import io.loomring.testkit.RunsOnce;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A chain that finds less room in the queue than it has entries waits whole, and goes whole (I-6). */
@RunsOnce(RunsOnce.NO_DRIVER)
class ChainRoomTest implements Submitter {
  private static final int ENTRIES = 4;

  private KernelRing ring;
  private OperationTable table;
  private Dispatch dispatch;

  @BeforeEach
  void open() {
    ring = KernelRing.open(new RingOptions(ENTRIES, ENTRIES * 2, 0, Set.of()));
    table = new OperationTable(this, NativeMemory.anonymous(16L * SlotLayout.BYTES), 16, 0, false);
    dispatch = new Dispatch(table, ring.sq(), new Counters(), 16);
  }

  @AfterEach
  void close() {
    ring.closeFd();
    ring.unmap();
  }

  @Override
  public void submit(InboxNode node) {
    dispatch.enqueue(node);
  }

  @Override
  public boolean isPollerThread() {
    return false;
  }

  @Test
  void twoEntriesThatFindOneSlotLeftWaitForBoth() {
    Operation[] before = new Operation[ENTRIES - 1];
    for (int i = 0; i < before.length; i++) {
      before[i] = nop();
    }
    Parts parts = new Parts(2, Parts.WHOLE, List.of(), new DescriptorReceiver[2]);
    Operation chain = failingChain(parts);
    dispatch.encode();
    assertEquals(ENTRIES - 1, ring.sq().publish(), "the chain stays out, whole");
    assertEquals(ENTRIES - 1, ring.enter(ENTRIES - 1, 0, 0));
    dispatch.encode();
    assertEquals(2, ring.sq().publish(), "and goes in, whole");
    assertEquals(2, ring.enter(2, ENTRIES + 1, EnterFlags.GETEVENTS));
    reap();
    assertEquals(Operation.FREE, chain.state());
    assertEquals(0, parts.await(chain, 0, false));
    // Torn apart, the second would have run.
    assertEquals(-Errno.EBADF, parts.result(0));
    assertEquals(-Errno.ECANCELED, parts.result(1));
    for (Operation operation : before) {
      assertEquals(0, operation.result());
    }
  }

  @Test
  void aChainThatWasInterruptedInItsMiddleIsTakenUpThere() {
    Parts parts = new Parts(3, Parts.WHOLE, List.of(), new DescriptorReceiver[3]);
    Operation op = acquired();
    for (int i = 0; i < 3; i++) {
      Sqe.prepNop(op.memory(), op.base() + SlotLayout.part(i));
    }
    parts.completed(0, 0, 0, true);
    parts.completed(1, -Errno.ECANCELED, 0, true);
    parts.completed(2, -Errno.ECANCELED, 0, true);
    assertEquals(true, parts.isUnasked(op.memory(), op.base()));
    parts.takeUpAt(parts.firstFailed());
    assertEquals(2, parts.left());
    assertEquals(1, parts.running());
    assertEquals(0, parts.result(0));
  }

  private Operation acquired() {
    Operation op = table.tryAcquire();
    assertNotNull(op);
    return op;
  }

  private Operation nop() {
    Operation op = acquired();
    Sqe.prepNop(op.memory(), op.base());
    op.describe(OperationKind.NOP, null, null);
    op.submit(Deadline.NONE, true);
    return op;
  }

  private Operation failingChain(Parts parts) {
    Operation op = acquired();
    Sqe.prepFsync(op.memory(), op.base() + SlotLayout.part(0), -1, 0);
    Sqe.setFlags(op.memory(), op.base() + SlotLayout.part(0), SqeFlags.IO_LINK);
    Sqe.prepNop(op.memory(), op.base() + SlotLayout.part(1));
    op.describe(OperationKind.CUSTOM, null, null);
    op.chain(parts);
    op.submit(Deadline.NONE, false);
    return op;
  }

  private void reap() {
    CompletionBatch batch = new CompletionBatch(16);
    while (ring.cq().drainTo(batch) > 0) {
      dispatch.complete(batch);
    }
  }
}
