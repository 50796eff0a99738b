package io.loomring.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.testkit.Descriptors;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The servers among the samples, with clients that others wrote: curl, wrk, openssl, nc. */
@Tag("interop")
class SampleClientsTest {
  @TempDir private Path directory;
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

  private static String curl(int status, String... words) throws Exception {
    String[] command = new String[words.length + 2];
    command[0] = "curl";
    command[1] = "--silent";
    System.arraycopy(words, 0, command, 2, words.length);
    OtherProgram.Result result = OtherProgram.run(command);
    assertEquals(status, result.status(), () -> Arrays.toString(command) + ": " + result);
    return result.out();
  }

  @ParameterizedTest(name = "on transport {0}")
  @ValueSource(strings = {"uring", "jdk"})
  void curlGetsFilesAndGoesOnWhereItStopped(String transport) throws Exception {
    byte[] bytes = new byte[20_000_003];
    new Random(6).nextBytes(bytes);
    Path root = Files.createDirectory(directory.resolve("root"));
    Files.write(root.resolve("large"), bytes);
    Files.writeString(directory.resolve("secret"), "nobody may see this");
    Path got = directory.resolve("got");
    try (TcpServer server = InProcess.serve("http", "--root", root.toString(), "--transport", transport)) {
      String url = "http://127.0.0.1:" + server.port() + "/";
      curl(0, "--fail", "--output", got.toString(), url + "large");
      assertArrayEquals(bytes, Files.readAllBytes(got));
      Files.write(got, Arrays.copyOf(bytes, 7_000_001));
      curl(0, "--fail", "--continue-at", "-", "--output", got.toString(), url + "large");
      assertArrayEquals(bytes, Files.readAllBytes(got));
      assertTrue(curl(0, "--head", url + "large").contains("\r\nContent-Length: 20000003\r\n"));
      assertEquals("304", curl(0, "--write-out", "%{http_code}", "--time-cond", root.resolve("large").toString(),
          url + "large"));
      curl(22, "--fail", url + "nothing");
      assertEquals("404 Not Found\n", curl(0, "--path-as-is", url + "../secret"));
      assertEquals("405", curl(0, "--output", "/dev/null", "--write-out", "%{http_code}", "--data", "x", url + "large"));
    }
  }

  @ParameterizedTest(name = "on transport {0}")
  @ValueSource(strings = {"uring", "jdk"})
  void wrkSeesNoFailure(String transport) throws Exception {
    Files.write(directory.resolve("small"), new byte[1000]);
    Files.write(directory.resolve("large"), new byte[300_000]);
    try (TcpServer server = InProcess.serve("http", "--root", directory.toString(), "--transport", transport)) {
      for (String file : new String[] {"small", "large"}) {
        OtherProgram.Result result = OtherProgram.run("wrk", "--threads", "1", "--connections", "100", "--duration",
            "1s", "http://127.0.0.1:" + server.port() + "/" + file);
        assertEquals(0, result.status(), result::toString);
        assertTrue(Pattern.compile("Requests/sec: +[1-9]").matcher(result.out()).find(), result::out);
        assertTrue(!result.out().contains("Socket errors") && !result.out().contains("Non-2xx"), result::out);
      }
    }
  }

  /** Says a line to a program and hears one, then ends its input; its output up to its end. */
  private static String converse(String line, String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try (OutputStream in = process.getOutputStream(); BufferedReader out = process.inputReader(UTF_8)) {
      in.write((line + "\n").getBytes(UTF_8));
      in.flush();
      StringBuilder heard = new StringBuilder(out.readLine()).append('\n');
      in.close();
      out.lines().forEach(more -> heard.append(more).append('\n'));
      assertEquals(0, process.waitFor());
      return heard.toString();
    } finally {
      process.destroyForcibly();
      process.getErrorStream().close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void opensslHearsItsEcho(String version) throws Exception {
    Path store = directory.resolve("keys.p12");
    TlsEchoTest.keytool(store);
    Path certificate = directory.resolve("certificate.pem");
    assertEquals(0, OtherProgram.run(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
        "-exportcert", "-rfc", "-alias", "me", "-storepass", "changeit", "-keystore", store.toString(),
        "-file", certificate.toString()).status());
    try (TcpServer server = InProcess.serve("tls-echo", "--key-store", store.toString())) {
      assertEquals("hello from openssl\n", converse("hello from openssl", "openssl", "s_client", "-connect",
          "127.0.0.1:" + server.port(), version, "-quiet", "-no_ign_eof", "-verify_return_error",
          "-CAfile", certificate.toString()));
    }
  }

  @Test
  void netcatPassesThroughTheProxyWithItsEnd() throws Exception {
    byte[] bytes = new byte[8 << 20];
    new Random(7).nextBytes(bytes);
    Path in = Files.write(directory.resolve("in"), bytes);
    Path out = directory.resolve("out");
    try (TcpServer echo = InProcess.serve("echo-server");
        TcpServer proxy = InProcess.serve("proxy", "--to", "127.0.0.1:" + echo.port())) {
      OtherProgram.Result result = OtherProgram.runWith(in.toString(), "bash", "-c",
          "nc -N 127.0.0.1 " + proxy.port() + " >" + out);
      assertEquals(0, result.status(), result::toString);
      assertArrayEquals(bytes, Files.readAllBytes(out));
    }
  }
}
