package io.loomring.net;

import io.loomring.net.Scene.Blocked;
import io.loomring.net.Scene.Pair;
import io.loomring.op.OperationKind;
import io.loomring.testkit.TestDriver;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;

/** Scenarios of reading and writing on connected sockets. */
final class DataScenarios {
  private static final int TIMEOUT_MILLIS = 20;
  private static final int MORE_THAN_FITS = 32 << 20;

  private DataScenarios() {}

  static void readsUntilTheEndOfTheStreamAndOn(Scene scene) throws Exception {
    Pair pair = scene.connected();
    InputStream in = pair.mine().getInputStream();
    byte[] bytes = new byte[10];
    pair.peer().getOutputStream().write("abc".getBytes());
    scene.note("one", in::read);
    scene.note("more", () -> in.read(bytes));
    pair.peer().close();
    scene.note("end", () -> in.read(bytes));
    scene.note("end again", in::read);
    scene.note("available", in::available);
    scene.note("empty", () -> in.read(bytes, 0, 0));
    pair.mine().close();
    scene.note("end after close", in::read);
    scene.note("available after close", in::available);
    scene.note("stream after close", pair.mine()::getInputStream);
  }

  static void readsNothingOfAClosedSocket(Scene scene) throws Exception {
    Pair pair = scene.accepted();
    InputStream in = pair.mine().getInputStream();
    OutputStream out = pair.mine().getOutputStream();
    pair.peer().getOutputStream().write(1);
    Scene.until("the byte has come", () -> in.available() == 1);
    pair.mine().close();
    scene.note("read", in::read);
    scene.note("read empty", () -> in.read(new byte[0]));
    scene.note("read out of range", () -> in.read(new byte[1], 1, 1));
    scene.note("available", in::available);
    scene.noteAct("write", () -> out.write(1));
    scene.noteAct("write empty", () -> out.write(new byte[0]));
    scene.noteAct("write out of range", () -> out.write(new byte[1], 0, 2));
    scene.noteAct("flush", out::flush);
    scene.noteAct("close input", in::close);
    scene.noteAct("close output", out::close);
    scene.note("the peer reads", () -> pair.peer().getInputStream().read());
  }

