package io.loomring.api;

import io.loomring.error.Call;
import io.loomring.fd.Descriptor;
import io.loomring.op.Operation;
import io.loomring.op.OperationKind;
import io.loomring.ring.Sqe;
import io.loomring.sys.Constants;
import java.util.Locale;
import java.util.Objects;

/**
 * An operation that moves data, as a value: what {@link Lending} is to do with memory that it is lent. Immutable; serves
 * any number of calls.
 *
 * @since 0.1
 */
public final class DataOperation {
  /** What the kernel moves in one call at most, in bytes. */
  private static final long MAX_BYTES = 0x7ffff000L;

  private final OperationKind kind;
  private final Descriptor on;
  private final long position;

  private DataOperation(OperationKind kind, Descriptor on, long position) {
    this.kind = kind;
    this.on = Objects.requireNonNull(on);
    this.position = position;
  }

  /** Receives from a socket: at least one byte, or the end. */
  public static DataOperation recv(Descriptor socket) {
    return new DataOperation(OperationKind.RECV, socket, 0);
  }

  /** Sends all to a socket. */
  public static DataOperation send(Descriptor socket) {
    return new DataOperation(OperationKind.SEND, socket, 0);
  }

  /**
   * Sends all to a socket, without a copy in the kernel either: it has ended when the peer's side has acknowledged the
   * bytes, which may be never. See {@link ZeroCopy}.
   */
  public static DataOperation sendZeroCopy(Descriptor socket) {
    return new DataOperation(OperationKind.SEND_ZC, socket, 0);
  }

  /** Reads at a position of a file, in bytes; at the current one where that is -1, as pipes and terminals need it. */
  public static DataOperation read(Descriptor file, long position) {
    return new DataOperation(OperationKind.READ, file, position);
  }

  /** Writes at a position of a file, in bytes; at the current one where that is -1, as pipes and terminals need it. */
  public static DataOperation write(Descriptor file, long position) {
    return new DataOperation(OperationKind.WRITE, file, position);
  }

  OperationKind kind() {
    return kind;
  }

  Call call() {
    return kind.call();
  }

  Descriptor on() {
    return on;
  }

  /** Whether the kernel writes to the memory, so that it has to have it alone. */
  boolean fills() {
    return call() == Call.READ;
  }

  void stage(Operation op, long address, long memoryBytes) {
    int bytes = (int) Math.min(memoryBytes, MAX_BYTES);
    int all = Constants.MSG_NOSIGNAL | Constants.MSG_WAITALL;
    switch (kind) {
      case RECV -> Sqe.prepRecv(op.memory(), op.base(), on.sqeFd(), address, bytes, 0);
      case SEND -> Sqe.prepSend(op.memory(), op.base(), on.sqeFd(), address, bytes, all);
      case SEND_ZC -> Sqe.prepSendZc(op.memory(), op.base(), on.sqeFd(), address, bytes, all);
      case READ -> Sqe.prepRead(op.memory(), op.base(), on.sqeFd(), address, bytes, position);
      default -> Sqe.prepWrite(op.memory(), op.base(), on.sqeFd(), address, bytes, position);
    }
  }

  /** What callers get for a result of zero or above. */
  int answer(int result) {
    return result == 0 && fills() ? -1 : result;
  }

  @Override
  public String toString() {
    return kind.name().toLowerCase(Locale.ROOT) + " on " + on;
  }
}
