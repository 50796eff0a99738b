package io.loomring.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EchoClientTest {
  private static final int TIMED_OUT = 3;

  @TempDir
  private Path directory;

  private static EchoServer server(int maxConnections) throws IOException {
    return new EchoServer(Transport.JDK, DemoClient.anyPort(), maxConnections).start();
  }

  private static ChildJvm client(int port, String... flags) {
    List<String> arguments = new ArrayList<>(List.of("echo-client", "--port", String.valueOf(port)));
    arguments.addAll(List.of(flags));
    return ChildJvm.of(Loomring.class, arguments.toArray(String[]::new));
  }

  private static ChildJvm.Result talk(ChildJvm client, String input) throws IOException {
    try (ChildJvm.Running running = client.start()) {
      try (OutputStream in = running.process().getOutputStream()) {
        in.write(input.getBytes(UTF_8));
      }
      return running.await();
    }
  }

  @Test
  void aLineComesBackAndTheEndOfTheInputEndsIt() throws IOException {
    try (EchoServer server = server(1)) {
      ChildJvm.Result result = talk(client(server.port()), "hello ring\n");
      assertEquals(new ChildJvm.Result(0, "> hello ring\n> \n", ""), result);
    }
  }

  @Test
  void severalLinesComeBackInOrderAndTheLastNeedsNoEnd() throws IOException {
    try (EchoServer server = server(1)) {
      String longLine = "long ".repeat(4000);
      ChildJvm.Result result = talk(client(server.port()), "one\n\ngr\u00fc\u00df dich\n" + longLine + "\nlast");
      String expected = "> one\n> \n> gr\u00fc\u00df dich\n> " + longLine + "\n> last\n> \n";
      assertEquals(new ChildJvm.Result(0, expected, ""), result);
    }
  }

  @Test
  void withoutInputItTimesOutInWords() throws IOException {
    try (EchoServer server = server(1);
        ChildJvm.Running running = client(server.port(), "--timeout", "2s").start()) {
      assertEquals(new ChildJvm.Result(TIMED_OUT, "> \nTimed out waiting for input\n", ""), running.await());
    }
  }

  @Test
  void theTimeoutRunsForEachLineAnew() throws IOException {
    try (EchoServer server = server(1);
        ChildJvm.Running running = client(server.port(), "--timeout", "2s").start();
        OutputStream in = running.process().getOutputStream()) {
      in.write("one\n".getBytes(UTF_8));
      in.flush();
      assertEquals(
          new ChildJvm.Result(TIMED_OUT, "> one\n> \nTimed out waiting for input\n", ""), running.await());
    }
  }

  @Test
  void itsInputMayBeAFile() throws IOException {
    Path file = Files.writeString(directory.resolve("input"), "from a file\nto the ring\n");
    try (EchoServer server = server(1)) {
      ChildJvm client = client(server.port()).wrappedBy(command -> {
        List<String> shell = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" <" + file, "sh"));
        shell.addAll(command);
        return shell;
      });
      assertEquals(new ChildJvm.Result(0, "> from a file\n> to the ring\n> \n", ""), client.run());
    }
  }

  /** The program script gives it a terminal of its own, and types what it reads itself. */
  @Test
  @Tag("interop")
  void itsInputMayBeATerminal() throws IOException {
    try (EchoServer server = server(1)) {
      ChildJvm client = client(server.port(), "--timeout", "20s").wrappedBy(command ->
          List.of("script", "--quiet", "--return", "--command", String.join(" ", command), "/dev/null"));
      try (ChildJvm.Running running = client.start()) {
        OutputStream in = running.process().getOutputStream();
        Await.until(() -> "no prompt: " + running.outSoFar(), () -> running.outSoFar().contains("> "));
        in.write("typed\n".getBytes(UTF_8));
        in.flush();
        Await.until(() -> "no answer: " + running.outSoFar(), () -> running.outSoFar().contains("typed\r\n> "));
        // Ctrl-D, the end of input of a terminal.
        in.write(4);
        in.flush();
        ChildJvm.Result result = running.await();
        assertEquals(0, result.exitCode(), result::toString);
      }
      assertEquals("typed\n".length(), server.bytesEchoed());
    }
  }

  @Test
  void aServerThatIsFullIsQuoted() throws IOException {
    try (EchoServer server = server(1);
        Socket other = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      Await.until("the place is taken", () -> server.active() == 1);
      ChildJvm.Result result = talk(client(server.port()), "hello\n");
      assertEquals(1, result.exitCode(), result::toString);
      assertEquals("> busy: no more than 1 connections at a time, try again later\n", result.out());
      assertEquals("echo-client: that is not what was sent\n", result.err());
    }
  }

  @Test
  void aServerThatIsNotThereIsOneClearLine() throws IOException {
    // Bound, and nobody listens: it refuses, and nobody else gets it.
    try (Socket refusing = new Socket()) {
      refusing.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      int port = refusing.getLocalPort();
      ChildJvm.Result result = talk(client(port), "hello\n");
      assertEquals(1, result.exitCode(), result::toString);
      assertEquals("", result.out());
      assertEquals("echo-client: cannot connect to 127.0.0.1:" + port + ": Connection refused\n", result.err());
    }
  }

  @Test
  void aServerThatKeepsSilentTimesOutToo() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      ChildJvm.Result result = talk(client(silent.getLocalPort(), "--timeout", "2s"), "hello\n");
      assertEquals(1, result.exitCode(), result::toString);
      assertEquals("echo-client: timed out waiting for the server\n", result.err());
    }
  }

  @Test
  void aServerThatHangsUpIsOneClearLine() throws IOException {
    try (ServerSocket rude = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread hangUp = Thread.startVirtualThread(() -> {
        try (Socket socket = rude.accept()) {
          socket.getInputStream().readNBytes("hello\n".length());
        } catch (IOException e) {
          throw new IllegalStateException(e);
        }
      });
      ChildJvm.Result result = talk(client(rude.getLocalPort()), "hello\n");
      Await.untilEnded(hangUp);
      assertEquals(1, result.exitCode(), result::toString);
      assertTrue(result.err().equals("echo-client: the server closed the connection\n"), result::toString);
    }
  }
}
