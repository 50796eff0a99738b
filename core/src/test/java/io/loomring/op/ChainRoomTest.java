package io.loomring.op;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.ring.EnterFlags;
import io.loomring.ring.Sqe;
import io.loomring.ring.SqeFlags;
import io.loomring.sys.Errno;
import io.loomring.testkit.RunsOnce;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A chain that finds less room in the queue than it has entries waits whole, and goes whole (I-6). */
@RunsOnce(RunsOnce.NO_DRIVER)
class ChainRoomTest {
  private static final int ENTRIES = 4;

  private final Undriven driven = new Undriven(ENTRIES, 16);

  @AfterEach
  void close() {
    driven.close();
  }

  @Test
  void twoEntriesThatFindOneSlotLeftWaitForBoth() {
    Operation[] before = new Operation[ENTRIES - 1];
    for (int i = 0; i < before.length; i++) {
      before[i] = driven.handedIn(OperationKind.NOP);
    }
    Parts parts = new Parts(2, Parts.WHOLE, List.of(), new DescriptorReceiver[2]);
    Operation chain = failingChain(parts);
    driven.dispatch.encode();
    assertEquals(ENTRIES - 1, driven.ring.sq().publish(), "the chain stays out, whole");
    assertEquals(ENTRIES - 1, driven.ring.enter(ENTRIES - 1, 0, 0));
    driven.dispatch.encode();
    assertEquals(2, driven.ring.sq().publish(), "and goes in, whole");
    assertEquals(2, driven.ring.enter(2, ENTRIES + 1, EnterFlags.GETEVENTS));
    driven.reap();
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
    Operation op = driven.acquired();
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

  private Operation failingChain(Parts parts) {
    Operation op = driven.acquired();
    Sqe.prepFsync(op.memory(), op.base() + SlotLayout.part(0), -1, 0);
    Sqe.setFlags(op.memory(), op.base() + SlotLayout.part(0), SqeFlags.IO_LINK);
    Sqe.prepNop(op.memory(), op.base() + SlotLayout.part(1));
    Undriven.handIn(op, parts);
    return op;
  }
}
