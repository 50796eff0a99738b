package io.loomring.net;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A listener on the transport {@link Transport#JDK}: see {@link JdkUnixEnd}. */
final class JdkUnixListener implements UringUnixServerSocket.Listener {
  private final ServerSocketChannel channel;

  private JdkUnixListener(ServerSocketChannel channel) {
    this.channel = channel;
  }

  /** Makes one. Permissions are refused: set after the file is there, they would let everybody in before. */
  static JdkUnixListener bind(SocketAddress local, int backlog, @Nullable Set<PosixFilePermission> permissions)
      throws IOException {
    if (!(local instanceof UnixDomainSocketAddress)) {
      throw JdkUnixEnd.unsupported("abstract names");
    }
    if (permissions != null) {
      throw JdkUnixEnd.unsupported("permissions");
    }
    ServerSocketChannel made = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      made.bind(local, backlog);
      return new JdkUnixListener(made);
    } catch (IOException failed) {
      Closing.quietly(made, failed);
      throw JdkUnixEnd.inWords(failed);
    }
  }

  SocketAddress localAddress() throws IOException {
    return channel.getLocalAddress();
  }

  @Override
  public UnixEnd accept(long deadline) throws IOException {
    try {
      return new JdkUnixEnd(channel.accept());
    } catch (ClosedByInterruptException interrupted) {
      throw new InterruptedIOException();
    }
  }

  @Override
  public <T> void setOption(SocketOption<T> option, T value) throws IOException {
    requireSupported(option);
    channel.setOption(option, value);
  }

  @Override
  public <T> T getOption(SocketOption<T> option) throws IOException {
    requireSupported(option);
    return channel.getOption(option);
  }

  /** A listening channel knows fewer than a connected one. */
  private static void requireSupported(SocketOption<?> option) {
    UnixSockets.requireSupported(option);
    if (option != StandardSocketOptions.SO_RCVBUF) {
      throw JdkUnixEnd.unsupported("options like " + option + " of listeners");
    }
  }

  @Override
  public void requireTimeouts() {
    throw JdkUnixEnd.unsupported("timeouts");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