  static void aReadTimesOutAndLosesNothing(Scene scene) throws Exception {
    Pair pair = scene.connected();
    InputStream in = pair.mine().getInputStream();
    pair.mine().setSoTimeout(TIMEOUT_MILLIS);
    scene.note("timeout", () -> in.read(new byte[10]));
    scene.note("timeout again", in::read);
    byte[] sent = random(200_000);
    Thread writer = TestDriver.startVirtual(() -> {
      try {
        pair.peer().getOutputStream().write(sent);
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    });
    pair.mine().setSoTimeout(20_000);
    scene.note("data", () -> Arrays.equals(sent, in.readNBytes(sent.length)));
    writer.join();
    scene.note("nothing more", in::available);
    scene.note("timeout is", pair.mine()::getSoTimeout);
    scene.noteAct("negative timeout", () -> pair.mine().setSoTimeout(-1));
    scene.noteAct("no timeout", () -> pair.mine().setSoTimeout(0));
    scene.note("timeout is then", pair.mine()::getSoTimeout);
    Blocked reader = scene.blocked(OperationKind.RECV, in::read);
    pair.peer().getOutputStream().write(7);
    reader.noteEnd("read without timeout");
  }

  static void theTimeoutCoversTheWaitForAnotherReader(Scene scene) throws Exception {
    Pair pair = scene.connected();
    InputStream in = pair.mine().getInputStream();
    Blocked first = scene.blocked(OperationKind.RECV, in::read);
    pair.mine().setSoTimeout(TIMEOUT_MILLIS);
    scene.note("second", in::read);
    pair.peer().getOutputStream().write(9);
    first.noteEnd("first");
  }

  static void seesAResetByThePeer(Scene scene) throws Exception {
    Pair pair = scene.connected();
    InputStream in = pair.mine().getInputStream();
    OutputStream out = pair.mine().getOutputStream();
    pair.peer().setSoLinger(true, 0);
    pair.peer().close();
    scene.note("read", in::read);
    scene.note("read again", () -> in.read(new byte[3]));
    scene.note("read empty", () -> in.read(new byte[0]));
    scene.note("available", in::available);
    scene.noteAct("write", () -> out.write(1));
    scene.noteAct("write again", () -> out.write(1));
    scene.note("read at last", in::read);
    scene.noteAct("shut down output", pair.mine()::shutdownOutput);
    scene.noteAct("shut down input", pair.mine()::shutdownInput);
    scene.noteAct("close", pair.mine()::close);
    scene.note("read after close", in::read);
  }

  static void seesAResetOnAWriteFirst(Scene scene) throws Exception {
    Pair pair = scene.accepted();
    InputStream in = pair.mine().getInputStream();
    OutputStream out = pair.mine().getOutputStream();
    pair.peer().setSoLinger(true, 0);
    pair.peer().close();
    scene.noteAct("write", () -> out.write(new byte[10]));
    scene.noteAct("write again", () -> out.write(new byte[10]));
    scene.note("read", in::read);
    scene.note("read again", in::read);
  }

  static void aResetEndsABlockedRead(Scene scene) throws Exception {
    Pair pair = scene.connected();
    Blocked reader = scene.blocked(OperationKind.RECV, pair.mine().getInputStream()::read);
    pair.peer().setSoLinger(true, 0);
    pair.peer().close();
    reader.noteEnd("blocked read");
    scene.note("read", pair.mine().getInputStream()::read);
  }

  static void aResetEndsABlockedWrite(Scene scene) throws Exception {
    Pair pair = scene.connected();
    OutputStream out = pair.mine().getOutputStream();
    Blocked writer = scene.blocked(OperationKind.SEND, () -> {
      out.write(new byte[MORE_THAN_FITS]);
      return "written";
    });
    pair.peer().setSoLinger(true, 0);
    pair.peer().close();
    writer.noteEnd("blocked write");
    scene.noteAct("write", () -> out.write(1));
  }

  static void outputShutDownLeavesInputAlone(Scene scene) throws Exception {
    Pair pair = scene.connected();
    Socket mine = pair.mine();
    OutputStream out = mine.getOutputStream();
    out.write("x".getBytes());
    scene.noteAct("shut down", mine::shutdownOutput);
    scene.noteAct("shut down again", mine::shutdownOutput);
    scene.note("is shut down", mine::isOutputShutdown);
    scene.note("input is", mine::isInputShutdown);
    scene.note("the peer reads", () -> pair.peer().getInputStream().readAllBytes().length);
    scene.noteAct("write", () -> out.write(1));
    scene.noteAct("write again", () -> out.write(1));
    scene.noteAct("write empty", () -> out.write(new byte[0]));
    scene.note("stream", mine::getOutputStream);
    pair.peer().getOutputStream().write(5);
    scene.note("read", mine.getInputStream()::read);
    Blocked reader = scene.blocked(OperationKind.RECV, mine.getInputStream()::read);
    pair.peer().getOutputStream().write(6);
    reader.noteEnd("blocked read");
  }

  static void inputShutDownLeavesOutputAlone(Scene scene) throws Exception {
    Pair pair = scene.connected();
    Socket mine = pair.mine();
    InputStream in = mine.getInputStream();
    pair.peer().getOutputStream().write(5);
    Scene.until("the byte has come", () -> in.available() == 1);
    scene.noteAct("shut down", mine::shutdownInput);
    scene.noteAct("shut down again", mine::shutdownInput);
    scene.note("is shut down", mine::isInputShutdown);
    scene.note("read", in::read);
    scene.note("available", in::available);
    scene.note("stream", mine::getInputStream);
    mine.getOutputStream().write(6);
    scene.note("the peer reads", pair.peer().getInputStream()::read);
    scene.noteAct("shut down output", mine::shutdownOutput);
    scene.note("closed", mine::isClosed);
  }

  static void inputShutDownEndsABlockedRead(Scene scene) throws Exception {
    Pair pair = scene.accepted();
    InputStream in = pair.mine().getInputStream();
    Blocked reader = scene.blocked(OperationKind.RECV, in::read);
    pair.mine().shutdownInput();
    reader.noteEnd("blocked read");
    scene.note("read", in::read);
    scene.note("closed", pair.mine()::isClosed);
  }

  static void outputShutDownEndsABlockedWrite(Scene scene) throws Exception {
    Pair pair = scene.accepted();
    OutputStream out = pair.mine().getOutputStream();
    Blocked writer = scene.blocked(OperationKind.SEND, () -> {
      out.write(new byte[MORE_THAN_FITS]);
      return "written";
    });
    pair.mine().shutdownOutput();
    writer.noteEnd("blocked write");
    scene.noteAct("write", () -> out.write(1));
  }

  static void checksTheRangesOfReadsAndWrites(Scene scene) throws Exception {
    Pair pair = scene.connected();
    InputStream in = pair.mine().getInputStream();
    OutputStream out = pair.mine().getOutputStream();
    byte[] ten = new byte[10];
    scene.note("read empty array", () -> in.read(new byte[0]));
    scene.note("read empty range", () -> in.read(ten, 10, 0));
    scene.note("read before", () -> in.read(ten, -1, 1));
    scene.note("read beyond", () -> in.read(ten, 0, 11));
    scene.note("read beyond by offset", () -> in.read(ten, 11, 0));
    scene.note("read negative", () -> in.read(ten, 0, -1));
    scene.note("read overflow", () -> in.read(ten, Integer.MAX_VALUE, Integer.MAX_VALUE));
    scene.note("read null", () -> in.read(null, 0, 1));
    scene.noteAct("write empty array", () -> out.write(new byte[0]));
    scene.noteAct("write empty range", () -> out.write(ten, 10, 0));
    scene.noteAct("write before", () -> out.write(ten, -1, 1));
    scene.noteAct("write beyond", () -> out.write(ten, 0, 11));
    scene.noteAct("write negative", () -> out.write(ten, 0, -1));
    scene.noteAct("write null", () -> out.write(null, 0, 1));
    pair.mine().shutdownOutput();
    scene.note("the peer reads", () -> pair.peer().getInputStream().readAllBytes().length);
  }

  static void tellsWhatIsAvailable(Scene scene) throws Exception {
    Pair pair = scene.connected();
    InputStream in = pair.mine().getInputStream();
    scene.note("nothing", in::available);
    pair.peer().getOutputStream().write(new byte[100]);
    Scene.until("the bytes have come", () -> in.available() == 100);
    in.readNBytes(30);
    scene.note("rest", in::available);
    scene.note("skipped", () -> in.skip(20));
    scene.note("rest then", in::available);
    scene.note("no mark", in::markSupported);
    scene.noteAct("reset", in::reset);
    pair.peer().close();
    scene.note("all", () -> in.readAllBytes().length);
    scene.note("at the end", in::available);
  }

  static void carriesMuchDataBothWays(Scene scene) throws Exception {
    Pair pair = scene.connected();
    byte[] sent = random(3_000_001);
    Thread echo = TestDriver.startVirtual(() -> {
      try {
        pair.peer().getInputStream().transferTo(pair.peer().getOutputStream());
        pair.peer().shutdownOutput();
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    });
    Blocked writer = scene.running(() -> {
      pair.mine().getOutputStream().write(sent, 1, sent.length - 1);
      pair.mine().shutdownOutput();
      return "written";
    });
    byte[] back = pair.mine().getInputStream().readAllBytes();
    writer.noteEnd("writer");
    echo.join();
    scene.note("equal", () -> Arrays.equals(back, 0, back.length, sent, 1, sent.length));
  }

  static void sendsUrgentData(Scene scene) throws Exception {
    Pair pair = scene.connected();
    pair.peer().setOOBInline(true);
    scene.noteAct("urgent", () -> pair.mine().sendUrgentData(0x141));
    scene.note("the peer reads", pair.peer().getInputStream()::read);
    pair.mine().setOOBInline(true);
    pair.peer().sendUrgentData(0x42);
    scene.note("read", pair.mine().getInputStream()::read);
    pair.mine().close();
    scene.noteAct("urgent after close", () -> pair.mine().sendUrgentData(1));
  }

  static void closesWithUnreadData(Scene scene) throws Exception {
    Pair pair = scene.connected();
    pair.peer().getOutputStream().write(1);
    Scene.until("the byte has come", () -> pair.mine().getInputStream().available() == 1);
    pair.mine().close();
    scene.note("the peer reads", pair.peer().getInputStream()::read);
  }

  static void closesWithLinger(Scene scene) throws Exception {
    Pair zero = scene.connected();
    zero.mine().setSoLinger(true, 0);
    zero.mine().getOutputStream().write(1);
    zero.mine().close();
    scene.note("linger 0", () -> zero.peer().getInputStream().readAllBytes().length);
    Pair some = scene.connected();
    some.mine().setSoLinger(true, 20);
    some.mine().getOutputStream().write(new byte[1000]);
    some.mine().close();
    scene.note("linger 20", () -> some.peer().getInputStream().readAllBytes().length);
  }

  private static byte[] random(int bytes) {
    byte[] random = new byte[bytes];
    new Random(bytes).nextBytes(random);
    return random;
  }
}
