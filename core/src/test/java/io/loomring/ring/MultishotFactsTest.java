package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.buffer.BufferGroup;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.RunsOnce;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How operations that complete again and again do so, and how they end (K-50 to K-53). */
@RunsOnce(RunsOnce.NO_DRIVER)
class MultishotFactsTest {
  private static final int WORK = 1;
  private static final int CANCEL = 2;
  private static final int GROUP = 7;

  private final RawSockets sockets = new RawSockets();

  @AfterEach
  void close() {
    sockets.close();
  }

  private static BufferGroup register(RawRing ring, int count, int bytes, int flags) {
    BufferGroup group = new BufferGroup(GROUP, count, bytes);
    MemorySegment registration = RawRing.memory(40);
    registration.set(ValueLayout.JAVA_LONG, 0, group.address());
    registration.set(ValueLayout.JAVA_INT, 8, count);
    registration.set(ValueLayout.JAVA_SHORT, 12, (short) GROUP);
    registration.set(ValueLayout.JAVA_SHORT, 14, (short) flags);
    assertEquals(0, ring.ring().register(RegisterOps.REGISTER_PBUF_RING, registration.address(), 1));
    return group;
  }

  private static List<RawRing.Cqe> work(RawRing ring, int count) {
    Await.until(() -> count + " completions, not " + ring.reap(), () ->
        ring.reap().stream().filter(cqe -> cqe.userData() == WORK).count() >= count);
    return ring.reap().stream().filter(cqe -> cqe.userData() == WORK).toList();
  }

  private static void arm(RawRing ring, int fd) {
    ring.stage(WORK, SqeFlags.BUFFER_SELECT, (sqe, at) -> Sqe.prepMultishotRecv(sqe, at, fd, GROUP)).submit();
  }

  /** Counts a completion in, and answers the bytes that it brought. */
  private static String text(BufferGroup group, RawRing.Cqe cqe) {
    int number = cqe.flags() >>> CqeFlags.BUFFER_SHIFT;
    int offset = group.arrived(number, cqe.result(), (cqe.flags() & CqeFlags.BUF_MORE) != 0);
    byte[] bytes = group.slice(number, offset, cqe.result()).toArray(ValueLayout.JAVA_BYTE);
    return new String(bytes, StandardCharsets.US_ASCII);
  }

  // ---- K-50

