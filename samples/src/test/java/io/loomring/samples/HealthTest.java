package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.testkit.Descriptors;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The health checker, with servers of the JDK's. */
class HealthTest {
  /** No label of a name may have 64 bytes: nobody is asked for it. */
  private static final String NO_NAME = "x".repeat(64) + ".invalid";

  private int before;

  @BeforeEach
  void count() throws IOException {
    Uring.getDefault();
    new ServerSocket(0).close();
    before = Descriptors.sockets();
  }

  @AfterEach
  void nothingIsLeft() {
    Descriptors.awaitSockets(before);
  }

  private static ServerSocket listen() throws IOException {
    return new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
  }

  /** A port that refuses, and that nobody else gets: it is bound, and nobody listens. */
  private static Socket refusing() throws IOException {
    Socket bound = new Socket();
    bound.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
    return bound;
  }

  @ParameterizedTest(name = "on transport {0}")
  @ValueSource(strings = {"uring", "jdk"})
  void serversThatListenAreUp(String transport) throws IOException {
    try (ServerSocket first = listen(); ServerSocket second = listen()) {
      InProcess.Result result = InProcess.run("health", "--transport", transport,
          "127.0.0.1:" + first.getLocalPort(), "localhost:" + second.getLocalPort());
      assertEquals(0, result.status(), result::toString);
      assertTrue(result.out().matches("127\\.0\\.0\\.1:" + first.getLocalPort() + " +up +\\d+\\.\\d ms\n"
          + "localhost:" + second.getLocalPort() + " +up +\\d+\\.\\d ms\n"), result::toString);
    }
  }

  @Test
  void oneThatIsDownMakesTheStatusOneAndSaysWhy() throws IOException {
    try (Socket refusing = refusing(); ServerSocket up = listen()) {
      InProcess.Result result = InProcess.run("health", "127.0.0.1:" + refusing.getLocalPort(),
          "127.0.0.1:" + up.getLocalPort(), NO_NAME + ":80/20s");
      assertEquals(1, result.status());
      List<String> lines = result.out().lines().toList();
      assertTrue(lines.get(0).endsWith("  down  Connection refused"), result::toString);
      assertTrue(lines.get(1).contains("  up  "), result::toString);
      assertEquals(NO_NAME + ":80  down  no such host", lines.get(2));
      assertEquals("", result.err());
    }
  }

  @Test
  void oneThatDoesNotAnswerIsDownAtItsOwnDeadline() throws IOException {
    // Where the queue of connections is full, who comes next gets no answer.
    List<SocketChannel> waiting = new ArrayList<>();
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1")); ServerSocket up = listen()) {
      for (int i = 0; i < 3; i++) {
        SocketChannel next = SocketChannel.open();
        waiting.add(next);
        next.configureBlocking(false);
        next.connect(new InetSocketAddress("127.0.0.1", full.getLocalPort()));
      }
      InProcess.Result result = InProcess.run("health", "--timeout", "20s",
          "127.0.0.1:" + full.getLocalPort() + "/200ms", "127.0.0.1:" + up.getLocalPort());
      assertEquals(1, result.status());
      List<String> lines = result.out().lines().toList();
      assertEquals("127.0.0.1:" + full.getLocalPort() + "  down  no answer within 200 ms", lines.get(0));
      assertTrue(lines.get(1).contains("  up  "), result::toString);
    } finally {
      for (SocketChannel channel : waiting) {
        channel.close();
      }
    }
  }

  @Test
  void aHundredAreCheckedAtOnceInTheOrderOfTheArguments() throws IOException {
    try (ServerSocket up = listen(); Socket refusing = refusing()) {
      String[] words = new String[101];
      words[0] = "health";
      for (int i = 1; i < words.length; i++) {
        words[i] = i % 2 == 0 ? "127.0.0.1:" + up.getLocalPort() : "127.0.0.1:" + refusing.getLocalPort();
      }
      InProcess.Result result = InProcess.run(words);
      assertEquals(1, result.status());
      assertEquals(50, result.out().lines().filter(line -> line.contains("  up  ")).count());
      assertEquals(50, result.out().lines().filter(line -> line.endsWith("  down  Connection refused")).count());
    }
  }

  @Test
  void whatIsNoServerIsNamed() {
    String help = "; ./loomring health --help lists the flags\n";
    assertEquals(new InProcess.Result(2, "", "health: no server to check" + help), InProcess.run("health"));
    assertEquals(
        new InProcess.Result(2, "", "health: here: a host and a port, such as localhost:8080 or [::1]:8080" + help),
        InProcess.run("health", "here"));
    assertEquals(new InProcess.Result(2, "", "health: here:80/5: a time such as 500ms, 10s or 2m" + help),
        InProcess.run("health", "here:80/5"));
    assertEquals(new InProcess.Result(2, "", "health: --timeout: a time above zero, at most a day" + help),
        InProcess.run("health", "--timeout", "0s", "here:80"));
  }
}
