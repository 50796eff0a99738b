package io.loomring.net;

import io.loomring.error.Call;
import io.loomring.fd.Descriptor;
import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** An end on the transport {@link Transport#JDK}: a channel that blocks. What that cannot do it refuses in words. */
final class JdkUnixEnd implements UnixEnd {
  private interface Transfer {
    int bytes() throws IOException;
  }

  private final SocketChannel channel;

  JdkUnixEnd(SocketChannel channel) {
    this.channel = channel;
  }

  /** What the transport lacks. */
  static UnsupportedOperationException unsupported(String what) {
    return new UnsupportedOperationException(
        what + " of Unix domain sockets take io_uring, and the transport is jdk: see " + Transport.PROPERTY);
  }

  /** The exception of {@code java.net} for one of a channel's. */
  static IOException inWords(IOException failed) {
    return switch (failed) {
      case SocketException known -> known;
      case ClosedByInterruptException _ -> new SocketException("Closed by interrupt");
      case ClosedChannelException _ -> new SocketException("Socket closed");
      default -> {
        SocketException named = new SocketException(failed.getMessage());
        named.initCause(failed);
        yield named;
      }
    };
  }

  private static int transferred(Transfer transfer) throws IOException {
    try {
      return transfer.bytes();
    } catch (ClosedByInterruptException interrupted) {
      return Outcome.INTERRUPTED;
    } catch (ClosedChannelException closed) {
      return Outcome.CLOSED;
    } catch (IOException failed) {
      throw inWords(failed);
    }
  }

  private static ByteBuffer buffer(
      byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length) {
    return array != null
        ? ByteBuffer.wrap(array, offset, length)
        : Sender.memory(null, segment, offset, length).asByteBuffer();
  }

  @Override
  public int read(byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length, long deadline)
      throws IOException {
    ByteBuffer into = buffer(array, segment, offset, length);
    return transferred(() -> Math.max(0, channel.read(into)));
  }

  @Override
  public int write(byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int bytes)
      throws IOException {
    return writeAll(buffer(array, segment, offset, bytes));
  }

  private int writeAll(ByteBuffer... all) throws IOException {
    int result = 0;
    while (result >= 0 && Vectored.remaining(all, 0, all.length) > 0) {
      result = transferred(() -> (int) Math.min(channel.write(all), Integer.MAX_VALUE));
    }
    if (result == Outcome.CLOSED && channel.isOpen()) {
      // Its output alone.
      throw new SocketException("Broken pipe");
    }
    return result;
  }

  @Override
  public int read(ByteBuffer[] into, int begin, int end, long deadline) throws IOException {
    return transferred(() -> Math.clamp(channel.read(into, begin, end - begin), 0, Integer.MAX_VALUE));
  }

  @Override
  public int write(ByteBuffer[] from, int begin, int end) throws IOException {
    ByteBuffer[] all = new ByteBuffer[end - begin];
    Arrays.setAll(all, i -> from[begin + i].duplicate());
    return writeAll(all);
  }

  @Override
  public FileSender transferFrom(Descriptor file, long position, long count) {
    throw unsupported("files as sources");
  }

  /** Channels do not tell. */
  @Override
  public int available() {
    return 0;
  }

  @Override
  public SocketAddress localAddress() throws IOException {
    return channel.getLocalAddress();
  }

  @Override
  public SocketAddress remoteAddress() throws IOException {
    return channel.getRemoteAddress();
  }

  @Override
  public int peerCredentials(int[] into) {
    throw unsupported("the peer's credentials");
  }

  @Override
  public <T> void setOption(SocketOption<T> option, T value) throws IOException {
    UnixSockets.requireSupported(option);
    channel.setOption(option, value);
  }

  @Override
  public <T> T getOption(SocketOption<T> option) throws IOException {
    UnixSockets.requireSupported(option);
    return channel.getOption(option);
  }

  @Override
  public int shutDown(int how) throws IOException {
    try {
      if (how == Constants.SHUT_RD) {
        channel.shutdownInput();
      } else {
        channel.shutdownOutput();
      }
      return 0;
    } catch (IOException failed) {
      throw inWords(failed);
    }
  }

  @Override
  public IOException failure(Call call, int result) {
    return result == Outcome.INTERRUPTED ? new InterruptedIOException() : new SocketException("Socket closed");
  }

  @Override
  public void requireTimeouts() {
    throw unsupported("timeouts");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  @Override
  public String toString() {
    return channel.isOpen() ? "a channel of the JDK's" : "a closed channel of the JDK's";
  }
}
