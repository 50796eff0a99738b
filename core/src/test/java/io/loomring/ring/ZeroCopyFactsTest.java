package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.RunsOnce;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When a send without a copy has a result, and when the kernel lets go of its buffer (K-47 to K-49). */
@RunsOnce(RunsOnce.NO_DRIVER)
class ZeroCopyFactsTest {
  private static final int SEND = 1;
  private static final int CANCEL = 2;
  private static final int CLOSE = 3;
  private static final int BYTES = 48 * 1024;
  private static final int SMALL_ROOM = 32 * 1024;

  private final RawSockets sockets = new RawSockets();

  @AfterEach
  void close() {
    sockets.close();
  }

  private static void stageSend(RawRing ring, int fd, MemorySegment from, int flags) {
    ring.stage(SEND, (sqe, at) ->
        Sqe.prepSendZc(sqe, at, fd, from.address(), (int) from.byteSize(), flags | Constants.MSG_NOSIGNAL));
  }

  private static boolean isNotice(RawRing.Cqe cqe) {
    return (cqe.flags() & CqeFlags.NOTIF) != 0;
  }

  private static List<RawRing.Cqe> ofSend(RawRing ring) {
    return ring.reap().stream().filter(cqe -> cqe.userData() == SEND).toList();
  }

  private static boolean isLetGo(RawRing ring) {
    return ofSend(ring).stream().anyMatch(ZeroCopyFactsTest::isNotice);
  }

  private static void readAll(int fd, long bytes, byte expected) {
    MemorySegment into = RawRing.memory(BYTES);
    long[] total = new long[1];
    Await.until(() -> bytes + " bytes, not " + total[0], () -> {
      int count = RawSockets.receiveNow(fd, into);
      for (int i = 0; i < count; i++) {
        assertEquals(expected, into.get(ValueLayout.JAVA_BYTE, i));
      }
      total[0] += Math.max(0, count);
      return total[0] == bytes;
    });
  }

  // ---- two completions: K-47

