package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.Connections;
import io.loomring.testkit.RunsOnce;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What cancel and close reach, and what they miss (K-11 to K-17, K-39). */
@RunsOnce(RunsOnce.NO_DRIVER)
class CancelAndCloseFactsTest {
  private static final int WORK = 1;
  private static final int OTHER = 2;
  private static final int HEAD = 3;
  private static final int CANCEL = 4;
  private static final int CLOSE = 5;
  private static final int NOBODY = 999;

  private final RawRing ring = RawRing.open();
  private final RawSockets sockets = new RawSockets();

  @AfterEach
  void close() {
    ring.close();
    sockets.close();
  }

  private static void stageCloseChain(RawRing ring, int fd) {
    ring.stage(CANCEL, SqeFlags.IO_HARDLINK, (sqe, at) -> Sqe.prepCancelFd(sqe, at, fd));
    ring.stage(CLOSE, (sqe, at) -> Sqe.prepClose(sqe, at, fd));
  }

  // ---- close(2): K-11, K-39

  @Test
  void afterCloseBehindAReceivesBackItSwallowsThePeersNextBytes() {
    RawSockets.Pair pair = sockets.tcpPair();
    ring.stageRecv(WORK, pair.here()).submit();
    sockets.close(pair.here());
    RawSockets.send(pair.there(), "lost");
    assertEquals(4, ring.result(WORK));
  }

