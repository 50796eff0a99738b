package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.sys.Constants;
import io.loomring.sys.EpollEventLayout;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.Foreign;
import io.loomring.testkit.RunsOnce;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What polls report, and when they end (K-70 to K-74, K-76). */
@RunsOnce(RunsOnce.NO_DRIVER)
class ReadinessFactsTest {
  private static final int WORK = 1;
  private static final int CANCEL = 2;

  private final Foreign foreign = new Foreign();
  private final RawSockets sockets = new RawSockets();

  @AfterEach
  void close() {
    foreign.close();
    sockets.close();
  }

  private static List<RawRing.Cqe> work(RawRing ring) {
    return ring.reap().stream().filter(cqe -> cqe.userData() == WORK).toList();
  }

  private static List<RawRing.Cqe> work(RawRing ring, int count) {
    Await.until(() -> count + " completions, not " + ring.reap(), () -> work(ring).size() >= count);
    return work(ring);
  }

  // ---- K-70

  @Test
  void anEpollSetKnowsItsMembersByNumberAndFileTogether() {
    int epoll = SystemCalls.epollCreate();
    MemorySegment event = RawRing.memory(EpollEventLayout.BYTES_MAX);
    int fd = foreign.eventfd();
    int other = foreign.eventfd();
    try (RawRing ring = RawRing.open()) {
      assertEquals(0, SystemCalls.epollCtl(epoll, Constants.EPOLL_CTL_ADD, fd, event.address()));
      assertEquals(-Errno.EEXIST, SystemCalls.epollCtl(epoll, Constants.EPOLL_CTL_ADD, fd, event.address()));
      assertEquals(0, SystemCalls.epollCtl(epoll, Constants.EPOLL_CTL_MOD, fd, event.address()));
      // The poll holds the file, so that the set does not lose it.
      ring.stage(WORK, (sqe, at) -> Sqe.prepPollAdd(sqe, at, fd, Constants.POLLIN)).submit();
      Foreign.replace(fd, other);
      assertEquals(-Errno.ENOENT, SystemCalls.epollCtl(epoll, Constants.EPOLL_CTL_MOD, fd, event.address()));
      foreign.close(fd);
      assertEquals(-Errno.EBADF, SystemCalls.epollCtl(epoll, Constants.EPOLL_CTL_MOD, fd, event.address()));
    } finally {
      SystemCalls.close(epoll);
    }
  }

  @Test
  void anEpollSetRefusesARegularFile(@TempDir Path directory) throws Exception {
    int epoll = SystemCalls.epollCreate();
    int file = foreign.file(Files.createFile(directory.resolve("file")));
    MemorySegment event = RawRing.memory(EpollEventLayout.BYTES_MAX);
    assertEquals(-Errno.EPERM, SystemCalls.epollCtl(epoll, Constants.EPOLL_CTL_ADD, file, event.address()));
    SystemCalls.close(epoll);
  }

  // ---- K-71

  @Test
  void theRemovalOfAPollThatWasWokenJustNowAnswersEalreadyAndOneThatReportsAgainAndAgainGoesOn() {
    int fd = foreign.eventfd();
    Foreign.signal(fd);
    try (RawRing ring = RawRing.open()) {
      ring.stage(WORK, (sqe, at) -> Sqe.prepMultishotPoll(sqe, at, fd, Constants.POLLIN));
      ring.stage(CANCEL, (sqe, at) -> Sqe.prepPollRemove(sqe, at, WORK)).submit();
      assertEquals(-Errno.EALREADY, ring.result(CANCEL));
      assertTrue(work(ring, 1).getFirst().hasMore());
      ring.stage(CANCEL + 1, (sqe, at) -> Sqe.prepPollRemove(sqe, at, WORK)).submit();
      assertEquals(0, ring.result(CANCEL + 1));
      assertEquals(-Errno.ECANCELED, work(ring, 2).getLast().result());
    }
  }

  // ---- K-72

  @Test
  void aMultishotPollReportsEachArrivalWhetherTheOnesBeforeWereReadOrNot() {
    Foreign.Two pipe = foreign.pipe();
    Foreign.Two sockets = foreign.sockets();
    for (Foreign.Two two : List.of(pipe, sockets)) {
      try (RawRing ring = RawRing.open()) {
        ring.stage(WORK, (sqe, at) -> Sqe.prepMultishotPoll(sqe, at, two.first(), Constants.POLLIN)).submit();
        for (int i = 1; i <= 100; i++) {
          foreign.write(two.second(), 1);
          RawRing.Cqe seen = work(ring, i).getLast();
          assertTrue(seen.hasMore());
          assertEquals(Constants.POLLIN, seen.result());
        }
        assertEquals(100, work(ring).size());
      }
    }
  }

