package io.loomring.ready;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.CallerDriven;
import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.error.PrematureCloseException;
import io.loomring.error.RingDeadException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Foreign;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who waits for a descriptor to be ready is told when it is, and when it never will be. */
class ReadinessQueueTest extends UringTest {
  private static final Waiter NOTHING = ready -> { };
  private static final int ARRIVALS = 1_000;

  private final Foreign foreign = new Foreign();
  private ReadinessQueue queue;

  @BeforeEach
  void openQueue() throws IOException {
    queue = uring.polling().readinessQueue();
  }

  @AfterEach
  void closeQueue() throws IOException {
    queue.close();
    foreign.close();
  }

  private static List<Integer> ids(List<Ready> found) {
    return found.stream().map(Ready::id).sorted().toList();
  }

  private void awaitPolls(int count) {
    Await.untilInFlight(uring, OperationKind.POLL, count);
  }

  // ---- threads that wait

  @Test
  void aThreadIsParkedUntilADescriptorOfAnothersIsReadable() throws IOException {
    int event = foreign.eventfd();
    Caller virtual = Caller.virtual(() -> queue.await(event, Interest.READABLE).id());
    awaitPolls(1);
    Await.untilParked(virtual.thread());
    Foreign.signal(event);
    assertEquals(event, virtual.value());
    Foreign.drain(event);
    Caller platform = Caller.platform(() -> queue.await(event, Interest.READABLE, Await.LIMIT).isReady());
    awaitPolls(1);
    Await.untilParked(platform.thread());
    Foreign.signal(event);
    assertEquals(true, platform.value());
  }

  @Test
  void aTimeoutOfZeroAsksWhetherItIsReadyNow() throws IOException {
    int event = foreign.eventfd();
    assertThrows(OperationTimeoutException.class, () -> queue.await(event, Interest.READABLE, Duration.ZERO));
    Foreign.signal(event);
    assertTrue(queue.await(event, Interest.READABLE, Duration.ZERO).isReady());
    assertThrows(
        OperationTimeoutException.class, () -> queue.await(foreign.eventfd(), Interest.READABLE, Duration.ofMillis(5)));
    assertEquals(1, Foreign.drain(event), "what is there stays there");
  }

  @Test
  void anInterruptEndsAVirtualThreadThatWaitsWithTheFlagSet() {
    int event = foreign.eventfd();
    Caller waiter = Caller.virtual(() -> {
      assertThrows(OperationInterruptedException.class, () -> queue.await(event, Interest.READABLE));
      return Thread.interrupted();
    });
    awaitPolls(1);
    waiter.thread().interrupt();
    assertEquals(true, waiter.value());
  }

  @Test
  void anInterruptDoesNotEndAPlatformThreadThatWaits() {
    int event = foreign.eventfd();
    Caller waiter = Caller.platform(() -> {
      queue.await(event, Interest.READABLE);
      return Thread.interrupted();
    });
    awaitPolls(1);
    waiter.thread().interrupt();
    Foreign.signal(event);
    assertEquals(true, waiter.value());
  }

  @Test
  void unregisterEndsAThreadThatWaits() throws IOException {
    int event = foreign.eventfd();
    Caller waiter = Caller.virtual(() -> queue.await(event, Interest.READABLE));
    awaitPolls(1);
    assertTrue(queue.unregister(event, Interest.READABLE));
    waiter.thrown(OperationCancelledException.class);
    assertFalse(queue.unregister(event, Interest.READABLE));
  }

  @Test
  void theCloseOfTheQueueEndsAThreadThatWaits() throws IOException {
    int event = foreign.eventfd();
    Caller waiter = Caller.virtual(() -> queue.await(event, Interest.READABLE));
    awaitPolls(1);
    queue.close();
    waiter.thrown(OperationCancelledException.class);
    assertThrows(IllegalStateException.class, () -> queue.await(event, Interest.READABLE));
  }

  @Test
  void theCloseOfADescriptorOfOursEndsWhoWaitsAndNamesIt() throws IOException {
    try (Pair pair = Connections.pair(uring)) {
      int id = pair.client().fd();
      Caller waiter = Caller.virtual(() -> queue.await(pair.client(), Interest.READABLE));
      awaitPolls(1);
      pair.client().close();
      assertEquals(id, waiter.thrown(PrematureCloseException.class).id());
      assertThrows(DescriptorClosedException.class, () -> queue.await(pair.client(), Interest.READABLE));
    }
  }

