package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.testkit.Await;
import io.loomring.testkit.Descriptors;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Echo over TLS, with the JDK's own TLS over the JDK's own sockets as the peer. */
class TlsEchoTest {
  private static final String HELP = "; ./loomring tls-echo --help lists the flags\n";

  @TempDir private static Path directory;
  private static Path store;
  private int before;

  @BeforeAll
  static void makeKeys() throws Exception {
    store = directory.resolve("keys.p12");
    keytool(store);
  }

  /** Runs the command that the help of {@code tls-echo} shows. */
  static void keytool(Path file) throws Exception {
    String line = new TlsEcho().help().lines().filter(one -> one.contains("keytool -genkeypair")).findFirst().orElseThrow();
    String[] words = line.strip().replace("FILE", file.toString()).split(" ");
    words[0] = Path.of(System.getProperty("java.home"), "bin", words[0]).toString();
    Process keytool = new ProcessBuilder(words).redirectErrorStream(true).start();
    assertEquals(0, keytool.waitFor(), new String(keytool.getInputStream().readAllBytes()));
    keytool.getInputStream().close();
    keytool.getErrorStream().close();
    keytool.getOutputStream().close();
  }

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

  private static TcpServer serve(String... flags) throws IOException {
    String[] all = new String[flags.length + 2];
    all[0] = "--key-store";
    all[1] = store.toString();
    System.arraycopy(flags, 0, all, 2, flags.length);
    return InProcess.serve("tls-echo", all);
  }

  private static SSLSocket connect(TcpServer server) throws Exception {
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(KeyStore.getInstance(store.toFile(), "changeit".toCharArray()));
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(
        InProcess.connect(server.port()), "localhost", server.port(), true);
    socket.startHandshake();
    return socket;
  }

  @ParameterizedTest(name = "on transport {0}")
  @ValueSource(strings = {"uring", "jdk"})
  void manyBytesComeBackUnchangedAndTheEndToo(String transport) throws Exception {
    byte[] bytes = new byte[2_000_003];
    new Random(4).nextBytes(bytes);
    try (TcpServer server = serve("--transport", transport);
        var threads = Executors.newVirtualThreadPerTaskExecutor();
        SSLSocket socket = connect(server)) {
      assertEquals("TLSv1.3", socket.getSession().getProtocol());
      threads.submit(() -> {
        socket.getOutputStream().write(bytes);
        socket.shutdownOutput();
        return null;
      });
      assertArrayEquals(bytes, socket.getInputStream().readAllBytes());
      Await.until("it is served", () -> server.active() == 0);
      assertEquals("1 connections, 2000003 bytes echoed, 0 handshakes failed, 0 refused, 0 cut off", server.summary());
    }
  }

  @Test
  void whoDoesNotSpeakTlsIsClosedAndTheNextOneIsServed() throws Exception {
    try (TcpServer server = serve()) {
      try (Socket plain = InProcess.connect(server.port())) {
        plain.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes());
        plain.getInputStream().readAllBytes();
      }
      try (SSLSocket socket = connect(server)) {
        socket.getOutputStream().write(7);
        assertEquals(7, socket.getInputStream().read());
      }
      Await.until("both are served", () -> server.active() == 0);
      assertTrue(server.summary().contains(", 1 handshakes failed, "), server::summary);
    }
  }

  @Test
  void aPeerThatGoesWithoutAWordEndsItsConnectionOnly() throws Exception {
    try (TcpServer server = serve(); Socket below = InProcess.connect(server.port())) {
      below.getOutputStream().write(new byte[] {22, 3, 1, 2});
      below.setSoLinger(true, 0);
      below.close();
      try (SSLSocket socket = connect(server)) {
        socket.getOutputStream().write(7);
        assertEquals(7, socket.getInputStream().read());
      }
    }
  }

  @Test
  void closingItEndsAConnectionThatWaits() throws Exception {
    TcpServer server = serve();
    try (SSLSocket socket = connect(server)) {
      socket.getOutputStream().write(7);
      assertEquals(7, socket.getInputStream().read());
      var end = CompletableFuture.supplyAsync(() -> {
        try {
          return socket.getInputStream().read();
        } catch (IOException cut) {
          return -1;
        }
      });
      server.close();
      assertEquals(-1, end.join());
      assertEquals(1, server.cutOff());
    }
  }

  @Test
  void aKeyStoreThatIsNoneIsNamed() throws IOException {
    assertEquals(new InProcess.Result(2, "", "tls-echo: --key-store is missing" + HELP), InProcess.run("tls-echo"));
    assertEquals(new InProcess.Result(2, "", "tls-echo: --key-store /no/such: no such file" + HELP),
        InProcess.run("tls-echo", "--key-store", "/no/such"));
    assertEquals(new InProcess.Result(2, "", "tls-echo: --key-store " + store + ": wrong --password" + HELP),
        InProcess.run("tls-echo", "--key-store", store.toString(), "--password", "guess"));
    Path text = Files.writeString(directory.resolve("text"), "no key store");
    InProcess.Result result = InProcess.run("tls-echo", "--key-store", text.toString());
    assertEquals(2, result.status());
    assertTrue(result.err().startsWith("tls-echo: --key-store " + text + ": "), result::toString);
  }
}
