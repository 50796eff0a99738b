package io.loomring.op;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;

/** A pooled buffer that belongs to an operation, and goes back when the kernel has let go of it (I-3). */
record TransferredBuffer(BufferPool pool, Buffer buffer) {
  /** Gives back what {@code op} was given, if it was, and has it still. */
  static void giveBack(Operation op) {
    TransferredBuffer transferred = op.transferred;
    if (transferred != null) {
      op.transferred = null;
      transferred.pool.release(transferred.buffer);
    }
  }

  /** The same where the ring is dead, and nothing will ever say that the kernel has let go (I-12). */
  static void giveUp(Operation op) {
    TransferredBuffer transferred = op.transferred;
    if (transferred != null) {
      op.transferred = null;
      transferred.pool.abandon(transferred.buffer);
    }
  }
}
