package io.loomring.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EchoServerCommandTest {
  private static final int SIGTERM_STATUS = 128 + 15;

  private static void echo(Socket socket, byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    assertArrayEquals(bytes, socket.getInputStream().readNBytes(bytes.length));
  }

  private static ChildJvm.Result run(String... arguments) {
    return ChildJvm.of(Loomring.class, arguments).run();
  }

  @ParameterizedTest(name = "on transport {0}")
  @EnumSource(Transport.class)
  void bytesOfAllSizesComeBackAndTheEndOfTheStreamToo(Transport transport) throws IOException {
    try (ServerProcess server = ServerProcess.start("--transport", transport.toString());
        Socket socket = server.connect()) {
      assertEquals("listening on 127.0.0.1:" + server.port() + ", transport " + transport.inUse() + "\n", server.out());
      Random random = new Random(25);
      for (int size : new int[] {1, 64, 8191, 8192, 8193, 50_000}) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        echo(socket, bytes);
      }
      socket.shutdownOutput();
      assertEquals(-1, socket.getInputStream().read());
    }
  }

  @Test
  void aConnectionAboveTheLimitIsRefusedInWordsUntilAPlaceIsFree() throws IOException {
    try (ServerProcess server = ServerProcess.start("--max-connections", "1")) {
      Socket first = server.connect();
      echo(first, new byte[] {1});
      try (Socket second = server.connect()) {
        // What the refused peer has sent by then does not keep the words from it.
        second.getOutputStream().write("hello\n".getBytes(UTF_8));
        assertEquals(
            "busy: no more than 1 connections at a time, try again later\n",
            new String(second.getInputStream().readAllBytes(), UTF_8));
      }
      echo(first, new byte[] {2});
      first.close();
      Await.until("a place gets free", () -> {
        try (Socket third = server.connect()) {
          third.getOutputStream().write(3);
          return third.getInputStream().read() == 3;
        }
      });
    }
  }

  @Test
  void afterSigtermAConnectionUnderWayMayFinishAndNoNewOneIsTaken() throws IOException {
    try (ServerProcess server = ServerProcess.start("--grace", "1m")) {
      try (Socket socket = server.connect()) {
        echo(socket, new byte[10]);
        server.terminate();
        Await.until("it refuses connections", () -> {
          try (Socket late = server.connect()) {
            return false;
          } catch (ConnectException e) {
            return true;
          }
        });
        echo(socket, new byte[20]);
      }
      ChildJvm.Result result = server.await();
      assertEquals(SIGTERM_STATUS, result.exitCode(), result::toString);
      assertTrue(result.out().contains("stopping, connections under way: "), result::toString);
      assertTrue(result.out().matches("(?s).*stopped: \\d+ connections, 30 bytes echoed, 0 refused, \\d+ cut off\n"),
          result::toString);
      assertEquals("", result.err());
    }
  }

  @ParameterizedTest(name = "on transport {0}")
  @EnumSource(Transport.class)
  void afterTheGraceAConnectionThatIsIdleIsCutOff(Transport transport) throws IOException {
    try (ServerProcess server = ServerProcess.start("--grace", "200ms", "--transport", transport.toString());
        Socket socket = server.connect()) {
      echo(socket, new byte[10]);
      server.terminate();
      assertEquals(-1, socket.getInputStream().read());
      ChildJvm.Result result = server.await();
      assertEquals(SIGTERM_STATUS, result.exitCode(), result::toString);
      assertTrue(result.out().endsWith("stopped: 1 connections, 10 bytes echoed, 0 refused, 1 cut off\n"),
          result::toString);
      assertEquals("", result.err());
    }
  }

  @Test
  void aServerWithoutConnectionsStopsAtOnce() {
    try (ServerProcess server = ServerProcess.start("--grace", "1000m")) {
      server.terminate();
      ChildJvm.Result result = server.await();
      assertEquals(SIGTERM_STATUS, result.exitCode(), result::toString);
      assertTrue(result.out().endsWith("stopped: 0 connections, 0 bytes echoed, 0 refused, 0 cut off\n"),
          result::toString);
    }
  }

  @ParameterizedTest(name = "on transport {0}")
  @EnumSource(Transport.class)
  void aTakenPortIsOneClearLineAndStatusOne(Transport transport) throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      String port = String.valueOf(taken.getLocalPort());
      ChildJvm.Result result = run("echo-server", "--port", port, "--transport", transport.toString());
      assertEquals(1, result.exitCode(), result::toString);
      assertEquals("", result.out());
      assertTrue(
          result.err().matches("echo-server: cannot listen on 127\\.0\\.0\\.1:" + port + ": Address already in use.*\n"),
          result::toString);
    }
  }

  @Test
  void itListensOnTheAddressThatItIsTold() throws IOException {
    try (ServerProcess server = ServerProcess.start("--bind=127.0.0.1")) {
      try (Socket socket = server.connect()) {
        echo(socket, new byte[] {1, 2, 3});
      }
      assertThrows(ConnectException.class, () -> new Socket("127.0.0.2", server.port()).close());
    }
  }

  @Test
  void whenDescriptorsAreUsedUpItSaysSoOnceAndServesOnAsSoonAsSomeAreFree() throws IOException {
    UnaryOperator<List<String>> fewDescriptors = command -> {
      List<String> shell = new ArrayList<>(List.of("sh", "-c", "ulimit -n 64 && exec \"$@\"", "sh"));
      shell.addAll(command);
      return shell;
    };
    List<Socket> sockets = new ArrayList<>();
    try (ServerProcess server = ServerProcess.start(jvm -> jvm.wrappedBy(fewDescriptors))) {
      // The kernel takes more connections than the server has descriptors for; they wait in the backlog.
      for (int i = 0; i < 100; i++) {
        sockets.add(server.connect());
        sockets.getLast().getOutputStream().write(i);
      }
      Await.until(server::err, () -> server.err().endsWith("\n"));
      assertEquals("echo-server: cannot accept: Too many open files\n", server.err());
      for (int i = 0; i < 100; i++) {
        Socket socket = sockets.get(i);
        assertEquals(i, socket.getInputStream().read());
        socket.close();
      }
      server.terminate();
      ChildJvm.Result result = server.await();
      assertTrue(result.out().endsWith("stopped: 100 connections, 100 bytes echoed, 0 refused, 0 cut off\n"),
          result::toString);
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }
}
