package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.RunsOnce;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How sockets behave in a ring (K-18 to K-20, K-23, K-24, K-36, K-80). */
@RunsOnce(RunsOnce.NO_DRIVER)
class SocketFactsTest {
  private static final int WORK = 1;
  private static final int NEXT = 2;
  private static final int CLOSE = 3;
  private static final int SMALL_WINDOW_BYTES = 8192;

  private final RawRing ring = RawRing.open();
  private final RawSockets sockets = new RawSockets();

  @AfterEach
  void close() {
    ring.close();
    sockets.close();
  }

  // ---- linger: K-18, K-36

  private RawSockets.Pair undelivered(int lingerSeconds) {
    RawSockets.Pair pair = sockets.tcpPair(SMALL_WINDOW_BYTES);
    RawSockets.linger(pair.here(), lingerSeconds);
    long sent = RawSockets.fill(pair.here());
    assertTrue(sent > 4 * SMALL_WINDOW_BYTES, () -> "more than the peer has room for, and not " + sent);
    return pair;
  }

  @Test
  void aCloseThatLingersBlocksTheEnterForTheWholeTime() {
    RawSockets.Pair pair = undelivered(1);
    ring.stage(CLOSE, (sqe, at) -> Sqe.prepClose(sqe, at, pair.here()));
    AtomicLong tookMillis = new AtomicLong();
    // In a thread of its own: task work of this one's earlier rings may end a wait.
    ShortLivedThread.run(() -> {
      long before = System.nanoTime();
      ring.submit();
      tookMillis.set((System.nanoTime() - before) / 1_000_000);
    });
    assertEquals(0, ring.result(CLOSE));
    sockets.closed(pair.here());
    assertTrue(tookMillis.get() >= 900, () -> "it took only " + tookMillis + " ms");
  }

  @Test
  void aCloseForcedAsyncCompletesWithoutWaitingForTheLinger() {
    RawSockets.Pair pair = undelivered(600);
    ring.stage(CLOSE, SqeFlags.ASYNC, (sqe, at) -> Sqe.prepClose(sqe, at, pair.here())).submit();
    // Far below the linger time, or the wait for the completion fails.
    assertEquals(0, ring.result(CLOSE));
    sockets.closed(pair.here());
    assertFalse(RawSockets.isOpen(pair.here()));
    // Ends the lingering that goes on in the background.
    RawSockets.linger(pair.there(), 0);
    sockets.close(pair.there());
  }

  @Test
  void aCloseChainWithAnAsyncCloseDoesNotWaitForTheLingerEither() {
    RawSockets.Pair pair = undelivered(600);
    ring.stageRecv(WORK, pair.here());
    ring.stage(NEXT, SqeFlags.IO_HARDLINK, (sqe, at) -> Sqe.prepCancelFd(sqe, at, pair.here()));
    ring.stage(CLOSE, SqeFlags.ASYNC, (sqe, at) -> Sqe.prepClose(sqe, at, pair.here())).submit();
    assertEquals(-Errno.ECANCELED, ring.result(WORK));
    assertEquals(0, ring.result(CLOSE));
    sockets.closed(pair.here());
    RawSockets.linger(pair.there(), 0);
    sockets.close(pair.there());
  }

  // ---- unread data: K-19

  @Test
  void aCloseWithUnreadDataResetsThePeer() {
    RawSockets.Pair pair = sockets.tcpPair();
    RawSockets.send(pair.there(), "unread");
    Await.until("it has come", () -> !RawSockets.isQuiet(pair.here()));
    ring.stage(CLOSE, (sqe, at) -> Sqe.prepClose(sqe, at, pair.here())).submit();
    assertEquals(0, ring.result(CLOSE));
    sockets.closed(pair.here());
    assertEquals("ECONNRESET", RawSockets.receive(pair.there()));
  }

  @Test
  void aShutdownBeforeTheCloseLetsThePeerSeeTheEndOfTheStream() {
    RawSockets.Pair pair = sockets.tcpPair();
    RawSockets.send(pair.there(), "unread");
    assertEquals(0, SystemCalls.shutdown(pair.here(), Constants.SHUT_WR));
    ring.stage(CLOSE, (sqe, at) -> Sqe.prepClose(sqe, at, pair.here())).submit();
    assertEquals(0, ring.result(CLOSE));
    sockets.closed(pair.here());
    assertEquals("", RawSockets.receive(pair.there()));
  }

  // ---- shutdown in a chain: K-20

