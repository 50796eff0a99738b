package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.op.OperationHandle;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.NativeFrame;
import io.loomring.testkit.OverLoops;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.Seed;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import io.loomring.testkit.Wraps;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Requests get the answers that are theirs, or none, and the table says so where it is misused. */
class RequestTableTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;
  private static final CallOptions AT_ONCE = CallOptions.timeout(Duration.ZERO);
  private static final int ROUNDS = 800;
  private static final int LONG_ROUNDS = 200_000;

  private RequestTable<String, byte[]> table(int capacity) {
    return RequestTable.of(uring, capacity);
  }

  private static void assertSays(IllegalStateException thrown, String what) {
    assertTrue(thrown.getMessage().contains(what), thrown.getMessage());
  }

  // ---- answers

  @Test
  void eachWaiterGetsItsOwnAnswerWhateverTheOrder() throws IOException {
    RequestTable<String, byte[]> table = table(100);
    List<Long> ids = Collections.synchronizedList(new ArrayList<>());
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      boolean virtual = i % 10 != 0;
      Callable<Object> call = () -> {
        long id = table.submit(null, NONE);
        ids.add(id);
        return table.await(id, NONE).equals("answer " + id);
      };
      callers.add(virtual ? Caller.virtual(call) : Caller.platform(call));
    }
    Await.until("all are submitted", () -> ids.size() == 100);
    callers.forEach(caller -> Await.untilParked(caller.thread()));
    assertEquals(100, table.size());
    List<Long> shuffled = new ArrayList<>(ids);
    Collections.shuffle(shuffled, new Random(1));
    for (long id : shuffled) {
      assertTrue(table.contains(id));
      assertTrue(table.complete(id, "answer " + id));
    }
    callers.forEach(caller -> assertEquals(true, caller.value()));
    assertTrue(table.isEmpty());
  }

  @Test
  void anAnswerThatIsThereBeforeTheWaitIsTakenAtOnce() throws IOException {
    RequestTable<String, byte[]> table = table(4);
    long id = table.submit(null, NONE);
    assertTrue(table.complete(id, "early"));
    assertTrue(table.contains(id));
    assertEquals("early", table.await(id, AT_ONCE));
    assertFalse(table.contains(id));
    assertEquals(4, table.capacity());
  }

  @Test
  void aRequestThatFailsThrowsThatVeryException() throws IOException {
    RequestTable<String, byte[]> table = table(4);
    IOException failure = new IOException("no such key");
    long id = table.submit(null, NONE);
    assertTrue(table.fail(id, failure));
    assertSame(failure, assertThrows(IOException.class, () -> table.await(id, NONE)));
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      callers.add(Caller.virtual(() -> table.await(table.submit(null, NONE), NONE)));
    }
    Await.until("all are submitted", () -> table.size() == 3);
    callers.forEach(caller -> Await.untilParked(caller.thread()));
    assertEquals(3, table.failAll(failure));
    callers.forEach(caller -> assertSame(failure, caller.thrown()));
    assertTrue(table.isEmpty());
  }

  // ---- ends without an answer

  @Test
  void aTimeoutADeadlineACancelAndAnInterruptEndTheWait() throws IOException {
    RequestTable<String, byte[]> table = table(4);
    long first = table.submit(null, NONE);
    assertThrows(OperationTimeoutException.class, () -> table.await(first, AT_ONCE));
    long second = table.submit(null, NONE);
    CallOptions soon = NONE.withDeadline(System.nanoTime() + 2_000_000);
    assertThrows(OperationTimeoutException.class, () -> table.await(second, soon));
    long third = table.submit(null, NONE);
    Caller cancelled = Caller.virtual(() -> table.await(third, NONE));
    Await.untilParked(cancelled.thread());
    assertTrue(table.cancel(third));
    cancelled.thrown(OperationCancelledException.class);
    assertFalse(table.cancel(third));
    long fourth = table.submit(null, NONE);
    Caller interrupted = Caller.virtual(() -> {
      assertThrows(OperationInterruptedException.class, () -> table.await(fourth, NONE));
      return Thread.interrupted();
    });
    Await.untilParked(interrupted.thread());
    interrupted.thread().interrupt();
    assertEquals(true, interrupted.value());
    for (long id : new long[] {first, second, third, fourth}) {
      assertFalse(table.contains(id));
      assertFalse(table.complete(id, "late"), "nobody waits any more");
    }
    assertTrue(table.isEmpty());
  }

  @Test
  void anInterruptEndsNoPlatformThreadAndNoCallThatDoesNotWantIt() throws IOException {
    RequestTable<String, byte[]> table = table(2);
    long first = table.submit(null, NONE);
    long second = table.submit(null, NONE);
    List<Caller> callers = List.of(
        Caller.platform(() -> table.await(first, NONE) + Thread.interrupted()),
        Caller.virtual(() -> table.await(second, NONE.withoutInterrupts()) + Thread.interrupted()));
    callers.forEach(caller -> {
      Await.untilParked(caller.thread());
      caller.thread().interrupt();
    });
    table.complete(first, "first ");
    table.complete(second, "second ");
    assertEquals("first true", callers.get(0).value());
    assertEquals("second true", callers.get(1).value());
  }

  @Test
  void aStaleIdNeverCompletesTheRequestThatHasItsSlot() throws IOException {
    RequestTable<String, byte[]> table = table(1);
    long before = table.submit(null, NONE);
    assertThrows(OperationTimeoutException.class, () -> table.await(before, AT_ONCE));
    for (int i = 0; i < 1_000; i++) {
      long id = table.submit(null, NONE);
      assertNotEquals(before, id);
      assertFalse(table.complete(before, "stale"));
      assertFalse(table.fail(before, new IOException("stale")));
      assertFalse(table.cancel(before));
      assertNull(table.claim(before));
      assertTrue(table.complete(id, "fresh"));
      assertEquals("fresh", table.await(id, NONE));
    }
  }

  @Test
  void aStaleIdIsRefusedAlsoWhenASlotsGenerationsBeginAnew() throws IOException {
    for (long generation : new long[] {0xFFFF_FFFFL, 0x7FFF_FFFFL}) {
      RequestTable<String, byte[]> table = table(1);
      Wraps.generations(table, generation);
      long last = table.submit(null, NONE);
      assertTrue(table.complete(last, "last"));
      assertEquals("last", table.await(last, NONE));
      long id = table.submit(null, NONE);
      assertFalse(table.contains(last));
      assertFalse(table.complete(last, "stale"));
      assertTrue(table.complete(id, "fresh"));
      assertEquals("fresh", table.await(id, NONE));
    }
  }

  @Test
  void anIdOfAnotherTableOrOfNobodyIsRefused() throws IOException {
    RequestTable<String, byte[]> table = table(8);
    RequestTable<String, byte[]> other = table(8);
    long id = table.submit(null, NONE);
    long foreign = other.submit(null, NONE);
    assertNotEquals(id, foreign);
    for (long no : new long[] {foreign, 0, -1, id + 1, id ^ 1L << 30, Long.MIN_VALUE | id}) {
      assertFalse(table.contains(no));
      assertFalse(table.complete(no, "x"));
      assertFalse(table.cancel(no));
      assertNull(table.claim(no));
      assertSays(assertThrows(IllegalStateException.class, () -> table.await(no, NONE)), "not in this table");
      assertThrows(IllegalStateException.class, () -> table.abandon(no));
      assertThrows(IllegalStateException.class, () -> table.submit(no, null));
    }
    table.abandon(id);
    other.abandon(foreign);
  }

  // ---- room

  @Test
  void aFullTableRefusesOrMakesItsCallersWait() throws IOException {
    RequestTable<String, byte[]> table = table(2);
    long first = table.trySubmit(null);
    long second = table.trySubmit(null);
    assertTrue(first > 0 && second > 0);
    assertEquals(RequestTable.NONE, table.trySubmit(null));
    assertThrows(OperationTimeoutException.class, () -> table.submit(null, CallOptions.timeout(Duration.ofMillis(2))));
    Caller interrupted = Caller.virtual(() -> table.submit(null, NONE));
    Await.untilParked(interrupted.thread());
    interrupted.thread().interrupt();
    interrupted.thrown(OperationInterruptedException.class);
    Caller platform = Caller.platform(() -> table.abandon(table.submit(new byte[3], NONE)).length
        + (Thread.interrupted() ? 10 : 0));
    Await.untilParked(platform.thread());
    platform.thread().interrupt();
    table.abandon(first);
    assertEquals(13, platform.value());
    table.abandon(second);
    assertTrue(table.isEmpty());
  }

  @Test
  void manyShareALittleRoom() throws IOException {
    RequestTable<String, byte[]> table = table(3);
    AtomicInteger wrong = new AtomicInteger();
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      callers.add(Caller.virtual(() -> {
        for (int round = 0; round < 10; round++) {
          long id = table.submit(null, NONE);
          TestDriver.startVirtual(() -> table.complete(id, Long.toString(id)));
          if (!table.await(id, NONE).equals(Long.toString(id))) {
            wrong.incrementAndGet();
          }
        }
        return null;
      }));
    }
    callers.forEach(Caller::value);
    assertEquals(0, wrong.get());
    assertTrue(table.isEmpty());
  }

  // ---- misuse

  @Test
  void whatIsDoneTwiceIsAClearError() throws IOException {
    RequestTable<String, byte[]> table = table(8);
    long id = table.reserve(NONE);
    assertTrue(table.contains(id));
    assertFalse(table.complete(id, "before it is submitted"));
    assertSays(assertThrows(IllegalStateException.class, () -> table.await(id, NONE)), "reserved");
    table.submit(id, null);
    assertSays(assertThrows(IllegalStateException.class, () -> table.submit(id, null)), "was submitted before");
    assertTrue(table.complete(id, "once"));
    assertSays(assertThrows(IllegalStateException.class, () -> table.complete(id, "twice")), "it is completed once");
    assertThrows(IllegalStateException.class, () -> table.fail(id, new IOException("twice")));
    assertEquals("once", table.await(id, NONE));
    assertSays(assertThrows(IllegalStateException.class, () -> table.await(id, NONE)), "its result was taken");
    assertFalse(table.complete(id, "late"));
    long waited = table.submit(null, NONE);
    Caller waiter = Caller.virtual(() -> table.await(waited, NONE));
    Await.untilParked(waiter.thread());
    assertSays(assertThrows(IllegalStateException.class, () -> table.await(waited, NONE)), "another thread waits");
    assertThrows(IllegalStateException.class, () -> table.abandon(waited));
    table.complete(waited, "the first one's");
    assertEquals("the first one's", waiter.value());
    CallOptions withHandle = CallOptions.handle(new OperationHandle());
    assertThrows(IllegalArgumentException.class, () -> table.submit(null, withHandle));
    assertThrows(IllegalArgumentException.class, () -> table.await(waited, withHandle));
    assertThrows(IllegalArgumentException.class, () -> table(0));
    assertThrows(IllegalArgumentException.class, () -> table(RequestTable.CAPACITY_MAX + 1));
  }

  // ---- resources

  @Test
  void aClaimedResourceIsNotTheCallersUntilTheRequestIsCompleted() throws IOException {
    RequestTable<String, byte[]> table = table(4);
    byte[] buffer = new byte[8];
    long id = table.submit(buffer, NONE);
    assertSame(buffer, table.claim(id));
    Caller caller = Caller.virtual(() -> table.await(id, AT_ONCE));
    Await.untilParked(caller.thread());
    assertFalse(table.cancel(id));
    assertEquals(0, table.failAll(new IOException("not those that somebody is at")));
    assertSays(assertThrows(IllegalStateException.class, () -> table.claim(id)), "completed once");
    buffer[0] = 7;
    assertTrue(table.complete(id, "filled"));
    assertEquals("filled", caller.value(), "a result beats a timeout");
  }

  @Test
  void aResourceIsHandedBackByWhoeverGivesARequestUp() throws IOException {
    RequestTable<String, byte[]> table = table(4);
    byte[] buffer = new byte[8];
    assertSame(buffer, table.abandon(table.submit(buffer, NONE)));
    long completed = table.submit(buffer, NONE);
    table.complete(completed, "of no use");
    assertSame(buffer, table.abandon(completed));
    assertNull(table.abandon(table.reserve(NONE)));
    long claimed = table.submit(buffer, NONE);
    table.claim(claimed);
    Caller caller = Caller.virtual(() -> table.abandon(claimed));
    Await.untilParked(caller.thread());
    table.fail(claimed, new IOException("over"));
    assertSame(buffer, caller.value());
    long bare = table.submit(null, NONE);
    assertSays(assertThrows(IllegalStateException.class, () -> table.claim(bare)), "no resource");
    assertTrue(table.complete(bare, "still in flight"));
    assertEquals("still in flight", table.await(bare, NONE));
    assertTrue(table.isEmpty());
  }

  // ---- close

  @Test
  void aCloseCancelsWhoWaitsAndRefusesWhoComes() throws IOException {
    RequestTable<String, byte[]> table = table(50);
    List<Caller> waiting = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      waiting.add(Caller.virtual(() -> table.await(table.submit(null, NONE), NONE)));
    }
    waiting.forEach(caller -> Await.untilParked(caller.thread()));
    Caller forRoom = Caller.virtual(() -> table.submit(null, NONE));
    Await.untilParked(forRoom.thread());
    CloseReport report = table.close(Await.LIMIT);
    assertEquals(50, report.cancelled());
    assertTrue(report.isClean(), report::toString);
    waiting.forEach(caller -> caller.thrown(OperationCancelledException.class));
    forRoom.thrown(OperationCancelledException.class);
    assertTrue(table.isEmpty());
    assertThrows(OperationCancelledException.class, () -> table.submit(null, NONE));
    assertThrows(OperationCancelledException.class, () -> table.trySubmit(null));
    assertEquals(CloseReport.NOTHING, table.close(Duration.ZERO));
    table.close();
  }

  @Test
  void aCloseSaysWhatIsLeftWhenTheTimeIsUp() throws IOException {
    RequestTable<String, byte[]> table = table(8);
    long unwaited = table.submit(null, NONE);
    long reserved = table.reserve(NONE);
    byte[] buffer = new byte[1];
    long claimed = table.submit(buffer, NONE);
    table.claim(claimed);
    Caller waiter = Caller.virtual(() -> table.await(claimed, NONE));
    Await.untilParked(waiter.thread());
    CloseReport report = table.close(Duration.ofMillis(5));
    assertEquals(1, report.cancelled());
    assertEquals(3, report.left().size(), report::toString);
    assertTrue(report.left().toString().contains("claimed"), report::toString);
    assertTrue(report.left().toString().contains(Long.toHexString(unwaited)), report::toString);
    assertTrue(report.left().toString().contains("nobody waits for it"), report::toString);
    assertTrue(table.complete(claimed, "after all"));
    assertEquals("after all", waiter.value());
    assertThrows(OperationCancelledException.class, () -> table.await(unwaited, NONE));
    assertThrows(OperationCancelledException.class, () -> table.submit(reserved, null));
    assertTrue(table.isEmpty());
  }

  // ---- races

  @Test
  void whateverMeetsWhateverEachRequestEndsOnce() throws IOException {
    race(ROUNDS);
  }

  @Tag("long")
  @Test
  void whateverMeetsWhateverEachRequestEndsOnceOverAndOver() throws IOException {
    race(LONG_ROUNDS);
  }

  /** One answers each id that it sees, another cancels some, callers time out: what was accepted is what was taken. */
  private void race(int rounds) throws IOException {
    RequestTable<String, byte[]> table = table(4);
    AtomicInteger accepted = new AtomicInteger();
    AtomicInteger cancelled = new AtomicInteger();
    AtomicLongArray shown = new AtomicLongArray(4);
    AtomicBoolean over = new AtomicBoolean();
    Caller answering = Caller.platform(() -> {
      for (int i = 0; !over.get(); i++) {
        long id = shown.get(i & 3);
        if (i % 3 == 0 && table.claim(id) == null) {
          continue;
        }
        accepted.addAndGet(table.complete(id, Long.toString(id)) ? 1 : 0);
        // Not the next one's, which may be shown by now.
        shown.compareAndSet(i & 3, id, 0);
        Thread.yield();
      }
      return null;
    });
    Caller cancelling = Caller.platform(() -> {
      RandomGenerator random = Seed.of(5);
      while (!over.get()) {
        cancelled.addAndGet(table.cancel(shown.get(random.nextInt(4))) ? 1 : 0);
        Thread.yield();
      }
      return null;
    });
    List<Caller> callers = new ArrayList<>();
    for (int c = 0; c < 4; c++) {
      int mine = c;
      callers.add(Caller.virtual(() -> {
        int[] ends = new int[3];
        for (int round = 0; round < rounds / 4; round++) {
          long id = table.submit(new byte[0], NONE);
          shown.set(mine, id);
          try {
            // Without a timeout every other time: a resumption that is lost is not made up for.
            CallOptions options = round % 2 == 0 ? NONE : CallOptions.timeout(Duration.ofNanos(round % 50 * 400L));
            assertEquals(Long.toString(id), table.await(id, options));
            ends[0]++;
          } catch (OperationCancelledException end) {
            ends[1]++;
          } catch (OperationTimeoutException end) {
            ends[2]++;
          }
        }
        return ends;
      }));
    }
    int answered = 0;
    int ended = 0;
    int all = 0;
    for (Caller caller : callers) {
      int[] ends = (int[]) caller.value();
      answered += ends[0];
      ended += ends[1];
      all += ends[0] + ends[1] + ends[2];
    }
    over.set(true);
    answering.value();
    cancelling.value();
    assertEquals(rounds / 4 * 4, all);
    assertEquals(accepted.get(), answered);
    assertEquals(cancelled.get(), ended);
    assertTrue(table.isEmpty());
  }

  // ---- costs

  @Test
  @RunsOnce("one thread of its own")
  void aRequestAllocatesNothing() {
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    Object least = Caller.platform(() -> {
      RequestTable<String, byte[]> table = table(4);
      byte[] resource = new byte[1];
      long best = Long.MAX_VALUE;
      for (int batch = 0; batch < 100 && best >= 1_000; batch++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 1_000; i++) {
          long id = table.submit(resource, NONE);
          table.claim(id);
          table.complete(id, "answer");
          table.await(id, NONE);
        }
        best = Math.min(best, threads.getCurrentThreadAllocatedBytes() - before);
      }
      return best;
    }).value();
    assertTrue((long) least < 1_000, least + " bytes for a thousand");
  }

  // ---- threads that have to drive a ring while they wait

  @Test
  @RunsOnce("a ring that the test drives itself")
  void whoDrivesARingRunsItsTurnsWhileItWaits() throws IOException {
    try (CallerDriven driven = CallerDriven.open(UringConfig.defaults().withName("driven"))) {
      RequestTable<String, byte[]> table = RequestTable.of(driven.uring(), 4);
      long id = table.submit(null, NONE);
      Caller answering = Caller.virtual(() -> {
        driven.uring().nop();
        return table.complete(id, "the ring ran");
      });
      assertEquals("the ring ran", table.await(id, NONE));
      assertEquals(true, answering.value());
    }
  }

  @Test
  @OverLoops
  void aThreadThatKeepsItsLoopRunsItWhileItWaits() throws IOException {
    RequestTable<String, byte[]> table = table(4);
    Caller pinned = Caller.on(uring.threadFactory(), () -> {
      String[] answer = new String[1];
      NativeFrame.run(() -> {
        long id = table.submit(null, NONE);
        // On the same loop, which its own thread keeps.
        Thread.startVirtualThread(() -> {
          try {
            uring.nop();
          } catch (IOException e) {
            throw new AssertionError(e);
          }
          table.complete(id, "the loop ran");
        });
        answer[0] = table.await(id, NONE);
      });
      return answer[0];
    });
    assertEquals("the loop ran", pinned.value());
  }
}
