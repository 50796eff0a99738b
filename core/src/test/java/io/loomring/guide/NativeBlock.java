package io.loomring.guide;

import io.loomring.buffer.Resource;
import java.lang.foreign.MemorySegment;
import java.util.Queue;

/** Memory of a native library, which keeps blocks that are free for use again. */
public record NativeBlock(MemorySegment memory, Queue<NativeBlock> free) implements Resource {
  @Override
  public long address() {
    return memory.address();
  }

  @Override
  public long byteSize() {
    return memory.byteSize();
  }

  /** Nobody is left to take it back, and the kernel has let go of it. */
  @Override
  public void recycle() {
    free.add(this);
  }
}
