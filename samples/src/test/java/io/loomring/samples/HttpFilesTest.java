package io.loomring.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.testkit.Await;
import io.loomring.testkit.Descriptors;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The file server, with the JDK's HTTP client, and with requests that no client sends. */
class HttpFilesTest {
  private static final byte[] LARGE = new byte[1_000_003];

  @TempDir private static Path directory;
  private static Path root;
  private int before;
  private TcpServer server;

  @BeforeAll
  static void makeFiles() throws IOException {
    new Random(3).nextBytes(LARGE);
    root = Files.createDirectories(directory.resolve("root/sub")).getParent();
    Files.writeString(directory.resolve("secret.txt"), "nobody may see this");
    Files.writeString(root.resolve("hello.txt"), "hello\n");
    Files.writeString(root.resolve("sub/index.html"), "<p>index</p>\n");
    Files.writeString(root.resolve("a b \u00e4.txt"), "blanks\n");
    Files.write(root.resolve("large.bin"), LARGE);
    Files.createFile(root.resolve("empty"));
    Files.createSymbolicLink(root.resolve("way-out"), directory.resolve("secret.txt"));
    Files.setLastModifiedTime(root.resolve("hello.txt"), FileTime.from(Instant.parse("1994-11-06T08:49:37.5Z")));
    Uring.getDefault();
    new ServerSocket(0).close();
  }

  @BeforeEach
  void serve() throws IOException {
    before = Descriptors.sockets();
    server = InProcess.serve("http", "--root", root.toString());
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    server.close();
    Descriptors.awaitSockets(before);
    assertEquals(0, Descriptors.count(root.toRealPath().toString()), () -> Descriptors.open().toString());
  }

  /** Sends bytes as they are and answers all that comes until the server closes, as characters of a byte each. */
  private String raw(String request) throws IOException {
    try (Socket socket = InProcess.connect(server.port())) {
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    }
  }

  private String get(String target, String... headers) throws IOException {
    StringBuilder request = new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: here\r\nConnection: close\r\n");
    Arrays.stream(headers).forEach(header -> request.append(header).append("\r\n"));
    return raw(request + "\r\n");
  }

  private static String body(String answer) {
    return answer.substring(answer.indexOf("\r\n\r\n") + 4);
  }

  private static String status(String answer) {
    return answer.substring(0, answer.indexOf("\r\n"));
  }

