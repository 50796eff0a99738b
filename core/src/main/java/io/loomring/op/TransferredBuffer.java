package io.loomring.op;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;

/** A pooled buffer that belongs to an operation, and goes back when the kernel has let go of it (I-3). */
record TransferredBuffer(BufferPool pool, Buffer buffer) {
  void giveBack() {
    pool.release(buffer);
  }

  /** The ring is dead, and nothing will ever say that the kernel has let go (I-12). */
  void giveUp() {
    pool.abandon(buffer);
  }
}
