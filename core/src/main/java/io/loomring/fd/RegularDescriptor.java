package io.loomring.fd;

import io.loomring.op.Operation;
import io.loomring.op.OperationTable;
import io.loomring.ring.Sqe;
import io.loomring.sys.Constants;
import io.loomring.sys.SystemCalls;
import java.lang.foreign.MemorySegment;

/** A descriptor of the process's own table. */
public final class RegularDescriptor extends Descriptor implements Expected {
  private static final int NONE = -1;

  /** Another number of a listener, from before its close chain to its end. */
  private int kept = NONE;

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

  /**
   * The kernel may hold the file for a while longer than until the completion of its close, and of the accepts that were
   * cancelled, and as long as it does a listener listens (K-80). So it is told to end, by another number, when the chain is
   * through. Done before, that would end what waits in the chain's stead; which it does where no number is free.
   */
  @Override
  void keepListener() {
    try {
      int another = SystemCalls.fcntl(sqeFd(), Constants.F_DUPFD_CLOEXEC, 0);
      if (another >= 0) {
        kept = another;
      } else {
        SystemCalls.shutdown(sqeFd(), Constants.SHUT_RD);
      }
    } catch (OutOfMemoryError | StackOverflowError closingGoesOn) {
      // It takes nothing itself, and comes to its end without this.
    }
  }

  @Override
  void endListening() {
    if (kept != NONE) {
      try {
        SystemCalls.shutdown(kept, Constants.SHUT_RD);
        SystemCalls.close(kept);
      } catch (OutOfMemoryError | StackOverflowError closingGoesOn) {
        // Who waits for the end is told of it.
      }
      kept = NONE;
    }
  }

  @Override
  void closePlainly() {
    if (sqeFd() >= 0) {
      if (kept == NONE && isListening()) {
        SystemCalls.shutdown(sqeFd(), Constants.SHUT_RD);
      }
      SystemCalls.close(sqeFd());
    }
  }

  @Override
  String name() {
    return "descriptor " + sqeFd();
  }
}
