package io.loomring.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Descriptors;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The proxy between a client and a server that are the JDK's. */
class ProxyTest {
  private ServerSocket upstream;
  private int before;

  @BeforeEach
  void listen() throws IOException {
    Uring.getDefault();
    ServerSocket unused = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    unused.close();
    before = Descriptors.sockets();
    upstream = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    upstream.close();
    Descriptors.awaitSockets(before);
  }

  private TcpServer proxy(String... flags) throws IOException {
    return proxyTo(upstream.getLocalPort(), flags);
  }

  private static TcpServer proxyTo(int port, String... flags) throws IOException {
    String[] all = new String[flags.length + 2];
    all[0] = "--to";
    all[1] = "127.0.0.1:" + port;
    System.arraycopy(flags, 0, all, 2, flags.length);
    return InProcess.serve("proxy", all);
  }

  @ParameterizedTest(name = "on transport {0}")
  @ValueSource(strings = {"uring", "jdk"})
  void manyBytesPassBothWaysAtOnceUnchanged(String transport) throws Exception {
    byte[] there = new byte[3_000_001];
    byte[] back = new byte[2_000_003];
    new Random(1).nextBytes(there);
    new Random(2).nextBytes(back);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        TcpServer proxy = proxy("--transport", transport);
        Socket client = InProcess.connect(proxy.port());
        Socket server = upstream.accept()) {
      threads.submit(() -> {
        client.getOutputStream().write(there);
        client.shutdownOutput();
        return null;
      });
      threads.submit(() -> {
        server.getOutputStream().write(back);
        server.shutdownOutput();
        return null;
      });
      var arrived = threads.submit(() -> server.getInputStream().readAllBytes());
      assertArrayEquals(back, client.getInputStream().readAllBytes());
      assertArrayEquals(there, arrived.get());
      Await.until("it is served", () -> proxy.active() == 0);
      assertEquals("1 connections, 3000001 bytes there, 2000003 bytes back, 0 refused, 0 cut off", proxy.summary());
    }
  }

  @Test
  void theEndOfOneWayIsPassedOnAndTheOtherWayGoesOn() throws IOException {
    try (TcpServer proxy = proxy();
        Socket client = InProcess.connect(proxy.port());
        Socket server = upstream.accept()) {
      client.getOutputStream().write("question".getBytes(UTF_8));
      client.shutdownOutput();
      assertEquals("question", new String(server.getInputStream().readAllBytes(), UTF_8));
      for (int i = 0; i < 3; i++) {
        server.getOutputStream().write(i);
        assertEquals(i, client.getInputStream().read());
      }
      server.close();
      assertEquals(-1, client.getInputStream().read());
    }
  }

  @Test
  void theServerMayEndItsWayFirst() throws IOException {
    try (TcpServer proxy = proxy();
        Socket client = InProcess.connect(proxy.port());
        Socket server = upstream.accept()) {
      server.shutdownOutput();
      assertEquals(-1, client.getInputStream().read());
      for (int i = 0; i < 3; i++) {
        client.getOutputStream().write(i);
        assertEquals(i, server.getInputStream().read());
      }
      client.close();
      assertEquals(-1, server.getInputStream().read());
    }
  }

  @Test
  void aResetOfOneSideEndsTheOther() throws IOException {
    try (TcpServer proxy = proxy();
        Socket client = InProcess.connect(proxy.port());
        Socket server = upstream.accept()) {
      client.getOutputStream().write(1);
      assertEquals(1, server.getInputStream().read());
      client.setSoLinger(true, 0);
      client.close();
      assertEquals(-1, server.getInputStream().read());
      Await.until("it is served", () -> proxy.active() == 0);
    }
  }

  /** A port that refuses, and that nobody else gets: it is bound, and nobody listens. */
  private static Socket refusing() throws IOException {
    Socket bound = new Socket();
    bound.setReuseAddress(true);
    bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    return bound;
  }

  @Test
  void whereTheServerIsDownTheClientIsClosedAndTheNextOneTriesAgain() throws IOException {
    try (Socket bound = refusing(); TcpServer proxy = proxyTo(bound.getLocalPort())) {
      try (Socket client = InProcess.connect(proxy.port())) {
        assertEquals(-1, client.getInputStream().read());
      }
      // Beside the one that is bound, since both may share the address.
      try (ServerSocket another = new ServerSocket(bound.getLocalPort(), 50, InetAddress.getLoopbackAddress());
          Socket client = InProcess.connect(proxy.port());
          Socket server = another.accept()) {
        client.getOutputStream().write(1);
        assertEquals(1, server.getInputStream().read());
      }
    }
  }

  @Test
  void aConnectionAboveTheLimitIsToldSo() throws IOException {
    try (TcpServer proxy = proxy("--max-connections", "1");
        Socket first = InProcess.connect(proxy.port());
        Socket server = upstream.accept();
        Socket second = InProcess.connect(proxy.port())) {
      assertEquals("busy: no more than 1 connections at a time, try again later\n",
          new String(second.getInputStream().readAllBytes(), UTF_8));
      server.getOutputStream().write(1);
      assertEquals(1, first.getInputStream().read());
    }
  }

  @Test
  void closingItEndsConnectionsWhoseBothWaysWait() throws IOException {
    TcpServer proxy = proxy();
    try (Socket client = InProcess.connect(proxy.port()); Socket server = upstream.accept()) {
      client.getOutputStream().write(1);
      assertEquals(1, server.getInputStream().read());
      var ends = CompletableFuture.supplyAsync(() -> end(server));
      proxy.close();
      assertEquals(-1, end(client));
      assertEquals(-1, ends.join());
      assertThrows(IOException.class, () -> InProcess.connect(proxy.port()));
    }
  }

  private static int end(Socket socket) {
    try {
      return socket.getInputStream().read();
    } catch (SocketException reset) {
      return -1;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aServerThatIsDownAndASignalAreALineEach() throws IOException {
    try (Socket bound = refusing(); ServerProcess proxy = ServerProcess.start(ChildJvm.of(
        Loomring.class, "proxy", "--port", "0", "--to", "127.0.0.1:" + bound.getLocalPort()))) {
      try (Socket client = proxy.connect()) {
        assertEquals(-1, client.getInputStream().read());
      }
      proxy.terminate();
      ChildJvm.Result result = proxy.await();
      assertEquals(143, result.exitCode(), result::toString);
      assertEquals("proxy: cannot reach 127.0.0.1:" + bound.getLocalPort() + ": Connection refused\n", result.err());
      assertTrue(result.out().endsWith(
          "\nstopped: 1 connections, 0 bytes there, 0 bytes back, 0 refused, 0 cut off\n"), result::toString);
    }
  }

  @Test
  void whatIsNoAddressIsNamed() {
    for (String wrong : new String[] {"here", "here:0", "here:65536", ":80", "[::1]", "a b:80"}) {
      assertEquals(
          new InProcess.Result(2, "", "proxy: --to " + wrong + ": a host and a port, such as localhost:8080 or "
              + "[::1]:8080; ./loomring proxy --help lists the flags\n"),
          InProcess.run("proxy", "--to", wrong));
    }
    assertEquals(new InProcess.Result(2, "", "proxy: --to is missing; ./loomring proxy --help lists the flags\n"),
        InProcess.run("proxy"));
  }
}
