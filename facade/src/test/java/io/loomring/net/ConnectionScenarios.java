package io.loomring.net;

import io.loomring.net.Scene.Pair;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;

/** Scenarios of binding, connecting, accepting and asking. */
final class ConnectionScenarios {
  private static final int TIMEOUT_MILLIS = 20;

  private ConnectionScenarios() {}

  private static final class OtherAddress extends SocketAddress {
    @Override
    public String toString() {
      return "an address of another kind";
    }
  }

  static void aRefusedConnectClosesTheSocket(Scene scene) throws Exception {
    InetSocketAddress nobody = scene.nobody();
    Socket mine = scene.socket();
    scene.noteAct("connect", () -> mine.connect(nobody));
    scene.note("closed", mine::isClosed);
    scene.note("connected", mine::isConnected);
    scene.noteAct("connect again", () -> mine.connect(nobody));
    Socket limited = scene.socket();
    scene.noteAct("connect with timeout", () -> limited.connect(nobody, 20_000));
  }

  static void badTargets(Scene scene) throws Exception {
    for (SocketAddress bad : new SocketAddress[] {
        null, new OtherAddress(), InetSocketAddress.createUnresolved("nowhere.invalid", 80),
        new InetSocketAddress("255.255.255.255", 80), new InetSocketAddress(Scene.LOOPBACK, 0)}) {
      Socket mine = scene.socket();
      scene.noteAct("connect to " + bad, () -> mine.connect(bad));
      scene.note("closed", mine::isClosed);
    }
    Socket mine = scene.socket();
    scene.noteAct("negative timeout", () -> mine.connect(scene.nobody(), -1));
    scene.note("closed", mine::isClosed);
  }

  static void aConnectTimesOut(Scene scene) throws Exception {
    InetSocketAddress full = scene.full();
    Socket mine = scene.socket();
    scene.noteAct("connect", () -> mine.connect(full, Scene.CONNECT_MILLIS));
    scene.note("closed", mine::isClosed);
    scene.noteAct("connect again", () -> mine.connect(full, Scene.CONNECT_MILLIS));
  }

  static void connectsToTheWildcardAddressOfThisHost(Scene scene) throws Exception {
    ServerSocket other = scene.track(new ServerSocket(0));
    Socket mine = scene.socket();
    scene.noteAct("connect", () -> mine.connect(new InetSocketAddress("0.0.0.0", other.getLocalPort()), 20_000));
    scene.note("address", mine::getInetAddress);
    scene.note("connected", mine::isConnected);
  }

  static void connectsOnlyOnce(Scene scene) throws Exception {
    ServerSocket other = scene.otherListening(5);
    Socket mine = scene.socket();
    scene.noteAct("connect", () -> mine.connect(other.getLocalSocketAddress()));
    scene.noteAct("connect again", () -> mine.connect(other.getLocalSocketAddress()));
    scene.noteAct("bind late", () -> mine.bind(null));
    scene.note("connected", mine::isConnected);
    scene.note("closed", mine::isClosed);
  }

  static void bindsBeforeItConnects(Scene scene) throws Exception {
    ServerSocket other = scene.otherListening(5);
    Socket mine = scene.socket();
    scene.noteAct("bind", () -> mine.bind(new InetSocketAddress(Scene.LOOPBACK, 0)));
    scene.note("bound", mine::isBound);
    scene.note("has port", () -> mine.getLocalPort() > 0);
    scene.note("address", mine::getLocalAddress);
    scene.noteAct("bind again", () -> mine.bind(new InetSocketAddress(Scene.LOOPBACK, 0)));
    int port = mine.getLocalPort();
    scene.noteAct("connect", () -> mine.connect(other.getLocalSocketAddress()));
    scene.note("same port", () -> mine.getLocalPort() == port);
    scene.note("text", mine::toString);
  }

