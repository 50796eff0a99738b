package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Unix domain sockets do the same on both transports, and what the JDK's cannot do they say. */
@RunsOnce("whose sockets they are, not which driver's")
class UnixTransportTest {
  private static final int LARGE_BYTES = 3 << 20;

  @TempDir
  Path directory;

  /** Plays all, and says what each call came to. */
  static final class Main {
    private static Path directory;

    public static void main(String[] arguments) throws Exception {
      directory = Path.of(arguments[0]);
      if (arguments.length > 1) {
        lacks();
      } else {
        moves();
        ends();
        refuses();
      }
    }

    private static SocketAddress file(String name) {
      return UnixDomainSocketAddress.of(directory.resolve(name));
    }

    private static void say(String what, Callable<?> call) {
      System.out.println(what + ": " + outcome(call));
    }

    private static String outcome(Callable<?> call) {
      try {
        return String.valueOf(call.call());
      } catch (Exception failed) {
        return failed.getClass().getName() + ", " + failed.getMessage()
            + (Thread.currentThread().isInterrupted() ? ", interrupted" : "");
      }
    }

    private static void moves() throws Exception {
      try (UringUnixServerSocket server = UringUnixServerSocket.bind(file("moves"));
          UringUnixSocket mine = UringUnixSocket.connect(file("moves"));
          UringUnixSocket peer = server.accept()) {
        say("address of the listener", () -> server.localAddress().equals(file("moves")));
        say("remote", () -> mine.remoteAddress().equals(file("moves")));
        say("local", mine::localAddress);
        say("options", () -> mine.supportedOptions().size());
        say("send buffer", () -> mine.setOption(StandardSocketOptions.SO_SNDBUF, 50_000) == mine);
        say("no delay", () -> mine.setOption(StandardSocketOptions.TCP_NODELAY, true));
        mine.getOutputStream().write(new byte[] {1, 2, 3});
        say("read", () -> peer.getInputStream().readNBytes(3)[2]);
        say("nothing", () -> peer.read(new byte[0], 0, 0));
        ByteBuffer large = ByteBuffer.allocateDirect(LARGE_BYTES);
        Thread writer = Thread.ofVirtual().start(() -> outcome(() -> mine.write(large)));
        say("much", () -> peer.getInputStream().readNBytes(LARGE_BYTES).length);
        writer.join();
        mine.shutdownOutput();
        say("end", () -> peer.read(ByteBuffer.allocate(5)));
        say("shut", () -> mine.isOutputShutdown() + " " + mine.isInputShutdown());
        say("write after that", () -> mine.write(ByteBuffer.allocate(5)));
        peer.write(ByteBuffer.allocate(4));
        say("direct", () -> mine.read(ByteBuffer.allocateDirect(9)));
        peer.close();
        say("the peer has gone", () -> mine.getInputStream().read());
        mine.close();
        say("closed", () -> mine.isOpen() + " " + outcome(() -> mine.read(ByteBuffer.allocate(1))));
        say("closed write", () -> mine.write(ByteBuffer.allocate(1)));
        say("closed listener's name", server::isOpen);
      }
    }

    private static void ends() throws Exception {
      for (boolean virtual : new boolean[] {false, true}) {
        String name = "ends" + virtual;
        UringUnixServerSocket server = UringUnixServerSocket.bind(file(name), 3, null);
        UringUnixSocket mine = UringUnixSocket.connect(file(name));
        UringUnixSocket peer = server.accept();
        ended("read of a closed socket", virtual, () -> mine.read(ByteBuffer.allocate(1)), mine::close);
        ended("write of a closed socket", virtual, () -> peer.write(ByteBuffer.allocate(0)), () -> {});
        ended("accept of a closed listener", virtual, server::accept, server::close);
        say("accept", server::accept);
      }
      UringUnixServerSocket server = UringUnixServerSocket.bind(file("interrupts"));
      UringUnixSocket mine = UringUnixSocket.connect(file("interrupts"));
      UringUnixSocket peer = server.accept();
      ended("interrupted read", true, () -> mine.read(ByteBuffer.allocate(1)), null);
      say("closed", () -> mine.isOpen() + " " + peer.getInputStream().read());
      ended("interrupted accept", true, server::accept, null);
      say("closed", server::isOpen);
    }

