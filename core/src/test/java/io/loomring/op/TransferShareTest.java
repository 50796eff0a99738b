package io.loomring.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.ring.KernelRing;
import io.loomring.ring.RingOptions;
import io.loomring.ring.Sqe;
import io.loomring.sys.NativeMemory;
import io.loomring.testkit.RunsOnce;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What moves bytes of files goes in by parts: the kernel does it inside the enter, on the carrier of the driver. */
@RunsOnce(RunsOnce.NO_DRIVER)
class TransferShareTest implements Submitter {
  private static final int PART = 16;

  private KernelRing ring;
  private OperationTable table;
  private Dispatch dispatch;

  @BeforeEach
  void open() {
    ring = KernelRing.open(new RingOptions(128, 256, 0, Set.of()));
    table = new OperationTable(this, NativeMemory.anonymous(128L * SlotLayout.BYTES), 128, 0, false);
    dispatch = new Dispatch(table, ring.sq(), new Counters(), 128);
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

  /** The entry is a NOP's: what it is for counts. */
  private void hand(OperationKind kind) {
    Operation op = table.tryAcquire();
    assertNotNull(op);
    Sqe.prepNop(op.memory(), op.base());
    op.describe(kind, null, null);
    op.submit(Deadline.NONE, true);
  }

  private int encoded() {
    dispatch.encode();
    int entries = ring.sq().publish();
    assertEquals(entries, ring.enter(entries, 0, 0));
    return entries;
  }

  @Test
  void readsOfFilesAndWhatIsBehindThemWaitForTheNextEnter() {
    for (int i = 0; i < 2 * PART + 1; i++) {
      hand(i % 2 == 0 ? OperationKind.READ : OperationKind.WRITEV);
    }
    hand(OperationKind.RECV);
    assertEquals(PART, encoded());
    assertEquals(PART, encoded());
    assertEquals(2, encoded());
    assertTrue(dispatch.isBacklogEmpty());
  }

  @Test
  void socketsGoInTogetherHoweverMany() {
    for (int i = 0; i < PART - 1; i++) {
      hand(OperationKind.READ_FIXED);
    }
    for (int i = 0; i < 3 * PART; i++) {
      hand(OperationKind.SEND);
    }
    assertEquals(4 * PART - 1, encoded());
    assertTrue(dispatch.isBacklogEmpty());
  }
}