  static void bindsOnlyWhatItMay(Scene scene) throws Exception {
    ServerSocket other = scene.otherListening(5);
    SocketAddress taken = other.getLocalSocketAddress();
    for (SocketAddress bad : new SocketAddress[] {
        new OtherAddress(), InetSocketAddress.createUnresolved("nowhere.invalid", 80),
        new InetSocketAddress("192.0.2.1", 0), taken}) {
      String what = bad == taken ? "a taken port" : bad.toString();
      Socket mine = scene.socket();
      scene.noteAct("bind to " + what, () -> mine.bind(bad));
      scene.note("closed", mine::isClosed);
      ServerSocket server = scene.serverSocket();
      scene.noteAct("server bind to " + what, () -> server.bind(bad));
      scene.note("closed", server::isClosed);
    }
  }

  static void aServerSocketFromEndToEnd(Scene scene) throws Exception {
    ServerSocket server = scene.serverSocket();
    noteServer(scene, "new", server);
    scene.note("accept unbound", server::accept);
    scene.noteAct("bind", () -> server.bind(new InetSocketAddress(Scene.LOOPBACK, 0), -3));
    noteServer(scene, "bound", server);
    scene.noteAct("bind again", () -> server.bind(new InetSocketAddress(Scene.LOOPBACK, 0)));
    scene.noteAct("close", server::close);
    noteServer(scene, "closed", server);
    scene.note("accept closed", server::accept);
    scene.noteAct("bind closed", () -> server.bind(null));
    ServerSocket anywhere = scene.serverSocket();
    scene.noteAct("bind anywhere", () -> anywhere.bind(null));
    noteServer(scene, "anywhere", anywhere);
  }

  private static void noteServer(Scene scene, String when, ServerSocket server) {
    scene.note(when + " text", server::toString);
    scene.note(when + " address", server::getInetAddress);
    scene.note(when + " has port", () -> Integer.signum(server.getLocalPort()));
    scene.note(when + " local", server::getLocalSocketAddress);
    scene.note(when + " bound", server::isBound);
    scene.note(when + " closed", server::isClosed);
    scene.note(when + " channel", server::getChannel);
    scene.note(when + " timeout", server::getSoTimeout);
    scene.note(when + " reuse", server::getReuseAddress);
    scene.note(when + " receive buffer", () -> server.getReceiveBufferSize() > 0);
    scene.noteAct(when + " set timeout", () -> server.setSoTimeout(5));
    scene.noteAct(when + " set bad timeout", () -> server.setSoTimeout(-5));
    scene.noteAct(when + " set receive buffer", () -> server.setReceiveBufferSize(20_000));
    scene.noteAct(when + " set bad receive buffer", () -> server.setReceiveBufferSize(0));
    scene.noteAct(when + " performance", () -> server.setPerformancePreferences(1, 2, 3));
  }

  static void anAcceptTimesOutAndLosesNothing(Scene scene) throws Exception {
    ServerSocket server = scene.listening();
    server.setSoTimeout(TIMEOUT_MILLIS);
    scene.note("none", server::accept);
    scene.note("none again", server::accept);
    Socket peer = scene.track(new Socket(Scene.LOOPBACK, server.getLocalPort()));
    peer.getOutputStream().write(8);
    server.setSoTimeout(20_000);
    Socket accepted = scene.track(server.accept());
    scene.note("read", accepted.getInputStream()::read);
    scene.note("timeout of the accepted", accepted::getSoTimeout);
    noteSocket(scene, "accepted", accepted);
  }

  static void aSocketFromEndToEnd(Scene scene) throws Exception {
    Socket mine = scene.socket();
    noteSocket(scene, "new", mine);
    mine.bind(null);
    noteSocket(scene, "bound", mine);
    Pair pair = scene.connected();
    noteSocket(scene, "connected", pair.mine());
    pair.mine().shutdownInput();
    pair.mine().shutdownOutput();
    noteSocket(scene, "shut down", pair.mine());
    pair.mine().close();
    noteSocket(scene, "closed", pair.mine());
  }

