package io.loomring.interop;

import static io.loomring.interop.Notes.about;
import static io.loomring.interop.Notes.assertStarts;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The JDK's TLS and remote calls, both sides of them on our sockets: the same over every way to a socket. */
@Tag("interop")
class JdkTest {
  @TempDir
  private static Path directory;

  private static Path keys;

  @BeforeAll
  static void makeKeys() throws IOException, InterruptedException {
    keys = directory.resolve("keys.p12");
    Path log = directory.resolve("keytool.log");
    Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair", "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "san=dns:localhost,ip:127.0.0.1",
            "-validity", "30", "-storetype", "PKCS12", "-alias", "test", "-keystore", keys.toString(),
            "-storepass", new String(JdkScenarios.PASSWORD))
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
    assertTrue(keytool.waitFor(60, TimeUnit.SECONDS), "keytool does not end");
    assertEquals(0, keytool.exitValue(), Files.readString(log));
  }

  private static List<String> same(String scenario) {
    return Players.same(JdkScenarios.class, scenario, keys);
  }

  @Test
  void bothSidesOfTlsTalkAtOnce() {
    assertEquals(List.of("came back: true", "protocol: TLSv1.3"), same("tlsEcho"));
  }

  @Test
  void fiftyThreadsTalkTls() {
    assertEquals(List.of("accepted: 50", "came back: [true]"), same("tlsThreads"));
  }

  @Test
  void tlsGoesOnAfterTimeoutsAndEndsByHalves() {
    List<String> notes = same("tlsEnds");
    assertEquals("java.net.SocketTimeoutException \"Read timed out\"", about(notes, "nothing"));
    assertEquals("-1", about(notes, "end"));
    assertEquals("7", about(notes, "the other direction"));
    assertEquals("it ended", about(notes, "closed while it reads"));
  }

  @Test
  void aHundredThreadsCallRemotely() {
    List<String> notes = same("remoteCalls");
    assertEquals("100 [true]", about(notes, "answers"));
    assertStarts("java.lang.IllegalArgumentException \"nothing was asked\"", about(notes, "a wrong question"));
  }
}
