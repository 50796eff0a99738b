package io.loomring.net;

import io.loomring.net.Scene.Blocked;
import io.loomring.net.Scene.Pair;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Connections;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Scenarios of closing and interrupting, before and during calls. */
final class EndScenarios {
  private static final int TIMEOUT_MILLIS = 20;
  private static final int MORE_THAN_FITS = 32 << 20;

  private EndScenarios() {}

  // ---- close

  static void closeEndsABlockedRead(Scene scene) throws Exception {
    Pair pair = scene.connected();
    InputStream in = pair.mine().getInputStream();
    Blocked reader = scene.blocked(OperationKind.RECV, in::read);
    pair.mine().close();
    reader.noteEnd("blocked read");
    scene.note("read", in::read);
    scene.note("the peer reads", pair.peer().getInputStream()::read);
    scene.noteAct("close again", pair.mine()::close);
  }

  static void closeEndsABlockedReadWithATimeout(Scene scene) throws Exception {
    Pair pair = scene.accepted();
    pair.mine().setSoTimeout(20_000);
    Blocked reader = scene.blocked(OperationKind.RECV, pair.mine().getInputStream()::read);
    pair.mine().close();
    reader.noteEnd("blocked read");
    scene.note("the peer reads", pair.peer().getInputStream()::read);
  }

  static void closeEndsABlockedWrite(Scene scene) throws Exception {
    Pair pair = scene.connected();
    OutputStream out = pair.mine().getOutputStream();
    Blocked writer = scene.blocked(OperationKind.SEND, () -> {
      out.write(new byte[MORE_THAN_FITS]);
      return "written";
    });
    pair.mine().close();
    writer.noteEnd("blocked write");
    scene.noteAct("write", () -> out.write(1));
  }

  static void closeEndsABlockedAccept(Scene scene) throws Exception {
    ServerSocket server = scene.listening();
    Blocked accepter = scene.blocked(OperationKind.ACCEPT, server::accept);
    server.close();
    accepter.noteEnd("blocked accept");
    scene.note("accept", server::accept);
    scene.noteAct("close again", server::close);
  }

  static void closeEndsABlockedAcceptWithATimeout(Scene scene) throws Exception {
    ServerSocket server = scene.listening();
    server.setSoTimeout(20_000);
    Blocked accepter = scene.blocked(OperationKind.ACCEPT, server::accept);
    server.close();
    accepter.noteEnd("blocked accept");
  }

  static void closeEndsABlockedConnect(Scene scene) throws Exception {
    InetSocketAddress full = scene.full();
    Socket mine = scene.socket();
    Blocked connecter = scene.blocked(OperationKind.CONNECT, () -> {
      mine.connect(full);
      return "connected";
    });
    mine.close();
    connecter.noteEnd("blocked connect");
    scene.noteAct("connect", () -> mine.connect(full));
    scene.note("connected", mine::isConnected);
  }

  static void aSocketThatWasNeverUsedCloses(Scene scene) throws Exception {
    Socket mine = scene.socket();
    scene.noteAct("close", mine::close);
    scene.note("closed", mine::isClosed);
    scene.noteAct("connect", () -> mine.connect(new InetSocketAddress(Scene.LOOPBACK, 9)));
    ServerSocket server = scene.serverSocket();
    scene.noteAct("close server", server::close);
    scene.noteAct("bind", () -> server.bind(null));
  }

  // ---- interrupts

  static void dataWinsOverAnEarlierInterrupt(Scene scene) throws Exception {
    Pair pair = scene.connected();
    InputStream in = pair.mine().getInputStream();
    pair.peer().getOutputStream().write(new byte[] {1, 2, 3});
    Scene.until("the bytes have come", () -> in.available() == 3);
    Thread.currentThread().interrupt();
    scene.note("read", () -> in.read(new byte[10]));
    scene.noteAct("write", () -> pair.mine().getOutputStream().write(4));
    scene.note("closed", pair.mine()::isClosed);
    Thread.interrupted();
    scene.note("the peer reads", pair.peer().getInputStream()::read);
  }

