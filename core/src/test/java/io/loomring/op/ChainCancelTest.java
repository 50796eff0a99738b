package io.loomring.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.ring.CompletionBatch;
import io.loomring.ring.EnterFlags;
import io.loomring.ring.KernelRing;
import io.loomring.ring.OpFlags;
import io.loomring.ring.RingOptions;
import io.loomring.ring.Sqe;
import io.loomring.ring.SqeFlags;
import io.loomring.ring.SqeLayout;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.NativeMemory;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.RunsOnce;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A chain whose parts are to be cancelled one after the other is cancelled by one request at a time (I-2). */
@RunsOnce(RunsOnce.NO_DRIVER)
class ChainCancelTest implements Submitter {
  private final int neverReady = SystemCalls.eventfd();
  private KernelRing ring;
  private OperationTable table;
  private Dispatch dispatch;

  @BeforeEach
  void open() {
    ring = KernelRing.open(new RingOptions(8, 16, 0, Set.of()));
    table = new OperationTable(this, NativeMemory.anonymous(16L * SlotLayout.BYTES), 16, 0, false);
    dispatch = new Dispatch(table, ring.sq(), new Counters(), 16);
  }

  @AfterEach
  void close() {
    ring.closeFd();
    ring.unmap();
    SystemCalls.close(neverReady);
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
  void theNextRequestWaitsForTheAnswerOfTheOneBefore() {
    Parts parts = new Parts(2, Parts.WHOLE, List.of(), new DescriptorReceiver[2]);
    Operation op = chain(parts);
    int generation = op.generation();
    dispatch.encode();
    assertEquals(2, ring.enter(ring.sq().publish(), 1, EnterFlags.GETEVENTS));
    assertTrue(op.requestCancel(generation, Outcome.CANCELLED));
    // The first part has ended, which is not known yet when it is to be cancelled; and then it is.
    dispatch.encode();
    reap();
    dispatch.encode();
    assertEquals(1, ring.sq().publish(), "requests with the same user data");
    assertEquals(1, ring.enter(1, 1, EnterFlags.GETEVENTS));
    reap();
    dispatch.encode();
    assertEquals(1, ring.sq().publish(), "the request for the second part");
    assertEquals(1, ring.enter(1, 2, EnterFlags.GETEVENTS));
    reap();
    assertTrue(parts.isDone());
    assertEquals(Outcome.CANCELLED, parts.await(op, generation, false));
    assertEquals(-Errno.ECANCELED, parts.result(1));
  }

  @Test
  void onePartThatAWorkerWasAtAndThatWaitsAfterAllIsCancelledAgainAfterAPause() {
    Parts parts = new Parts(1, Parts.WHOLE, List.of(), new DescriptorReceiver[1]);
    Operation op = table.tryAcquire();
    assertNotNull(op);
    Sqe.prepPollAdd(op.memory(), op.base() + SlotLayout.part(0), neverReady, Constants.POLLIN);
    submit(op, parts);
    int generation = op.generation();
    dispatch.encode();
    assertEquals(1, ring.enter(ring.sq().publish(), 0, 0));
    assertTrue(op.requestCancel(generation, Outcome.CANCELLED));
    dispatch.encode();
    answerEalready(1);
    assertEquals(1, ring.enter(ring.sq().publish(), 1, EnterFlags.GETEVENTS));
    reap();
    dispatch.encode();
    assertEquals(2, ring.sq().publish(), "the pause and the cancel");
    assertEquals(2, ring.enter(2, 3, EnterFlags.GETEVENTS));
    reap();
    assertTrue(parts.isDone());
    assertEquals(Outcome.CANCELLED, parts.await(op, generation, false));
  }

  /** Has the kernel say to the request at {@code index} of the queue that a worker is at what it is to cancel. */
  private void answerEalready(int index) {
    MemorySegment sqes = ring.sq().memory();
    long at = (long) index * SqeLayout.BYTES;
    long userData = sqes.get(ValueLayout.JAVA_LONG, at + SqeLayout.USER_DATA);
    Sqe.prepNop(sqes, at);
    sqes.set(ValueLayout.JAVA_INT, at + SqeLayout.LEN, -Errno.EALREADY);
    sqes.set(ValueLayout.JAVA_INT, at + SqeLayout.OP_FLAGS, OpFlags.NOP_INJECT_RESULT);
    Sqe.setUserData(sqes, at, userData);
  }

  private Operation chain(Parts parts) {
    Operation op = table.tryAcquire();
    assertNotNull(op);
    Sqe.prepNop(op.memory(), op.base() + SlotLayout.part(0));
    Sqe.setFlags(op.memory(), op.base() + SlotLayout.part(0), SqeFlags.IO_HARDLINK);
    Sqe.prepPollAdd(op.memory(), op.base() + SlotLayout.part(1), neverReady, Constants.POLLIN);
    submit(op, parts);
    return op;
  }

  private static void submit(Operation op, Parts parts) {
    op.describe(OperationKind.CUSTOM, null, null);
    op.chain(parts);
    op.submit(Deadline.NONE, false);
  }

  private void reap() {
    CompletionBatch batch = new CompletionBatch(16);
    while (ring.cq().drainTo(batch) > 0) {
      dispatch.complete(batch);
    }
  }
}