  private static void noteSocket(Scene scene, String when, Socket socket) {
    scene.note(when + " text", socket::toString);
    scene.note(when + " address", socket::getInetAddress);
    scene.note(when + " local address", socket::getLocalAddress);
    scene.note(when + " has port", () -> Integer.signum(socket.getPort()));
    scene.note(when + " has local port", () -> Integer.signum(socket.getLocalPort()));
    scene.note(when + " remote", socket::getRemoteSocketAddress);
    scene.note(when + " local", socket::getLocalSocketAddress);
    scene.note(when + " channel", socket::getChannel);
    scene.note(when + " bound", socket::isBound);
    scene.note(when + " connected", socket::isConnected);
    scene.note(when + " closed", socket::isClosed);
    scene.note(when + " input", socket::isInputShutdown);
    scene.note(when + " output", socket::isOutputShutdown);
    scene.note(when + " has input", () -> socket.getInputStream() != null);
    scene.note(when + " has output", () -> socket.getOutputStream() != null);
    scene.note(when + " timeout", socket::getSoTimeout);
    scene.note(when + " linger", socket::getSoLinger);
    scene.note(when + " no delay", socket::getTcpNoDelay);
    scene.note(when + " keep alive", socket::getKeepAlive);
    scene.note(when + " inline", socket::getOOBInline);
    scene.note(when + " reuse", socket::getReuseAddress);
    scene.note(when + " traffic class", socket::getTrafficClass);
    scene.note(when + " send buffer", () -> socket.getSendBufferSize() > 0);
    scene.note(when + " receive buffer", () -> socket.getReceiveBufferSize() > 0);
    scene.note(when + " options", () -> socket.supportedOptions().stream().map(Object::toString).sorted().toList());
    if (!socket.isConnected()) {
      scene.noteAct(when + " shut down input", socket::shutdownInput);
      scene.noteAct(when + " shut down output", socket::shutdownOutput);
      scene.noteAct(when + " urgent", () -> socket.sendUrgentData(1));
    }
  }

  static void anAcceptOfASocketOfAnotherKind(Scene scene) throws Exception {
    ServerSocket server = scene.listening();
    Socket peer = scene.track(new Socket(Scene.LOOPBACK, server.getLocalPort()));
    try (Socket accepted = server.accept()) {
      scene.note("address", accepted::getInetAddress);
      scene.note("class of address", () -> accepted.getInetAddress().getClass());
      scene.note("same port", () -> accepted.getPort() == peer.getLocalPort());
      scene.note("local", () -> accepted.getLocalPort() == server.getLocalPort());
      scene.note("local address", accepted::getLocalAddress);
    }
  }

  static void overIpVersion6(Scene scene) throws Exception {
    InetAddress six = InetAddress.getByName("::1");
    ServerSocket server = scene.serverSocket();
    // Nobody listens there by version 4, where the same port is another.
    int port = scene.nobody().getPort();
    scene.noteAct("bind", () -> server.bind(new InetSocketAddress(six, port)));
    Socket other = scene.socket();
    scene.noteAct("connect to nobody", () -> other.connect(new InetSocketAddress(six, 0)));
    scene.note("closed", other::isClosed);
    if (!server.isBound()) {
      return;
    }
    Socket mine = scene.socket();
    scene.noteAct("connect", () -> mine.connect(new InetSocketAddress(six, port)));
    Socket accepted = scene.track(server.accept());
    scene.note("text", mine::toString);
    scene.note("accepted address", accepted::getInetAddress);
    scene.note("local address", accepted::getLocalAddress);
    mine.getOutputStream().write(1);
    scene.note("read", accepted.getInputStream()::read);
    Socket wrong = scene.socket();
    scene.noteAct("by version 4", () -> wrong.connect(new InetSocketAddress("127.0.0.1", port)));
  }
}
