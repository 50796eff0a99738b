package io.loomring.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.RunsOnce;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Memory that can be lent, and an arena that waits for it. */
@RunsOnce(RunsOnce.NO_DRIVER)
class UringArenaTest {
  private static Lend lend(MemorySegment segment) {
    return LentMemory.lend(Resource.of(segment), true, "recv");
  }

  @Test
  void anArenaAllocatesAndFreesAsOthersDo() {
    MemorySegment segment;
    try (UringArena arena = UringArena.open()) {
      segment = arena.allocate(100, 4096);
      assertEquals(0, segment.address() % 4096);
      segment.set(ValueLayout.JAVA_INT, 0, 42);
      assertEquals("abc", arena.allocateFrom("abc").getString(0));
      assertEquals(arena.scope(), segment.scope());
      assertTrue(Resource.isLendable(segment));
    }
    assertFalse(segment.scope().isAlive());
    assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_INT, 0));
  }

  @Test
  void closedWhileSomethingIsLentItWaits() {
    UringArena arena = UringArena.open(Await.LIMIT);
    MemorySegment segment = arena.allocate(100);
    Lend lend = lend(segment.asSlice(10, 20));
    assertEquals(1, arena.lends());
    Caller closer = Caller.virtual(() -> {
      arena.close();
      return null;
    });
    Await.untilParked(closer.thread());
    assertTrue(segment.scope().isAlive());
    assertThrows(IllegalStateException.class, () -> arena.allocate(1));
    assertThrows(IllegalStateException.class, () -> lend(segment.asSlice(50, 10)));
    closer.thread().interrupt();
    assertFalse(arena.tryClose());
    lend.giveBack();
    closer.value();
    assertFalse(segment.scope().isAlive());
  }

  @Test
  void aCloseWhoseTimeIsUpSaysSoAndTheLastLendFrees() {
    UringArena arena = UringArena.open(Duration.ofMillis(1));
    MemorySegment segment = arena.allocate(100);
    Lend first = lend(segment.asSlice(0, 50));
    Lend second = lend(segment.asSlice(50, 50));
    IllegalStateException late = assertThrows(IllegalStateException.class, arena::close);
    assertTrue(late.getMessage().contains("2 lends"), late::getMessage);
    first.giveBack();
    assertTrue(segment.scope().isAlive());
    second.giveBack();
    assertFalse(segment.scope().isAlive());
    arena.close();
    assertTrue(arena.tryClose());
  }

  @Test
  void tryCloseRefusesAndChangesNothing() {
    UringArena arena = UringArena.open();
    MemorySegment segment = arena.allocate(100);
    Lend lend = lend(segment);
    assertFalse(arena.tryClose());
    assertTrue(segment.scope().isAlive());
    MemorySegment more = arena.allocate(10);
    lend(more).giveBack();
    lend.giveBack();
    assertTrue(arena.tryClose());
    assertFalse(more.scope().isAlive());
  }

  @Test
  void whatIsLentToADeadRingIsNeverFreed() {
    UringArena arena = UringArena.open(Await.LIMIT);
    MemorySegment segment = arena.allocate(100);
    Lend lend = lend(segment);
    Caller closer = Caller.virtual(() -> {
      arena.close();
      return null;
    });
    Await.untilParked(closer.thread());
    lend.abandon();
    assertTrue(closer.thrown(IllegalStateException.class).getMessage().contains("ring died"));
    assertTrue(segment.scope().isAlive());
    assertThrows(IllegalStateException.class, arena::close);
    assertFalse(arena.tryClose());
    LentMemory.remove(lend);
  }

  @Test
  void usedAfterItsEndItRefuses() {
    UringArena arena = UringArena.open();
    MemorySegment segment = arena.allocate(100);
    Resource resource = Resource.of(segment);
    arena.close();
    assertThrows(IllegalStateException.class, () -> LentMemory.lend(resource, true, "recv"));
    assertThrows(IllegalStateException.class, () -> Resource.of(segment));
    assertFalse(Resource.isLendable(segment));
    assertThrows(IllegalStateException.class, () -> arena.allocate(1));
    assertThrows(IllegalArgumentException.class, () -> UringArena.open(Duration.ofNanos(-1)));
  }

  @Test
  void whatCannotBeFreedUnderTheKernelIsLent() {
    MemorySegment automatic = Arena.ofAuto().allocate(100);
    lend(automatic.asSlice(10)).giveBack();
    ByteBuffer direct = ByteBuffer.allocateDirect(100).position(10).limit(30);
    Resource part = Resource.of(direct);
    assertEquals(20, part.byteSize());
    assertEquals(MemorySegment.ofBuffer(direct).address(), part.address());
    lend(automatic.asSlice(0, 10).asByteBuffer().isDirect() ? automatic : automatic.asReadOnly()).giveBack();
    assertTrue(Resource.isLendable(MemorySegment.ofBuffer(automatic.asByteBuffer())));
    Resource readOnly = Resource.of(direct.asReadOnlyBuffer());
    assertTrue(readOnly.isReadOnly());
    assertThrows(IllegalArgumentException.class, () -> LentMemory.lend(readOnly, true, "recv"));
    LentMemory.lend(readOnly, false, "send").giveBack();
  }

  @Test
  void whatCanBeFreedOrMovesIsNot() {
    assertThrows(IllegalArgumentException.class, () -> Resource.of(MemorySegment.ofArray(new byte[10])));
    assertThrows(IllegalArgumentException.class, () -> Resource.of(ByteBuffer.allocate(10)));
    assertThrows(IllegalArgumentException.class, () -> Resource.of(Arena.global().allocate(10)));
    try (Arena shared = Arena.ofShared(); Arena confined = Arena.ofConfined()) {
      assertThrows(IllegalArgumentException.class, () -> Resource.of(shared.allocate(10)));
      assertThrows(IllegalArgumentException.class, () -> Resource.of(confined.allocate(10)));
      assertThrows(IllegalArgumentException.class, () -> Resource.of(shared.allocate(10).asByteBuffer()));
      assertFalse(Resource.isLendable(shared.allocate(10)));
    }
  }

  @Test
  void aLeaseOfThePoolIsNotGivenBackWhileItIsLent() {
    BufferPool pool = new BufferPool(1 << 24);
    Buffer buffer = pool.acquire(1000);
    Lend lend = LentMemory.lend(buffer.slice(0, 100), true, "recv");
    assertThrows(IllegalStateException.class, () -> pool.release(buffer));
    assertThrows(IllegalStateException.class, () -> pool.abandon(buffer));
    lend.giveBack();
    pool.release(buffer);
    assertThrows(IllegalStateException.class, () -> LentMemory.lend(buffer, true, "recv"));
    Buffer left = pool.acquire(1000);
    LentMemory.lend(left, true, "recv").recycle();
    assertEquals(0, pool.lent());
  }

  @Test
  void aLeaseThatADeadRingHadIsGivenUpForGood() {
    BufferPool pool = new BufferPool(1 << 24);
    Buffer buffer = pool.acquire(1000);
    Lend lend = LentMemory.lend(buffer, true, "recv");
    lend.abandon();
    pool.release(buffer);
    pool.abandon(buffer);
    assertEquals(0, pool.lent());
    assertEquals(buffer.capacity(), pool.abandonedBytes());
    assertThrows(IllegalStateException.class, () -> LentMemory.lend(buffer, true, "recv"));
    LentMemory.remove(lend);
  }
}
