package io.loomring.net;

import io.loomring.net.Scene.Blocked;
import io.loomring.net.Scene.Pair;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * How connecting, accepting and closing wait and end. What takes a second or more stands in {@link SlowScenarios}: a
 * connect that waits and then succeeds, or is refused then, and a close that lingers.
 */
final class MeetingScenarios {
  private static final int TIMEOUT_MILLIS = 20;

  private MeetingScenarios() {}

  private static Blocked waitingFor(Scene scene, Scene.Call call) {
    Blocked waiting = scene.running(call);
    Await.untilParked(waiting.thread);
    return waiting;
  }

  private static Scene.Call accepting(Scene scene, ServerSocket server) {
    return () -> {
      Socket accepted = scene.track(server.accept());
      return accepted.isConnected() + " " + accepted.getInputStream().read();
    };
  }

  private static Socket client(Scene scene, ServerSocket server) throws IOException {
    Socket client = scene.track(new Socket(Scene.LOOPBACK, server.getLocalPort()));
    client.getOutputStream().write(8);
    return client;
  }

  // ---- connect

  static void aConnectWithATimeoutThatIsClosedMeanwhile(Scene scene) throws Exception {
    InetSocketAddress full = scene.full();
    Socket mine = scene.socket();
    Blocked connecter = scene.blocked(OperationKind.CONNECT, () -> {
      mine.connect(full, 20_000);
      return "connected";
    });
    mine.close();
    connecter.noteEnd("blocked connect");
    scene.note("connected", mine::isConnected);
    scene.note("bound", mine::isBound);
  }

  static void aConnectThatWouldWaitAfterAnInterrupt(Scene scene) throws Exception {
    InetSocketAddress full = scene.full();
    Socket mine = scene.socket();
    Thread.currentThread().interrupt();
    scene.noteAct("connect", () -> mine.connect(full, scene.timeoutWhereAnInterruptIsIgnored(Scene.CONNECT_MILLIS)));
    scene.note("closed", mine::isClosed);
    Thread.interrupted();
  }

  static void aConnectWithATimeoutThatIsInterruptedWhileItWaits(Scene scene) throws Exception {
    InetSocketAddress full = scene.full();
    Socket mine = scene.socket();
    Blocked connecter = scene.blocked(OperationKind.CONNECT, () -> {
      // A platform thread waits until then, and has to be seen waiting before.
      mine.connect(full, scene.timeoutWhereAnInterruptIsIgnored(2_000));
      return "connected";
    });
    connecter.thread.interrupt();
    connecter.noteEnd("blocked connect");
    scene.note("closed", mine::isClosed);
  }

  static void whatASocketSaysWhileItConnects(Scene scene) throws Exception {
    InetSocketAddress full = scene.full();
    Socket mine = scene.socket();
    Blocked connecter = scene.blocked(OperationKind.CONNECT, () -> {
      mine.connect(full);
      return "connected";
    });
    scene.note("connected", mine::isConnected);
    scene.note("text", mine::toString);
    scene.note("input", mine::getInputStream);
    Blocked second = waitingFor(scene, () -> {
      mine.connect(full);
      return "connected";
    });
    mine.close();
    connecter.noteEnd("first");
    second.noteEnd("second");
  }

  static void aConnectionWhosePeerClosesOrResetsAtOnce(Scene scene) throws Exception {
    for (boolean resets : new boolean[] {false, true}) {
      Pair pair = scene.connected();
      if (resets) {
        pair.peer().setSoLinger(true, 0);
      }
      pair.peer().close();
      scene.note("connected", pair.mine()::isConnected);
      scene.note("read", pair.mine().getInputStream()::read);
    }
  }

  // ---- accept

  static void anAcceptThatWaitsForAConnection(Scene scene) throws Exception {
    for (int timeout : new int[] {0, 20_000}) {
      ServerSocket server = scene.listening();
      server.setSoTimeout(timeout);
      Blocked accepter = scene.blocked(OperationKind.ACCEPT, accepting(scene, server));
      client(scene, server);
      accepter.noteEnd("accept");
    }
  }

  static void anAcceptOfAConnectionWhosePeerHasGone(Scene scene) throws Exception {
    for (boolean resets : new boolean[] {false, true}) {
      ServerSocket server = scene.listening();
      Socket peer = client(scene, server);
      if (resets) {
        peer.setSoLinger(true, 0);
      }
      peer.close();
      Socket accepted = scene.track(server.accept());
      InputStream in = accepted.getInputStream();
      scene.note("connected", accepted::isConnected);
      scene.note("address", accepted::getInetAddress);
      scene.note("text", accepted::toString);
      scene.note("read", in::read);
      scene.note("read then", in::read);
      scene.noteAct("no delay", () -> accepted.setTcpNoDelay(true));
      scene.noteAct("keep alive", () -> accepted.setKeepAlive(true));
    }
  }

  static void anAcceptWithATimeoutThatIsInterruptedWhileItWaits(Scene scene) throws Exception {
    ServerSocket server = scene.listening();
    server.setSoTimeout(20_000);
    Blocked accepter = scene.blocked(OperationKind.ACCEPT, accepting(scene, server));
    accepter.thread.interrupt();
    if (!scene.isVirtual()) {
      client(scene, server);
    }
    accepter.noteEnd("blocked accept");
    scene.note("closed", server::isClosed);
  }

  private static List<Blocked> accepters(Scene scene, ServerSocket server, int count) {
    List<Blocked> accepters = new ArrayList<>();
    accepters.add(scene.blocked(OperationKind.ACCEPT, accepting(scene, server)));
    while (accepters.size() < count) {
      accepters.add(waitingFor(scene, accepting(scene, server)));
    }
    return accepters;
  }

