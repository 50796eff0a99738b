package io.loomring.interop;

import static io.loomring.interop.Notes.about;
import static io.loomring.interop.Notes.assertStarts;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** PostgreSQL's JDBC driver, alone and below HikariCP, against PostgreSQL: the same over every way to a socket. */
@Tag("interop")
class PostgresTest {
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

  private static List<String> same(String scenario) {
    return Players.same(PostgresScenarios.class, scenario, server.port(), server.certificateFile());
  }

  private static List<String> sameInTurn(String scenario) {
    return Players.sameInTurn(PostgresScenarios.class, scenario, server.port(), server.certificateFile());
  }

  @Test
  void queriesAnswer() {
    List<String> notes = same("queries");
    assertEquals("10000", about(notes, "batch"));
    assertEquals("10000, 50005000, 108894", about(notes, "sums"));
    assertEquals("true", about(notes, "large"));
    assertStarts("org.postgresql.util.PSQLException [42P01]", about(notes, "a wrong one"));
    assertStarts("org.postgresql.util.PSQLException [22012]", about(notes, "a wrong value"));
  }

  @Test
  void whatIsCopiedInComesOutAgain() {
    List<String> notes = same("copy");
    assertTrue(Integer.parseInt(about(notes, "bytes")) >= 20 << 20, notes::toString);
    assertEquals("210000", about(notes, "rows out"));
    assertEquals(about(notes, "in"), about(notes, "out"));
    assertEquals("210000", about(notes, "goes on with"));
  }

  @Test
  void aQueryIsCancelledFromAnotherThread() {
    List<String> notes = same("cancel");
    assertEquals(22, notes.size(), notes::toString);
    assertEquals("cancelled: org.postgresql.util.PSQLException [57014] "
        + "\"ERROR: canceling statement due to user request\"", notes.getFirst());
    assertStarts("org.postgresql.util.PSQLException [57014]", about(notes, "timed out"));
  }

  @Test
  void aSocketTimeoutEndsTheConnection() {
    List<String> notes = same("socketTimeout");
    assertEquals("org.postgresql.util.PSQLException [08006] \"An I/O error occurred while sending to the backend.\", "
        + "caused by java.net.SocketTimeoutException \"Read timed out\"", about(notes, "too late"));
    assertEquals("true", about(notes, "closed"));
  }

  @Test
  void whoIsCutOffInAQueryLearnsWhy() {
    List<String> notes = same("cutOff");
    assertStarts("org.postgresql.util.PSQLException [57P01]", about(notes, "terminated"));
    String cutOff = "org.postgresql.util.PSQLException [08006] \"An I/O error occurred while sending to the "
        + "backend.\", caused by java.net.SocketException ";
    assertEquals(cutOff + "\"Socket closed\"", about(notes, "aborted"));
    assertEquals(cutOff + "\"Closed by interrupt\"", about(notes, "interrupted"));
  }

  @Test
  void aKilledBackendIsAFailedConnection() {
    List<String> notes = sameInTurn("killedBackend");
    assertStarts("org.postgresql.util.PSQLException [08006] \"An I/O error occurred while sending to the backend.\", "
        + "caused by java.io.EOFException", about(notes, "killed"));
    assertEquals("true", about(notes, "closed"));
    assertEquals("dropped", about(notes, "another connection"));
  }

  @Test
  void aBackendThatIsKilledInACopyIsAFailedConnection() {
    assertEquals(List.of("killed: org.postgresql.util.PSQLException 08006"), sameInTurn("killedInCopy"));
  }

  @Test
  void notificationsComeWhileNobodyAsks() {
    List<String> notes = same("notifications");
    assertEquals("[first]", about(notes, "waited for"));
    assertEquals("1000 1000", about(notes, "came"));
  }

  @Test
  void aConnectionWithTlsIsTrusted() {
    List<String> notes = same("tls");
    assertEquals("t, TLSv1.3", about(notes, "TLS"));
    assertEquals("true", about(notes, "large"));
    assertStarts("org.postgresql.util.PSQLException [57P01]", about(notes, "terminated"));
  }

  @Test
  void whoIsRefusedLearnsWhy() {
    List<String> notes = same("refused");
    assertStarts("org.postgresql.util.PSQLException [08001]", about(notes, "nobody listens"));
    assertStarts("org.postgresql.util.PSQLException [3D000]", about(notes, "no such database"));
  }

  @Test
  void twoHundredThreadsShareAPoolOfTwenty() {
    List<String> notes = same("pool");
    assertEquals("1000", about(notes, "updated"));
    assertEquals("1000, 50, 50", about(notes, "counted"));
  }

  @Test
  void eightyThreadsHaveAConnectionEach() {
    assertEquals(1, sameInTurn("manyConnections").size());
  }
}
