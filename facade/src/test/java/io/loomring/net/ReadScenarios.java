package io.loomring.net;

import io.loomring.net.Scene.Blocked;
import io.loomring.net.Scene.Pair;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How reading, skipping and asking for what is available wait and end; one connection for each way to read.
 *
 * <p>Asking never waits, so there is no asking that is timed, interrupted or closed while it waits.
 */
final class ReadScenarios {
  private static final int TIMEOUT_MILLIS = 20;
  private static final int BYTES = 5;

  private ReadScenarios() {}

  /** A way to read, which ends where {@link #BYTES} have come. */
  private interface Way {
    Object read(InputStream in) throws IOException;
  }

  private interface Plot {
    void play(String way, Pair pair, Scene.Call call) throws Exception;
  }

  private static final Map<String, Way> WAYS = Map.of(
      "read", InputStream::read,
      "read array", in -> in.read(new byte[2 * BYTES]),
      "read part", in -> in.read(new byte[2 * BYTES], 3, BYTES),
      "read fully", in -> in.readNBytes(BYTES).length,
      "skip", in -> in.skip(BYTES));

  private static void inEveryWay(Scene scene, Plot plot) throws Exception {
    for (String way : WAYS.keySet().stream().sorted().toList()) {
      Pair pair = scene.connected();
      InputStream in = pair.mine().getInputStream();
      plot.play(way, pair, () -> WAYS.get(way).read(in));
    }
  }

  private static void reset(Socket peer) throws IOException {
    peer.setSoLinger(true, 0);
    peer.close();
  }

  // ---- each behaviour

  static void aReadThatNeedNotWait(Scene scene) throws Exception {
    inEveryWay(scene, (way, pair, read) -> {
      pair.peer().getOutputStream().write(new byte[BYTES]);
      Scene.until("the bytes have come", () -> pair.mine().getInputStream().available() == BYTES);
      scene.note(way, read);
      scene.note("left", pair.mine().getInputStream()::available);
    });
  }

  static void aReadThatWaitsForBytes(Scene scene) throws Exception {
    inEveryWay(scene, (way, pair, read) -> {
      Blocked reader = scene.blocked(OperationKind.RECV, read);
      pair.peer().getOutputStream().write(new byte[BYTES]);
      reader.noteEnd(way);
    });
  }

  static void aReadWithATimeoutThatWaitsForBytes(Scene scene) throws Exception {
    inEveryWay(scene, (way, pair, read) -> {
      pair.mine().setSoTimeout(20_000);
      Blocked reader = scene.blocked(OperationKind.RECV, read);
      pair.peer().getOutputStream().write(new byte[BYTES]);
      reader.noteEnd(way);
    });
  }

  static void aReadThatTimesOut(Scene scene) throws Exception {
    inEveryWay(scene, (way, pair, read) -> {
      pair.mine().setSoTimeout(1);
      scene.note(way, read);
      scene.note("closed", pair.mine()::isClosed);
      pair.mine().setSoTimeout(20_000);
      pair.peer().getOutputStream().write(new byte[BYTES]);
      scene.note(way + " then", read);
    });
  }

  static void aReadWhosePeerCloses(Scene scene) throws Exception {
    inEveryWay(scene, (way, pair, read) -> {
      Blocked reader = scene.blocked(OperationKind.RECV, read);
      pair.peer().close();
      reader.noteEnd(way);
      scene.note(way + " then", read);
    });
  }

  static void aReadWhosePeerShutsItsOutputDown(Scene scene) throws Exception {
    inEveryWay(scene, (way, pair, read) -> {
      Blocked reader = scene.blocked(OperationKind.RECV, read);
      pair.peer().shutdownOutput();
      reader.noteEnd(way);
      pair.mine().getOutputStream().write(6);
      scene.note("the peer reads", pair.peer().getInputStream()::read);
    });
  }

  static void aReadWhosePeerResets(Scene scene) throws Exception {
    inEveryWay(scene, (way, pair, read) -> {
      Blocked reader = scene.blocked(OperationKind.RECV, read);
      reset(pair.peer());
      reader.noteEnd(way);
      scene.note(way + " then", read);
      scene.note("available", pair.mine().getInputStream()::available);
    });
  }

  static void aReadOfASocketThatIsClosedMeanwhile(Scene scene) throws Exception {
    inEveryWay(scene, (way, pair, read) -> {
      Blocked reader = scene.blocked(OperationKind.RECV, read);
      pair.mine().close();
      reader.noteEnd(way);
      scene.note(way + " then", read);
    });
  }

  static void aReadOfASocketWhoseInputIsShutDownMeanwhile(Scene scene) throws Exception {
    inEveryWay(scene, (way, pair, read) -> {
      Blocked reader = scene.blocked(OperationKind.RECV, read);
      pair.mine().shutdownInput();
      reader.noteEnd(way);
      scene.note(way + " then", read);
    });
  }

  static void aReadThatWouldWaitAfterAnInterrupt(Scene scene) throws Exception {
    inEveryWay(scene, (way, pair, read) -> {
      pair.mine().setSoTimeout(scene.isVirtual() ? 20_000 : 1);
      Thread.currentThread().interrupt();
      scene.note(way, read);
      scene.note("closed", pair.mine()::isClosed);
      Thread.interrupted();
    });
  }

