package io.loomring.op;

import io.loomring.error.Call;

/** What an operation does; the error table knows it by its {@link Call}. */
public enum OperationKind {
  NOP(Call.OTHER),
  READ(Call.READ),
  WRITE(Call.WRITE),
  RECV(Call.READ),
  SEND(Call.WRITE),
  RECVMSG(Call.READ),
  SENDMSG(Call.WRITE),
  ACCEPT(Call.ACCEPT),
  CONNECT(Call.CONNECT),
  SOCKET(Call.SOCKET),
  BIND(Call.BIND),
  LISTEN(Call.LISTEN),
  SHUTDOWN(Call.SHUTDOWN),
  OPENAT(Call.OPEN),
  FSYNC(Call.SYNC),
  STATX(Call.STAT),
  POLL(Call.POLL),
  TIMEOUT(Call.OTHER),
  /** The close chain of a descriptor that we own: cancel, then close. */
  CLOSE(Call.CLOSE),
  /** The same for a descriptor that is only lent to us: it is left open. */
  DETACH(Call.CLOSE);

  private final Call call;

  OperationKind(Call call) {
    this.call = call;
  }

  public Call call() {
    return call;
  }

  /**
   * Whether the kernel leaves it to a worker from the start. Its linked timeout would not run while the worker is at it,
   * and it takes its descriptor's file only when the worker begins (K-14, K-44).
   */
  boolean isWorkers() {
    return this == OPENAT || this == FSYNC || this == STATX;
  }

  boolean endsDescriptor() {
    return this == CLOSE || this == DETACH;
  }
}
