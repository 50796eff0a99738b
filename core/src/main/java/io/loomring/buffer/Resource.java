package io.loomring.buffer;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Memory that can be lent to the kernel as it is, without a copy: of this library's, or of any type that has a stable
 * address and says how it is recycled.
 *
 * <pre>{@code
 * record Page(MemorySegment segment, Queue<Page> free) implements Resource {
 *   public long address() {
 *     return segment.address();
 *   }
 *
 *   public long byteSize() {
 *     return segment.byteSize();
 *   }
 *
 *   public void recycle() {
 *     free.add(this);
 *   }
 * }
 * }</pre>
 *
 * <p>What happens to one that is lent, in this order:
 *
 * <ol>
 *   <li>{@link #lent}, on the thread that lends it, which may refuse;
 *   <li>the kernel has it, and the library keeps it reachable, until the last completion of the operation (I-3);
 *   <li>{@link #returned}: the kernel has let go. Or {@link #abandoned}, where the ring died and nothing will ever say so;
 *   <li>{@link #recycle}, only where nobody is left to take it back: the borrower has left before the end.
 * </ol>
 *
 * <p>The last two run on a thread that called, or on one of the library's for just this, never on one that runs a ring.
 * They should be short, since one waits for the other; what they throw is logged, and changes nothing.
 *
 * @since 0.1
 */
public interface Resource {
  /** Where it begins. Asked once for each lend; it must not move, nor be freed, until it has been returned. */
  long address();

  /** How long it is, in bytes. */
  long byteSize();

  /** Whether the kernel must not write to it: then it can be sent and written from, but nothing can be read into it. */
  default boolean isReadOnly() {
    return false;
  }

  /**
   * It is about to be lent. It may be so several times at once, if nobody writes to it.
   *
   * @throws IllegalStateException if it cannot be, because it is closed or somebody else's by now: nothing is lent then
   */
  default void lent() {}

  /** The kernel has let go of it; once for each {@link #lent}. */
  default void returned() {}

  /**
   * Instead of {@link #returned}: the ring has died, and the kernel may use it for as long as the process lives. It must
   * never be freed or used for anything else.
   */
  default void abandoned() {}

  /** Nobody will take it back, and the kernel has let go of it: it is free for use by others, or to be freed. */
  void recycle();

  /**
   * A part of it, which is lent for the whole: what happens to the part happens to the whole.
   *
   * @param offset where the part begins, in bytes
   * @throws IndexOutOfBoundsException if it leaves the whole
   */
  default Resource slice(long offset, long bytes) {
    return new ResourceSlice(this, offset, bytes);
  }

  /** Whether {@link #of(MemorySegment)} takes the segment; what it does not take has to be copied. */
  static boolean isLendable(MemorySegment segment) {
    return SegmentResource.isLendable(segment);
  }

  /**
   * A segment of {@link java.lang.foreign.Arena#ofAuto} or of a {@link UringArena}, or of a direct buffer, which stays
   * there for as long as it is lent. It has nothing to recycle.
   *
   * @throws IllegalArgumentException for any other segment: its arena can be closed under the kernel, or it lies on the
   *     heap
   */
  static Resource of(MemorySegment segment) {
    return SegmentResource.of(segment);
  }

  /**
   * What remains of a direct buffer, which stays there for as long as it is lent; its position does not move. It has
   * nothing to recycle.
   *
   * @throws IllegalArgumentException for a buffer on the heap, and one of an arena that can be closed under the kernel
   */
  static Resource of(ByteBuffer buffer) {
    return SegmentResource.of(MemorySegment.ofBuffer(buffer));
  }
}
