package io.loomring.api;

import io.loomring.fd.Descriptor;
import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import io.loomring.sys.SystemCalls;
import java.io.IOException;

/**
 * Both ends of a pipe, from {@link PipeOperations#open}.
 *
 * @param source what is read from
 * @param sink what is written to
 * @since 0.1
 */
public record PipeEnds(Descriptor source, Descriptor sink) implements AutoCloseable {
  /**
   * Has the pipe hold at least {@code bytes}, where the system allows as much ({@code fs.pipe-max-size}, and what all
   * pipes of a user may hold together); otherwise it stays as it is. For a pipe that
   * nobody uses yet: it keeps the carrier until a splice that is under way has ended (K-62).
   *
   * @return how many bytes it holds, {@code -errno} or an {@link Outcome}
   */
  public int grow(int bytes) {
    if (!sink.beginCall()) {
      return Outcome.CLOSED;
    }
    try {
      int grown = SystemCalls.fcntl(sink.fd(), Constants.F_SETPIPE_SZ, bytes);
      return grown >= 0 ? grown : SystemCalls.fcntl(sink.fd(), Constants.F_GETPIPE_SZ, 0);
    } finally {
      sink.endCall();
    }
  }

  /** Closes both; what is in the pipe is gone. */
  @Override
  public void close() throws IOException {
    try {
      source.close();
    } finally {
      sink.close();
    }
  }

  /** Closes both without waiting. */
  public void closeWithoutWaiting() {
    source.closeWithoutWaiting();
    sink.closeWithoutWaiting();
  }
}
