package io.loomring.op;

import io.loomring.error.Call;

/** What an operation does; the error table knows it by its {@link Call}. */
public enum OperationKind {
  NOP(Call.OTHER),
  READ(Call.READ),
  WRITE(Call.WRITE),
  RECV(Call.READ),
  SEND(Call.WRITE),
  ACCEPT(Call.ACCEPT),
  CONNECT(Call.CONNECT),
  SOCKET(Call.SOCKET),
  BIND(Call.BIND),
  LISTEN(Call.LISTEN),
  SHUTDOWN(Call.SHUTDOWN),
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

  boolean endsDescriptor() {
    return this == CLOSE || this == DETACH;
  }
}
