package io.loomring.net;

import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Scenarios of the constructors, with good and bad arguments. */
final class ConstructorScenarios {
  private ConstructorScenarios() {}

  private interface Maker {
    AutoCloseable make() throws Exception;
  }

  /** Makes a socket, and writes down what it says, or why there is none. */
  private static void noteMade(Scene scene, String what, Maker maker) {
    scene.note(what, () -> {
      try (AutoCloseable made = maker.make()) {
        return switch (made) {
          case Socket socket -> socket + ", from " + socket.getLocalAddress();
          case ServerSocket server -> server + ", bound " + server.isBound();
          case DatagramSocket datagrams -> datagrams.getLocalAddress() + ", bound " + datagrams.isBound();
          default -> throw new AssertionError(made);
        };
      }
    });
  }

  static void socketsThatConnect(Scene scene) throws Exception {
    Subject.Makers make = scene.streams();
    ServerSocket other = scene.track(new ServerSocket(0));
    int port = other.getLocalPort();
    InetAddress here = Scene.LOOPBACK;
    noteMade(scene, "name", () -> make.socket("localhost", port));
    noteMade(scene, "no name", () -> make.socket((String) null, port));
    noteMade(scene, "literal", () -> make.socket("127.0.0.1", port));
    noteMade(scene, "address", () -> make.socket(here, port));
    noteMade(scene, "name, local", () -> make.socket("localhost", port, here, 0));
    noteMade(scene, "name, any local", () -> make.socket("127.0.0.1", port, null, 0));
    noteMade(scene, "no name, local", () -> make.socket((String) null, port, here, 0));
    noteMade(scene, "address, local", () -> make.socket(here, port, here, 0));
    noteMade(scene, "address, any local", () -> make.socket(here, port, null, 0));
  }

  static void socketsThatCannotConnect(Scene scene) throws Exception {
    Subject.Makers make = scene.streams();
    int port = scene.nobody().getPort();
    InetAddress here = Scene.LOOPBACK;
    InetAddress foreign = InetAddress.getByName("192.0.2.1");
    noteMade(scene, "refused", () -> make.socket("localhost", port));
    noteMade(scene, "address refused", () -> make.socket(here, port));
    noteMade(scene, "unknown", () -> make.socket(Scene.NO_NAME, port));
    noteMade(scene, "unknown, local", () -> make.socket(Scene.NO_NAME, port, here, 0));
    noteMade(scene, "foreign local", () -> make.socket("localhost", port, foreign, 0));
    noteMade(scene, "address, foreign local", () -> make.socket(here, port, foreign, 0));
    noteMade(scene, "taken local", () -> make.socket(here, port, here, scene.otherListening(1).getLocalPort()));
    noteMade(scene, "no address", () -> make.socket((InetAddress) null, port));
    noteMade(scene, "no address, local", () -> make.socket((InetAddress) null, port, here, 0));
    for (int bad : new int[] {-1, 65_536}) {
      noteMade(scene, "port " + bad, () -> make.socket("localhost", bad));
      noteMade(scene, "address, port " + bad, () -> make.socket(here, bad));
      noteMade(scene, "local port " + bad, () -> make.socket("localhost", port, here, bad));
      noteMade(scene, "address, local port " + bad, () -> make.socket(here, port, here, bad));
    }
  }

  static void serverSockets(Scene scene) throws Exception {
    Subject.Makers make = scene.streams();
    noteMade(scene, "unbound", make::server);
    noteMade(scene, "port", () -> make.server(0));
    noteMade(scene, "backlog", () -> make.server(0, 3));
    noteMade(scene, "no backlog", () -> make.server(0, -3));
    noteMade(scene, "address", () -> make.server(0, 3, Scene.LOOPBACK));
    noteMade(scene, "any address", () -> make.server(0, 0, null));
    noteMade(scene, "foreign address", () -> make.server(0, 3, InetAddress.getByName("192.0.2.1")));
    int taken = scene.otherListening(1).getLocalPort();
    noteMade(scene, "taken", () -> make.server(taken, 3, Scene.LOOPBACK));
    noteMade(scene, "taken by one address", () -> make.server(taken));
    for (int bad : new int[] {-1, 65_536}) {
      noteMade(scene, "port " + bad, () -> make.server(bad));
      noteMade(scene, "backlog, port " + bad, () -> make.server(bad, 1));
      noteMade(scene, "address, port " + bad, () -> make.server(bad, 1, Scene.LOOPBACK));
    }
  }

  static void datagramSockets(Scene scene) throws Exception {
    Subject.Makers make = scene.subject().datagrams();
    noteMade(scene, "any port", make::datagrams);
    noteMade(scene, "port", () -> make.datagrams(0));
    noteMade(scene, "address", () -> make.datagrams(0, Scene.LOOPBACK));
    noteMade(scene, "any address", () -> make.datagrams(0, null));
    noteMade(scene, "local", () -> make.datagrams(new InetSocketAddress(Scene.LOOPBACK, 0)));
    noteMade(scene, "unbound", () -> make.datagrams(null));
    noteMade(scene, "foreign address", () -> make.datagrams(0, InetAddress.getByName("192.0.2.1")));
    noteMade(scene, "unknown", () -> make.datagrams(InetSocketAddress.createUnresolved(Scene.NO_NAME, 1)));
    int taken = scene.otherDatagrams().getLocalPort();
    noteMade(scene, "taken", () -> make.datagrams(taken, Scene.LOOPBACK));
    for (int bad : new int[] {-1, 65_536}) {
      noteMade(scene, "port " + bad, () -> make.datagrams(bad));
      noteMade(scene, "address, port " + bad, () -> make.datagrams(bad, Scene.LOOPBACK));
    }
  }
}
