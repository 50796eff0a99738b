package io.loomring.op;

import io.loomring.error.Call;
import io.loomring.ring.Opcode;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What an operation does: the opcode that does it, the {@link Call} by which the error table knows it, and whether the
 * kernel leaves it to a worker. What a restricted ring may issue comes from here too.
 */
public enum OperationKind {
  NOP(Opcode.NOP, Call.OTHER),
  READ(Opcode.READ, Call.READ),
  WRITE(Opcode.WRITE, Call.WRITE),
  RECV(Opcode.RECV, Call.READ),
  SEND(Opcode.SEND, Call.WRITE),
  RECVMSG(Opcode.RECVMSG, Call.READ),
  SENDMSG(Opcode.SENDMSG, Call.WRITE),
  ACCEPT(Opcode.ACCEPT, Call.ACCEPT),
  CONNECT(Opcode.CONNECT, Call.CONNECT),
  SOCKET(Opcode.SOCKET, Call.SOCKET),
  BIND(Opcode.BIND, Call.BIND),
  LISTEN(Opcode.LISTEN, Call.LISTEN),
  SHUTDOWN(Opcode.SHUTDOWN, Call.SHUTDOWN, true),
  OPENAT(Opcode.OPENAT, Call.OPEN, true),
  FSYNC(Opcode.FSYNC, Call.SYNC, true),
  STATX(Opcode.STATX, Call.STAT, true),
  POLL(Opcode.POLL_ADD, Call.POLL),
  TIMEOUT(Opcode.TIMEOUT, Call.OTHER),
  /** The close chain of a descriptor that we own: cancel, then close. */
  CLOSE(Opcode.CLOSE, Call.CLOSE),
  /** The same for a descriptor that is only lent to us: it is left open. */
  DETACH(Opcode.ASYNC_CANCEL, Call.CLOSE);

  /** What the library issues beside the work of its operations: for their timeouts, their cancel and their close. */
  private static final Set<Opcode> SERVICE = Set.of(
      Opcode.POLL_ADD, Opcode.TIMEOUT, Opcode.TIMEOUT_REMOVE, Opcode.LINK_TIMEOUT, Opcode.ASYNC_CANCEL, Opcode.CLOSE);

  private final Opcode opcode;
  private final Call call;
  private final boolean workers;

  OperationKind(Opcode opcode, Call call) {
    this(opcode, call, false);
  }

  OperationKind(Opcode opcode, Call call, boolean workers) {
    this.opcode = opcode;
    this.call = call;
    this.workers = workers;
  }

  public Opcode opcode() {
    return opcode;
  }

  public Call call() {
    return call;
  }

  /** Every opcode that the library issues: what a restricted ring may. */
  public static Set<Opcode> opcodes() {
    EnumSet<Opcode> all = EnumSet.copyOf(SERVICE);
    for (OperationKind kind : values()) {
      all.add(kind.opcode);
    }
    return Collections.unmodifiableSet(all);
  }

  /**
   * Whether the kernel leaves it to a worker from the start. Its linked timeout would not run while the worker is at it,
   * and it takes its descriptor's file only when the worker begins (K-14, K-44).
   */
  public boolean isWorkers() {
    return workers;
  }

  boolean endsDescriptor() {
    return this == CLOSE || this == DETACH;
  }
}
