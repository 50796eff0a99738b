package io.loomring.net;

import io.loomring.error.Call;
import io.loomring.error.ErrorTable;
import io.loomring.error.RingDeadException;
import io.loomring.fd.Descriptor;
import io.loomring.op.Outcome;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;

/** The exceptions of {@code java.net} for results of operations on a socket that nobody closed. */
final class Failures {
  private Failures() {}

  /** Loads what making an exception takes: once descriptors are used up, no class file can be opened to say so. */
  static void prepare() {
    ErrorTable.prepare();
    timedOut(Call.ACCEPT);
  }

  /** The exception, not thrown, for a result below zero. */
  static IOException of(Call call, int result, Descriptor on) {
    return switch (result) {
      case Outcome.TIMED_OUT -> new SocketTimeoutException(timedOut(call));
      // The wrapper in java.net closes the socket for it.
      case Outcome.INTERRUPTED -> new InterruptedIOException();
      case Outcome.CLOSED, Outcome.CANCELLED, Outcome.RING_DEAD -> ringDead(on);
      default -> ErrorTable.socketException(call, -result);
    };
  }

  static String timedOut(Call call) {
    return switch (call) {
      case ACCEPT -> "Accept timed out";
      case CONNECT -> "Connect timed out";
      default -> "Read timed out";
    };
  }

  /** Nobody closed the socket, but its descriptor is closed: the ring died, or its Uring was closed (I-14). */
  private static SocketException ringDead(Descriptor on) {
    RingDeadException cause = new RingDeadException(on.table().closedCause());
    SocketException dead = new SocketException(cause.getMessage());
    dead.initCause(cause);
    return dead;
  }
}
