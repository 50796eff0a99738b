package io.loomring.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.Caller;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.Seed;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who has which addresses. */
@RunsOnce(RunsOnce.NO_DRIVER)
class LentMemoryTest {
  /** Addresses that nobody has: above what a process can map. */
  private static final long BASE = 1L << 56;
  private static final long STRIPE = 1L << 20;

  private long before;

  @BeforeEach
  void count() {
    before = LentMemory.count();
  }

  @AfterEach
  void nothingIsLent() {
    assertEquals(before, LentMemory.count());
  }

  /** Addresses, and how often each hook was called. */
  private static class Addresses implements Resource {
    final long start;
    final long bytes;
    int lent;
    int returned;
    int recycled;

    Addresses(long start, long bytes) {
      this.start = BASE + start;
      this.bytes = bytes;
    }

    @Override
    public long address() {
      return start;
    }

    @Override
    public long byteSize() {
      return bytes;
    }

    @Override
    public void lent() {
      lent++;
    }

    @Override
    public void returned() {
      returned++;
    }

    @Override
    public void recycle() {
      assertEquals(lent, returned, "recycled while it is out");
      recycled++;
    }
  }

  private static Lend written(long start, long bytes) {
    return LentMemory.lend(new Addresses(start, bytes), true, "recv");
  }

  private static Lend read(long start, long bytes) {
    return LentMemory.lend(new Addresses(start, bytes), false, "send");
  }

  private static void refused(Runnable lend) {
    assertThrows(IllegalStateException.class, lend::run);
  }

  @Test
  void whatIsWrittenToIsLentOnce() {
    Lend lend = written(100, 100);
    refused(() -> written(100, 100));
    refused(() -> written(0, 101));
    refused(() -> written(199, 1));
    refused(() -> written(120, 10));
    refused(() -> written(0, 1000));
    refused(() -> read(150, 1));
    Lend below = written(0, 100);
    Lend above = written(200, 100);
    lend.giveBack();
    written(100, 100).giveBack();
    below.giveBack();
    above.giveBack();
  }

