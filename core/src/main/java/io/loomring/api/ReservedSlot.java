package io.loomring.api;

import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.op.SlotLayout;
import io.loomring.ring.Sqe;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A slot of a ring's table of direct descriptors that is kept for chains which open a file themselves, and use it: from
 * {@link DirectOperations#reserve}. An entry opens the file {@linkplain StagedSqe#into into} it, those behind it
 * {@linkplain SqeChain#add(io.loomring.ring.Opcode, ReservedSlot) name} it, and one may {@linkplain SqeChain#close close}
 * it again: with one submit, and no trip back to the caller between them.
 *
 * <pre>{@code
 * into = chain.allocate(maxBytes);
 * chain.add(Opcode.OPENAT, Constants.AT_FDCWD).address(chain.path(path)).into(slot);
 * // A file may be shorter than the memory, and a short read would end the chain before the close.
 * chain.add(Opcode.READ, slot).memory(into).hardLink();
 * chain.close(slot);
 * }</pre>
 *
 * <p>One chain has it at a time. Nothing but that chain ever names the file, and when its call has ended the file is
 * closed, whatever ended the call; so the slot serves any number of chains, one behind the other, and what one of them left
 * behind never meets another's file. Between them the slot holds a descriptor that nobody uses, so that the kernel gives the
 * slot to nobody (K-77). It counts as a direct descriptor, and as a regular one.
 *
 * @since 0.1
 */
public final class ReservedSlot implements AutoCloseable {
  private final Uring uring;
  private final Descriptor slot;
  private final Descriptor nothing;
  private final AtomicBoolean taken = new AtomicBoolean();

  ReservedSlot(Uring uring, Descriptor slot, Descriptor nothing) {
    this.uring = uring;
    this.slot = slot;
    this.nothing = nothing;
  }

  /** The slot as a descriptor of its ring, for entries of the chain that has it. */
  Descriptor slot() {
    return slot;
  }

  /** What the slot holds when no file is in it. */
  Descriptor nothing() {
    return nothing;
  }

  /** Whether a chain has it. */
  public boolean isInUse() {
    return taken.get();
  }

  boolean tryTake() {
    return taken.compareAndSet(false, true);
  }

  /**
   * Gives it back, its file closed.
   *
   * @param holdsFile whether the chain has left a file in it
   */
  void giveBack(boolean holdsFile) {
    try {
      if (holdsFile && empty() < 0) {
        // Not with a file in it: the close of the slot closes that as well.
        slot.closeWithoutWaiting();
      }
    } finally {
      taken.set(false);
    }
  }

  /** Closes the file in it; answers a number below zero where the slot is being closed, or could not be emptied. */
  private int empty() {
    if (!slot.beginCall()) {
      return -1;
    }
    try {
      return new Request(uring, OperationKind.FILES_UPDATE).in(slot.table()).with(nothing).issue((sqe, at, op) -> {
        sqe.set(ValueLayout.JAVA_INT, at + SlotLayout.DATA, nothing.fd());
        Sqe.prepFilesUpdate(sqe, at, op.addressOf(SlotLayout.DATA), 1, slot.sqeFd());
      });
    } finally {
      slot.endCall();
    }
  }

  /**
   * Gives the slot back to the table. A chain that has it is ended, and has let go when this returns. An interrupt does not
   * end the wait.
   */
  @Override
  public void close() throws IOException {
    try {
      slot.close();
    } finally {
      nothing.close();
    }
  }

  @Override
  public String toString() {
    return "reserved " + slot;
  }
}
