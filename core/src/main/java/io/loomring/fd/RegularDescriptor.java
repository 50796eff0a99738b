package io.loomring.fd;

import io.loomring.op.DescriptorReceiver;
import io.loomring.op.Operation;
import io.loomring.op.OperationTable;

/** A descriptor of the process's own table. */
public final class RegularDescriptor extends Descriptor implements DescriptorReceiver {
  private static final int NONE_YET = -1;

  // Written once, before the descriptor is handed to anybody.
  private volatile int fd;

  private RegularDescriptor(OperationTable table, Operation closeOperation, int fd, boolean owned) {
    super(table, closeOperation, owned);
    this.fd = fd;
  }

  /**
   * Ties an open descriptor to a ring.
   *
   * @param closeOperation an acquired slot, kept for its closing
   * @param owned whether {@link #close} closes the number
   */
  public static RegularDescriptor of(OperationTable table, Operation closeOperation, int fd, boolean owned) {
    RegularDescriptor descriptor = new RegularDescriptor(table, closeOperation, fd, owned);
    descriptor.born();
    return descriptor;
  }

  /** Makes the owner of a descriptor that an operation is going to make (I-9). */
  public static RegularDescriptor expecting(OperationTable table, Operation closeOperation) {
    return new RegularDescriptor(table, closeOperation, NONE_YET, true);
  }

  @Override
  public void receive(int made) {
    fd = made;
    born();
  }

  /** Lets an expected descriptor go that did not come. */
  public void discard() {
    discardUnborn();
  }

  @Override
  public int fd() {
    return fd;
  }
}