  @Test
  void whatIsOnlyReadIsLentManyTimes() {
    List<Lend> lends = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      lends.add(read(100, 100));
      lends.add(read(100 + i, 100));
    }
    refused(() -> written(150, 10));
    Lend last = lends.removeLast();
    lends.forEach(Lend::giveBack);
    refused(() -> written(298, 1));
    last.giveBack();
    written(0, 1000).giveBack();
  }

  @Test
  void whatIsRefusedNamesBothAndIsToldSo() {
    Lend lend = LentMemory.lend(new Addresses(0, 4096), true, "recv on descriptor 7");
    Addresses other = new Addresses(4000, 10);
    IllegalStateException refused =
        assertThrows(IllegalStateException.class, () -> LentMemory.lend(other, false, "send on descriptor 9"));
    assertTrue(refused.getMessage().contains("recv on descriptor 7"), refused::getMessage);
    assertTrue(refused.getMessage().contains("send on descriptor 9"), refused::getMessage);
    assertTrue(refused.getMessage().contains("0x" + Long.toHexString(BASE)), refused::getMessage);
    assertTrue(refused.getMessage().contains("4096 bytes"), refused::getMessage);
    assertEquals(1, other.lent);
    assertEquals(1, other.returned);
    lend.giveBack();
  }

  @Test
  void rangesThatTouchManyStripesConflictWhereverTheyMeet() {
    Lend wide = written(STRIPE / 2, 200 * STRIPE);
    for (int i = 0; i < 200; i++) {
      long at = i * STRIPE + STRIPE / 2;
      refused(() -> read(at, 1));
    }
    Lend behind = read(200 * STRIPE + STRIPE / 2, STRIPE);
    refused(() -> written(0, 300 * STRIPE));
    wide.giveBack();
    Lend three = written(STRIPE / 2, 3 * STRIPE);
    refused(() -> written(3 * STRIPE, STRIPE));
    three.giveBack();
    behind.giveBack();
  }

  @Test
  void whatCannotBeMemoryIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> written(0, 0));
    assertThrows(IllegalArgumentException.class, () -> written(-BASE, 10));
    assertThrows(IllegalArgumentException.class, () -> written(0, Long.MAX_VALUE));
    Resource readOnly = new Addresses(0, 10) {
      @Override
      public boolean isReadOnly() {
        return true;
      }
    };
    assertThrows(IllegalArgumentException.class, () -> LentMemory.lend(readOnly, true, "recv"));
    LentMemory.lend(readOnly, false, "send").giveBack();
  }

  @Test
  void aPartStandsForTheWhole() {
    Addresses whole = new Addresses(0, 100);
    assertThrows(IndexOutOfBoundsException.class, () -> whole.slice(50, 51));
    Lend first = LentMemory.lend(whole.slice(0, 50), true, "recv");
    Lend second = LentMemory.lend(whole.slice(0, 100).slice(50, 50), true, "recv");
    refused(() -> LentMemory.lend(whole, false, "send"));
    assertEquals(3, whole.lent);
    first.recycle();
    assertEquals(0, whole.recycled, "another part of it is out");
    second.giveBack();
    assertEquals(1, whole.recycled);
  }

  @Test
  void whatIsSharedIsRecycledOnceWhenAllOfItHasComeBack() {
    Addresses shared = new Addresses(0, 100);
    Lend first = LentMemory.lend(shared, false, "send");
    Lend second = LentMemory.lend(shared, false, "send");
    Lend third = LentMemory.lend(shared, false, "send");
    Lend other = read(50, 100);
    first.recycle();
    third.recycle();
    assertEquals(0, shared.recycled);
    second.recycle();
    assertEquals(0, shared.recycled, "somebody else sends from a part of it");
    other.giveBack();
    assertEquals(1, shared.recycled);
    assertEquals(3, shared.returned);
  }

  @Test
  void hooksThatThrowHarmNothing() {
    Resource throwing = new Addresses(0, 100) {
      @Override
      public void returned() {
        throw new IllegalArgumentException("returned");
      }

      @Override
      public void recycle() {
        throw new AssertionError("recycle");
      }
    };
    LentMemory.lend(throwing, true, "recv").giveBack();
    LentMemory.lend(throwing, true, "recv").recycle();
    Resource refusing = new Addresses(0, 100) {
      @Override
      public void lent() {
        throw new IllegalStateException("not today");
      }
    };
    assertEquals("not today",
        assertThrows(IllegalStateException.class, () -> LentMemory.lend(refusing, true, "recv")).getMessage());
    written(0, 100).giveBack();
  }

  @Test
  void whatIsAllowedIsWhatAModelOfEachByteAllows() {
    RandomGenerator random = Seed.random("lent memory");
    int cells = 96;
    long cell = STRIPE / 8;
    int[] readers = new int[cells];
    List<Lend> out = new ArrayList<>();
    for (int round = 0; round < 20_000; round++) {
      if (out.size() > 12 || !out.isEmpty() && random.nextInt(3) == 0) {
        Lend back = out.remove(random.nextInt(out.size()));
        mark(readers, cell, back, back.isMutable() ? 1000 : -1);
        back.giveBack();
        continue;
      }
      int from = random.nextInt(cells);
      int to = from + 1 + random.nextInt(Math.min(cells - from, 1 << random.nextInt(7)));
      boolean mutable = random.nextBoolean();
      boolean free = true;
      for (int i = from; i < to; i++) {
        free &= mutable ? readers[i] == 0 : readers[i] >= 0;
      }
      Lend lend = null;
      try {
        lend = LentMemory.lend(new Addresses(from * cell, (to - from) * cell), mutable, "model");
      } catch (IllegalStateException refused) {
        assertTrue(!free, refused::getMessage);
      }
      if (lend != null) {
        assertTrue(free, lend::toString);
        out.add(lend);
        mark(readers, cell, lend, mutable ? -1000 : 1);
      } else {
        assertNull(lend);
      }
    }
    out.forEach(Lend::giveBack);
  }

  private static void mark(int[] readers, long cell, Lend lend, int by) {
    for (long i = (lend.address() - BASE) / cell; i < (lend.address() - BASE + lend.bytes()) / cell; i++) {
      readers[(int) i] += by;
    }
  }

  @Test
  void threadsThatLendTheSameNeverHaveItTogether() {
    int cells = 64;
    AtomicIntegerArray holders = new AtomicIntegerArray(cells);
    List<Caller> callers = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      RandomGenerator random = Seed.of(thread);
      callers.add(Caller.platform(() -> {
        int granted = 0;
        for (int round = 0; round < 10_000; round++) {
          int from = random.nextInt(cells);
          int to = from + 1 + random.nextInt(Math.min(8, cells - from));
          Lend lend;
          try {
            lend = written(from * STRIPE / 2, (to - from) * STRIPE / 2);
          } catch (IllegalStateException refused) {
            continue;
          }
          for (int i = from; i < to; i++) {
            assertEquals(0, holders.getAndSet(i, 1));
          }
          for (int i = from; i < to; i++) {
            holders.set(i, 0);
          }
          lend.giveBack();
          granted++;
        }
        return granted;
      }));
    }
    for (Caller caller : callers) {
      assertTrue((Integer) caller.value() > 0);
    }
  }
}
