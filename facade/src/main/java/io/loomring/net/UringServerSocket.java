package io.loomring.net;

import io.loomring.api.Uring;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ServerSocket} on io_uring. It does what {@link ServerSocket} says, and {@link #accept} makes a
 * {@link UringSocket}, which lives on the same Uring. Where {@link Transport} says so, a server socket of the JDK's
 * does all of this behind the same class.
 *
 * @since 0.1
 */
public final class UringServerSocket extends ServerSocket {
  private static final int DEFAULT_BACKLOG = 50;

  private final @Nullable Uring uring;

  /** Makes an unbound one, on {@link Uring#getDefault} as it is when the socket is bound. */
  public UringServerSocket() throws IOException {
    super(ByteSocketImpl.forServerSocket(null));
    this.uring = null;
  }

  /** Makes an unbound one on {@code uring}. */
  public UringServerSocket(Uring uring) throws IOException {
    super(ByteSocketImpl.forServerSocket(uring));
    this.uring = uring;
  }

  /** Makes one bound to {@code port}, or to a free one where that is 0, on all addresses. */
  public UringServerSocket(int port) throws IOException {
    this(port, DEFAULT_BACKLOG, null);
  }

  /** The same with a backlog; below 1 it means 50. */
  public UringServerSocket(int port, int backlog) throws IOException {
    this(port, backlog, null);
  }

  /**
   * Makes one bound to {@code port}, or to a free one where that is 0.
   *
   * @param backlog connections that may wait to be accepted; below 1 it means 50
   * @param address a local address, or null for all
   * @throws IllegalArgumentException if the port is not from 0 to 65535
   * @throws java.net.BindException if the address is in use, not this machine's, or not allowed
   */
  public UringServerSocket(int port, int backlog, @Nullable InetAddress address) throws IOException {
    this();
    if (port < 0 || port > 0xFFFF) {
      throw new IllegalArgumentException("Port value out of range: " + port);
    }
    try {
      bind(new InetSocketAddress(address, port), backlog);
    } catch (IOException | RuntimeException failed) {
      Closing.quietly(this, failed);
      throw failed;
    }
  }

  /**
   * Waits for a connection.
   *
   * @throws java.net.SocketTimeoutException if SO_TIMEOUT passes first; the socket stays usable
   * @throws SocketException "Socket closed" if another thread closes the socket meanwhile, and "Closed by interrupt",
   *     with the socket closed and the flag set, if the waiting virtual thread is interrupted
   * @throws IOException "Too many open files" if descriptors are short; the socket stays usable, and connections wait
   *     in its queue. Who tries again at once is told so a hundred times a second at most
   */
  @Override
  public UringSocket accept() throws IOException {
    if (isClosed()) {
      throw new SocketException("Socket is closed");
    }
    if (!isBound()) {
      throw new SocketException("Socket is not bound yet");
    }
    UringSocket accepted = UringSocket.on(uring);
    implAccept(accepted);
    return accepted;
  }
}
