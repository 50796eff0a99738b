package io.loomring.net;

import io.loomring.api.Uring;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@link UringSocket}s, for libraries that take a {@link SocketFactory}, as an object or by its class name.
 *
 * @since 0.1
 */
public final class UringSocketFactory extends SocketFactory {
  private static final UringSocketFactory DEFAULT = new UringSocketFactory();

  private final @Nullable Uring uring;

  /** Makes one for {@link Uring#getDefault}. */
  public UringSocketFactory() {
    this.uring = null;
  }

  /** Makes one for {@code uring}. */
  public UringSocketFactory(Uring uring) {
    this.uring = uring;
  }

  /** The one for {@link Uring#getDefault}. */
  public static SocketFactory getDefault() {
    return DEFAULT;
  }

  @Override
  public Socket createSocket() throws IOException {
    return UringSocket.on(uring);
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return UringSocket.on(uring).connected(UringSocket.resolved(host, port), null);
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress localAddress, int localPort) throws IOException {
    return UringSocket.on(uring)
        .connected(UringSocket.resolved(host, port), UringSocket.local(localAddress, localPort));
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return UringSocket.on(uring).connected(UringSocket.remote(host, port), null);
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress localAddress, int localPort)
      throws IOException {
    return UringSocket.on(uring)
        .connected(UringSocket.remote(host, port), UringSocket.local(localAddress, localPort));
  }
}