  @Test
  void aSendWithoutACopyCompletesWithItsResultAndThenWithANotice() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.tcpPair();
      stageSend(ring, pair.here(), RawRing.memory(1000), 0);
      ring.submit();
      Await.until("the notice", () -> isLetGo(ring));
      List<RawRing.Cqe> both = ofSend(ring);
      assertEquals(2, both.size());
      assertEquals(1000, both.get(0).result());
      assertTrue(both.get(0).hasMore());
      assertFalse(isNotice(both.get(0)));
      assertEquals(0, both.get(1).result());
      assertFalse(both.get(1).hasMore());
      assertTrue(isNotice(both.get(1)));
    }
  }

  @Test
  void aMessageSentWithoutACopyCompletesTwiceAsWell() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.tcpPair();
      MemorySegment header = RawRing.memory(128);
      header.set(ValueLayout.JAVA_LONG, 16, header.address() + 64);
      header.set(ValueLayout.JAVA_LONG, 24, 1);
      header.set(ValueLayout.JAVA_LONG, 64, RawRing.memory(1000).address());
      header.set(ValueLayout.JAVA_LONG, 72, 1000);
      ring.stage(SEND, (sqe, at) ->
          Sqe.prepSendmsgZc(sqe, at, pair.here(), header.address(), Constants.MSG_NOSIGNAL)).submit();
      Await.until("the notice", () -> isLetGo(ring));
      assertEquals(List.of(1000, 0), ofSend(ring).stream().map(RawRing.Cqe::result).toList());
    }
  }

  @Test
  void onLoopbackTheKernelCopiesAfterAllAndSaysSoWhereAsked() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.tcpPair();
      MemorySegment from = RawRing.memory(BYTES);
      ring.stage(SEND, (sqe, at) -> {
        Sqe.prepSendZc(sqe, at, pair.here(), from.address(), BYTES, Constants.MSG_NOSIGNAL);
        sqe.set(ValueLayout.JAVA_SHORT, at + SqeLayout.IOPRIO, (short) IoPrioFlags.SEND_ZC_REPORT_USAGE);
      });
      ring.submit();
      readAll(pair.there(), ring.result(SEND), (byte) 0);
      Await.until("the notice", () -> isLetGo(ring));
      assertEquals(OpFlags.NOTIF_USAGE_ZC_COPIED, ofSend(ring).getLast().result());
    }
  }

  // ---- how failures complete: K-48

  /** The error, and then the notice. */
  private static void assertFailsWithANotice(RawRing ring, int errno) {
    assertFailsWithANotice(ring, errno, () -> { });
  }

  /** The same, with something done for it again and again. */
  private static void assertFailsWithANotice(RawRing ring, int errno, Runnable meanwhile) {
    Await.until("the notice", () -> {
      meanwhile.run();
      return isLetGo(ring);
    });
    List<RawRing.Cqe> both = ofSend(ring);
    assertEquals(List.of(-errno, 0), both.stream().map(RawRing.Cqe::result).toList());
    assertTrue(both.get(0).hasMore());
    assertTrue(isNotice(both.get(1)));
    ring.forget();
  }

  @Test
  void aSocketThatKnowsNoZeroCopyRefusesAndTheNoticeFollows() {
    try (RawRing ring = RawRing.open()) {
      stageSend(ring, sockets.unixPair().here(), RawRing.memory(1000), 0);
      ring.submit();
      assertFailsWithANotice(ring, Errno.EOPNOTSUPP);
    }
  }

  @Test
  void aSendThatIsCancelledWhileItWaitsForRoomFailsAndTheNoticeFollows() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.tcpPair(SMALL_ROOM);
      RawSockets.fillForGood(pair.here());
      stageSend(ring, pair.here(), RawRing.memory(1000), 0);
      ring.submit();
      ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancel(sqe, at, SEND)).submit();
      assertEquals(0, ring.result(CANCEL));
      // It is over; but of a hundred, one's notice waits for the peer (K-79).
      MemorySegment into = RawRing.memory(BYTES);
      assertFailsWithANotice(ring, Errno.ECANCELED, () -> RawSockets.receiveNow(pair.there(), into));
    }
  }

  @Test
  void aSendToAPeerThatIsGoneFailsAndTheNoticeFollows() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.tcpPair();
      RawSockets.linger(pair.there(), 0);
      sockets.close(pair.there());
      Await.until("the reset has come", () ->
          (SystemCalls.pollNow(pair.here(), Constants.POLLIN) & Constants.POLLHUP) != 0);
      stageSend(ring, pair.here(), RawRing.memory(1000), 0);
      ring.submit();
      assertFailsWithANotice(ring, Errno.ECONNRESET);
      stageSend(ring, pair.here(), RawRing.memory(1000), 0);
      ring.submit();
      assertFailsWithANotice(ring, Errno.EPIPE);
    }
  }

  @Test
  void aSendOnADescriptorThatIsNotOpenFailsAndTheNoticeFollows() {
    try (RawRing ring = RawRing.open()) {
      stageSend(ring, -1, RawRing.memory(1000), 0);
      ring.submit();
      assertFailsWithANotice(ring, Errno.EBADF);
    }
  }

  @Test
  void anEntryThatTheKernelDoesNotUnderstandFailsWithoutANotice() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.tcpPair();
      MemorySegment from = RawRing.memory(1000);
      ring.stage(SEND, (sqe, at) -> {
        Sqe.prepSendZc(sqe, at, pair.here(), from.address(), 1000, 0);
        sqe.set(ValueLayout.JAVA_LONG, at + SqeLayout.ADDR3, 1);
      });
      ring.submit();
      RawRing.Cqe only = ring.await(SEND);
      assertEquals(-Errno.EINVAL, only.result());
      assertFalse(only.hasMore());
      assertEquals(1, ofSend(ring).size());
    }
  }

  // ---- how long the kernel holds the buffer: K-49

  @Test
  void theNoticeWaitsForAPeerThatDoesNotRead() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.tcpPair(SMALL_ROOM);
      MemorySegment from = RawRing.memory(BYTES);
      from.fill((byte) 7);
      stageSend(ring, pair.here(), from, 0);
      ring.submit();
      int sent = ring.result(SEND);
      assertTrue(sent > SMALL_ROOM / 2, () -> sent + " bytes went into the socket");
      assertFalse(isLetGo(ring));
      readAll(pair.there(), sent, (byte) 7);
      Await.until("the notice", () -> isLetGo(ring));
    }
  }

  @Test
  void theNoticeOutlastsTheClose() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.tcpPair(SMALL_ROOM);
      MemorySegment from = RawRing.memory(BYTES);
      from.fill((byte) 7);
      stageSend(ring, pair.here(), from, 0);
      ring.submit();
      int sent = ring.result(SEND);
      ring.stage(CANCEL, SqeFlags.IO_HARDLINK, (sqe, at) -> Sqe.prepCancelFd(sqe, at, pair.here()));
      ring.stage(CLOSE, (sqe, at) -> Sqe.prepClose(sqe, at, pair.here())).submit();
      assertEquals(0, ring.result(CLOSE));
      sockets.closed(pair.here());
      assertFalse(isLetGo(ring));
      readAll(pair.there(), sent, (byte) 7);
      Await.until("the notice", () -> isLetGo(ring));
    }
  }

  @Test
  void whatIsWrittenIntoTheBufferBeforeTheNoticeReachesThePeer() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.tcpPair(SMALL_ROOM);
      MemorySegment from = RawRing.memory(BYTES);
      stageSend(ring, pair.here(), from, 0);
      ring.submit();
      int sent = ring.result(SEND);
      assertFalse(isLetGo(ring));
      from.fill((byte) 9);
      MemorySegment into = RawRing.memory(BYTES);
      long[] seen = new long[2];
      Await.until("all", () -> {
        int count = RawSockets.receiveNow(pair.there(), into);
        for (int i = 0; i < count; i++) {
          seen[into.get(ValueLayout.JAVA_BYTE, i) == 9 ? 1 : 0]++;
        }
        return seen[0] + seen[1] == sent;
      });
      assertTrue(seen[1] > 0, () -> seen[0] + " bytes as they were, " + seen[1] + " as they became");
    }
  }
}