  static void severalAcceptersTakeTurns(Scene scene) throws Exception {
    ServerSocket server = scene.listening();
    List<Blocked> accepters = accepters(scene, server, 4);
    for (int i = 0; i < accepters.size(); i++) {
      client(scene, server);
    }
    accepters.forEach(accepter -> accepter.noteEnd("accepter"));
  }

  static void closeEndsAllAccepters(Scene scene) throws Exception {
    ServerSocket server = scene.listening();
    List<Blocked> accepters = accepters(scene, server, 3);
    server.close();
    accepters.forEach(accepter -> accepter.noteEnd("accepter"));
  }

  static void theTimeoutCoversTheWaitForAnotherAccepter(Scene scene) throws Exception {
    ServerSocket server = scene.listening();
    Blocked first = scene.blocked(OperationKind.ACCEPT, accepting(scene, server));
    server.setSoTimeout(TIMEOUT_MILLIS);
    scene.note("second", server::accept);
    client(scene, server);
    first.noteEnd("first");
  }

  static void anInterruptDoesNotEndTheWaitForAnotherAccepter(Scene scene) throws Exception {
    ServerSocket server = scene.listening();
    List<Blocked> accepters = accepters(scene, server, 2);
    accepters.getLast().thread.interrupt();
    Await.untilParked(accepters.getLast().thread);
    scene.note("closed", server::isClosed);
    server.close();
    accepters.forEach(accepter -> accepter.noteEnd("accepter"));
  }

  // ---- close

  static void aCloseAfterAnInterrupt(Scene scene) throws Exception {
    Pair pair = scene.connected();
    ServerSocket server = scene.listening();
    Thread.currentThread().interrupt();
    scene.noteAct("close", pair.mine()::close);
    scene.noteAct("close server", server::close);
    Thread.interrupted();
    scene.note("the peer reads", pair.peer().getInputStream()::read);
  }

  static void aCloseAfterThePeerClosed(Scene scene) throws Exception {
    Pair pair = scene.connected();
    pair.peer().close();
    scene.note("read", pair.mine().getInputStream()::read);
    scene.noteAct("close", pair.mine()::close);
    scene.note("text", pair.mine()::toString);
  }

  static void severalThreadsClose(Scene scene) throws Exception {
    Pair pair = scene.connected();
    Blocked reader = scene.blocked(OperationKind.RECV, pair.mine().getInputStream()::read);
    List<Blocked> closers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      closers.add(scene.running(() -> {
        pair.mine().close();
        return "closed";
      }));
    }
    closers.forEach(closer -> closer.noteEnd("closer"));
    reader.noteEnd("reader");
    scene.note("the peer reads", pair.peer().getInputStream()::read);
  }

  static void closingAStreamClosesTheSocket(Scene scene) throws Exception {
    Pair byInput = scene.connected();
    Blocked reader = scene.blocked(OperationKind.RECV, byInput.mine().getInputStream()::read);
    byInput.mine().getInputStream().close();
    reader.noteEnd("reader");
    scene.note("closed", byInput.mine()::isClosed);
    Pair byOutput = scene.connected();
    byOutput.mine().getOutputStream().close();
    scene.note("closed", byOutput.mine()::isClosed);
    scene.note("the peer reads", byOutput.peer().getInputStream()::read);
  }

  // ---- families

  static void aWildcardListenerTakesBothFamilies(Scene scene) throws Exception {
    ServerSocket server = scene.serverSocket();
    server.bind(new InetSocketAddress(0));
    scene.note("text", server::toString);
    for (String name : new String[] {"127.0.0.1", "::1", "::ffff:127.0.0.1"}) {
      InetAddress to = InetAddress.getByName(name);
      Socket mine = scene.socket();
      scene.noteAct("connect to " + name, () -> mine.connect(new InetSocketAddress(to, server.getLocalPort()), 20_000));
      if (mine.isConnected()) {
        Socket accepted = scene.track(server.accept());
        scene.note("remote", mine::getRemoteSocketAddress);
        scene.note("local address", mine::getLocalAddress);
        scene.note("accepted", accepted::toString);
        scene.note("accepted kind", () -> accepted.getInetAddress().getClass());
        scene.note("accepted local", accepted::getLocalSocketAddress);
      }
    }
  }

  static void aSocketBoundInOneFamilyConnectsInTheOther(Scene scene) throws Exception {
    String[] names = {"127.0.0.1", "::1", "0.0.0.0", "::"};
    for (String from : names) {
      for (String to : new String[] {"127.0.0.1", "::1"}) {
        ServerSocket other = scene.track(new ServerSocket(0));
        Socket mine = scene.socket();
        scene.noteAct("bind to " + from, () -> mine.bind(new InetSocketAddress(from, 0)));
        scene.note("bound address", mine::getLocalAddress);
        scene.noteAct("connect to " + to, () -> mine.connect(new InetSocketAddress(to, other.getLocalPort()), 20_000));
        scene.note("local address", mine::getLocalAddress);
      }
    }
  }

  static void aPortBoundInOneFamilyAndTheOther(Scene scene) throws Exception {
    ServerSocket four = scene.serverSocket();
    four.bind(new InetSocketAddress("127.0.0.1", 0));
    for (String name : new String[] {"127.0.0.1", "::", "0.0.0.0"}) {
      ServerSocket other = scene.serverSocket();
      scene.noteAct("bind to " + name, () -> other.bind(new InetSocketAddress(name, four.getLocalPort())));
      scene.note("text", other::toString);
    }
  }
}
