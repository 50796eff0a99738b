package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.DeniedSystemCalls;
import java.io.IOException;
import java.net.Socket;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The samples where io_uring is forbidden, as it is in most containers. */
class RefusedRingTest {
  private static ChildJvm withoutRing(ChildJvm jvm) {
    return jvm.denying("EPERM", DeniedSystemCalls.IO_URING_SETUP);
  }

  @ParameterizedTest
  @ValueSource(strings = {"echo-server", "echo-server --transport uring", "echo-client", "demo"})
  void theCauseAndTheRemedyAreNamedWithoutAStackTrace(String line) {
    ChildJvm.Result result = withoutRing(ChildJvm.of(Loomring.class, line.split(" "))).run();
    assertEquals(1, result.exitCode(), result::toString);
    assertEquals("", result.out());
    String err = result.err();
    String command = line.split(" ")[0];
    assertTrue(err.lines().allMatch(errorLine -> errorLine.startsWith(command + ": ")), err);
    assertTrue(err.contains("EPERM"), err);
    assertTrue(err.contains("seccomp"), err);
    assertTrue(err.contains("kernel.io_uring_disabled"), err);
    assertFalse(err.contains("\tat "), err);
    assertEquals(command.equals("echo-server"), err.contains("--transport jdk"), err);
  }

  @ParameterizedTest
  @ValueSource(strings = {"jdk", "auto"})
  void theServerRunsOnTheSocketsOfTheJdk(String transport) throws IOException {
    try (ServerProcess server = ServerProcess.start(RefusedRingTest::withoutRing, "--transport", transport);
        Socket socket = server.connect()) {
      assertTrue(server.out().endsWith(", transport jdk\n"), server::out);
      socket.getOutputStream().write(42);
      assertEquals(42, socket.getInputStream().read());
    }
  }
}