  @Test
  @RunsOnce("a second until it is looked at, over any driver")
  void aThreadThatWaitsForADescriptorThatIsClosedBehindItsBackIsToldSo() {
    int event = foreign.eventfd();
    Caller alone = Caller.virtual(() -> queue.await(event, Interest.READABLE));
    awaitPolls(1);
    foreign.close(event);
    PrematureCloseException thrown = alone.thrown(PrematureCloseException.class);
    assertEquals(event, thrown.id());
    assertTrue(thrown.getMessage().contains("descriptor " + event), thrown.getMessage());
  }

  // ---- one for each

  @Test
  void aSecondWaiterForADescriptorAndDirectionIsRefusedAndTheFirstStays() throws IOException {
    int event = foreign.eventfd();
    queue.register(event, Interest.READABLE, NOTHING);
    IllegalStateException refused =
        assertThrows(IllegalStateException.class, () -> queue.register(event, Interest.READABLE, NOTHING));
    assertTrue(refused.getMessage().contains("descriptor " + event + " READABLE"), refused.getMessage());
    assertThrows(IllegalStateException.class, () -> queue.registerPersistent(event, Interest.READABLE, NOTHING));
    assertThrows(IllegalStateException.class, () -> queue.await(event, Interest.READABLE));
    queue.register(event, Interest.WRITABLE, NOTHING);
    queue.register(event, Interest.PRIORITY, NOTHING);
    assertEquals(3, queue.size());
    Ready writable = queue.poll().getFirst();
    assertEquals(Interest.WRITABLE, writable.interest());
    Foreign.signal(event);
    assertEquals(Interest.READABLE, queue.poll().getFirst().interest());
    assertEquals(1, queue.size());
  }

  @Test
  void whoWasReportedMayRegisterAgain() throws IOException {
    int event = foreign.eventfd();
    Foreign.signal(event);
    for (int i = 0; i < 100; i++) {
      queue.register(event, Interest.READABLE, NOTHING);
      assertEquals(List.of(event), ids(queue.poll()));
      assertTrue(queue.isEmpty());
    }
  }

  @Test
  void unregisterDropsTheWaiterAndDoesNothingWhereThereIsNone() throws IOException {
    int event = foreign.eventfd();
    assertFalse(queue.unregister(event, Interest.READABLE));
    queue.register(event, Interest.READABLE, NOTHING);
    assertTrue(queue.unregister(event, Interest.READABLE));
    assertFalse(queue.unregister(event, Interest.READABLE));
    assertEquals(0, uring.inFlight(OperationKind.POLL));
    Foreign.signal(event);
    assertEquals(List.of(), queue.poll());
    foreign.close(event);
    assertFalse(queue.unregister(event, Interest.READABLE));
  }

  @Test
  void anUnregisterThatMeetsAnArrivalEndsThePollAllTheSame() throws IOException {
    int event = foreign.eventfd();
    Foreign.signal(event);
    for (int i = 0; i < 300; i++) {
      queue.registerPersistent(event, Interest.READABLE, NOTHING);
      if (i % 3 != 0) {
        Foreign.signal(event);
      }
      assertTrue(queue.unregister(event, Interest.READABLE));
    }
    awaitPolls(0);
  }

  // ---- poll

