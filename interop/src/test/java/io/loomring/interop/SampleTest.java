package io.loomring.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.samples.Loomring;
import io.loomring.testkit.ChildJvm;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The sample of JDBC, against PostgreSQL. */
@Tag("interop")
class SampleTest {
  private static PostgresServer server;

  @BeforeAll
  static void startServer() {
    server = new PostgresServer();
  }

  @AfterAll
  static void stopServer() {
    if (server != null) {
      server.close();
    }
  }

  private static ChildJvm.Result jdbc(String database) {
    return ChildJvm.of(Loomring.class, "jdbc", "--url", "jdbc:postgresql://127.0.0.1:" + server.port() + "/" + database,
        "--user", PostgresServer.USER, "--connections", "20").run();
  }

  @Test
  void everyConnectionGetsItsRowsBackOverTheRing() {
    String out = jdbc("postgres").succeeded();
    Matcher line = Pattern.compile("20 connections, 20000 rows, sum 10010000, operations on the ring: (\\d+)\n").matcher(out);
    assertTrue(line.matches(), out);
    assertTrue(Integer.parseInt(line.group(1)) > 100, out);
  }

  @Test
  void aDatabaseThatIsNotThereIsNamed() {
    ChildJvm.Result result = jdbc("none");
    assertEquals(1, result.exitCode());
    assertEquals("jdbc: FATAL: database \"none\" does not exist\n", result.err());
  }
}
