package io.loomring.net;

import io.loomring.net.Scene.Blocked;
import io.loomring.net.Scene.Pair;
import io.loomring.op.OperationKind;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * What takes a second, since the kernel sends a SYN again after that time, or a linger is given in seconds. They are
 * played at the same time.
 */
final class SlowScenarios {
  private static final int MORE_THAN_FITS = 32 << 20;

  private SlowScenarios() {}

  private static Blocked connecting(Scene scene, ServerSocket to, Socket mine, int timeout) {
    return scene.blocked(OperationKind.CONNECT, () -> {
      mine.connect(new InetSocketAddress(Scene.LOOPBACK, to.getLocalPort()), timeout);
      return "connected";
    });
  }

  static void aConnectThatWaitsUntilTheQueueHasRoom(Scene scene) throws Exception {
    waitUntilTheQueueHasRoom(scene, 0);
  }

  static void aConnectWithATimeoutThatWaitsUntilTheQueueHasRoom(Scene scene) throws Exception {
    waitUntilTheQueueHasRoom(scene, 20_000);
  }

  private static void waitUntilTheQueueHasRoom(Scene scene, int timeout) throws Exception {
    ServerSocket other = scene.otherFull();
    Socket mine = scene.socket();
    Blocked connecter = connecting(scene, other, mine, timeout);
    for (int i = 0; i < 2; i++) {
      scene.track(other.accept());
    }
    connecter.noteEnd("blocked connect");
    Socket peer = scene.track(other.accept());
    mine.getOutputStream().write(7);
    scene.note("the peer reads", peer.getInputStream()::read);
  }

  static void aConnectWhoseListenerClosesMeanwhile(Scene scene) throws Exception {
    ServerSocket other = scene.otherFull();
    Socket mine = scene.socket();
    Blocked connecter = connecting(scene, other, mine, 0);
    other.close();
    connecter.noteEnd("blocked connect");
    scene.note("closed", mine::isClosed);
  }

  static void aCloseThatLingersUntilThatIsOver(Scene scene) throws Exception {
    Pair pair = scene.connected();
    pair.mine().setSoLinger(true, 1);
    Blocked writer = scene.blocked(OperationKind.SEND, () -> {
      pair.mine().getOutputStream().write(new byte[MORE_THAN_FITS]);
      return "written";
    });
    scene.noteAct("close", pair.mine()::close);
    writer.noteEnd("writer");
    scene.note("closed", pair.mine()::isClosed);
  }

  static void aCloseThatLingersAfterAnInterrupt(Scene scene) throws Exception {
    Pair pair = scene.connected();
    pair.mine().setSoLinger(true, 1);
    Blocked writer = scene.blocked(OperationKind.SEND, () -> {
      pair.mine().getOutputStream().write(new byte[MORE_THAN_FITS]);
      return "written";
    });
    Thread.currentThread().interrupt();
    scene.noteAct("close", pair.mine()::close);
    Thread.interrupted();
    writer.noteEnd("writer");
  }

  static void aCloseThatLingersUntilAllIsDelivered(Scene scene) throws Exception {
    Pair pair = scene.connected();
    pair.mine().setSoLinger(true, 30);
    int bytes = 1 << 20;
    pair.mine().setSendBufferSize(4 * bytes);
    Blocked reader = scene.runningOnPlatform(() -> pair.peer().getInputStream().readAllBytes().length);
    pair.mine().getOutputStream().write(new byte[bytes]);
    scene.noteAct("close", pair.mine()::close);
    reader.noteEnd("the peer read");
  }
}