  @ParameterizedTest(name = "on transport {0}")
  @ValueSource(strings = {"uring", "jdk"})
  void theJdksClientGetsTheBytesOfAFileOverOneConnection(String transport) throws Exception {
    try (TcpServer other = InProcess.serve("http", "--root", root.toString(), "--transport", transport);
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      for (int i = 0; i < 3; i++) {
        HttpResponse<byte[]> response = client.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + other.port() + "/large.bin")).build(),
            HttpResponse.BodyHandlers.ofByteArray());
        assertEquals(200, response.statusCode());
        assertArrayEquals(LARGE, response.body());
        assertEquals("application/octet-stream", response.headers().firstValue("Content-Type").orElseThrow());
      }
      assertEquals(1, other.connections());
    }
  }

  @Test
  void anAnswerSaysWhatItHasAndWhen() throws IOException {
    String answer = get("/hello.txt?query=1");
    assertTrue(answer.matches("HTTP/1\\.1 200 OK\r\n"
        + "Date: \\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT\r\n"
        + "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n"
        + "Accept-Ranges: bytes\r\nConnection: close\r\n\r\nhello\n"), answer);
  }

  @Test
  void severalRequestsThatComeAtOnceAreAnsweredInOrder() throws IOException {
    String answers = raw("GET /hello.txt HTTP/1.1\r\nHost: here\r\n\r\nHEAD /large.bin HTTP/1.1\r\nHost: here\r\n\r\n"
        + "GET /nothing HTTP/1.1\r\nHost: here\r\n\r\nGET /sub/ HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    assertTrue(answers.matches("(?s)HTTP/1\\.1 200 .*\r\n\r\nhello\nHTTP/1\\.1 200 .*Content-Length: 1000003\r\n.*\r\n\r\n"
        + "HTTP/1\\.1 404 .*\r\n\r\n404 Not Found\nHTTP/1\\.1 200 .*text/html.*\r\n\r\n<p>index</p>\n"), answers);
  }

  @Test
  void anOldClientGetsOneAnswerUnlessItAsksForMore() throws IOException {
    assertTrue(raw("GET /hello.txt HTTP/1.0\r\n\r\nGET /hello.txt HTTP/1.0\r\n\r\n").endsWith("\r\n\r\nhello\n"));
    String answer = raw("GET /empty HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET /hello.txt HTTP/1.0\r\n\r\n");
    assertTrue(answer.contains("Connection: keep-alive\r\n\r\nHTTP/1.1 200 OK\r\n"), answer);
    assertEquals(3, server.connections() + 1);
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=0-4, 0, 5",
    "bytes=1000000-, 1000000, 1000003",
    "bytes=-7, 999996, 1000003",
    "bytes=100-99999999, 100, 1000003",
    "bytes=300000-799999, 300000, 800000",
  })
  void aRangeIsThatPartOfTheFile(String range, int from, int to) throws IOException {
    String answer = get("/large.bin", "Range: " + range);
    assertEquals("HTTP/1.1 206 Partial Content", status(answer));
    assertTrue(answer.contains("\r\nContent-Range: bytes " + from + "-" + (to - 1) + "/1000003\r\n"), status(answer));
    assertArrayEquals(Arrays.copyOfRange(LARGE, from, to), body(answer).getBytes(ISO_8859_1));
  }

  @Test
  void aRangeBehindTheEndIsRefusedAndOneThatMakesNoSenseIsIgnored() throws IOException {
    String refused = get("/hello.txt", "Range: bytes=6-");
    assertEquals("HTTP/1.1 416 Range Not Satisfiable", status(refused));
    assertTrue(refused.contains("\r\nContent-Range: bytes */6\r\n"), refused);
    assertEquals("HTTP/1.1 416 Range Not Satisfiable", status(get("/empty", "Range: bytes=0-")));
    for (String range : new String[] {"bytes=3-2", "bytes=-", "bytes=0-1,3-4", "lines=1-2", "bytes=x"}) {
      assertEquals("hello\n", body(get("/hello.txt", "Range: " + range)), range);
    }
  }

  @Test
  void aRangeOfAFileThatHasChangedIsAllOfIt() throws IOException {
    assertEquals("h", body(get("/hello.txt", "Range: bytes=0-0", "If-Range: Sun, 06 Nov 1994 08:49:37 GMT")));
    assertEquals("hello\n", body(get("/hello.txt", "Range: bytes=0-0", "If-Range: Sun, 06 Nov 1994 08:49:36 GMT")));
  }

  @ParameterizedTest
  @CsvSource({"08:49:37, 304", "08:49:38, 304", "08:49:36, 200"})
  void aFileThatWasNotModifiedSinceIsNotSent(String time, int status) throws IOException {
    String answer = get("/hello.txt", "If-Modified-Since: Sun, 06 Nov 1994 " + time + " GMT");
    assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
    assertEquals(status == 304 ? "" : "hello\n", body(answer));
    assertEquals("hello\n", body(get("/hello.txt", "If-Modified-Since: yesterday")));
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "/../secret.txt", "/sub/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/way-out",
    "/sub/../../root/../secret.txt", "//../secret.txt", "/hello.txt/../../secret.txt", "/nothing", "/hello.txt/x",
    "http://here/../secret.txt", "/../",
  })
  void whatIsOutsideOfTheRootIsNotThere(String target) throws IOException {
    assertEquals("HTTP/1.1 404 Not Found", status(get(target)));
    assertFalse(get(target).contains("nobody"));
  }

  @Test
  void aNameMayHaveBlanksAndOtherCharactersAndADirectoryIsItsIndex() throws IOException {
    assertEquals("blanks\n", body(get("/a%20b%20%c3%a4.txt")));
    assertEquals("hello\n", body(get("/sub/../hello.txt")));
    assertEquals("hello\n", body(get("http://here/hello.txt")));
    assertEquals("<p>index</p>\n", body(get("/sub/")));
    String moved = get("//sub");
    assertEquals("HTTP/1.1 301 Moved Permanently", status(moved));
    assertTrue(moved.contains("\r\nLocation: /sub/\r\n"), moved);
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "GET /hello.txt\r\n\r\n", "GET /hello.txt HTTP/1.1\r\n\r\n", "GET  /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET hello.txt HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\n",
    "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET /%2 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", "GET / HTTP/1.1\r\nHo",
  })
  void whatIsNoRequestIsSaidToBeNone(String request) throws IOException {
    String answer = raw(request);
    assertEquals("HTTP/1.1 400 Bad Request", status(answer));
    assertTrue(answer.contains("\r\nConnection: close\r\n"), answer);
  }

  @Test
  void otherMethodsAndVersionsAreRefused() throws IOException {
    String post = raw("POST /hello.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + "x".repeat(100_000));
    assertEquals("HTTP/1.1 405 Method Not Allowed", status(post));
    assertTrue(post.contains("\r\nAllow: GET, HEAD\r\n"), post);
    assertEquals("HTTP/1.1 505 HTTP Version Not Supported", status(raw("GET / HTTP/2.0\r\nHost: a\r\n\r\n")));
  }

  @Test
  void aHeadThatIsTooLongIsRefusedThoughNobodyReadsAllOfIt() throws IOException {
    String answer = raw("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(300_000) + "\r\n\r\n");
    assertEquals("HTTP/1.1 431 Request Header Fields Too Large", status(answer));
    assertEquals("HTTP/1.1 404 Not Found", status(get("/" + "x".repeat(16_000))));
  }

  @Test
  void aConnectionThatIsIdleForTooLongIsClosed() throws IOException {
    try (TcpServer other = InProcess.serve("http", "--root", root.toString(), "--idle", "1s");
        Socket socket = InProcess.connect(other.port())) {
      socket.getOutputStream().write("GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(UTF_8));
      assertTrue(new String(socket.getInputStream().readAllBytes(), UTF_8).endsWith("\r\n\r\nhello\n"));
    }
  }

  @Test
  void aClientThatGoesInTheMiddleOfAFileLeavesNothingBehind() throws IOException {
    try (Socket socket = InProcess.connect(server.port())) {
      socket.setReceiveBufferSize(4096);
      for (int i = 0; i < 20; i++) {
        socket.getOutputStream().write("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(UTF_8));
      }
      assertEquals('H', socket.getInputStream().read());
    }
    Await.until("it is over", () -> server.active() == 0);
    assertEquals("hello\n", body(get("/hello.txt")));
  }

  @Test
  void aConnectionAboveTheLimitIsToldSoInHttp() throws IOException {
    try (TcpServer other = InProcess.serve("http", "--root", root.toString(), "--max-connections", "1");
        Socket first = InProcess.connect(other.port())) {
      Await.until("it is served", () -> other.active() == 1);
      try (Socket second = InProcess.connect(other.port())) {
        assertTrue(new String(second.getInputStream().readAllBytes(), UTF_8).startsWith("HTTP/1.1 503 "));
      }
    }
  }

  @Test
  void aDirectoryThatIsNotThereIsNamed() {
    assertEquals(
        new InProcess.Result(2, "", "http: --root /no/such: no such directory; ./loomring http --help lists the flags\n"),
        InProcess.run("http", "--root", "/no/such"));
  }
}
