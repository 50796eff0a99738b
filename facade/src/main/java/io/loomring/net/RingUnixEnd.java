package io.loomring.net;

import io.loomring.error.Call;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.fd.UnixCalls;
import io.loomring.sys.Constants;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** An end on the ring. */
final class RingUnixEnd implements UnixEnd {
  private final Held held;
  private final Cleaner.Cleanable cleanable;
  private final Receiver receiver = new Receiver();

  /** Makes one of a connected descriptor. */
  RingUnixEnd(Held held) {
    this.held = held;
    this.cleanable = Closing.whenForgotten(this, held.descriptor());
  }

  @Override
  public int read(byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length, long deadline) {
    return receiver.read(held, array, segment, offset, length, deadline);
  }

  @Override
  public int write(byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int bytes) {
    return Sender.resultOf(
        Sender.write(held.raw(), held.descriptor(), held.buffers(), array, segment, offset, bytes));
  }

  @Override
  public int read(ByteBuffer[] into, int begin, int end, long deadline) {
    return receiver.read(held, into, begin, end, deadline);
  }

  @Override
  public int write(ByteBuffer[] from, int begin, int end) {
    return Sender.resultOf(Vectored.send(held, from, begin, end));
  }

  @Override
  public FileSender transferFrom(Descriptor file, long position, long count) {
    return new FileSender(held, file, position, count).run();
  }

  @Override
  public int available() {
    return SocketCalls.available(held.descriptor());
  }

  @Override
  public SocketAddress localAddress() {
    return UnixSockets.address(UnixCalls.localName(held.descriptor()));
  }

  @Override
  public SocketAddress remoteAddress() {
    return UnixSockets.address(UnixCalls.remoteName(held.descriptor()));
  }

  @Override
  public int peerCredentials(int[] into) {
    return UnixCalls.peerCredentials(held.descriptor(), into);
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
  public int shutDown(int how) {
    return SocketCalls.shutdown(held.descriptor(), how);
  }

  @Override
  public IOException failure(Call call, int result) {
    return Failures.of(call, result, held.descriptor());
  }

  @Override
  public void requireTimeouts() {}

  @Override
  public void close() {
    Descriptor closing = held.descriptor();
    if (closing.beginClose()) {
      try {
        SocketCalls.shutdownWhileHeld(closing, Constants.SHUT_WR);
      } finally {
        closing.endCall();
      }
    }
    cleanable.clean();
    closing.awaitClosed();
  }

  @Override
  public String toString() {
    return held.descriptor().toString();
  }
}
