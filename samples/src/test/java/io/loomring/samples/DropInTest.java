package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.testkit.ChildJvm;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DropInTest {
  private static String source(Class<?> type) throws IOException {
    return Files.readString(Path.of("src/main/java", type.getName().replace('.', '/') + ".java"));
  }

  @Test
  void thePlainAndTheRingServerDifferInTheNamesOfTheTwoSocketClassesOnly() throws IOException {
    String changed = source(PlainEchoServer.class)
        .replace("PlainEchoServer", "UringEchoServer")
        .replaceAll("java\\.net\\.((?:Server)?Socket);", "io.loomring.net.$1;")
        .replaceAll("\\bServerSocket\\b", "UringServerSocket")
        .replaceAll("\\bSocket\\b", "UringSocket");
    assertEquals(changed, source(UringEchoServer.class));
  }

  @ParameterizedTest
  @ValueSource(classes = {PlainEchoServer.class, UringEchoServer.class})
  void bothEcho(Class<?> type) throws IOException {
    try (ServerProcess server = ServerProcess.start(ChildJvm.of(type, "0"))) {
      for (int i = 1; i <= 3; i++) {
        try (Socket socket = server.connect()) {
          byte[] bytes = new byte[10_000 * i];
          bytes[i] = (byte) i;
          socket.getOutputStream().write(bytes);
          socket.shutdownOutput();
          assertArrayEquals(bytes, socket.getInputStream().readAllBytes());
        }
      }
      server.terminate();
      ChildJvm.Result result = server.await();
      assertEquals("listening on port " + server.port() + "\n", result.out());
      assertEquals("", result.err());
    }
  }
}