  @Test
  void afterCloseBehindAReceivesBackThePeerSeesTheEndOnlyWhenTheReceiveHasEnded() {
    RawSockets.Pair pair = sockets.tcpPair();
    ring.stageRecv(WORK, pair.here()).submit();
    sockets.close(pair.here());
    assertFalse(ring.isCompleted(WORK));
    assertTrue(RawSockets.isQuiet(pair.there()));
    ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancel(sqe, at, WORK)).submit();
    assertEquals(-Errno.ECANCELED, ring.result(WORK));
    assertEquals("", RawSockets.receive(pair.there()));
  }

  @Test
  void aPollHoldsItsFileAndADescriptorClosedBehindItsBackWakesNobody() {
    RawSockets.Pair pair = sockets.unixPair();
    ring.stage(WORK, (sqe, at) -> Sqe.prepPollAdd(sqe, at, pair.here(), Constants.POLLIN)).submit();
    sockets.close(pair.here());
    assertFalse(ring.isCompleted(WORK));
    assertTrue(RawSockets.isQuiet(pair.there()));
    RawSockets.send(pair.there(), "x");
    assertEquals(Constants.POLLIN, ring.result(WORK) & Constants.POLLIN);
  }

  // ---- what breaks the link of a close: K-12

  @Test
  void aCancelThatFindsNothingBreaksASoftLinkAndTheDescriptorStaysOpen() {
    int fd = sockets.unixPair().here();
    ring.stage(CANCEL, SqeFlags.IO_LINK, (sqe, at) -> Sqe.prepCancel(sqe, at, NOBODY));
    ring.stage(CLOSE, (sqe, at) -> Sqe.prepClose(sqe, at, fd)).submit();
    assertEquals(-Errno.ENOENT, ring.result(CANCEL));
    assertEquals(-Errno.ECANCELED, ring.result(CLOSE));
    assertTrue(RawSockets.isOpen(fd));
  }

  @Test
  void aCancelByDescriptorWithoutAllThatFindsNothingBreaksASoftLinkToo() {
    int fd = sockets.unixPair().here();
    ring.stage(CANCEL, SqeFlags.IO_LINK, (sqe, at) -> Sqe.prep(
        sqe, at, Opcode.ASYNC_CANCEL, fd, 0, 0, 0, CancelFlags.FD));
    ring.stage(CLOSE, (sqe, at) -> Sqe.prepClose(sqe, at, fd)).submit();
    assertEquals(-Errno.ENOENT, ring.result(CANCEL));
    assertEquals(-Errno.ECANCELED, ring.result(CLOSE));
    assertTrue(RawSockets.isOpen(fd));
  }

  @Test
  void aHardLinkedCloseRunsAlthoughItsCancelFoundNothing() {
    int fd = sockets.farAway(sockets.unixPair().here());
    ring.stage(CANCEL, SqeFlags.IO_HARDLINK, (sqe, at) -> Sqe.prepCancel(sqe, at, NOBODY));
    ring.stage(CLOSE, (sqe, at) -> Sqe.prepClose(sqe, at, fd)).submit();
    assertEquals(-Errno.ENOENT, ring.result(CANCEL));
    assertEquals(0, ring.result(CLOSE));
    sockets.closed(fd);
    assertFalse(RawSockets.isOpen(fd));
  }

  @Test
  void aCancelOfAllByDescriptorThatFindsNothingAnswersZero() {
    int fd = sockets.unixPair().here();
    ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancelFd(sqe, at, fd)).submit();
    assertEquals(0, ring.result(CANCEL));
  }

  @Test
  void aCancelOfAllByDescriptorAnswersHowManyItHit() {
    RawSockets.Pair pair = sockets.unixPair();
    ring.stageRecv(WORK, pair.here());
    ring.stage(OTHER, (sqe, at) -> Sqe.prepPollAdd(sqe, at, pair.here(), Constants.POLLIN)).submit();
    ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancelFd(sqe, at, pair.here())).submit();
    assertEquals(2, ring.result(CANCEL));
    assertEquals(-Errno.ECANCELED, ring.result(WORK));
    assertEquals(-Errno.ECANCELED, ring.result(OTHER));
  }

  // ---- the close chain: K-13

  @ParameterizedTest(name = "with set-up flags {0}")
  @ValueSource(ints = {
      0, SetupFlags.COOP_TASKRUN, SetupFlags.SINGLE_ISSUER, SetupFlags.SINGLE_ISSUER | SetupFlags.DEFER_TASKRUN})
  void theCloseChainWorksInOneSubmitWithTheReceiveThatItCancels(int setupFlags) {
    try (RawRing mode = RawRing.open(setupFlags)) {
      RawSockets.Pair pair = sockets.tcpPair();
      mode.stageRecv(WORK, pair.here());
      stageCloseChain(mode, pair.here());
      assertEquals(3, mode.submit());
      assertEquals(1, mode.result(CANCEL));
      assertEquals(-Errno.ECANCELED, mode.result(WORK));
      assertEquals(0, mode.result(CLOSE));
      sockets.closed(pair.here());
      assertEquals("", RawSockets.receive(pair.there()));
    }
  }

  @Test
  void theCloseChainWorksInOneSubmitWithAnAccept() {
    int listener = sockets.listener(4);
    ring.stage(WORK, (sqe, at) -> Sqe.prepAccept(sqe, at, listener, 0, 0, Constants.SOCK_CLOEXEC));
    stageCloseChain(ring, listener);
    ring.submit();
    assertEquals(-Errno.ECANCELED, ring.result(WORK));
    assertEquals(0, ring.result(CLOSE));
    sockets.closed(listener);
  }

  @Test
  void theCloseChainWorksInOneSubmitWithAConnect() {
    int listener = sockets.listener(0);
    sockets.connect(listener);
    MemorySegment address = RawSockets.addressOf(listener);
    Connections.awaitQueued(RawSockets.portOf(listener), 1);
    int fd = sockets.tcpSocket();
    // The listener's queue is full: this connect stays unanswered.
    ring.stage(WORK, (sqe, at) -> Sqe.prepConnect(sqe, at, fd, address.address(), 16));
    stageCloseChain(ring, fd);
    ring.submit();
    assertEquals(-Errno.ECANCELED, ring.result(WORK));
    assertEquals(0, ring.result(CLOSE));
    sockets.closed(fd);
  }

  @Test
  void theCloseChainCancelsAReceiveThatHasALinkedTimeout() {
    RawSockets.Pair pair = sockets.tcpPair();
    long timespec = RawRing.timespec(60_000);
    MemorySegment buffer = RawRing.memory(64);
    ring.stage(WORK, SqeFlags.IO_LINK, (sqe, at) -> Sqe.prepRecv(sqe, at, pair.here(), buffer.address(), 64, 0));
    ring.stage(OTHER, (sqe, at) -> Sqe.prepLinkTimeout(sqe, at, timespec, 0));
    stageCloseChain(ring, pair.here());
    ring.submit();
    assertEquals(-Errno.ECANCELED, ring.result(WORK));
    assertEquals(-Errno.ECANCELED, ring.result(OTHER));
    assertEquals(0, ring.result(CLOSE));
    sockets.closed(pair.here());
  }

  // ---- what a cancel by descriptor misses: K-14

  @Test
  void aCancelByDescriptorMissesALinkTail() {
    LateSend late = new LateSend(SqeFlags.IO_LINK, 0);
    ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancelFd(sqe, at, late.number)).submit();
    assertEquals(0, ring.result(CANCEL));
    late.letGo();
    assertEquals(LateSend.TEXT, RawSockets.receive(late.oldPeer));
  }

  @Test
  void aCancelBehindADrainedOperationWaitsForItAndFindsNothing() {
    LateSend late = new LateSend(0, SqeFlags.IO_DRAIN);
    ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancelFd(sqe, at, late.number)).submit();
    assertFalse(ring.isCompleted(CANCEL));
    late.letGo();
    assertEquals(0, ring.result(CANCEL));
    assertEquals(LateSend.TEXT, RawSockets.receive(late.oldPeer));
  }

  @Test
  void theBytesOfALinkTailReachWhoeverHasItsDescriptorsNumberByThen() {
    LateSend late = new LateSend(SqeFlags.IO_LINK, 0);
    int newPeer = late.closeAndReuse();
    late.letGo();
    assertEquals(LateSend.TEXT, RawSockets.receive(newPeer));
  }

  @Test
  void theBytesOfADrainedSendReachWhoeverHasItsDescriptorsNumberByThen() {
    LateSend late = new LateSend(0, SqeFlags.IO_DRAIN);
    int newPeer = late.closeAndReuse();
    late.letGo();
    assertEquals(LateSend.TEXT, RawSockets.receive(newPeer));
  }

  /** A send that is submitted and waits behind a receive, with its descriptor not resolved yet. */
  private final class LateSend {
    static final String TEXT = "late";

    final int number;
    final int oldPeer;
    final int headPeer;

    LateSend(int headFlags, int sendFlags) {
      RawSockets.Pair head = sockets.unixPair();
      RawSockets.Pair pair = sockets.unixPair();
      number = sockets.farAway(pair.here());
      sockets.close(pair.here());
      oldPeer = pair.there();
      headPeer = head.there();
      MemorySegment text = RawRing.memory(8);
      MemorySegment.copy(
          TEXT.getBytes(StandardCharsets.US_ASCII), 0, text, ValueLayout.JAVA_BYTE, 0, TEXT.length());
      MemorySegment buffer = RawRing.memory(64);
      ring.stage(HEAD, headFlags, (sqe, at) -> Sqe.prepRecv(sqe, at, head.here(), buffer.address(), 64, 0));
      ring.stage(WORK, sendFlags, (sqe, at) -> Sqe.prepSend(
          sqe, at, number, text.address(), TEXT.length(), Constants.MSG_NOSIGNAL));
      assertEquals(2, ring.submit());
    }

    int closeAndReuse() {
      sockets.close(number);
      RawSockets.Pair pair = sockets.unixPair();
      sockets.reuse(number, pair.here());
      return pair.there();
    }

    void letGo() {
      RawSockets.send(headPeer, "go");
      assertEquals(TEXT.length(), ring.result(WORK));
    }
  }

  @Test
  void anotherRingsCancelByDescriptorMissesOurOperation() {
    RawSockets.Pair pair = sockets.unixPair();
    ring.stageRecv(WORK, pair.here()).submit();
    try (RawRing stranger = RawRing.open()) {
      stranger.stage(CANCEL, (sqe, at) -> Sqe.prepCancelFd(sqe, at, pair.here())).submit();
      assertEquals(0, stranger.result(CANCEL));
    }
    RawSockets.send(pair.there(), "x");
    assertEquals(1, ring.result(WORK));
  }

  // ---- what it hits too: K-16

  @Test
  void aCancelByDescriptorHitsOperationsOnADuplicateOfIt() {
    RawSockets.Pair pair = sockets.unixPair();
    int duplicate = sockets.duplicate(pair.here());
    ring.stageRecv(WORK, pair.here()).submit();
    ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancelFd(sqe, at, duplicate)).submit();
    assertEquals(1, ring.result(CANCEL));
    assertEquals(-Errno.ECANCELED, ring.result(WORK));
  }

  // ---- results beat cancels: K-17

  @Test
  void aCancelledReceiveOfAllKeepsItsPartialCount() {
    RawSockets.Pair pair = sockets.tcpPair();
    MemorySegment buffer = RawRing.memory(64);
    ring.stage(WORK, (sqe, at) -> Sqe.prepRecv(
        sqe, at, pair.here(), buffer.address(), 64, Constants.MSG_WAITALL));
    ring.submit();
    RawSockets.send(pair.there(), "abc");
    Connections.awaitArrived(pair.there());
    // Taken out of the socket, and the receive goes on.
    Await.until("the receive takes what is there", () -> {
      ring.reap();
      return RawSockets.isQuiet(pair.here());
    });
    assertFalse(ring.isCompleted(WORK));
    ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancel(sqe, at, WORK)).submit();
    assertEquals(3, ring.result(WORK));
  }

  @Test
  void aCancelThatMeetsDataLosesNoByte() throws Exception {
    cancelRace(200);
  }

  @Test
  @Tag("long")
  void aCancelThatMeetsDataLosesNoByteInManyRounds() throws Exception {
    cancelRace(20_000);
  }

  private void cancelRace(int rounds) throws Exception {
    RawSockets.Pair pair = sockets.unixPair();
    CyclicBarrier barrier = new CyclicBarrier(2);
    Thread sender = Thread.ofPlatform().start(() -> {
      for (int i = 0; i < rounds; i++) {
        meet(barrier);
        RawSockets.send(pair.there(), "x");
        meet(barrier);
      }
    });
    for (int i = 0; i < rounds; i++) {
      ring.forget();
      ring.stageRecv(WORK, pair.here()).submit();
      meet(barrier);
      ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancel(sqe, at, WORK)).submit();
      ring.result(CANCEL);
      int result = ring.result(WORK);
      meet(barrier);
      if (result == -Errno.ECANCELED) {
        assertEquals("x", RawSockets.receive(pair.here()));
      } else {
        assertEquals(1, result);
        assertTrue(RawSockets.isQuiet(pair.here()));
      }
    }
    sender.join();
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aCancelledAcceptMayStillBringADescriptorWhichHasToBeOwned() {
    int connections = 100;
    int listener = sockets.listener(connections);
    int accepted = 0;
    for (int i = 0; i < connections; i++) {
      ring.forget();
      ring.stage(WORK, (sqe, at) -> Sqe.prepAccept(sqe, at, listener, 0, 0, Constants.SOCK_CLOEXEC));
      ring.submit();
      sockets.connect(listener);
      ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancel(sqe, at, WORK)).submit();
      int result = ring.result(WORK);
      if (result >= 0) {
        sockets.own(result);
        accepted++;
      }
    }
    // What was not accepted by a cancelled operation is still in the listener's queue, or about to get there.
    int[] left = {connections - accepted};
    SystemCalls.fcntl(listener, Constants.F_SETFL, Constants.O_NONBLOCK);
    Await.until(() -> left[0] + " connections are nowhere", () -> {
      int fd = SystemCalls.accept4(listener, 0, 0, Constants.SOCK_CLOEXEC);
      if (fd >= 0) {
        sockets.own(fd);
        left[0]--;
      }
      return left[0] <= 0;
    });
    assertEquals(-Errno.EAGAIN, SystemCalls.accept4(listener, 0, 0, Constants.SOCK_CLOEXEC));
  }
}