  @Test
  void aMultishotReceivePutsEachMessageIntoABufferOfItsOwnAndNamesIt() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.unixPair();
      BufferGroup group = register(ring, 4, 64, 0);
      arm(ring, pair.here());
      RawSockets.send(pair.there(), "one");
      RawRing.Cqe first = work(ring, 1).getFirst();
      RawSockets.send(pair.there(), "two");
      RawRing.Cqe second = work(ring, 2).getLast();
      assertTrue(first.hasMore() && second.hasMore());
      assertTrue((first.flags() & CqeFlags.BUFFER) != 0);
      assertTrue(first.flags() >>> CqeFlags.BUFFER_SHIFT != second.flags() >>> CqeFlags.BUFFER_SHIFT);
      assertEquals("one", text(group, first));
      assertEquals("two", text(group, second));
    }
  }

  @Test
  void whereNoBufferIsLeftItEndsWithEnobufsAndTheBytesStay() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.unixPair();
      BufferGroup group = register(ring, 1, 4, 0);
      arm(ring, pair.here());
      RawSockets.send(pair.there(), "12345678");
      List<RawRing.Cqe> both = work(ring, 2);
      assertEquals("1234", text(group, both.get(0)));
      assertEquals(-Errno.ENOBUFS, both.get(1).result());
      assertFalse(both.get(1).hasMore());
      ring.forget();
      group.release(both.get(0).flags() >>> CqeFlags.BUFFER_SHIFT);
      arm(ring, pair.here());
      assertEquals("5678", text(group, work(ring, 1).getFirst()));
    }
  }

  @Test
  void theEndOfTheStreamIsItsLastCompletion() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.unixPair();
      register(ring, 4, 64, 0);
      arm(ring, pair.here());
      sockets.close(pair.there());
      RawRing.Cqe only = work(ring, 1).getFirst();
      assertEquals(0, only.result());
      assertFalse(only.hasMore());
    }
  }

  // ---- K-51

  @Test
  void withIncrementalUseMessagesShareABufferUntilItIsFull() {
    try (RawRing ring = RawRing.open()) {
      RawSockets.Pair pair = sockets.unixPair();
      BufferGroup group = register(ring, 2, 8, RegisterOps.PBUF_RING_INC);
      arm(ring, pair.here());
      RawSockets.send(pair.there(), "abc");
      RawRing.Cqe first = work(ring, 1).getFirst();
      assertTrue((first.flags() & CqeFlags.BUF_MORE) != 0);
      RawSockets.send(pair.there(), "defgh");
      RawRing.Cqe second = work(ring, 2).getLast();
      assertEquals(first.flags() >>> CqeFlags.BUFFER_SHIFT, second.flags() >>> CqeFlags.BUFFER_SHIFT);
      assertEquals(0, second.flags() & CqeFlags.BUF_MORE);
      assertEquals("abc", text(group, first));
      assertEquals("defgh", text(group, second));
    }
  }

  // ---- K-52

  @Test
  void aMultishotTimeoutGoesOffAsOftenAsAskedForAndThenEnds() {
    try (RawRing ring = RawRing.open()) {
      long timespec = RawRing.timespec(2);
      ring.stage(WORK, (sqe, at) -> Sqe.prepMultishotTimeout(sqe, at, timespec, 3)).submit();
      List<RawRing.Cqe> all = work(ring, 3);
      assertEquals(List.of(-Errno.ETIME, -Errno.ETIME, -Errno.ETIME), all.stream().map(RawRing.Cqe::result).toList());
      assertEquals(List.of(true, true, false), all.stream().map(RawRing.Cqe::hasMore).toList());
    }
  }

  @Test
  void aMultishotReadOfAFileThatCannotBeWaitedForEndsWithEbadfd() {
    try (RawRing ring = RawRing.open()) {
      register(ring, 4, 64, 0);
      MemorySegment path = RawRing.memory(64);
      path.setString(0, "/proc/self/exe");
      ring.stage(CANCEL, (sqe, at) ->
          Sqe.prepOpenat(sqe, at, Constants.AT_FDCWD, path.address(), Constants.O_CLOEXEC, 0)).submit();
      int file = sockets.own(ring.result(CANCEL));
      ring.stage(WORK, SqeFlags.BUFFER_SELECT, (sqe, at) -> Sqe.prepMultishotRead(sqe, at, file, GROUP)).submit();
      assertEquals(-Errno.EBADFD, ring.result(WORK));
    }
  }

  // ---- K-53

  @Test
  void aRestrictedRingRegistersBuffersOnlyWhereThatIsAllowed() {
    try (RawRing ring = RawRing.open(new RingOptions(8, 16, 0, Set.of(Opcode.NOP, Opcode.RECV)))) {
      register(ring, 4, 64, 0);
      MemorySegment registration = RawRing.memory(40);
      registration.set(ValueLayout.JAVA_SHORT, 12, (short) GROUP);
      assertEquals(0, ring.ring().register(RegisterOps.UNREGISTER_PBUF_RING, registration.address(), 1));
      assertEquals(
          -Errno.EACCES, ring.ring().register(RegisterOps.REGISTER_PBUF_STATUS, registration.address(), 1));
    }
  }

  @Test
  void onASingleIssuersRingOnlyItsThreadRegisters() throws InterruptedException {
    try (RawRing ring = RawRing.bare(8, 16, SetupFlags.SINGLE_ISSUER)) {
      MemorySegment registration = RawRing.memory(40);
      int[] answer = new int[1];
      Thread other = Thread.ofPlatform().start(() -> answer[0] = SystemCalls.ioUringRegister(
          ring.ring().fd(), RegisterOps.UNREGISTER_PBUF_RING, registration.address(), 1));
      other.join();
      assertEquals(-Errno.EEXIST, answer[0]);
    }
  }

  @Test
  void aCancelledMultishotAcceptLeavesWhatComesLaterInTheBacklog() {
    try (RawRing ring = RawRing.open()) {
      int listener = sockets.listener(16);
      ring.stage(WORK, (sqe, at) -> Sqe.prepMultishotAccept(sqe, at, listener)).submit();
      sockets.connect(listener);
      sockets.own(work(ring, 1).getFirst().result());
      ring.stage(CANCEL, (sqe, at) -> Sqe.prepCancel(sqe, at, WORK)).submit();
      assertEquals(-Errno.ECANCELED, work(ring, 2).getLast().result());
      ring.forget();
      sockets.connect(listener);
      ring.stage(WORK, (sqe, at) -> Sqe.prepMultishotAccept(sqe, at, listener)).submit();
      assertTrue(sockets.own(work(ring, 1).getFirst().result()) >= 0);
    }
  }
}
