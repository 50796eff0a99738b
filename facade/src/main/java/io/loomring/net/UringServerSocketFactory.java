package io.loomring.net;

import io.loomring.api.Uring;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import javax.net.ServerSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@link UringServerSocket}s on {@link Uring#getDefault}, for libraries that take a {@link ServerSocketFactory}.
 *
 * @since 0.1
 */
public final class UringServerSocketFactory extends ServerSocketFactory {
  private static final UringServerSocketFactory DEFAULT = new UringServerSocketFactory();

  /** Makes one. */
  public UringServerSocketFactory() {}

  /** The same one each time. */
  public static ServerSocketFactory getDefault() {
    return DEFAULT;
  }

  @Override
  public ServerSocket createServerSocket() throws IOException {
    return new UringServerSocket();
  }

  @Override
  public ServerSocket createServerSocket(int port) throws IOException {
    return new UringServerSocket(port);
  }

  @Override
  public ServerSocket createServerSocket(int port, int backlog) throws IOException {
    return new UringServerSocket(port, backlog);
  }

  @Override
  public ServerSocket createServerSocket(int port, int backlog, @Nullable InetAddress address) throws IOException {
    return new UringServerSocket(port, backlog, address);
  }
}
