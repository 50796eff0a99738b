package io.loomring.buffer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A segment whose memory stays as long as the segment is reachable, or whose arena waits for it.
 *
 * @param segment reachable as long as this is, and with it its memory
 * @param arena the one to wait, or null where reachability suffices
 */
record SegmentResource(MemorySegment segment, @Nullable UringArena arena) implements Resource {
  private static final Class<?> AUTOMATIC = Arena.ofAuto().scope().getClass();
  private static final Class<?> OF_BUFFERS = MemorySegment.ofBuffer(ByteBuffer.allocateDirect(1)).scope().getClass();
  private static final boolean TELLS_APART = tellsApart();

  /**
   * Whether the class of a scope tells what ends it. Nothing else does: a JDK where it does not gets no segment lent,
   * and all of them copied.
   */
  private static boolean tellsApart() {
    Class<?> global = Arena.global().scope().getClass();
    try (Arena confined = Arena.ofConfined(); Arena shared = Arena.ofShared()) {
      for (Class<?> stays : new Class<?>[] {AUTOMATIC, OF_BUFFERS}) {
        if (stays == global || stays == confined.scope().getClass() || stays == shared.scope().getClass()) {
          return false;
        }
      }
    }
    return true;
  }

  static boolean isLendable(MemorySegment segment) {
    return segment.isNative() && (isCollected(segment) || UringArena.of(segment) != null);
  }

  private static boolean isCollected(MemorySegment segment) {
    Class<?> scope = segment.scope().getClass();
    return TELLS_APART && (scope == AUTOMATIC || scope == OF_BUFFERS);
  }

  static Resource of(MemorySegment segment) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException("memory of the heap cannot be lent, since it moves: call what copies, or"
          + " allocate it from a UringArena or Arena.ofAuto()");
    }
    UringArena arena = UringArena.of(segment);
    if (arena == null && !isCollected(segment)) {
      if (!segment.scope().isAlive()) {
        throw new IllegalStateException("the segment's arena is closed");
      }
      throw new IllegalArgumentException("memory of this arena cannot be lent, since it could be closed under the kernel:"
          + " call what copies, or allocate it from a UringArena or Arena.ofAuto()");
    }
    return new SegmentResource(segment, arena);
  }

  @Override
  public long address() {
    return segment.address();
  }

  @Override
  public long byteSize() {
    return segment.byteSize();
  }

  @Override
  public boolean isReadOnly() {
    return segment.isReadOnly();
  }

  @Override
  public void lent() {
    if (arena != null) {
      arena.lent();
    }
  }

  @Override
  public void returned() {
    if (arena != null) {
      arena.returned();
    }
  }

  @Override
  public void abandoned() {
    if (arena != null) {
      arena.abandoned();
    }
  }

  @Override
  public void recycle() {
    // Its owner may have it in use elsewhere; unreachable, it goes by itself.
  }
}
