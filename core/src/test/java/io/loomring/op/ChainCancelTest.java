package io.loomring.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.ring.EnterFlags;
import io.loomring.ring.OpFlags;
import io.loomring.ring.Sqe;
import io.loomring.ring.SqeFlags;
import io.loomring.ring.SqeLayout;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.RunsOnce;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A chain whose parts are to be cancelled one after the other is cancelled by one request at a time (I-2). */
@RunsOnce(RunsOnce.NO_DRIVER)
class ChainCancelTest {
  private final int neverReady = SystemCalls.eventfd();
  private final Undriven driven = new Undriven(8, 16);

  @AfterEach
  void close() {
    driven.close();
    SystemCalls.close(neverReady);
  }

  @Test
  void theNextRequestWaitsForTheAnswerOfTheOneBefore() {
    Parts parts = new Parts(2, Parts.WHOLE, List.of(), new DescriptorReceiver[2]);
    Operation op = chain(parts);
    int generation = op.generation();
    driven.dispatch.encode();
    assertEquals(2, driven.ring.enter(driven.ring.sq().publish(), 1, EnterFlags.GETEVENTS));
    assertTrue(op.requestCancel(generation, Outcome.CANCELLED));
    // The first part has ended, which is not known yet when it is to be cancelled; and then it is.
    driven.dispatch.encode();
    driven.reap();
    driven.dispatch.encode();
    assertEquals(1, driven.ring.sq().publish(), "requests with the same user data");
    assertEquals(1, driven.ring.enter(1, 1, EnterFlags.GETEVENTS));
    driven.reap();
    driven.dispatch.encode();
    assertEquals(1, driven.ring.sq().publish(), "the request for the second part");
    assertEquals(1, driven.ring.enter(1, 2, EnterFlags.GETEVENTS));
    driven.reap();
    assertTrue(parts.isDone());
    assertEquals(Outcome.CANCELLED, parts.await(op, generation, false));
    assertEquals(-Errno.ECANCELED, parts.result(1));
  }

  @Test
  void onePartThatAWorkerWasAtAndThatWaitsAfterAllIsCancelledAgainAfterAPause() {
    Parts parts = new Parts(1, Parts.WHOLE, List.of(), new DescriptorReceiver[1]);
    Operation op = driven.acquired();
    Sqe.prepPollAdd(op.memory(), op.base() + SlotLayout.part(0), neverReady, Constants.POLLIN);
    Undriven.handIn(op, parts);
    int generation = op.generation();
    driven.dispatch.encode();
    assertEquals(1, driven.ring.enter(driven.ring.sq().publish(), 0, 0));
    assertTrue(op.requestCancel(generation, Outcome.CANCELLED));
    driven.dispatch.encode();
    answerEalready(1);
    assertEquals(1, driven.ring.enter(driven.ring.sq().publish(), 1, EnterFlags.GETEVENTS));
    driven.reap();
    driven.dispatch.encode();
    assertEquals(2, driven.ring.sq().publish(), "the pause and the cancel");
    assertEquals(2, driven.ring.enter(2, 3, EnterFlags.GETEVENTS));
    driven.reap();
    assertTrue(parts.isDone());
    assertEquals(Outcome.CANCELLED, parts.await(op, generation, false));
  }

  /** Has the kernel say to the request at {@code index} of the queue that a worker is at what it is to cancel. */
  private void answerEalready(int index) {
    MemorySegment sqes = driven.ring.sq().memory();
    long at = (long) index * SqeLayout.BYTES;
    long userData = sqes.get(ValueLayout.JAVA_LONG, at + SqeLayout.USER_DATA);
    Sqe.prepNop(sqes, at);
    sqes.set(ValueLayout.JAVA_INT, at + SqeLayout.LEN, -Errno.EALREADY);
    sqes.set(ValueLayout.JAVA_INT, at + SqeLayout.OP_FLAGS, OpFlags.NOP_INJECT_RESULT);
    Sqe.setUserData(sqes, at, userData);
  }

  private Operation chain(Parts parts) {
    Operation op = driven.acquired();
    Sqe.prepNop(op.memory(), op.base() + SlotLayout.part(0));
    Sqe.setFlags(op.memory(), op.base() + SlotLayout.part(0), SqeFlags.IO_HARDLINK);
    Sqe.prepPollAdd(op.memory(), op.base() + SlotLayout.part(1), neverReady, Constants.POLLIN);
    Undriven.handIn(op, parts);
    return op;
  }
}
