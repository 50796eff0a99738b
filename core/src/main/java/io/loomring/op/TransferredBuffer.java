package io.loomring.op;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import org.jspecify.annotations.Nullable;

/** A pooled buffer that belongs to an operation, and goes back when the kernel has let go of it (I-3). */
final class TransferredBuffer extends Extension {
  private final BufferPool pool;
  // The baton's holder's, from the submit on.
  private @Nullable Buffer buffer;

  TransferredBuffer(BufferPool pool, Buffer buffer) {
    this.pool = pool;
    this.buffer = buffer;
  }

  @Override
  protected void kernelLetsGo() {
    Buffer mine = buffer;
    if (mine != null) {
      buffer = null;
      pool.release(mine);
    }
  }

  @Override
  protected void kernelKeeps() {
    Buffer mine = buffer;
    if (mine != null) {
      buffer = null;
      pool.abandon(mine);
    }
  }
}
