package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.Signals;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the kernel takes of what is submitted, and who may submit (K-02 to K-06). */
@RunsOnce(RunsOnce.NO_DRIVER)
class SubmissionFactsTest {
  private static final int FIRST = 1;
  private static final int SECOND = 2;
  private static final int THIRD = 3;

  private final RawSockets sockets = new RawSockets();

  @AfterEach
  void close() {
    sockets.close();
  }

  private static void prepFailing(MemorySegment sqe, long at) {
    Sqe.prepRead(sqe, at, -1, 0, 0, 0);
  }

  // ---- owners: K-02

  @Test
  void aSingleIssuerRingRefusesTheEnterOfAnotherThread() {
    try (RawRing ring = RawRing.open(SetupFlags.SINGLE_ISSUER)) {
      int[] answer = new int[1];
      ring.stage(FIRST, Sqe::prepNop);
      int staged = ring.ring().sq().publish();
      ShortLivedThread.run(() -> answer[0] = ring.ring().enter(staged, 0, 0));
      assertEquals(-Errno.EEXIST, answer[0]);
      assertEquals(1, ring.submit());
      assertEquals(0, ring.result(FIRST));
    }
  }

  @Test
  void anEnterOfAnotherThreadThatSubmitsNothingIsRefusedOnlyWithDeferredTaskWork() {
    try (RawRing plain = RawRing.open(SetupFlags.SINGLE_ISSUER);
        RawRing deferred = RawRing.open(SetupFlags.SINGLE_ISSUER | SetupFlags.DEFER_TASKRUN)) {
      int[] answers = new int[2];
      ShortLivedThread.run(() -> {
        answers[0] = plain.ring().enter(0, 0, EnterFlags.GETEVENTS);
        answers[1] = deferred.ring().enter(0, 0, EnterFlags.GETEVENTS);
      });
      assertEquals(0, answers[0]);
      assertEquals(-Errno.EEXIST, answers[1]);
    }
  }

  @Test
  void aRingSetUpDisabledBelongsToTheThreadThatEnablesIt() {
    try (RawRing ring = RawRing.bare(4, 8, SetupFlags.SINGLE_ISSUER | SetupFlags.R_DISABLED)) {
      ring.stage(FIRST, Sqe::prepNop);
      ring.stage(SECOND, Sqe::prepNop);
      assertEquals(2, ring.ring().sq().publish());
      int[] answers = new int[2];
      ShortLivedThread.run(() -> {
        answers[0] = enable(ring);
        answers[1] = ring.ring().enter(1, 0, 0);
      });
      assertEquals(0, answers[0]);
      assertEquals(1, answers[1]);
      assertEquals(-Errno.EEXIST, ring.submit());
    }
  }

  @Test
  void aDisabledRingTakesNothing() {
    try (RawRing ring = RawRing.bare(4, 8, SetupFlags.R_DISABLED)) {
      ring.stage(FIRST, Sqe::prepNop);
      assertEquals(-Errno.EBADFD, ring.submit());
      assertEquals(0, enable(ring));
      assertEquals(1, ring.submit());
    }
  }

  private static int enable(RawRing ring) {
    return SystemCalls.ioUringRegister(ring.ring().fd(), RegisterOps.REGISTER_ENABLE_RINGS, 0, 0);
  }

  @Test
  void withDeferredTaskWorkCompletionsComeOnlyInsideTheOwnersWaitingEnter() {
    try (RawRing ring = RawRing.open(SetupFlags.SINGLE_ISSUER | SetupFlags.DEFER_TASKRUN)) {
      RawSockets.Pair pair = sockets.unixPair();
      ring.stageRecv(FIRST, pair.here()).submit();
      RawSockets.send(pair.there(), "x");
      assertTrue(ring.ring().cq().isEmpty());
      ring.ring().enter(0, 0, EnterFlags.GETEVENTS);
      assertFalse(ring.ring().cq().isEmpty());
    }
  }

  // ---- what enter answers: K-03

