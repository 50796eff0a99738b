package io.loomring.net;

import io.loomring.api.Uring;
import io.loomring.error.UringUnavailableException;
import java.io.IOException;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketImplFactory;
import java.util.List;

/**
 * Puts the plain sockets of a JVM on a ring: after {@link #install} every {@code new Socket()} and {@code new
 * ServerSocket()} is on {@link Uring#getDefault}. Where the system's settings name a SOCKS proxy for a host, such a
 * socket goes through it; {@code new Socket(Proxy)} with a proxy goes through that, on the JDK's own socket.
 *
 * @since 0.1
 */
public final class UringSocketImplFactory implements SocketImplFactory {
  /** Set, to the transport, by the agent: what it installed is not this class but one of its own loader. */
  static final String AGENT_PROPERTY = "loomring.agent.transport";

  private static final StackWalker CALLERS = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);
  private static final Object LOCK = new Object();

  // Under LOCK.
  private static boolean installed;

  private final boolean server;

  private UringSocketImplFactory(boolean server) {
    this.server = server;
  }

  /**
   * Has both factories of {@code java.net} make implementations on a ring, if {@link Transport#current} says so, and
   * leaves the JDK's sockets as they are if not. To be called before the first socket, since a server socket of one
   * kind cannot accept a socket of the other; it cannot be undone. The second call does nothing, and so does one under
   * the agent.
   *
   * @return the transport of plain sockets from now on, {@link Transport#URING} or {@link Transport#JDK}
   * @throws SocketException if other factories are set already
   * @throws UringUnavailableException if io_uring is required and cannot be had, or if it is short of something just
   *     now
   */
  public static Transport install() throws IOException {
    synchronized (LOCK) {
      String agents = System.getProperty(AGENT_PROPERTY);
      if (agents != null) {
        return agents.equals(Transport.JDK.toString()) ? Transport.JDK : Transport.URING;
      }
      return install(Transport.current());
    }
  }

  static Transport install(Transport transport) throws IOException {
    synchronized (LOCK) {
      if (transport == Transport.URING && !installed) {
        setFactories();
        installed = true;
      }
      return transport;
    }
  }

  // Deprecated so that nobody takes them for everyday API, and not for removal.
  @SuppressWarnings("deprecation")
  private static void setFactories() throws IOException {
    try {
      Socket.setSocketImplFactory(forSockets());
    } catch (SocketException alreadySet) {
      throw naming("Socket", alreadySet);
    }
    try {
      ServerSocket.setSocketFactory(forServerSockets());
    } catch (SocketException alreadySet) {
      throw naming("ServerSocket", alreadySet);
    }
  }

  private static SocketException naming(String type, SocketException alreadySet) {
    SocketException naming = new SocketException(
        "another library has set the factory of java.net." + type + " (" + alreadySet.getMessage()
            + "): install this one first, or use UringSocketFactory where only some sockets are to be on a ring");
    naming.initCause(alreadySet);
    return naming;
  }

  /**
   * For {@link Socket#setSocketImplFactory}: sockets on io_uring, whatever {@link Transport} says. Set both, or
   * neither: {@link #install} does, and honours the transport.
   */
  public static UringSocketImplFactory forSockets() {
    return new UringSocketImplFactory(false);
  }

  /** For {@link ServerSocket#setSocketFactory}: see {@link #forSockets}. */
  public static UringSocketImplFactory forServerSockets() {
    return new UringSocketImplFactory(true);
  }

  @Override
  public SocketImpl createSocketImpl() {
    return new UringSocketImpl(server, null, isForNoProxy() ? Proxy.NO_PROXY : null);
  }

  /** Whether the caller is {@code new Socket(Proxy.NO_PROXY)}: other proxies it gives an implementation of its own. */
  private boolean isForNoProxy() {
    return !server && CALLERS.walk(frames -> frames.skip(2).findFirst())
        .filter(caller -> caller.getDeclaringClass() == Socket.class && caller.getMethodName().equals("<init>"))
        .filter(caller -> caller.getMethodType().parameterList().equals(List.of(Proxy.class)))
        .isPresent();
  }
}
