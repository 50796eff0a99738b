package io.loomring.interop;

import static io.loomring.interop.Notes.about;
import static io.loomring.interop.Notes.assertStarts;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** OkHttp and the JDK's {@code HttpURLConnection} against nginx with TLS: the same over every way to a socket. */
@Tag("interop")
class HttpTest {
  private static NginxServer server;

  @BeforeAll
  static void startServer() {
    server = new NginxServer();
  }

  @AfterAll
  static void stopServer() {
    if (server != null) {
      server.close();
    }
  }

  private static List<String> same(String scenario) {
    return Players.same(HttpScenarios.class, scenario, server.port(), server.certificateFile(), server.put(),
        server.port2());
  }

  private static String large() throws IOException {
    return Bytes.digest(Bytes.stream(NginxServer.LARGE_BYTES));
  }

  @Test
  void okHttpKeepsItsConnection() {
    assertEquals(List.of("connections: 1", "requests of the last: 300"), same("keepAlive"));
  }

  @Test
  void okHttpDownloads() throws IOException {
    assertEquals(List.of("status: 200 http/1.1", "body: " + large()), same("download"));
  }

  @Test
  void okHttpUploads() throws IOException {
    assertEquals(List.of("status: 201", "came: " + large()), same("upload"));
  }

  @Test
  void okHttpEndsACallThatTakesTooLongOrIsCancelled() {
    List<String> notes = same("timeouts");
    assertStarts("java.io.InterruptedIOException \"timeout\"", about(notes, "call timeout"));
    assertEquals("as expected", about(notes, "cancelled"));
    assertEquals("small", about(notes, "goes on with"));
  }

  @Test
  void twoHundredThreadsCallAtOnce() {
    // All ways at once would be a thousand connections, which is more than the server has.
    List<String> notes =
        Players.sameInTurn(HttpScenarios.class, "manyAtOnce", server.port(), server.certificateFile());
    assertStarts("200 of [5 bytes, ", about(notes, "answers"));
  }

  @Test
  void aHundredThreadsShareAConnectionOfHttp2() throws IOException {
    assertEquals(List.of("protocol: h2", "connections: 1", "large: " + large()), same("http2"));
  }

  @Test
  void theJdksClientKeepsItsConnection() {
    assertEquals(List.of("connections: 1", "requests of the last: 300"), same("jdkKeepAlive"));
  }

  @Test
  void theJdksClientDownloads() throws IOException {
    assertEquals(List.of("status: 200", "body: " + large()), same("jdkDownload"));
  }

  @Test
  void theJdksClientUploads() throws IOException {
    assertEquals(List.of("status: 201", "came: " + large()), same("jdkUpload"));
  }

  @Test
  void theJdksClientEndsAReadThatTakesTooLong() {
    assertEquals(List.of("too late: java.net.SocketTimeoutException \"Read timed out\""), same("jdkTimeout"));
  }
}
