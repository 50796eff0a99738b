package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Our sockets go through no proxy, and say so where the system's settings want one. */
class ProxySettingsTest {
  private static final Proxy SOCKS =
      new Proxy(Proxy.Type.SOCKS, InetSocketAddress.createUnresolved("socks.invalid", 1080));

  private final ProxySelector before = ProxySelector.getDefault();
  private final List<URI> asked = new ArrayList<>();

  /** Sends everything but the loopback address through a proxy. */
  @BeforeEach
  void setProxy() {
    ProxySelector.setDefault(new ProxySelector() {
      @Override
      public List<Proxy> select(URI uri) {
        asked.add(uri);
        return List.of(uri.getHost().equals("127.0.0.1") ? Proxy.NO_PROXY : SOCKS);
      }

      @Override
      public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        throw new AssertionError("no proxy is ever tried");
      }
    });
  }

  @AfterEach
  void restore() {
    ProxySelector.setDefault(before);
  }

  @Test
  void aConnectionThatIsToGoThroughAProxyIsRefusedInWords() throws IOException {
    InetSocketAddress far = new InetSocketAddress(InetAddress.getByAddress(new byte[] {(byte) 192, 0, 2, 1}), 80);
    try (UringSocket socket = new UringSocket()) {
      String message = assertThrows(SocketException.class, () -> socket.connect(far)).getMessage();
      assertTrue(message.contains("192.0.2.1") && message.contains("socks.invalid"), message);
      assertTrue(socket.isClosed());
    }
    assertEquals(List.of(URI.create("socket://192.0.2.1:80")), asked);
  }

  @Test
  void aNameThatNoUriMayHaveIsAskedForByItsAddress() throws IOException {
    byte[] six = InetAddress.getByName("2001:db8::1").getAddress();
    InetSocketAddress odd = new InetSocketAddress(InetAddress.getByAddress("under_score and space", six), 80);
    try (UringSocket socket = new UringSocket()) {
      assertThrows(SocketException.class, () -> socket.connect(odd));
    }
    assertEquals(List.of(URI.create("socket://[2001:db8:0:0:0:0:0:1]:80")), asked);
  }

  @Test
  void aConnectionThatIsExcludedGoesByItself() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        UringSocket socket = new UringSocket("127.0.0.1", server.getLocalPort())) {
      assertTrue(socket.isConnected());
    }
  }
}