  @Test
  void anInterruptedEnterAnswersWhatItSubmittedWithNothingCompleted() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.unixPair();
      ring.stageRecv(FIRST, pair.here());
      assertEquals(1, interruptedEnter(ring, ring.ring().sq().publish()));
      assertTrue(ring.ring().cq().isEmpty());
    }
  }

  @Test
  void anInterruptedEnterThatSubmittedNothingAnswersEintr() {
    try (RawRing ring = RawRing.open()) {
      assertEquals(-Errno.EINTR, interruptedEnter(ring, 0));
    }
  }

  private static int interruptedEnter(RawRing ring, int toSubmit) {
    AtomicInteger answer = new AtomicInteger();
    Signals.interruptUntilEnded(() -> answer.set(ring.ring().enter(toSubmit, 1, EnterFlags.GETEVENTS)));
    return answer.get();
  }

  // ---- batches: K-04

  @Test
  void withoutSubmitAllABadEntryEndsTheBatch() {
    try (RawRing ring = RawRing.bare(4, 8, 0)) {
      stageGoodBadGood(ring);
      assertEquals(2, ring.submit());
      assertEquals(0, ring.result(FIRST));
      assertEquals(-Errno.EINVAL, ring.result(SECOND));
      assertFalse(ring.isCompleted(THIRD));
      assertEquals(1, ring.submit());
      assertEquals(0, ring.result(THIRD));
    }
  }

  @Test
  void withSubmitAllABadEntryEndsNothingButItself() {
    try (RawRing ring = RawRing.bare(4, 8, SetupFlags.SUBMIT_ALL)) {
      stageGoodBadGood(ring);
      assertEquals(3, ring.submit());
      assertEquals(0, ring.result(FIRST));
      assertEquals(-Errno.EINVAL, ring.result(SECOND));
      assertEquals(0, ring.result(THIRD));
    }
  }

  private static void stageGoodBadGood(RawRing ring) {
    ring.stage(FIRST, Sqe::prepNop);
    ring.stage(SECOND, (sqe, at) -> {
      Sqe.prepNop(sqe, at);
      sqe.set(ValueLayout.JAVA_BYTE, at + SqeLayout.OPCODE, (byte) 250);
    });
    ring.stage(THIRD, Sqe::prepNop);
  }

  // ---- chains: K-05

  @Test
  void inOneEnterAFailedHeadCancelsTheRestOfItsChain() {
    try (RawRing ring = RawRing.open()) {
      stageChain(ring);
      ring.submit();
      assertEquals(-Errno.EBADF, ring.result(FIRST));
      assertEquals(-Errno.ECANCELED, ring.result(SECOND));
    }
  }

  @Test
  void aChainSplitOverTwoEntersIsNoChain() {
    try (RawRing ring = RawRing.open()) {
      stageChain(ring);
      assertEquals(2, ring.ring().sq().publish());
      assertEquals(1, ring.ring().enter(1, 0, 0));
      assertEquals(1, ring.ring().enter(1, 0, 0));
      assertEquals(-Errno.EBADF, ring.result(FIRST));
      assertEquals(0, ring.result(SECOND));
    }
  }

  private static void stageChain(RawRing ring) {
    ring.stage(FIRST, SqeFlags.IO_LINK, SubmissionFactsTest::prepFailing);
    ring.stage(SECOND, Sqe::prepNop);
  }

  // ---- restrictions: K-06

  private static RawRing restricted() {
    return RawRing.open(new RingOptions(8, 16, 0, Set.of(Opcode.NOP)));
  }

  @Test
  void aRestrictedRingRefusesOtherOpcodesAlthoughTheProbeListsThem() {
    try (RawRing ring = restricted()) {
      assertTrue(ring.ring().support().has(Opcode.RECV));
      ring.stageRecv(FIRST, 0).submit();
      assertEquals(-Errno.EACCES, ring.result(FIRST));
    }
  }

  @Test
  void aRestrictedRingRefusesEntryFlagsThatItWasNotAllowed() {
    try (RawRing ring = restricted()) {
      ring.stage(FIRST, SqeFlags.IO_DRAIN, Sqe::prepNop).submit();
      assertEquals(-Errno.EACCES, ring.result(FIRST));
    }
  }

  @Test
  void aRestrictedRingTakesTheFlagsOfOurChains() {
    try (RawRing ring = restricted()) {
      for (int flag : List.of(SqeFlags.IO_LINK, SqeFlags.IO_HARDLINK, SqeFlags.ASYNC)) {
        ring.forget();
        ring.stage(FIRST, flag, Sqe::prepNop);
        ring.stage(SECOND, Sqe::prepNop).submit();
        assertEquals(0, ring.result(FIRST));
        assertEquals(0, ring.result(SECOND));
      }
    }
  }

  @Test
  void aRestrictedRingRefusesToBeRegisteredWith() {
    try (RawRing ring = restricted()) {
      assertEquals(
          -Errno.EACCES,
          SystemCalls.ioUringRegister(ring.ring().fd(), RegisterOps.UNREGISTER_FILES, 0, 0));
    }
  }
}
