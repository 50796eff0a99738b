package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;
import org.junit.jupiter.api.Test;

/** The factories of javax.net. */
class SocketFactoriesTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  @Test
  void theFactoriesMakeSocketsOfOurs() throws IOException {
    ServerSocketFactory servers = UringServerSocketFactory.getDefault();
    SocketFactory clients = UringSocketFactory.getDefault();
    try (ServerSocket server = servers.createServerSocket(0, 9, LOOPBACK);
        Socket unconnected = clients.createSocket();
        Socket byName = clients.createSocket("localhost", server.getLocalPort());
        Socket byNameFrom = clients.createSocket("localhost", server.getLocalPort(), LOOPBACK, 0);
        Socket byAddress = clients.createSocket(LOOPBACK, server.getLocalPort());
        Socket byAddressFrom = clients.createSocket(LOOPBACK, server.getLocalPort(), LOOPBACK, 0)) {
      assertInstanceOf(UringServerSocket.class, server);
      assertFalse(assertInstanceOf(UringSocket.class, unconnected).isConnected());
      for (Socket client : new Socket[] {byName, byNameFrom, byAddress, byAddressFrom}) {
        assertInstanceOf(UringSocket.class, client);
        try (Socket accepted = server.accept()) {
          assertEquals(client.getLocalPort(), accepted.getPort());
        }
      }
    }
  }

  @Test
  void serverSocketsComeInAllShapes() throws IOException {
    ServerSocketFactory servers = UringServerSocketFactory.getDefault();
    try (ServerSocket unbound = servers.createServerSocket();
        ServerSocket bound = servers.createServerSocket(0);
        ServerSocket limited = servers.createServerSocket(0, 1)) {
      assertFalse(unbound.isBound());
      assertEquals(2, java.util.stream.Stream.of(bound, limited).filter(ServerSocket::isBound).count());
    }
  }
}