  @Test
  void aShutdownThatFailsDoesNotBreakItsLink() {
    int unconnected = sockets.tcpSocket();
    ring.stage(WORK, SqeFlags.IO_LINK, (sqe, at) -> Sqe.prepShutdown(sqe, at, unconnected, Constants.SHUT_WR));
    ring.stage(NEXT, Sqe::prepNop).submit();
    assertEquals(-Errno.ENOTCONN, ring.result(WORK));
    assertEquals(0, ring.result(NEXT));
  }

  // ---- the end of a listener: K-80

  @Test
  void aListenerListensAsLongAsItsFileIsHeldAndAShutdownOfReadingEndsThat() {
    int listener = sockets.listener(4);
    int held = sockets.own(SystemCalls.dup(listener));
    ring.stage(CLOSE, (sqe, at) -> Sqe.prepClose(sqe, at, listener)).submit();
    assertEquals(0, ring.result(CLOSE));
    sockets.closed(listener);
    sockets.connect(held);
    MemorySegment address = RawSockets.addressOf(held);
    assertEquals(0, SystemCalls.shutdown(held, Constants.SHUT_RD));
    int refused = sockets.tcpSocket();
    int connected = SystemCalls.connect(refused, address.address(), (int) address.byteSize());
    assertEquals(-Errno.ECONNREFUSED, connected);
  }

  @Test
  void aPortIsFreeForAnotherListenerWhereTheOneBeforeIsShutDownAndHeld() {
    // Asked for by number, as it is by who starts again, and nobody else's meanwhile.
    int keeper = sockets.reusingSocket();
    assertEquals(0, RawSockets.bind(keeper, 0));
    int port = RawSockets.portOf(keeper);
    int listener = sockets.reusingSocket();
    assertEquals(0, RawSockets.bind(listener, port));
    assertEquals(0, SystemCalls.listen(listener, 4));
    int next = sockets.reusingSocket();
    assertEquals(-Errno.EADDRINUSE, RawSockets.bind(next, port));
    assertEquals(0, SystemCalls.shutdown(listener, Constants.SHUT_RD));
    assertEquals(0, RawSockets.bind(next, port));
    assertEquals(0, SystemCalls.listen(next, 4));
    sockets.connect(next);
  }

  // ---- a full table of descriptors: K-23

  /** Accepts on a listener that nobody connects to: with room in the table, and with none. */
  static final class FullTable {
    public static void main(String[] args) {
      try (RawRing ring = RawRing.open(); RawSockets sockets = new RawSockets()) {
        int listener = sockets.listener(4);
        stageAccept(ring, WORK, listener);
        ring.submit();
        // Whatever else has to be loaded is loaded before the table is full.
        ring.stage(CLOSE, Sqe::prepNop).submit();
        ring.result(CLOSE);
        System.out.println("with room: " + (ring.isCompleted(WORK) ? ring.result(WORK) : "waits"));
        List<Integer> filling = new ArrayList<>();
        int fd = SystemCalls.dup(listener);
        while (fd >= 0) {
          filling.add(fd);
          fd = SystemCalls.dup(listener);
        }
        stageAccept(ring, NEXT, listener);
        ring.submit();
        int full = ring.result(NEXT);
        filling.forEach(SystemCalls::close);
        System.out.println("full: " + Errno.name(-full));
      }
    }

    private static void stageAccept(RawRing ring, int userData, int listener) {
      ring.stage(userData, (sqe, at) -> Sqe.prepAccept(sqe, at, listener, 0, 0, Constants.SOCK_CLOEXEC));
    }
  }

  @Test
  void anAcceptWithNoDescriptorLeftFailsAtOnceAlthoughNobodyConnects() {
    String said = ChildJvm.of(FullTable.class)
        .maxDescriptors(256)
        .run()
        .succeeded();
    assertEquals(List.of("with room: waits", "full: EMFILE"), said.lines().toList());
  }

  // ---- a peer that is gone: K-24

  @Test
  void aSendWithoutSignalToAPeerThatIsGoneAnswersEpipe() {
    RawSockets.Pair pair = sockets.unixPair();
    sockets.close(pair.there());
    MemorySegment text = RawRing.memory(8);
    ring.stage(WORK, (sqe, at) -> Sqe.prepSend(sqe, at, pair.here(), text.address(), 8, Constants.MSG_NOSIGNAL));
    ring.submit();
    assertEquals(-Errno.EPIPE, ring.result(WORK));
  }
}