    private interface Act {
      void act() throws IOException;
    }

    /** Has a blocked call ended by {@code act}, or by an interrupt where there is none. */
    private static void ended(String what, boolean virtual, Callable<?> call, Act act) throws Exception {
      Runnable body = () -> say(what, call);
      Thread thread = virtual ? Thread.ofVirtual().start(body) : Thread.ofPlatform().start(body);
      Await.until(what, () -> thread.getState() != Thread.State.NEW && (!thread.isAlive() || waits(thread)));
      if (act == null) {
        thread.interrupt();
      } else {
        act.act();
      }
      thread.join();
    }

    /** In a park, or in a call of the kernel. */
    private static boolean waits(Thread thread) {
      StackTraceElement[] stack = thread.getStackTrace();
      return stack.length > 0 && (stack[0].isNativeMethod() || thread.getState() == Thread.State.WAITING);
    }

    private static void refuses() throws Exception {
      say("nobody", () -> UringUnixSocket.connect(file("nobody")));
      Files.createFile(directory.resolve("taken"));
      say("no socket", () -> UringUnixSocket.connect(file("taken")));
      say("taken", () -> UringUnixServerSocket.bind(file("taken")));
      say("no directory", () -> UringUnixServerSocket.bind(file("none/here")));
      say("empty", () -> UringUnixServerSocket.bind(UnixDomainSocketAddress.of("")));
      say("long", () -> UringUnixSocket.connect(UnixDomainSocketAddress.of("x".repeat(108))));
      say("negative timeout", () -> UringUnixSocket.connect(file("nobody"), Duration.ofMillis(-1)));
    }

    private static void lacks() throws Exception {
      AbstractUnixAddress name = AbstractUnixAddress.of("loomring-test");
      say("abstract listener", () -> UringUnixServerSocket.bind(name));
      say("abstract", () -> UringUnixSocket.connect(name));
      say("permissions",
          () -> UringUnixServerSocket.bind(file("lacks"), 1, PosixFilePermissions.fromString("rw-------")));
      say("no file", () -> Files.exists(directory.resolve("lacks")));
      try (UringUnixServerSocket server = UringUnixServerSocket.bind(file("lacks"));
          UringUnixSocket mine = UringUnixSocket.connect(file("lacks"))) {
        say("timeout of a connect", () -> UringUnixSocket.connect(file("lacks"), Duration.ofSeconds(1)));
        say("credentials", mine::peerCredentials);
        say("timeout", () -> {
          mine.setSoTimeout(5);
          return "set";
        });
        say("timeout of an accept", () -> {
          server.setSoTimeout(5);
          return "set";
        });
        mine.setSoTimeout(0);
        say("available", mine.getInputStream()::available);
      }
    }
  }

  private String played(String transport, String... more) throws IOException {
    Path own = Files.createDirectory(directory.resolve(transport));
    String[] arguments = more.length == 0 ? new String[] {own.toString()} : new String[] {own.toString(), more[0]};
    return ChildJvm.of(Main.class, arguments).options("-Dloomring.transport=" + transport).run().succeeded();
  }

  @Test
  void theyDoTheSameOnTheJdksChannels() throws IOException {
    assertEquals(played("uring"), played("jdk"));
  }

  @Test
  void whatTheJdksChannelsCannotDoIsRefusedInWords() throws IOException {
    String[] lines = played("jdk", "what is lacking").split("\n");
    assertEquals(9, lines.length, String.join("\n", lines));
    for (String line : lines) {
      boolean works = line.equals("no file: false") || line.equals("available: 0");
      assertTrue(works || line.contains("UnsupportedOperationException") && line.contains("loomring.transport"), line);
    }
  }
}
