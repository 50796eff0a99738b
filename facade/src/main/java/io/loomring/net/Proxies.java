package io.loomring.net;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The system's SOCKS settings ({@code socksProxyHost}, {@link ProxySelector}). The JDK's sockets obey them; ours cannot
 * go through a proxy, and do not pass it by in silence either.
 */
final class Proxies {
  private Proxies() {}

  /**
   * Checks that the settings let a socket connect to {@code remote} by itself.
   *
   * @throws SocketException if they name a proxy
   */
  static void requireNone(InetSocketAddress remote) throws SocketException {
    ProxySelector selector = ProxySelector.getDefault();
    if (selector == null) {
      return;
    }
    URI uri = uri(remote);
    List<Proxy> proxies = uri == null ? List.of() : selector.select(uri);
    Proxy first = proxies.isEmpty() ? Proxy.NO_PROXY : proxies.getFirst();
    if (first.type() != Proxy.Type.DIRECT) {
      throw new SocketException("the system's settings send connections to " + remote + " through the proxy " + first
          + ", and sockets on io_uring go through none: exclude the host (socksNonProxyHosts), or use a socket of the"
          + " JDK's for it");
    }
  }

  /** What the selector is asked for; null for a name that no URI may have and that nobody could connect to. */
  private static @Nullable URI uri(InetSocketAddress remote) {
    try {
      return new URI("socket", null, remote.getHostString(), remote.getPort(), null, null, null);
    } catch (URISyntaxException unusual) {
      // Such as one with an underscore: the address will do.
      return remote.isUnresolved() ? null : addressUri(remote);
    }
  }

  private static URI addressUri(InetSocketAddress remote) {
    String literal = remote.getAddress().getHostAddress();
    int scope = literal.indexOf('%');
    String plain = scope < 0 ? literal : literal.substring(0, scope);
    return URI.create("socket://" + (plain.indexOf(':') < 0 ? plain : "[" + plain + "]") + ":" + remote.getPort());
  }
}
