package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.UringUnavailableException;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.StatxLayout;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.RunsOnce;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How the table of direct descriptors behaves (K-21, K-22, K-65 to K-69). */
@RunsOnce(RunsOnce.NO_DRIVER)
class DirectFactsTest {
  private static final int WORK = 1;
  private static final int OTHER = 2;
  private static final int CANCEL = 3;
  private static final int CLOSE = 4;
  private static final int SLOTS = 2;

  private final RawRing ring = open(SLOTS);
  private final RawSockets sockets = new RawSockets();

  private static RawRing open(int slots) {
    return RawRing.open(new RingOptions(64, 128, 0, Set.of()).withDirectDescriptors(slots));
  }

  @AfterEach
  void close() {
    ring.close();
    sockets.close();
  }

  /** Submits one entry, and answers the result of its completion. */
  private int run(int flags, RawRing.Encoder encoder) {
    ring.forget();
    ring.stage(WORK, flags, encoder).submit();
    int result = ring.result(WORK);
    ring.forget();
    return result;
  }

  private int intoTable(int fd) {
    MemorySegment number = RawRing.memory(8);
    number.set(ValueLayout.JAVA_INT, 0, fd);
    assertEquals(1, run(0, (sqe, at) -> Sqe.prepFilesUpdateAlloc(sqe, at, number.address(), 1)));
    return number.get(ValueLayout.JAVA_INT, 0);
  }

  private int directSocket(int typeFlags) {
    return run(0, (sqe, at) -> {
      Sqe.prepSocket(sqe, at, Constants.AF_INET, Constants.SOCK_STREAM | typeFlags, 0);
      Sqe.intoTable(sqe, at);
    });
  }

  private int close(int slot) {
    return run(0, (sqe, at) -> Sqe.prepCloseDirect(sqe, at, slot));
  }

  private void stageRecv(int userData, int fd, int flags) {
    MemorySegment into = RawRing.memory(16);
    ring.stage(userData, flags, (sqe, at) -> Sqe.prepRecv(sqe, at, fd, into.address(), 16, 0)).submit();
    assertFalse(ring.isCompleted(userData));
  }

  private static MemorySegment path(String path) {
    byte[] bytes = path.getBytes(StandardCharsets.US_ASCII);
    MemorySegment memory = RawRing.memory(bytes.length + 1);
    MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return memory;
  }

  // ---- closing: K-21

  @Test
  void aCloseByTheSlotAloneEmptiesIt() {
    int slot = directSocket(0);
    assertEquals(0, close(slot));
    assertEquals(-Errno.EBADF, close(slot));
  }

  @Test
  void aCloseWithTheFlagForFixedFilesIsRefused() {
    int slot = directSocket(0);
    assertEquals(-Errno.EBADF, run(SqeFlags.FIXED_FILE, (sqe, at) -> Sqe.prepClose(sqe, at, slot)));
    assertEquals(-Errno.EBADF, run(SqeFlags.FIXED_FILE, (sqe, at) -> Sqe.prepCloseDirect(sqe, at, slot)));
    assertEquals(0, close(slot));
  }

  @Test
  void theCloseChainEndsWhatIsPendingOnTheSlotAndThePeerSeesTheEnd() {
    RawSockets.Pair pair = sockets.unixPair();
    int slot = intoTable(pair.here());
    sockets.close(pair.here());
    stageRecv(OTHER, slot, SqeFlags.FIXED_FILE);
    ring.stage(CANCEL, SqeFlags.IO_HARDLINK, (sqe, at) -> Sqe.prepCancelDirect(sqe, at, slot));
    ring.stage(CLOSE, (sqe, at) -> Sqe.prepCloseDirect(sqe, at, slot)).submit();
    assertEquals(1, ring.result(CANCEL));
    assertEquals(-Errno.ECANCELED, ring.result(OTHER));
    assertEquals(0, ring.result(CLOSE));
    assertEquals("", RawSockets.receive(pair.there()));
  }

  @Test
  void aCancelByDescriptorTakesTheSlotsNumberForOneOfTheProcess() {
    RawSockets.Pair pair = sockets.unixPair();
    int slot = intoTable(pair.here());
    stageRecv(OTHER, slot, SqeFlags.FIXED_FILE);
    // Zero and one are open in every process, and nothing is pending on them.
    assertTrue(slot < 2);
    assertEquals(0, run(0, (sqe, at) -> Sqe.prepCancelFd(sqe, at, slot)));
    assertFalse(ring.isCompleted(OTHER));
  }

  // ---- slots: K-22

