package io.loomring.fd;

import io.loomring.op.Operation;
import io.loomring.op.OperationTable;
import io.loomring.ring.Sqe;
import io.loomring.sys.SystemCalls;
import java.lang.foreign.MemorySegment;

/** A descriptor of the process's own table. */
public final class RegularDescriptor extends Descriptor implements Expected {
  private RegularDescriptor(OperationTable table, Operation closeOperation, boolean owned) {
    super(table, closeOperation, owned, 0);
  }

  /**
   * Ties an open descriptor to a ring.
   *
   * @param closeOperation an acquired slot, kept for its closing
   * @param owned whether {@link #close} closes the number
   */
  public static RegularDescriptor of(OperationTable table, Operation closeOperation, int fd, boolean owned) {
    RegularDescriptor descriptor = new RegularDescriptor(table, closeOperation, owned);
    descriptor.born(fd);
    return descriptor;
  }

  /** Makes the owner of a descriptor that an operation is going to make (I-9). */
  public static RegularDescriptor expecting(OperationTable table, Operation closeOperation) {
    return new RegularDescriptor(table, closeOperation, true);
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
  public int fd() {
    return sqeFd();
  }

  @Override
  void stageClose(MemorySegment sqe, long at) {
    Sqe.prepClose(sqe, at, sqeFd());
  }

  @Override
  void closePlainly() {
    if (sqeFd() >= 0) {
      SystemCalls.close(sqeFd());
    }
  }

  @Override
  String name() {
    return "descriptor " + sqeFd();
  }
}
