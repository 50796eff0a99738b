package io.loomring.net;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * The way to a host: through the SOCKS server that a socket was made for, or that the system's settings name
 * ({@code socksProxyHost}, {@link ProxySelector}), or by itself. It is chosen as the JDK's sockets do.
 */
final class Proxies {
  private Proxies() {}

  /**
   * Connects by the way that is {@code wanted}, or that the settings want where that is null.
   *
   * @throws IOException if that fails; the caller closes the socket then
   */
  static void connect(
      UringSocketImpl socket, @Nullable Proxy wanted, InetSocketAddress remote, long deadline) throws IOException {
    @Nullable InetSocketAddress server =
        wanted == null ? connectAsSelected(socket, remote, deadline) : connectAsWanted(socket, wanted, remote, deadline);
    if (server != null) {
      Socks.connectOn(socket, server, remote, deadline);
      socket.reached(remote);
    }
  }

  /** Connects to the server that is wanted, and answers it, or to the remote, and answers null. */
  private static @Nullable InetSocketAddress connectAsWanted(
      UringSocketImpl socket, Proxy wanted, InetSocketAddress remote, long deadline) throws IOException {
    if (wanted.type() != Proxy.Type.SOCKS) {
      socket.connectDirectly(remote, deadline);
      return null;
    }
    InetSocketAddress server = (InetSocketAddress) wanted.address();
    try {
      socket.connectDirectly(resolved(server), deadline);
      return server;
    } catch (IOException failed) {
      throw new SocketException(failed.getMessage(), failed);
    }
  }

  /** The same for the first of the servers that the settings name and that can be reached. */
  private static @Nullable InetSocketAddress connectAsSelected(
      UringSocketImpl socket, InetSocketAddress remote, long deadline) throws IOException {
    ProxySelector selector = ProxySelector.getDefault();
    if (selector == null) {
      socket.connectDirectly(remote, deadline);
      return null;
    }
    URI uri = uri(remote);
    Iterator<Proxy> proxies = select(selector, uri);
    while (proxies.hasNext()) {
      @Nullable Proxy proxy = proxies.next();
      if (proxy == null || proxy.type() != Proxy.Type.SOCKS) {
        break;
      }
      if (!(proxy.address() instanceof InetSocketAddress server)) {
        throw new SocketException("Unknown address type for proxy: " + proxy);
      }
      try {
        socket.connectDirectly(resolved(server), deadline);
        return server;
      } catch (IOException failed) {
        selector.connectFailed(uri, server, failed);
        if (!proxies.hasNext()) {
          throw new SocketException("Can't connect to SOCKS proxy:" + failed.getMessage());
        }
      }
    }
    socket.connectDirectly(remote, deadline);
    return null;
  }

  private static InetSocketAddress resolved(InetSocketAddress server) {
    return new InetSocketAddress(server.getHostString(), server.getPort());
  }

  private static Iterator<Proxy> select(ProxySelector selector, URI uri) throws IOException {
    try {
      return selector.select(uri).iterator();
    } catch (IllegalArgumentException unusual) {
      throw new IOException("Failed to select a proxy", unusual);
    }
  }

  /** What the selector is asked for. */
  private static URI uri(InetSocketAddress remote) throws IOException {
    String host = remote.getHostString();
    try {
      String encoded = isVersion6(host)
          ? "[" + host + "]"
          : new URI(null, null, "/" + host, null).getRawPath().substring(1);
      return new URI("socket://" + encoded + ":" + remote.getPort());
    } catch (URISyntaxException unusual) {
      throw new IOException("Failed to select a proxy", unusual);
    }
  }

  /** Whether it is a literal address of version 6, with or without a scope. */
  private static boolean isVersion6(String host) {
    if (host.indexOf(':') < 0) {
      return false;
    }
    int scope = host.indexOf('%');
    try {
      Inet6Address.ofLiteral(scope < 0 ? host : host.substring(0, scope));
      return true;
    } catch (IllegalArgumentException name) {
      return false;
    }
  }
}