  @Test
  void aFullTableAnswersEnfileAndASlotIsFreeAgainAtTheCompletionOfItsClose() {
    int first = directSocket(0);
    int second = directSocket(0);
    assertEquals(1, first + second);
    assertEquals(-Errno.ENFILE, directSocket(0));
    assertEquals(0, close(first));
    assertEquals(first, directSocket(0));
  }

  @Test
  void closeOnExecDoesNotGoWithASlot() {
    assertEquals(-Errno.EINVAL, directSocket(Constants.SOCK_CLOEXEC));
    int listener = sockets.listener(1);
    assertEquals(-Errno.EINVAL, run(0, (sqe, at) -> {
      Sqe.prepAccept(sqe, at, listener, 0, 0, Constants.SOCK_CLOEXEC);
      Sqe.intoTable(sqe, at);
    }));
    MemorySegment path = path("/proc/self/status");
    assertEquals(-Errno.EINVAL, run(0, (sqe, at) -> {
      Sqe.prepOpenat(sqe, at, Constants.AT_FDCWD, path.address(), Constants.O_CLOEXEC, 0);
      Sqe.intoTable(sqe, at);
    }));
  }

  // ---- opening into a slot by its number: K-77

  @Test
  void anOpenIntoASlotThatIsTakenReplacesWhatIsThereAndTheEntryBehindItFindsIt() {
    int nothing = SystemCalls.epollCreate();
    MemorySegment number = RawRing.memory(8);
    number.set(ValueLayout.JAVA_INT, 0, nothing);
    MemorySegment into = RawRing.memory(8);
    MemorySegment path = path("/proc/self/status");
    int slot = intoTable(nothing);
    ring.stage(WORK, SqeFlags.IO_LINK, (sqe, at) -> {
      Sqe.prepOpenat(sqe, at, Constants.AT_FDCWD, path.address(), 0, 0);
      Sqe.intoSlot(sqe, at, slot);
    });
    ring.stage(OTHER, SqeFlags.IO_LINK | SqeFlags.FIXED_FILE,
        (sqe, at) -> Sqe.prepRead(sqe, at, slot, into.address(), 8, 0));
    ring.stage(CLOSE, (sqe, at) -> Sqe.prepFilesUpdate(sqe, at, number.address(), 1, slot)).submit();
    assertEquals(0, ring.result(WORK));
    assertEquals(8, ring.result(OTHER));
    assertEquals('N', into.get(ValueLayout.JAVA_BYTE, 0));
    assertEquals(1, ring.result(CLOSE));
    ring.forget();
    // It was never free meanwhile.
    int other = directSocket(0);
    assertEquals(1, slot + other);
    assertEquals(-Errno.ENFILE, directSocket(0));
    SystemCalls.close(nothing);
  }

  // ---- the table: K-65

  @Test
  void aTableOfMoreSlotsThanTheLimitOfDescriptorsIsRefused() {
    long limit = SystemCalls.softLimit(Constants.RLIMIT_NOFILE);
    try (RawRing bare = RawRing.open()) {
      int most = (int) Math.min(limit, RingOptions.MAX_DIRECT_DESCRIPTORS);
      MemorySegment table = RawRing.memory(32);
      table.set(ValueLayout.JAVA_INT, 0, most + 1);
      table.set(ValueLayout.JAVA_INT, 4, RegisterOps.RSRC_REGISTER_SPARSE);
      assertEquals(-Errno.EMFILE, bare.ring().register(RegisterOps.REGISTER_FILES2, table.address(), 32));
      table.set(ValueLayout.JAVA_INT, 0, most);
      assertEquals(0, bare.ring().register(RegisterOps.REGISTER_FILES2, table.address(), 32));
    }
    if (limit < RingOptions.MAX_DIRECT_DESCRIPTORS) {
      int tooMany = (int) limit + 1;
      String words = assertThrows(UringUnavailableException.class, () -> open(tooMany)).getMessage();
      assertTrue(words.contains(tooMany + " direct descriptors") && words.contains("RLIMIT_NOFILE"), words);
    }
  }

  // ---- accepting into a full table: K-66

  @Test
  void anAcceptThatFindsNoSlotHasTakenTheConnectionAndDropsIt() {
    directSocket(0);
    directSocket(0);
    int listener = sockets.listener(2);
    ring.stage(OTHER, (sqe, at) -> {
      Sqe.prepAccept(sqe, at, listener, 0, 0, 0);
      Sqe.intoTable(sqe, at);
    }).submit();
    assertFalse(ring.isCompleted(OTHER), "an accept into a full table waits all the same");
    int client = sockets.connect(listener);
    assertEquals(-Errno.ENFILE, ring.result(OTHER));
    assertEquals("", RawSockets.receive(client));
    ring.stage(CANCEL, (sqe, at) -> Sqe.prepPollAdd(sqe, at, listener, Constants.POLLIN)).submit();
    assertFalse(ring.isCompleted(CANCEL), "the connection is in the backlog still");
  }

