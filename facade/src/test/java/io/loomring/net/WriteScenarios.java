package io.loomring.net;

import io.loomring.net.Scene.Blocked;
import io.loomring.net.Scene.Pair;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * How writing waits and ends. Nothing limits how long a write waits: SO_TIMEOUT is for readers, so the behaviour "timed"
 * is that there is none.
 */
final class WriteScenarios {
  private static final int TIMEOUT_MILLIS = 20;
  private static final int MORE_THAN_FITS = 32 << 20;

  /** Which of the two is said of a reset that comes behind the peer's FIN is among the documented differences. */
  private static final Set<String> EITHER = Set.of("Broken pipe", "Connection reset by peer");

  private WriteScenarios() {}

  private static Blocked writer(Scene scene, Pair pair, byte[] bytes) throws IOException {
    OutputStream out = pair.mine().getOutputStream();
    return scene.blocked(OperationKind.SEND, () -> {
      out.write(bytes);
      return "written";
    });
  }

  private static Blocked writer(Scene scene, Pair pair) throws IOException {
    return writer(scene, pair, new byte[MORE_THAN_FITS]);
  }

  private static Blocked waitingFor(Scene scene, Scene.Act act) {
    Blocked waiting = scene.running(() -> {
      act.act();
      return "done";
    });
    Await.untilParked(waiting.thread);
    return waiting;
  }

  private static void reset(Socket peer) throws IOException {
    peer.setSoLinger(true, 0);
    peer.close();
  }

  static void aWriteThatNeedNotWait(Scene scene) throws Exception {
    Pair pair = scene.connected();
    OutputStream out = pair.mine().getOutputStream();
    byte[] bytes = {1, 2, 3, 4, 5};
    scene.noteAct("one", () -> out.write(0x1FF));
    scene.noteAct("array", () -> out.write(bytes));
    scene.noteAct("part", () -> out.write(bytes, 2, 2));
    scene.noteAct("flush", out::flush);
    scene.note("the peer reads", () -> Arrays.toString(pair.peer().getInputStream().readNBytes(8)));
  }

  static void aWriteThatWaitsUntilThePeerReads(Scene scene) throws Exception {
    Pair pair = scene.connected();
    Blocked writer = writer(scene, pair);
    scene.note("the peer reads", () -> pair.peer().getInputStream().readNBytes(MORE_THAN_FITS).length);
    writer.noteEnd("write");
  }

  static void aTimeoutIsNoLimitOfAWrite(Scene scene) throws Exception {
    Pair pair = scene.connected();
    pair.mine().setSoTimeout(TIMEOUT_MILLIS);
    Blocked writer = writer(scene, pair);
    scene.note("read meanwhile", pair.mine().getInputStream()::read);
    scene.note("still writes", writer.thread::isAlive);
    scene.note("the peer reads", () -> pair.peer().getInputStream().readNBytes(MORE_THAN_FITS).length);
    writer.noteEnd("write");
  }

  static void aWriteWhosePeerCloses(Scene scene) throws Exception {
    Pair pair = scene.accepted();
    OutputStream out = pair.mine().getOutputStream();
    Blocked writer = scene.blocked(OperationKind.SEND, () -> {
      try {
        out.write(new byte[MORE_THAN_FITS]);
        return "written";
      } catch (SocketException brokenOrReset) {
        return EITHER.contains(brokenOrReset.getMessage()) ? "as documented" : brokenOrReset.getMessage();
      }
    });
    pair.peer().close();
    writer.noteEnd("blocked write");
    scene.noteAct("write", () -> out.write(1));
  }

  static void aWriteAfterThePeerClosed(Scene scene) throws Exception {
    Pair pair = scene.connected();
    InputStream in = pair.mine().getInputStream();
    OutputStream out = pair.mine().getOutputStream();
    pair.peer().close();
    scene.note("the end has come", in::read);
    scene.noteAct("write that is answered by a reset", () -> out.write(1));
    scene.noteAct("write", () -> out.write(1));
    scene.note("read", in::read);
  }

  static void aWriteAfterAnInterrupt(Scene scene) throws Exception {
    Pair pair = scene.connected();
    OutputStream out = pair.mine().getOutputStream();
    Blocked reader = null;
    if (!scene.isVirtual()) {
      reader = scene.running(() -> pair.peer().getInputStream().readNBytes(MORE_THAN_FITS).length);
    }
    Thread.currentThread().interrupt();
    scene.noteAct("write that would wait", () -> out.write(new byte[MORE_THAN_FITS]));
    scene.note("closed", pair.mine()::isClosed);
    Thread.interrupted();
    if (reader != null) {
      reader.noteEnd("the peer");
    }
  }

  // ---- several writers

  static void severalWritersDoNotMix(Scene scene) throws Exception {
    Pair pair = scene.connected();
    OutputStream out = pair.mine().getOutputStream();
    int size = 5 << 20;
    List<Blocked> writers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      byte[] mine = new byte[size];
      Arrays.fill(mine, (byte) i);
      writers.add(scene.running(() -> {
        out.write(mine);
        return "written";
      }));
    }
    scene.note("changes of the writer", () -> {
      byte[] all = pair.peer().getInputStream().readNBytes(4 * size);
      int changes = 0;
      for (int i = 1; i < all.length; i++) {
        changes += all[i] == all[i - 1] ? 0 : 1;
      }
      return changes + " in " + all.length;
    });
    writers.forEach(writer -> writer.noteEnd("writer"));
  }

  private static void whatEndsAllWriters(Scene scene, Pair pair, Scene.Act ending) throws Exception {
    OutputStream out = pair.mine().getOutputStream();
    Blocked first = writer(scene, pair);
    Blocked second = waitingFor(scene, () -> out.write(new byte[10]));
    Blocked urgent = waitingFor(scene, () -> pair.mine().sendUrgentData(1));
    ending.act();
    first.noteEnd("first");
    second.noteEnd("second");
    urgent.noteEnd("urgent");
  }

  static void closeEndsAllWriters(Scene scene) throws Exception {
    Pair pair = scene.connected();
    whatEndsAllWriters(scene, pair, pair.mine()::close);
  }

  static void shuttingDownTheOutputEndsAllWriters(Scene scene) throws Exception {
    Pair pair = scene.connected();
    whatEndsAllWriters(scene, pair, pair.mine()::shutdownOutput);
  }

  static void aResetEndsAllWriters(Scene scene) throws Exception {
    Pair pair = scene.accepted();
    whatEndsAllWriters(scene, pair, () -> reset(pair.peer()));
  }

  static void anInterruptDoesNotEndTheWaitForAnotherWriter(Scene scene) throws Exception {
    Pair pair = scene.connected();
    OutputStream out = pair.mine().getOutputStream();
    Blocked first = writer(scene, pair);
    Blocked second = waitingFor(scene, () -> out.write(1));
    second.thread.interrupt();
    Await.untilParked(second.thread);
    scene.note("closed", pair.mine()::isClosed);
    pair.mine().close();
    first.noteEnd("first");
    second.noteEnd("second");
  }

  static void readersAndWritersDoNotWaitForEachOther(Scene scene) throws Exception {
    Pair pair = scene.connected();
    Blocked writer = writer(scene, pair);
    Blocked reader = scene.blocked(OperationKind.RECV, pair.mine().getInputStream()::read);
    pair.peer().getOutputStream().write(4);
    reader.noteEnd("reader");
    scene.note("still writes", writer.thread::isAlive);
    pair.mine().close();
    writer.noteEnd("writer");
  }
}