  @Test
  void arrivalsBeforeTheOwnerOfTheRingLooksAreOneCompletion() {
    int fd = foreign.eventfd();
    try (RawRing ring = RawRing.open(SetupFlags.SINGLE_ISSUER | SetupFlags.DEFER_TASKRUN)) {
      ring.stage(WORK, (sqe, at) -> Sqe.prepMultishotPoll(sqe, at, fd, Constants.POLLIN)).submit();
      ring.reap();
      for (int i = 0; i < 10; i++) {
        Foreign.signal(fd);
      }
      assertEquals(1, work(ring, 1).size());
      Foreign.signal(fd);
      assertEquals(2, work(ring, 2).size());
    }
  }

  // ---- K-73

  @Test
  void anErrorAndAHangUpAreReportedToWhoeverWaitsForAnything() {
    Foreign.Two first = foreign.pipe();
    Foreign.Two second = foreign.pipe();
    try (RawRing ring = RawRing.open()) {
      ring.stage(WORK, (sqe, at) -> Sqe.prepPollAdd(sqe, at, first.first(), Constants.POLLPRI)).submit();
      foreign.close(first.second());
      assertEquals(Constants.POLLHUP, ring.result(WORK));
      ring.forget();
      ring.stage(WORK, (sqe, at) -> Sqe.prepMultishotPoll(sqe, at, second.second(), Constants.POLLPRI)).submit();
      foreign.close(second.first());
      assertEquals(Constants.POLLERR, work(ring, 1).getFirst().result());
    }
  }

  // ---- K-74

  @Test
  void aPollOfANumberThatIsNotOpenAnswersEbadf() {
    int fd = foreign.eventfd();
    try (RawRing ring = RawRing.open()) {
      foreign.close(fd);
      ring.stage(WORK, (sqe, at) -> Sqe.prepPollAdd(sqe, at, fd, Constants.POLLIN)).submit();
      assertEquals(-Errno.EBADF, ring.result(WORK));
    }
  }

  @Test
  void aPollForPriorityAloneIsNotWokenByASocketAndFindsWhatWasThereBefore() {
    RawSockets.Pair pair = sockets.tcpPair();
    try (RawRing ring = RawRing.open()) {
      ring.stage(WORK, (sqe, at) -> Sqe.prepPollAdd(sqe, at, pair.here(), Constants.POLLPRI)).submit();
      foreign.urge(pair.there());
      Await.until("it is there", () -> (SystemCalls.pollNow(pair.here(), Constants.POLLPRI) & Constants.POLLPRI) != 0);
      assertFalse(ring.isCompleted(WORK));
      ring.stage(CANCEL, (sqe, at) -> Sqe.prepPollAdd(sqe, at, pair.here(), Constants.POLLPRI)).submit();
      assertEquals(Constants.POLLPRI, ring.result(CANCEL));
    }
  }

  @Test
  void oneForPriorityOrAnotherBandIsWokenByUrgentDataAndByAnyOther() {
    int events = Constants.POLLPRI | Constants.POLLRDBAND;
    RawSockets.Pair pair = sockets.tcpPair();
    try (RawRing ring = RawRing.open()) {
      ring.stage(WORK, (sqe, at) -> Sqe.prepMultishotPoll(sqe, at, pair.here(), events)).submit();
      RawSockets.send(pair.there(), "x");
      assertTrue((work(ring, 1).getFirst().result() & Constants.POLLRDBAND) != 0);
      assertEquals(0, SystemCalls.pollNow(pair.here(), Constants.POLLPRI));
      foreign.urge(pair.there());
      assertTrue((work(ring, 2).getLast().result() & Constants.POLLPRI) != 0);
      assertEquals(Constants.POLLPRI, SystemCalls.pollNow(pair.here(), Constants.POLLPRI));
    }
  }

  // ---- K-76

  @Test
  void aPollForNothingTellsAFileThatCannotBeWaitedFor(@TempDir Path directory) throws Exception {
    int file = foreign.file(Files.createFile(directory.resolve("file")));
    int event = foreign.eventfd();
    try (RawRing ring = RawRing.open()) {
      ring.stage(WORK, (sqe, at) -> Sqe.prepPollAdd(sqe, at, file, 0)).submit();
      assertEquals(-Errno.EINVAL, ring.result(WORK));
      ring.stage(CANCEL, (sqe, at) -> Sqe.prepPollAdd(sqe, at, event, 0)).submit();
      Foreign.signal(event);
      assertFalse(ring.isCompleted(CANCEL));
    }
  }
}