  // ---- whom the flag means something to: K-67

  @Test
  void pathsAreNotRelativeToADirectDirectory() {
    int slot = run(0, (sqe, at) -> {
      Sqe.prepOpenat(sqe, at, Constants.AT_FDCWD, path("/proc/self").address(), Constants.O_DIRECTORY, 0);
      Sqe.intoTable(sqe, at);
    });
    assertTrue(slot >= 0);
    MemorySegment status = RawRing.memory(StatxLayout.BYTES);
    MemorySegment name = path("status");
    assertEquals(-Errno.EBADF, run(SqeFlags.FIXED_FILE, (sqe, at) ->
        Sqe.prepOpenat(sqe, at, slot, name.address(), 0, 0)));
    assertEquals(-Errno.EBADF, run(SqeFlags.FIXED_FILE, (sqe, at) ->
        Sqe.prepStatx(sqe, at, slot, name.address(), 0, Constants.STATX_BASIC_STATS, status.address())));
    assertEquals(-Errno.EBADF, run(SqeFlags.FIXED_FILE, (sqe, at) ->
        Sqe.prepMkdirat(sqe, at, slot, name.address(), 0700)));
  }

  @Test
  void anEpollControlTakesASlotForANumberOfTheProcess() {
    RawSockets.Pair pair = sockets.unixPair();
    int epoll = sockets.own(SystemCalls.epollCreate());
    int slot = intoTable(epoll);
    assertNotEquals(epoll, slot);
    MemorySegment event = RawRing.memory(16);
    // Standard input or output, which is no epoll.
    assertEquals(-Errno.EINVAL, run(SqeFlags.FIXED_FILE, (sqe, at) ->
        Sqe.prepEpollCtl(sqe, at, slot, pair.here(), 1, event.address())));
    assertEquals(0, run(SqeFlags.FIXED_FILE, (sqe, at) ->
        Sqe.prepEpollCtl(sqe, at, epoll, pair.here(), 1, event.address())));
  }

  // ---- from one kind to the other: K-68

  @Test
  void anUpdateAnswersHowManyAndPutsTheSlotsWhereTheNumbersWere() {
    RawSockets.Pair pair = sockets.unixPair();
    MemorySegment numbers = RawRing.memory(8);
    numbers.set(ValueLayout.JAVA_INT, 0, pair.here());
    numbers.set(ValueLayout.JAVA_INT, 4, pair.there());
    assertEquals(2, run(0, (sqe, at) -> Sqe.prepFilesUpdateAlloc(sqe, at, numbers.address(), 2)));
    assertEquals(1, numbers.get(ValueLayout.JAVA_INT, 0) + numbers.get(ValueLayout.JAVA_INT, 4));
  }

  @Test
  void aSlotIsInstalledAsANumberThatClosesOnExecAndOnlyWithTheFlagForFixedFiles() {
    int slot = directSocket(0);
    assertEquals(-Errno.EBADF, run(0, (sqe, at) -> Sqe.prepFixedFdInstall(sqe, at, slot, 0)));
    int number = sockets.own(run(SqeFlags.FIXED_FILE, (sqe, at) -> Sqe.prepFixedFdInstall(sqe, at, slot, 0)));
    assertEquals(1, SystemCalls.fcntl(number, Constants.F_GETFD, 0));
    assertEquals(0, close(slot));
    assertTrue(RawSockets.isOpen(number));
  }

  @Test
  void aDirectPipeComesAsTwoSlotsInMemory() {
    MemorySegment ends = RawRing.memory(8);
    assertEquals(0, run(0, (sqe, at) -> {
      Sqe.prepPipe(sqe, at, ends.address(), 0);
      Sqe.intoTable(sqe, at);
    }));
    assertEquals(1, ends.get(ValueLayout.JAVA_INT, 0) + ends.get(ValueLayout.JAVA_INT, 4));
  }

  // ---- one file under two names: K-69

  @Test
  void aCancelByASlotHitsOperationsOnARegularDescriptorOfTheSameFile() {
    RawSockets.Pair pair = sockets.unixPair();
    int slot = intoTable(pair.here());
    stageRecv(OTHER, pair.here(), 0);
    assertEquals(1, run(0, (sqe, at) -> Sqe.prepCancelDirect(sqe, at, slot)));
    // Forgotten with the rest, and so taken again from a ring that has seen all: nothing is pending any more.
    assertEquals(0, run(0, (sqe, at) -> Sqe.prepCancelDirect(sqe, at, slot)));
  }
}
