package io.loomring.net;

import io.loomring.api.RawOperations;
import io.loomring.error.Call;
import io.loomring.fd.Descriptor;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.net.SocketOption;

/** A listener on the ring. */
final class RingUnixListener implements UringUnixServerSocket.Listener {
  private final Held held;
  private final Cleaner.Cleanable cleanable;
  private final Acceptor acceptor = new Acceptor();

  RingUnixListener(Held held) {
    this.held = held;
    this.cleanable = Closing.whenForgotten(this, held.descriptor());
  }

  @Override
  public UnixEnd accept(long deadline) throws IOException {
    RawOperations.Accepted accepted = new RawOperations.Accepted();
    int result = acceptor.accept(held, accepted, deadline);
    if (result < 0) {
      throw Failures.of(Call.ACCEPT, result, held.descriptor());
    }
    return new RingUnixEnd(new Held(accepted.descriptor(), held.raw(), held.buffers()));
  }

  @Override
  public <T> void setOption(SocketOption<T> option, T value) throws IOException {
    UnixSockets.setOption(held.descriptor(), option, value);
  }

  @Override
  public <T> T getOption(SocketOption<T> option) throws IOException {
    return UnixSockets.getOption(held.descriptor(), option);
  }

  @Override
  public void requireTimeouts() {}

  @Override
  public void close() {
    Descriptor closing = held.descriptor();
    if (closing.beginClose()) {
      closing.endCall();
    }
    cleanable.clean();
    closing.awaitClosed();
  }
}