  static void aReadThatIsInterruptedWhileItWaits(Scene scene) throws Exception {
    for (int timeout : new int[] {0, 20_000}) {
      inEveryWay(scene, (way, pair, read) -> {
        pair.mine().setSoTimeout(timeout);
        Blocked reader = scene.blocked(OperationKind.RECV, read);
        reader.thread.interrupt();
        if (!scene.isVirtual()) {
          pair.peer().getOutputStream().write(new byte[BYTES]);
        }
        reader.noteEnd(way);
        scene.note("closed", pair.mine()::isClosed);
      });
    }
  }

  // ---- available

  static void askingForWhatIsAvailableNeverWaits(Scene scene) throws Exception {
    Pair pair = scene.connected();
    InputStream in = pair.mine().getInputStream();
    Blocked reader = scene.blocked(OperationKind.RECV, in::read);
    scene.note("beside a reader", in::available);
    pair.mine().setSoTimeout(1);
    scene.note("with a timeout", in::available);
    Thread.currentThread().interrupt();
    scene.note("after an interrupt", in::available);
    scene.note("closed", pair.mine()::isClosed);
    Thread.interrupted();
    pair.peer().getOutputStream().write(1);
    reader.noteEnd("reader");
    pair.peer().close();
    scene.note("at the end", in::available);
    pair.mine().close();
    scene.note("closed", in::available);
  }

  static void whatIsAvailableOfAConnectionThatWasReset(Scene scene) throws Exception {
    Pair pair = scene.connected();
    InputStream in = pair.mine().getInputStream();
    pair.peer().getOutputStream().write(new byte[BYTES]);
    Scene.until("the bytes have come", () -> in.available() == BYTES);
    reset(pair.peer());
    scene.note("bytes before the reset", in::available);
    scene.note("read", () -> in.read(new byte[2 * BYTES]));
    scene.note("read then", in::read);
    scene.note("available then", in::available);
  }

  static void whatIsAvailableBeforeAndAfterTheInputIsShutDown(Scene scene) throws Exception {
    Pair pair = scene.accepted();
    InputStream in = pair.mine().getInputStream();
    pair.peer().getOutputStream().write(new byte[BYTES]);
    Scene.until("the bytes have come", () -> in.available() == BYTES);
    pair.mine().shutdownInput();
    scene.note("available", in::available);
    scene.note("skip", () -> in.skip(BYTES));
    scene.note("nothing to skip", () -> in.skip(0));
    scene.note("skip back", () -> in.skip(-1));
    scene.noteAct("skip exactly", () -> in.skipNBytes(1));
  }

  // ---- several readers

  private static List<Blocked> readers(Scene scene, Pair pair, int count) throws IOException {
    InputStream in = pair.mine().getInputStream();
    List<Blocked> readers = new ArrayList<>();
    readers.add(scene.blocked(OperationKind.RECV, in::read));
    while (readers.size() < count) {
      Blocked waiting = scene.running(in::read);
      Await.untilParked(waiting.thread);
      readers.add(waiting);
    }
    return readers;
  }

  private static void noteEnds(List<Blocked> all, String what) {
    all.forEach(each -> each.noteEnd(what));
  }

  static void severalReadersTakeTurns(Scene scene) throws Exception {
    Pair pair = scene.connected();
    List<Blocked> readers = readers(scene, pair, 4);
    pair.peer().getOutputStream().write(new byte[] {9, 9, 9, 9});
    noteEnds(readers, "reader");
    scene.note("left", pair.mine().getInputStream()::available);
  }

  static void closeEndsAllReaders(Scene scene) throws Exception {
    Pair pair = scene.connected();
    List<Blocked> readers = readers(scene, pair, 3);
    pair.mine().close();
    noteEnds(readers, "reader");
  }

  static void theEndOfTheStreamEndsAllReaders(Scene scene) throws Exception {
    Pair pair = scene.accepted();
    List<Blocked> readers = readers(scene, pair, 3);
    pair.peer().close();
    noteEnds(readers, "reader");
  }

  static void aResetEndsAllReaders(Scene scene) throws Exception {
    Pair pair = scene.accepted();
    List<Blocked> readers = readers(scene, pair, 3);
    reset(pair.peer());
    noteEnds(readers, "reader");
  }

  static void allReadersTimeOut(Scene scene) throws Exception {
    Pair pair = scene.connected();
    InputStream in = pair.mine().getInputStream();
    pair.mine().setSoTimeout(TIMEOUT_MILLIS);
    List<Blocked> readers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      readers.add(scene.running(in::read));
    }
    noteEnds(readers, "reader");
    scene.note("closed", pair.mine()::isClosed);
  }

  /** The rest is ended by the close that the interrupt of a virtual thread means. */
  static void anInterruptOfTheReaderThatHasTheLock(Scene scene) throws Exception {
    Pair pair = scene.connected();
    List<Blocked> readers = readers(scene, pair, 3);
    readers.getFirst().thread.interrupt();
    if (!scene.isVirtual()) {
      pair.peer().getOutputStream().write(new byte[3]);
    }
    noteEnds(readers, "reader");
    scene.note("closed", pair.mine()::isClosed);
  }
}
