package io.loomring.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The same for a {@link UringServerSocket}: see {@link JdkSocketImpl}. */
final class JdkServerSocketImpl extends SocketImpl {
  private volatile @Nullable ServerSocket socket;
  private volatile @Nullable InetSocketAddress wanted;

  private ServerSocket socket() throws SocketException {
    ServerSocket mine = socket;
    if (mine == null) {
      throw new SocketException("Socket not created");
    }
    return mine;
  }

  @Override
  protected void create(boolean stream) throws IOException {
    socket = new ServerSocket();
  }

  /** Takes the address down: the JDK's socket binds and listens in one, and {@link #listen} follows at once. */
  @Override
  protected void bind(InetAddress host, int wantedPort) {
    wanted = new InetSocketAddress(host, wantedPort);
  }

  @Override
  protected void listen(int backlog) throws IOException {
    socket().bind(wanted, backlog);
  }

  @Override
  protected void accept(SocketImpl into) throws IOException {
    if (!(into instanceof JdkSocketImpl accepting)) {
      throw new IOException("An instance of " + getClass() + " cannot accept a connection with an instance of "
          + into.getClass());
    }
    Socket accepted;
    try {
      accepted = socket().accept();
    } catch (SocketException failed) {
      throw JdkSocketImpl.seenByWrapper(failed);
    }
    accepting.accepted(accepted);
  }

  @Override
  protected void close() throws IOException {
    ServerSocket mine = socket;
    if (mine != null) {
      mine.close();
    }
  }

  @Override
  protected @Nullable InetAddress getInetAddress() {
    ServerSocket mine = socket;
    return mine == null ? null : mine.getInetAddress();
  }

  @Override
  protected int getLocalPort() {
    ServerSocket mine = socket;
    return mine == null ? 0 : mine.getLocalPort();
  }

  // ---- options

  @Override
  protected Set<SocketOption<?>> supportedOptions() {
    ServerSocket mine = socket;
    return mine == null ? Set.of() : mine.supportedOptions();
  }

  @Override
  protected <T> void setOption(SocketOption<T> option, T value) throws IOException {
    socket().setOption(option, value);
  }

  @Override
  protected <T> T getOption(SocketOption<T> option) throws IOException {
    return socket().getOption(option);
  }

  @Override
  public void setOption(int option, Object value) throws SocketException {
    ServerSocket mine = socket();
    switch (option) {
      case SO_TIMEOUT -> mine.setSoTimeout((Integer) value);
      case SO_REUSEADDR -> mine.setReuseAddress((Boolean) value);
      case SO_RCVBUF -> mine.setReceiveBufferSize((Integer) value);
      default -> throw new SocketException("Unknown option " + option);
    }
  }

  @Override
  public Object getOption(int option) throws SocketException {
    ServerSocket mine = socket();
    return switch (option) {
      case SO_TIMEOUT -> timeoutMillis(mine);
      case SO_REUSEADDR -> mine.getReuseAddress();
      case SO_RCVBUF -> mine.getReceiveBufferSize();
      default -> throw new SocketException("Unknown option " + option);
    };
  }

  private static int timeoutMillis(ServerSocket socket) throws SocketException {
    try {
      return socket.getSoTimeout();
    } catch (SocketException failed) {
      throw failed;
    } catch (IOException failed) {
      throw new SocketException(failed.getMessage());
    }
  }

  // ---- what only a connection has

  private static SocketException noConnection() {
    return new SocketException("Not a connection");
  }

  @Override
  protected void connect(String host, int port) throws IOException {
    throw noConnection();
  }

  @Override
  protected void connect(InetAddress host, int port) throws IOException {
    throw noConnection();
  }

  @Override
  protected void connect(SocketAddress remote, int millis) throws IOException {
    throw noConnection();
  }

  @Override
  protected InputStream getInputStream() throws IOException {
    throw noConnection();
  }

  @Override
  protected OutputStream getOutputStream() throws IOException {
    throw noConnection();
  }

  @Override
  protected int available() throws IOException {
    throw noConnection();
  }

  @Override
  protected void sendUrgentData(int data) throws IOException {
    throw noConnection();
  }
}
