package io.loomring.fd;

import io.loomring.op.DirectSlots;
import io.loomring.op.Operation;
import io.loomring.op.OperationTable;
import io.loomring.ring.Sqe;
import io.loomring.ring.SqeFlags;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A slot of the table that the kernel keeps for a ring: open files that operations of that ring name, and nobody else
 * can. It has no number in the process, so plain system calls do not take it.
 *
 * <p>The kernel gives a slot to another file as soon as a CLOSE has emptied it, which is before that CLOSE's completion
 * is seen. Nothing of ours names it then: what does was issued before the CLOSE, or is counted as a call, and the CLOSE
 * waits for it (I-5, K-14); the cancel goes before the CLOSE, in its chain.
 */
public final class DirectDescriptor extends Descriptor implements Expected {
  private final DirectSlots slots;
  private final boolean socket;
  // A hint: whoever reads it late asks once more.
  private boolean waitable;

  private DirectDescriptor(OperationTable table, Operation closeOperation, boolean socket) {
    super(table, closeOperation, true, SqeFlags.FIXED_FILE);
    this.slots = table.directSlots();
    this.socket = socket;
    this.waitable = socket;
  }

  /**
   * Makes the owner of a descriptor that an operation is going to make (I-9), and takes a slot for it.
   *
   * @param closeOperation an acquired slot of the operation table, kept for its closing
   * @return null where the ring's table is full
   */
  public static @Nullable DirectDescriptor expecting(
      OperationTable table, Operation closeOperation, boolean socket) {
    return table.directSlots().tryTake() ? new DirectDescriptor(table, closeOperation, socket) : null;
  }

  /** The owner of one that is there, and for which no slot was taken. */
  public static DirectDescriptor of(OperationTable table, Operation closeOperation, int slot, boolean socket) {
    table.directSlots().take();
    DirectDescriptor descriptor = new DirectDescriptor(table, closeOperation, socket);
    descriptor.born(slot);
    return descriptor;
  }

  @Override
  public void receive(int made) {
    born(made);
  }

  @Override
  public Descriptor descriptor() {
    return this;
  }

  @Override
  void neverBorn() {
    slots.giveBack();
  }

  /** Whether it is a socket: known from how it was made, since nobody can be asked. */
  boolean isSocket() {
    return socket;
  }

  /** Whether it is known to be a file that can be waited for; a regular file is always ready, and cannot. */
  public boolean isWaitable() {
    return waitable;
  }

  /** Says that it is. */
  public void waitable() {
    waitable = true;
  }

  /**
   * Refuses: it has no number.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  public int fd() {
    throw new UnsupportedOperationException(
        this + " has no number outside of its ring, and this call needs one: make a regular descriptor of it"
            + " (Uring.direct().fixedFdInstall)");
  }

  @Override
  void stageClose(MemorySegment sqe, long at) {
    Sqe.prepCloseDirect(sqe, at, sqeFd());
  }

  /** The ring's end is its end. */
  @Override
  void closePlainly() {}

  @Override
  public void closeEnded(int result, int cancelled) {
    // First: whoever sees it closed finds a slot.
    slots.giveBack();
    super.closeEnded(result, cancelled);
  }

  @Override
  String name() {
    return "direct descriptor " + sqeFd();
  }
}
