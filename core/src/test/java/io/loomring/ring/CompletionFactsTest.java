package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.testkit.Await;
import io.loomring.testkit.RunsOnce;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How completions come back (K-07 to K-10). */
@RunsOnce(RunsOnce.NO_DRIVER)
class CompletionFactsTest {
  private static final int WORK = 1;
  private static final int TIMEOUT = 2;
  private static final int CANCEL = 3;

  private final RawSockets sockets = new RawSockets();

  @AfterEach
  void close() {
    sockets.close();
  }

  // ---- overflow: K-07

  private static RawRing overflowed() {
    RawRing ring = RawRing.open(new RingOptions(4, 4, 0, Set.of()));
    for (int i = 0; i < 12; i++) {
      ring.stage(100 + i, Sqe::prepNop);
      assertEquals(1, ring.submit(), "submits go on succeeding");
    }
    return ring;
  }

  @Test
  void aFullCompletionQueueSetsTheOverflowFlag() {
    try (RawRing ring = overflowed()) {
      assertTrue((ring.ring().sq().flags() & SqRingFlags.CQ_OVERFLOW) != 0);
    }
  }

  @Test
  void overflowedCompletionsAreNotInTheQueueUntilAnEnterFlushesThem() {
    try (RawRing ring = overflowed()) {
      CompletionBatch batch = new CompletionBatch(64);
      assertEquals(4, ring.ring().cq().drainTo(batch));
      assertEquals(0, ring.ring().cq().drainTo(batch));
      ring.ring().enter(0, 0, EnterFlags.GETEVENTS);
      assertEquals(4, ring.ring().cq().drainTo(batch));
    }
  }

  @Test
  void everyOverflowedCompletionComesInOrderAndNoneIsLost() {
    try (RawRing ring = overflowed()) {
      assertEquals(LongStream.range(100, 112).boxed().toList(), ring.awaitOrder(12));
      assertEquals(0, ring.ring().cq().lost());
      assertEquals(0, ring.ring().sq().flags() & SqRingFlags.CQ_OVERFLOW);
    }
  }

  // ---- what a cancel answers: K-61

  @Test
  void aTimeoutLinkedToAFutexAnswersHowManyItFound() {
    try (RawRing ring = RawRing.open()) {
      long word = RawRing.memory(4).address();
      int flags = FutexFlags.SIZE_U32 | FutexFlags.PRIVATE;
      ring.stage(WORK, SqeFlags.IO_LINK, (sqe, at) ->
          Sqe.prepFutexWait(sqe, at, word, 0, FutexFlags.MATCH_ANY, flags));
      ring.stage(TIMEOUT, (sqe, at) -> Sqe.prepLinkTimeout(sqe, at, RawRing.timespec(1), 0)).submit();
      assertEquals(-Errno.ECANCELED, ring.result(WORK));
      assertEquals(1, ring.result(TIMEOUT), "and not ETIME");
      ring.forget();
      ring.stage(WORK, (sqe, at) -> Sqe.prepFutexWait(sqe, at, word, 0, FutexFlags.MATCH_ANY, flags));
      ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancel(sqe, at, WORK)).submit();
      assertEquals(-Errno.ECANCELED, ring.result(WORK));
      assertEquals(1, ring.result(CANCEL));
    }
  }

  // ---- the last completion: K-08

  @Test
  void aMultishotOperationLastsUntilACompletionWithoutTheMoreFlag() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.unixPair();
      ring.stage(WORK, (sqe, at) -> Sqe.prep(
          sqe, at, Opcode.POLL_ADD, pair.here(), 0, PollFlags.ADD_MULTI, 0, Constants.POLLIN));
      ring.submit();
      RawSockets.send(pair.there(), "x");
      assertTrue(ring.await(WORK).hasMore());
      ring.forget();
      RawSockets.send(pair.there(), "y");
      assertTrue(ring.await(WORK).hasMore());
      ring.forget();
      ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancel(sqe, at, WORK)).submit();
      RawRing.Cqe last = ring.await(WORK);
      assertFalse(last.hasMore());
      assertEquals(-Errno.ECANCELED, last.result());
    }
  }

  @Test
  void aMultishotAcceptThatFindsTheQueueFullEndsWithAGoodDescriptor() {
    try (RawRing ring = RawRing.open(new RingOptions(2, 2, 0, Set.of()))) {
      int listener = sockets.listener(64);
      ring.stage(WORK, (sqe, at) -> {
        Sqe.prepAccept(sqe, at, listener, 0, 0, Constants.SOCK_CLOEXEC);
        sqe.set(ValueLayout.JAVA_SHORT, at + SqeLayout.IOPRIO, (short) IoPrioFlags.ACCEPT_MULTISHOT);
      });
      ring.submit();
      for (int i = 0; i < 6; i++) {
        sockets.connect(listener);
      }
      Await.until("the last completion", () -> ring.reap().stream().anyMatch(cqe -> !cqe.hasMore()));
      List<RawRing.Cqe> accepted = ring.reap();
      accepted.forEach(cqe -> assertTrue(RawSockets.isOpen(sockets.own(cqe.result())), accepted::toString));
      assertFalse(accepted.getLast().hasMore());
    }
  }

  @Test
  void anOrdinaryOperationsOnlyCompletionHasNoMoreFlag() {
    try (RawRing ring = RawRing.open()) {
      ring.stage(WORK, Sqe::prepNop).submit();
      assertFalse(ring.await(WORK).hasMore());
    }
  }

  // ---- order: K-09

  @Test
  void aLinkTimeoutsCompletionComesBeforeItsTargets() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.unixPair();
      long timespec = RawRing.timespec(20);
      MemorySegment buffer = RawRing.memory(64);
      ring.stage(
          WORK, SqeFlags.IO_LINK, (sqe, at) -> Sqe.prepRecv(sqe, at, pair.here(), buffer.address(), 64, 0));
      ring.stage(TIMEOUT, (sqe, at) -> Sqe.prepLinkTimeout(sqe, at, timespec, 0)).submit();
      assertEquals(List.of((long) TIMEOUT, (long) WORK), ring.awaitOrder(2));
    }
  }

  // ---- user data: K-10

  @Test
  void aCancelHitsWhateverBearsTheValueByThen() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair first = sockets.unixPair();
      RawSockets.Pair second = sockets.unixPair();
      ring.stageRecv(WORK, first.here()).submit();
      RawSockets.send(first.there(), "x");
      assertEquals(1, ring.result(WORK));
      ring.forget();
      ring.stageRecv(WORK, second.here()).submit();
      ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancel(sqe, at, WORK)).submit();
      assertEquals(0, ring.result(CANCEL));
      assertEquals(-Errno.ECANCELED, ring.result(WORK));
    }
  }

  @Test
  void aCancelOfOneOfTwoGenerationsLeavesTheOtherAlone() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.unixPair();
      long now = UserData.of(5, 2, UserData.MAIN);
      long before = UserData.of(5, 1, UserData.MAIN);
      ring.stageRecv(now, pair.here()).submit();
      ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancel(sqe, at, before)).submit();
      assertEquals(-Errno.ENOENT, ring.result(CANCEL));
      RawSockets.send(pair.there(), "x");
      assertEquals(1, ring.result(now));
    }
  }
}