  @Test
  void pollAnswersAllWhoAreReadyWithTheirWaiters() throws IOException {
    Waiter mine = ready -> { };
    List<Integer> events = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      int event = foreign.eventfd();
      queue.register(event, Interest.READABLE, mine);
      if (i % 2 == 0) {
        events.add(event);
      }
    }
    events.forEach(Foreign::signal);
    List<Ready> found = new ArrayList<>();
    while (found.size() < events.size()) {
      found.addAll(queue.poll());
    }
    assertEquals(events, ids(found));
    assertTrue(found.stream().allMatch(ready -> ready.isReady() && !ready.isError() && !ready.isHangUp()));
    assertSame(mine, found.getFirst().waiter());
    assertEquals(10, queue.size());
    assertEquals(List.of(), queue.poll(Duration.ZERO));
  }

  @Test
  void pollOfAnEmptyQueueComesBackAtOnce() throws IOException {
    assertEquals(List.of(), queue.poll());
    assertEquals(List.of(), queue.poll(Duration.ofHours(1)));
    queue.run();
  }

  @Test
  void pollOfZeroSeesWhatIsReadyNow() throws IOException {
    int event = foreign.eventfd();
    Foreign.signal(event);
    for (int i = 0; i < 200; i++) {
      queue.register(event, Interest.READABLE, NOTHING);
      assertEquals(List.of(event), ids(queue.poll(Duration.ZERO)));
      queue.registerPersistent(event, Interest.READABLE, NOTHING);
      assertEquals(List.of(event), ids(queue.poll(Duration.ZERO)));
      assertEquals(List.of(), queue.poll(Duration.ZERO));
      assertTrue(queue.unregister(event, Interest.READABLE));
    }
  }

  @Test
  void pollWaitsUntilItsTimeoutAndThenAnswersNobody() throws IOException {
    queue.register(foreign.eventfd(), Interest.READABLE, NOTHING);
    long begun = System.nanoTime();
    assertEquals(List.of(), queue.poll(Duration.ofMillis(20)));
    assertTrue(System.nanoTime() - begun >= 20_000_000);
    assertEquals(1, queue.size());
  }

  @Test
  void pollIsEndedByAnInterruptAWakeUpAnUnregisterAndAClose() throws IOException {
    int event = foreign.eventfd();
    queue.register(event, Interest.READABLE, NOTHING);
    Caller interrupted = Caller.virtual(queue::poll);
    Await.untilParked(interrupted.thread());
    assertThrows(IllegalStateException.class, queue::poll, "one at a time");
    interrupted.thread().interrupt();
    interrupted.thrown(OperationInterruptedException.class);
    Caller woken = Caller.virtual(queue::poll);
    Await.untilParked(woken.thread());
    queue.wakeUp();
    assertEquals(List.of(), woken.value());
    Caller emptied = Caller.platform(queue::poll);
    Await.untilParked(emptied.thread());
    emptied.thread().interrupt();
    queue.unregister(event, Interest.READABLE);
    assertEquals(List.of(), emptied.value());
    queue.register(event, Interest.READABLE, NOTHING);
    Caller closed = Caller.virtual(queue::poll);
    Await.untilParked(closed.thread());
    queue.close();
    closed.thrown(OperationCancelledException.class);
    assertThrows(IllegalStateException.class, queue::poll);
    queue.close();
  }

  @Test
  void theCloseOfTheUringEndsAllWaits() throws IOException {
    Uring other = TestDriver.open(TestDriver.config("other"));
    ReadinessQueue others = other.polling().readinessQueue();
    int first = foreign.eventfd();
    int second = foreign.eventfd();
    others.registerPersistent(first, Interest.READABLE, NOTHING);
    Caller poller = Caller.virtual(others::poll);
    Caller waiter = Caller.virtual(() -> others.await(second, Interest.READABLE));
    Await.untilInFlight(other, OperationKind.POLL, 2);
    Await.untilParked(poller.thread());
    other.close();
    poller.thrown(RingDeadException.class);
    waiter.thrown(RingDeadException.class);
    assertThrows(RingDeadException.class, () -> others.register(second, Interest.READABLE, NOTHING));
    others.close();
  }

  // ---- run

  @Test
  void runCallsWaitersUntilNobodyIsLeft() throws IOException {
    List<Foreign.Two> pipes = new ArrayList<>();
    AtomicInteger calls = new AtomicInteger();
    int hops = 50;
    for (int i = 0; i < hops; i++) {
      pipes.add(foreign.pipe());
    }
    for (int i = 0; i < hops; i++) {
      int next = i + 1;
      queue.register(pipes.get(i).first(), Interest.READABLE, ready -> {
        assertTrue(queue.isRunning());
        assertThrows(IllegalStateException.class, queue::run);
        calls.incrementAndGet();
        if (next < hops) {
          foreign.write(pipes.get(next).second(), 1);
        }
      });
    }
    assertFalse(queue.isRunning());
    foreign.write(pipes.getFirst().second(), 1);
    queue.run();
    assertEquals(hops, calls.get());
    assertFalse(queue.isRunning());
  }

  @Test
  void aWaiterMayRegisterAgainUnregisterOthersAndCloseTheQueue() throws IOException {
    int event = foreign.eventfd();
    int other = foreign.eventfd();
    Foreign.signal(event);
    Foreign.signal(other);
    AtomicInteger calls = new AtomicInteger();
    Waiter[] self = new Waiter[1];
    self[0] = ready -> {
      if (calls.incrementAndGet() < 10) {
        queue.register(ready.id(), Interest.READABLE, self[0]);
      } else {
        queue.close();
      }
    };
    queue.register(event, Interest.READABLE, self[0]);
    queue.registerPersistent(other, Interest.WRITABLE, ready -> queue.unregister(other, Interest.WRITABLE));
    queue.registerPersistent(foreign.eventfd(), Interest.READABLE, NOTHING);
    queue.run();
    assertEquals(10, calls.get());
    assertThrows(IllegalStateException.class, queue::run);
  }

  @Test
  void whatAWaiterThrowsEndsRunAndTheOthersAreNotForgotten() throws IOException {
    Set<Integer> called = new HashSet<>();
    for (int i = 0; i < 10; i++) {
      int event = foreign.eventfd();
      Foreign.signal(event);
      queue.register(event, Interest.READABLE, ready -> {
        called.add(ready.id());
        if (called.size() % 2 == 1) {
          throw new IOException("of descriptor " + ready.id());
        }
      });
    }
    for (int i = 0; i < 5; i++) {
      assertThrows(IOException.class, queue::run);
    }
    queue.run();
    assertEquals(10, called.size());
  }

  // ---- persistent ones

  @Test
  void aPersistentRegistrationReportsEachOfAThousandArrivals() throws IOException {
    Foreign.Two pipe = foreign.pipe();
    queue.registerPersistent(pipe.first(), Interest.READABLE, NOTHING);
    assertEquals(List.of(), queue.poll(Duration.ZERO));
    for (int i = 0; i < ARRIVALS; i++) {
      assertEquals(1, foreign.write(pipe.second(), 1));
      List<Ready> found = queue.poll(Await.LIMIT);
      assertEquals(List.of(pipe.first()), ids(found), "of arrival " + i + ", with none read before");
      assertEquals(List.of(), queue.poll(Duration.ZERO), "one arrival is reported once");
    }
    assertEquals(ARRIVALS, foreign.read(pipe.first(), 4096));
    assertEquals(1, queue.size());
  }

  @Test
  void noneOfAThousandArrivalsIsMissedWhoeverIsFaster() throws IOException {
    int event = foreign.eventfd();
    queue.registerPersistent(event, Interest.READABLE, NOTHING);
    Caller writer = Caller.platform(() -> {
      for (int i = 0; i < ARRIVALS; i++) {
        Foreign.signal(event);
        if (i % 7 == 0) {
          Thread.yield();
        }
      }
      return null;
    });
    long seen = 0;
    while (seen < ARRIVALS) {
      List<Ready> found = queue.poll(Await.LIMIT);
      assertEquals(List.of(event), ids(found), () -> "nothing more is reported");
      seen += Foreign.drain(event);
    }
    writer.value();
    assertEquals(ARRIVALS, seen);
  }

  @Test
  void aPersistentRegistrationOutlivesTheThreadThatSubmittedIt() throws IOException {
    int event = foreign.eventfd();
    Caller.platform(() -> {
      queue.registerPersistent(event, Interest.READABLE, NOTHING);
      return null;
    }).value();
    for (int i = 0; i < 10; i++) {
      Foreign.signal(event);
      assertEquals(List.of(event), ids(queue.poll()));
    }
  }

  // ---- descriptors that are closed behind the queue's back

  @Test
  void aDescriptorThatWasClosedIsReportedByPollWhichNamesItAndTheOthersStay() throws IOException {
    int event = foreign.eventfd();
    int other = foreign.eventfd();
    queue.register(event, Interest.READABLE, NOTHING);
    queue.registerPersistent(other, Interest.READABLE, NOTHING);
    foreign.close(event);
    PrematureCloseException thrown = assertThrows(PrematureCloseException.class, queue::poll);
    assertEquals(event, thrown.id());
    assertEquals(1, queue.size());
    Foreign.signal(other);
    assertEquals(List.of(other), ids(queue.poll()));
  }

  @Test
  @RunsOnce("a second until it is looked at, over any driver")
  void oneThatIsClosedWhilePollWaitsIsNoticedToo() throws IOException {
    int event = foreign.eventfd();
    queue.register(event, Interest.READABLE, NOTHING);
    Caller poller = Caller.virtual(queue::poll);
    Await.untilParked(poller.thread());
    foreign.close(event);
    assertEquals(event, poller.thrown(PrematureCloseException.class).id());
    assertTrue(queue.isEmpty());
  }

  @Test
  void aNumberThatMeansAnotherFileIsReportedAlthoughItIsOpen() throws IOException {
    int event = foreign.eventfd();
    int another = foreign.eventfd();
    Foreign.signal(another);
    queue.registerPersistent(event, Interest.READABLE, NOTHING);
    Foreign.replace(event, another);
    assertEquals(event, assertThrows(PrematureCloseException.class, queue::poll).id());
    assertTrue(queue.isEmpty());
  }

  @Test
  void whoRegistersForANumberThatIsAnotherFilesSinceIsNotRefused() throws IOException {
    int event = foreign.eventfd();
    int another = foreign.eventfd();
    queue.register(event, Interest.READABLE, NOTHING);
    Foreign.replace(event, another);
    queue.register(event, Interest.READABLE, NOTHING);
    Foreign.signal(another);
    boolean closed = false;
    List<Integer> found = new ArrayList<>();
    while (!closed || found.isEmpty()) {
      try {
        found.addAll(ids(queue.poll()));
      } catch (PrematureCloseException ofTheFirst) {
        assertEquals(event, ofTheFirst.id());
        closed = true;
      }
    }
    assertEquals(List.of(event), found);
    assertTrue(queue.isEmpty());
  }

  @Test
  void unregisterOfADescriptorThatWasClosedDropsTheWaiterAndSaysSo() throws IOException {
    int event = foreign.eventfd();
    queue.register(event, Interest.READABLE, NOTHING);
    queue.register(event, Interest.PRIORITY, NOTHING);
    foreign.close(event);
    PrematureCloseException thrown =
        assertThrows(PrematureCloseException.class, () -> queue.unregister(event, Interest.READABLE));
    assertEquals(event, thrown.id());
    assertFalse(queue.unregister(event, Interest.READABLE));
    assertEquals(event, assertThrows(PrematureCloseException.class, queue::run).id(), "the other one's");
    assertTrue(queue.isEmpty());
  }

  @Test
  void aDescriptorOfOursThatIsClosedIsReportedToo() throws IOException {
    Pair pair = Connections.pair(uring);
    int id = pair.client().fd();
    queue.registerPersistent(pair.client(), Interest.READABLE, NOTHING);
    queue.register(pair.server(), Interest.READABLE, NOTHING);
    awaitPolls(2);
    pair.client().close();
    boolean hungUp = false;
    PrematureCloseException thrown = null;
    while (!hungUp || thrown == null) {
      try {
        for (Ready ready : queue.poll()) {
          hungUp |= ready.id() == pair.server().fd() && ready.isReady();
        }
      } catch (PrematureCloseException closed) {
        thrown = closed;
      }
    }
    assertEquals(id, thrown.id());
    pair.close();
  }

  // ---- all sorts of descriptors

  @Test
  void aPipeIsWritableAgainWhenSomebodyHasRead() throws IOException {
    Foreign.Two pipe = foreign.pipe();
    while (foreign.write(pipe.second(), 4096) > 0) {
      // Until it is full.
    }
    Caller writer = Caller.virtual(() -> queue.await(pipe.second(), Interest.WRITABLE).isReady());
    awaitPolls(1);
    for (int i = 0; i < 16; i++) {
      foreign.read(pipe.first(), 4096);
    }
    assertEquals(true, writer.value());
  }

  @Test
  void anErrorAndAHangUpWakeWhoeverWaits() throws IOException {
    Foreign.Two pipe = foreign.pipe();
    while (foreign.write(pipe.second(), 4096) > 0) {
      // Until it is full.
    }
    queue.register(pipe.second(), Interest.WRITABLE, NOTHING);
    foreign.close(pipe.first());
    Ready error = queue.poll().getFirst();
    assertTrue(error.isError(), error::toString);
    Foreign.Two other = foreign.pipe();
    queue.registerPersistent(other.first(), Interest.PRIORITY, NOTHING);
    foreign.close(other.second());
    Ready hangUp = queue.poll().getFirst();
    assertTrue(hangUp.isHangUp() && !hangUp.isReady(), hangUp::toString);
    assertTrue(hangUp.toString().contains("descriptor " + other.first() + " PRIORITY"), hangUp::toString);
  }

  @Test
  void aWatchOfADirectoryIsReadableWhenAFileIsMade(@TempDir Path directory) throws IOException {
    int inotify = foreign.inotify(directory);
    queue.registerPersistent(inotify, Interest.READABLE, NOTHING);
    for (int i = 0; i < 3; i++) {
      Files.createFile(directory.resolve("file" + i));
      assertEquals(List.of(inotify), ids(queue.poll()));
      assertTrue(foreign.read(inotify, 4096) > 0);
    }
  }

  @Test
  void urgentDataWakesWhoWaitsForPriority() throws IOException {
    try (Pair pair = Connections.pair(uring)) {
      Caller waiter = Caller.virtual(() -> queue.await(pair.server(), Interest.PRIORITY).isReady());
      Caller reader = Caller.virtual(() -> queue.await(pair.server(), Interest.READABLE).isReady());
      awaitPolls(2);
      uring.send(pair.client(), new byte[1], 0, 1);
      assertEquals(true, reader.value());
      foreign.urge(pair.client().fd());
      assertEquals(true, waiter.value());
    }
  }

  @Test
  void aListenerIsReadableWhenSomebodyConnects() throws IOException {
    try (Descriptor listener = Connections.listener(uring)) {
      Caller waiter = Caller.virtual(() -> queue.await(listener, Interest.READABLE).isReady());
      awaitPolls(1);
      Descriptor client = Connections.connected(uring, Connections.address(listener));
      assertEquals(true, waiter.value());
      uring.accept(listener).close();
      client.close();
    }
  }

  // ---- misuse

  @Test
  void whatIsNotOpenOrIsAlwaysReadyIsRefusedWithAWordWhy(@TempDir Path directory) throws IOException {
    int closed = foreign.eventfd();
    foreign.close(closed);
    assertThrows(IllegalArgumentException.class, () -> queue.register(-1, Interest.READABLE, NOTHING));
    assertThrows(DescriptorClosedException.class, () -> queue.register(closed, Interest.READABLE, NOTHING));
    int file = foreign.file(Files.createFile(directory.resolve("file")));
    IOException refused = assertThrows(IOException.class, () -> queue.register(file, Interest.READABLE, NOTHING));
    assertTrue(refused.getMessage().contains("always ready"), refused.getMessage());
    Uring other = TestDriver.open(TestDriver.config("other"));
    Descriptor others = other.tcpSocket();
    assertThrows(IllegalArgumentException.class, () -> queue.register(others, Interest.READABLE, NOTHING));
    other.close();
    assertTrue(queue.isEmpty());
  }

  // ---- threads

  @Test
  void severalRegisterWhileOnePollsAndEachIsReportedOnce() throws IOException {
    int threads = 4;
    int each = 200;
    List<Caller> registering = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      registering.add(Caller.virtual(() -> {
        List<Integer> mine = new ArrayList<>();
        for (int i = 0; i < each; i++) {
          int event = foreign.eventfd();
          queue.register(event, Interest.READABLE, NOTHING);
          Foreign.signal(event);
          if (i % 10 == 0) {
            int dropped = foreign.eventfd();
            queue.registerPersistent(dropped, Interest.READABLE, NOTHING);
            assertTrue(queue.unregister(dropped, Interest.READABLE));
            foreign.close(dropped);
          }
          mine.add(event);
        }
        return mine;
      }));
    }
    List<Integer> reported = new ArrayList<>();
    while (reported.size() < threads * each) {
      queue.poll(Duration.ofMillis(100)).forEach(ready -> reported.add(ready.id()));
    }
    Set<Integer> registered = new HashSet<>();
    for (Caller caller : registering) {
      for (Object event : (List<?>) caller.value()) {
        registered.add((Integer) event);
      }
    }
    assertEquals(threads * each, reported.size());
    assertEquals(registered, new HashSet<>(reported));
    assertTrue(queue.isEmpty());
  }

  // ---- a ring that its maker drives

  @Test
  @RunsOnce("a ring that the test drives itself")
  void whoDrivesARingPollsItsQueueWithTheTurnsThatItRuns() throws IOException {
    try (CallerDriven driven = CallerDriven.open(UringConfig.defaults().withName("driven"));
        ReadinessQueue mine = driven.uring().polling().readinessQueue()) {
      int event = foreign.eventfd();
      int other = foreign.eventfd();
      mine.registerPersistent(event, Interest.READABLE, NOTHING);
      assertEquals(List.of(), mine.poll(Duration.ZERO));
      Foreign.signal(event);
      assertEquals(List.of(event), ids(mine.poll(Duration.ZERO)));
      Caller signaller = Caller.platform(() -> {
        Foreign.signal(other);
        return null;
      });
      assertTrue(mine.await(other, Interest.READABLE).isReady());
      signaller.value();
      mine.register(other, Interest.WRITABLE, NOTHING);
      mine.unregister(event, Interest.READABLE);
      mine.run();
    }
  }
}
