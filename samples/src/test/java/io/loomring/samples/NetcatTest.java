package io.loomring.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The echo server as netcat-openbsd sees it. */
@Tag("interop")
class NetcatTest {
  @TempDir
  private Path directory;

  /** Runs nc, which ends its own stream at the end of its input and itself at the end of the server's. */
  private byte[] netcat(int port, byte[] input) throws IOException, InterruptedException {
    Path in = Files.write(directory.resolve("in"), input);
    Path out = directory.resolve("out");
    Process nc = new ProcessBuilder("nc", "-N", "127.0.0.1", String.valueOf(port))
        .redirectInput(in.toFile())
        .redirectOutput(out.toFile())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
    try {
      assertTrue(nc.waitFor(30, TimeUnit.SECONDS), "nc did not end");
      assertEquals(0, nc.exitValue());
    } finally {
      nc.destroyForcibly();
    }
    return Files.readAllBytes(out);
  }

  @Test
  void aLineComesBack() throws IOException, InterruptedException {
    try (ServerProcess server = ServerProcess.start()) {
      assertEquals("hello from nc\n", new String(netcat(server.port(), "hello from nc\n".getBytes(UTF_8)), UTF_8));
    }
  }

  @Test
  void aLotOfBytesComesBackUnchanged() throws IOException, InterruptedException {
    byte[] bytes = new byte[8 << 20];
    new Random(7).nextBytes(bytes);
    try (ServerProcess server = ServerProcess.start()) {
      assertArrayEquals(bytes, netcat(server.port(), bytes));
      server.terminate();
      assertTrue(server.await().out().endsWith(
          "stopped: 1 connections, " + bytes.length + " bytes echoed, 0 refused, 0 cut off\n"), server::out);
    }
  }
}
