package io.loomring.net;

import io.loomring.api.Uring;
import java.net.SocketImpl;
import java.net.SocketImplFactory;

/**
 * Makes the implementations behind our sockets, on {@link Uring#getDefault}, for
 * {@link java.net.Socket#setSocketImplFactory} and {@link java.net.ServerSocket#setSocketFactory}: with both set, every
 * plain {@code new Socket()} and {@code new ServerSocket()} of the JVM is on a ring. Set both, or neither: a server
 * socket of one kind cannot accept a socket of the other. Where the system's settings name a SOCKS proxy for a host,
 * such a socket refuses to connect to it.
 *
 * @since 0.1
 */
public final class UringSocketImplFactory implements SocketImplFactory {
  private final boolean server;

  private UringSocketImplFactory(boolean server) {
    this.server = server;
  }

  /** For {@link java.net.Socket#setSocketImplFactory}. */
  public static UringSocketImplFactory forSockets() {
    return new UringSocketImplFactory(false);
  }

  /** For {@link java.net.ServerSocket#setSocketFactory}. */
  public static UringSocketImplFactory forServerSockets() {
    return new UringSocketImplFactory(true);
  }

  @Override
  public SocketImpl createSocketImpl() {
    return new UringSocketImpl(server, null);
  }
}
