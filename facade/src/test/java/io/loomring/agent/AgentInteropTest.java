package io.loomring.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.agent.programs.ServerProgram;
import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Other programs talk to servers that know nothing of the library, under the agent. */
@Tag("packaged")
@Tag("interop")
class AgentInteropTest {
  private static final Pattern LISTENING = Pattern.compile("listening on port (\\d+)");

  @TempDir
  private Path directory;

  private static ChildJvm.Running server(String... arguments) {
    return AgentJar.running(ServerProgram.class, "transport=uring", arguments).start();
  }

  private static int port(ChildJvm.Running server) {
    Await.until(() -> "it does not listen: " + server.errSoFar(), () -> LISTENING.matcher(server.outSoFar()).find());
    Matcher line = LISTENING.matcher(server.outSoFar());
    assertTrue(line.find());
    return Integer.parseInt(line.group(1));
  }

  /** Runs a command to its end, and answers what it wrote. */
  private byte[] ran(byte[] input, List<String> command) throws IOException, InterruptedException {
    Path in = Files.write(directory.resolve("in"), input);
    Path out = directory.resolve("out");
    Process process = new ProcessBuilder(command)
        .redirectInput(in.toFile())
        .redirectOutput(out.toFile())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
    try {
      assertTrue(process.waitFor(30, TimeUnit.SECONDS), () -> command + " did not end");
      assertEquals(0, process.exitValue(), command::toString);
    } finally {
      process.destroyForcibly();
    }
    return Files.readAllBytes(out);
  }

  @Test
  void netcatGetsItsBytesBack() throws Exception {
    byte[] bytes = new byte[4 << 20];
    new Random(11).nextBytes(bytes);
    try (ChildJvm.Running server = server("echo")) {
      assertArrayEquals(bytes, ran(bytes, List.of("nc", "-N", "127.0.0.1", "" + port(server))));
    }
  }

  @Test
  void curlGetsAPage() throws Exception {
    try (ChildJvm.Running server = server("web")) {
      String address = "http://127.0.0.1:" + port(server) + "/page";
      byte[] page = ran(new byte[0], List.of("curl", "--silent", "--show-error", "--fail", "--noproxy", "*", address));
      assertEquals("GET /page HTTP/1.1\n".repeat(10_000), new String(page, UTF_8));
    }
  }

  @Test
  void opensslTrustsTheServerAndGetsALineBack() throws Exception {
    Path keys = AgentJar.keyStore(directory);
    Path certificate = AgentJar.certificate(keys);
    Path out = directory.resolve("out");
    try (ChildJvm.Running server = server("tls", keys.toString())) {
      Process client = new ProcessBuilder("openssl", "s_client", "-connect", "127.0.0.1:" + port(server), "-quiet",
              "-no_ign_eof", "-CAfile", certificate.toString(), "-verify_return_error")
          .redirectOutput(out.toFile())
          .redirectError(directory.resolve("err").toFile())
          .start();
      try (OutputStream in = client.getOutputStream()) {
        in.write("hello from openssl\n".getBytes(UTF_8));
        in.flush();
        Await.until(() -> "no line came back: " + server.errSoFar(),
            () -> Files.readString(out).equals("hello from openssl\n"));
      } finally {
        assertTrue(client.waitFor(30, TimeUnit.SECONDS), "openssl did not end");
      }
    }
  }
}
