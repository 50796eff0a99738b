package io.loomring.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.Wraps;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RunsOnce(RunsOnce.NO_DRIVER)
class IndexStackTest {
  private static final int THREADS = 4;
  private static final int INDICES = 8;

  @Test
  void aFullOneGivesEveryIndexOnceFromZeroOn() {
    IndexStack stack = new IndexStack(3, true);
    assertEquals(List.of(0, 1, 2, -1), List.of(stack.pop(), stack.pop(), stack.pop(), stack.pop()));
  }

  @Test
  void anEmptyOneGivesNothing() {
    assertEquals(-1, new IndexStack(3, false).pop());
  }

  @Test
  void theLastPushedIsTheFirstPopped() {
    IndexStack stack = new IndexStack(3, false);
    stack.push(1);
    stack.push(2);
    assertEquals(List.of(2, 1, -1), List.of(stack.pop(), stack.pop(), stack.pop()));
  }

  @Test
  void itGoesOnWhenItsChangesAreMoreThanItCanCount() {
    for (long changes : new long[] {(1L << 40) - 2, (1L << 39) - 2}) {
      IndexStack stack = new IndexStack(3, true);
      Wraps.changes(stack, changes);
      for (int i = 0; i < 4; i++) {
        assertEquals(List.of(0, 1, 2, -1), List.of(stack.pop(), stack.pop(), stack.pop(), stack.pop()));
        stack.push(2);
        stack.push(1);
        stack.push(0);
        assertTrue(stack.isFull());
      }
    }
  }

  @Test
  void theSizeIsHowManyAreInIt() {
    IndexStack stack = new IndexStack(5, true);
    assertEquals(5, stack.size());
    stack.pop();
    stack.pop();
    assertEquals(3, stack.size());
    stack.push(0);
    assertEquals(4, stack.size());
    assertEquals(0, new IndexStack(5, false).size());
  }

  @Test
  void itIsFullWhileAllAreInIt() {
    IndexStack stack = new IndexStack(2, true);
    assertTrue(stack.isFull());
    stack.pop();
    assertFalse(stack.isFull());
    stack.push(0);
    assertTrue(stack.isFull());
  }

  @Test
  void oneIndexIsEnough() {
    IndexStack stack = new IndexStack(1, true);
    assertEquals(0, stack.pop());
    assertEquals(-1, stack.pop());
    stack.push(0);
    assertEquals(1, stack.size());
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(ints = {0, -1, (1 << 24) - 1, Integer.MAX_VALUE})
  void aCapacityOutOfRangeIsRefused(int capacity) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> new IndexStack(capacity, false)).getMessage();
    assertTrue(message.contains("capacity " + capacity), message);
  }

  @Test
  void noIndexIsLostOrGivenTwiceInARace() throws Exception {
    race(100_000);
  }

  @Test
  @Tag("long")
  void noIndexIsLostOrGivenTwiceInALongRace() throws Exception {
    race(10_000_000);
  }

  private static void race(int rounds) throws Exception {
    IndexStack stack = new IndexStack(INDICES, true);
    AtomicIntegerArray holders = new AtomicIntegerArray(INDICES);
    AtomicLong taken = new AtomicLong();
    AtomicLong shared = new AtomicLong();
    CyclicBarrier start = new CyclicBarrier(THREADS);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      threads.add(Thread.ofPlatform().start(() -> {
        meet(start);
        for (int i = 0; i < rounds; i++) {
          // Two at a time, put back in the order in which they came, so that links change all the time.
          int first = take(stack, holders, taken, shared);
          int second = take(stack, holders, taken, shared);
          giveBack(stack, holders, first);
          giveBack(stack, holders, second);
        }
      }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(0, shared.get(), "times an index was held by two");
    assertTrue(taken.get() >= 2L * rounds, "there are as many indices as takers need, so that none starves");
    BitSet left = new BitSet();
    for (int index = stack.pop(); index >= 0; index = stack.pop()) {
      assertTrue(!left.get(index), "an index is in it at most once");
      left.set(index);
    }
    assertEquals(INDICES, left.cardinality());
  }

  private static int take(IndexStack stack, AtomicIntegerArray holders, AtomicLong taken, AtomicLong shared) {
    int index = stack.pop();
    if (index >= 0) {
      taken.getAndIncrement();
      if (holders.incrementAndGet(index) != 1) {
        shared.getAndIncrement();
      }
    }
    return index;
  }

  private static void giveBack(IndexStack stack, AtomicIntegerArray holders, int index) {
    if (index >= 0) {
      holders.decrementAndGet(index);
      stack.push(index);
    }
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