  static void anEarlierInterruptEndsAReadThatWouldWait(Scene scene) throws Exception {
    Pair pair = scene.connected();
    InputStream in = pair.mine().getInputStream();
    pair.mine().setSoTimeout(scene.timeoutWhereAnInterruptIsIgnored(TIMEOUT_MILLIS));
    Thread.currentThread().interrupt();
    scene.note("read", in::read);
    scene.note("closed", pair.mine()::isClosed);
    Thread.interrupted();
    scene.note("read then", in::read);
  }

  static void anInterruptDuringARead(Scene scene) throws Exception {
    Pair pair = scene.accepted();
    InputStream in = pair.mine().getInputStream();
    Blocked reader = scene.blocked(OperationKind.RECV, in::read);
    reader.thread.interrupt();
    if (!scene.isVirtual()) {
      pair.peer().getOutputStream().write(3);
    }
    reader.noteEnd("blocked read");
    scene.note("closed", pair.mine()::isClosed);
    pair.peer().setSoTimeout(scene.timeoutWhereAnInterruptIsIgnored(TIMEOUT_MILLIS));
    scene.note("the peer reads", pair.peer().getInputStream()::read);
  }

  static void anInterruptDuringAWrite(Scene scene) throws Exception {
    Pair pair = scene.connected();
    OutputStream out = pair.mine().getOutputStream();
    Blocked writer = scene.blocked(OperationKind.SEND, () -> {
      out.write(new byte[MORE_THAN_FITS]);
      return "written";
    });
    writer.thread.interrupt();
    if (!scene.isVirtual()) {
      scene.note("the peer reads", () -> pair.peer().getInputStream().readNBytes(MORE_THAN_FITS).length);
    }
    writer.noteEnd("blocked write");
    scene.note("closed", pair.mine()::isClosed);
  }

  static void anInterruptDuringAnAccept(Scene scene) throws Exception {
    ServerSocket server = scene.listening();
    Blocked accepter = scene.blocked(OperationKind.ACCEPT, () -> scene.track(server.accept()).isConnected());
    accepter.thread.interrupt();
    if (!scene.isVirtual()) {
      scene.track(new Socket(Scene.LOOPBACK, server.getLocalPort()));
    }
    accepter.noteEnd("blocked accept");
    scene.note("closed", server::isClosed);
  }

  static void anEarlierInterruptAndAnAccept(Scene scene) throws Exception {
    ServerSocket server = scene.listening();
    scene.track(new Socket(Scene.LOOPBACK, server.getLocalPort()));
    Connections.awaitQueued(server.getLocalPort(), 1);
    server.setSoTimeout(20_000);
    Thread.currentThread().interrupt();
    scene.note("accept one that waits", () -> scene.track(server.accept()).isConnected());
    server.setSoTimeout(scene.timeoutWhereAnInterruptIsIgnored(TIMEOUT_MILLIS));
    scene.note("accept none", server::accept);
    scene.note("closed", server::isClosed);
    Thread.interrupted();
  }

  static void anInterruptDuringAConnect(Scene scene) throws Exception {
    InetSocketAddress full = scene.full();
    Socket mine = scene.socket();
    Blocked connecter = scene.blocked(OperationKind.CONNECT, () -> {
      // A platform thread waits until then, and has to be seen waiting before.
      mine.connect(full, scene.isVirtual() ? 0 : 2_000);
      return "connected";
    });
    connecter.thread.interrupt();
    connecter.noteEnd("blocked connect");
    scene.note("closed", mine::isClosed);
  }

  static void anEarlierInterruptAndAConnect(Scene scene) throws Exception {
    ServerSocket other = scene.otherListening(5);
    Socket mine = scene.socket();
    Thread.currentThread().interrupt();
    scene.noteAct("connect", () -> mine.connect(other.getLocalSocketAddress(), 20_000));
    scene.note("closed", mine::isClosed);
    Thread.interrupted();
  }

  static void anInterruptDoesNotEndTheWaitForAnotherReader(Scene scene) throws Exception {
    Pair pair = scene.connected();
    InputStream in = pair.mine().getInputStream();
    Blocked first = scene.blocked(OperationKind.RECV, in::read);
    Blocked second = scene.running(in::read);
    io.loomring.testkit.Await.untilParked(second.thread);
    second.thread.interrupt();
    pair.peer().getOutputStream().write(new byte[] {1, 1});
    first.noteEnd("first");
    second.noteEnd("second");
  }
}
