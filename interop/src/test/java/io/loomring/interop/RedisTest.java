package io.loomring.interop;

import static io.loomring.interop.Notes.about;
import static io.loomring.interop.Notes.assertStarts;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Jedis against Redis: the same over every way to a socket. */
@Tag("interop")
class RedisTest {
  private static final String CONNECTION_EXCEPTION = "redis.clients.jedis.exceptions.JedisConnectionException";

  private static RedisServer server;

  @BeforeAll
  static void startServer() {
    server = new RedisServer();
  }

  @AfterAll
  static void stopServer() {
    if (server != null) {
      server.close();
    }
  }

  private static List<String> same(String scenario) {
    return Players.same(RedisScenarios.class, scenario, server.port());
  }

  @Test
  void aHundredThousandCommandsInAPipelineAreAnsweredInOrder() {
    List<String> notes = same("pipeline");
    assertEquals("100000", about(notes, "answers in order"));
    assertEquals("100000", about(notes, "values in order"));
  }

  @Test
  void aLargeValueComesBack() {
    assertEquals("true", about(same("large"), "came back"));
  }

  @Test
  void publishedMessagesComeInOrder() {
    List<String> notes = same("publish");
    assertEquals("10000", about(notes, "sent to"));
    assertEquals("10000", about(notes, "in order"));
    assertEquals("PONG", about(notes, "goes on with"));
  }

  @Test
  void aBlockingPopIsEndedByAValueAndByACloseAndByTheServer() {
    List<String> notes = same("blockingPop");
    assertEquals("a value", about(notes, "popped"));
    assertStarts(CONNECTION_EXCEPTION, about(notes, "closed"));
    assertStarts(CONNECTION_EXCEPTION, about(notes, "interrupted"));
    assertEquals(CONNECTION_EXCEPTION + " \"Unexpected end of stream.\"", about(notes, "killed"));
  }

  @Test
  void aServerThatIsTooSlowIsATimeout() {
    // The server is slow for all of its clients.
    List<String> notes = Players.sameInTurn(RedisScenarios.class, "timeout", server.port());
    assertEquals(CONNECTION_EXCEPTION + " \"java.net.SocketTimeoutException: Read timed out\", "
        + "caused by java.net.SocketTimeoutException \"Read timed out\"", about(notes, "too late"));
  }

  @Test
  void twoHundredThreadsCountTogether() {
    assertEquals("4000", about(same("threads"), "last"));
  }
}
