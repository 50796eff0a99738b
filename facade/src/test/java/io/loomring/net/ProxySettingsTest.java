package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.net.SocksServer.Manner;
import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The system properties that send sockets through a SOCKS server; what else a selector may say is in ProxyScenarios. */
@RunsOnce("the way is chosen above the drivers")
class ProxySettingsTest {
  private SocksServer proxy;
  private ServerSocket far;

  @BeforeEach
  void setProperties() throws IOException {
    far = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    proxy = new SocksServer(Manner.OPEN, 0);
    System.setProperty("socksProxyHost", "127.0.0.1");
    System.setProperty("socksProxyPort", String.valueOf(proxy.address().getPort()));
    System.setProperty("socksNonProxyHosts", "near.test");
  }

  @AfterEach
  void clearProperties() throws IOException {
    for (String name : List.of("socksProxyHost", "socksProxyPort", "socksNonProxyHosts", "socksProxyVersion")) {
      System.clearProperty(name);
    }
    proxy.close();
    far.close();
  }

  private void assertConnects(InetSocketAddress to) throws IOException {
    try (UringSocket socket = new UringSocket()) {
      socket.connect(to, 20_000);
      try (Socket peer = far.accept()) {
        peer.getOutputStream().write(5);
        assertEquals(5, socket.getInputStream().read());
        assertEquals(far.getLocalPort(), socket.getPort());
      }
    }
  }

  private InetSocketAddress resolved(String name) throws IOException {
    return new InetSocketAddress(InetAddress.getByAddress(name, new byte[] {127, 0, 0, 1}), far.getLocalPort());
  }

  @Test
  void aSocketGoesThroughTheServerThatTheyName() throws IOException {
    assertConnects(InetSocketAddress.createUnresolved("far.test", far.getLocalPort()));
    assertEquals(List.of("version 5 methods [0, 2]", "[5, 1, 0] type 3 far.test"), proxy.told());
  }

  @Test
  void aHostThatTheyExcludeIsConnectedToDirectly() throws IOException {
    assertConnects(resolved("near.test"));
    assertTrue(proxy.told().isEmpty(), () -> proxy.told().toString());
  }

  @Test
  void theOlderVersionIsSpokenWhereTheyWantIt() throws IOException {
    System.setProperty("socksProxyVersion", "4");
    assertConnects(resolved("far.test"));
    assertEquals(List.of("version 4 command 1 [127, 0, 0, 1]"), proxy.told());
  }
}
