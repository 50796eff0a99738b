package io.loomring.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.RingStats;
import io.loomring.testkit.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is seen of a running server from outside: by {@code top}, and in a flight recording. */
class TopTest {
  private static ServerProcess server;

  private record Result(int status, String out, String err) {}

  @BeforeAll
  static void startServer() {
    server = ServerProcess.start(jvm -> jvm.options("-Dloomring.jmx=true"));
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  /** Runs {@code top} in this JVM, which can attach as well as any. */
  private static Result top(String... words) throws UsageException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream outBefore = System.out;
    PrintStream errBefore = System.err;
    System.setOut(new PrintStream(out, true, UTF_8));
    System.setErr(new PrintStream(err, true, UTF_8));
    try {
      TopCommand top = new TopCommand();
      int status = top.run(Arguments.parse(List.of(words), top.flags(), top.switches(), top.maxOperands()));
      return new Result(status, out.toString(UTF_8), err.toString(UTF_8));
    } finally {
      System.setOut(outBefore);
      System.setErr(errBefore);
    }
  }

  private static boolean isTimed(long pid) throws Exception {
    try (TopTarget target = TopTarget.attach(pid)) {
      return target.isTimed();
    }
  }

  private static void echo(Socket socket, int times) throws IOException {
    for (int i = 0; i < times; i++) {
      socket.getOutputStream().write(i);
      assertEquals(i & 0xff, socket.getInputStream().read());
    }
  }

  @Test
  void itShowsWhatTheServerDoes() throws Exception {
    try (Socket socket = server.connect()) {
      Thread client = Thread.startVirtualThread(() -> {
        try {
          while (true) {
            echo(socket, 1);
          }
        } catch (IOException closed) {
          assertTrue(socket.isClosed(), closed::toString);
        }
      });
      Result result = top(Long.toString(server.pid()), "--once", "--interval", "1s");
      socket.close();
      client.join();
      assertEquals(0, result.status, result::toString);
      assertEquals("", result.err);
      for (String pattern : List.of(
          "(?m)^loomring top  " + server.pid() + "  Loomring echo-server --port 0 ",
          "(?m)^operations/s [1-9][0-9,]*   connections 1   in flight \\d+   descriptors 2$",
          "(?m)^batch \\d+\\.\\d ",
          "(?m)^loomring-\\S+ +[1-9]",
          "(?m)^ACCEPT +\\S+ +1 ",
          "(?m)^RECV +[1-9][0-9,]* +\\d+ +\\d+",
          "(?m)^SEND +[1-9][0-9,]* +\\d+ +\\d+",
          "(?m)^turn +[1-9][0-9,]* +- +\\d+")) {
        assertTrue(Pattern.compile(pattern).matcher(result.out).find(), () -> pattern + " in\n" + result.out);
      }
      result.out.lines().forEach(line -> assertTrue(line.length() <= 80, line));
      assertFalse(result.out.contains("\033"), "coloured, and no terminal");
      assertFalse(isTimed(server.pid()), "left timed");
    }
  }

  @Test
  @Tag("interop")
  void untimedItDoesNotTouchTheServer() throws Exception {
    Result result = top("--untimed", "--once", "--interval=100ms", Long.toString(server.pid()));
    assertEquals(0, result.status, result::toString);
    assertTrue(Pattern.compile("(?m)^ACCEPT +- +1( +-)+$").matcher(result.out).find(), result.out);
  }

  @Test
  @Tag("interop")
  void theProcessIsFoundByAPartOfItsNameAndListed() throws Exception {
    Result result = top();
    assertEquals(0, result.status, result::toString);
    assertTrue(
        Pattern.compile("(?m)^ *" + server.pid() + "  io\\.loomring\\.samples\\.Loomring echo-server --port 0$")
            .matcher(result.out).find(),
        result.out);
    List<String> named = new ArrayList<>(result.out.lines().filter(line -> line.contains("echo-server")).toList());
    if (named.size() == 1) {
      assertEquals(server.pid(), TopTarget.named("echo-server"));
    }
    Result nobody = top("--name", "no-such-main-class");
    assertEquals(1, nobody.status);
    assertEquals("top: no JVM of this user has no-such-main-class in its main class or arguments\n", nobody.err);
  }

  @Test
  void whatCannotBeWatchedIsSaid() throws Exception {
    assertEquals(new Result(1, "", "top: there is no process 999999999\n"), top("999999999", "--once"));
    Process sleeper = new ProcessBuilder("cat").start();
    try {
      Result noJvm = top(Long.toString(sleeper.pid()), "--once");
      assertEquals(1, noJvm.status);
      assertEquals("top: process " + sleeper.pid() + " is no JVM\n", noJvm.err);
    } finally {
      sleeper.destroyForcibly().waitFor();
    }
    assertThrows(UsageException.class, () -> top("java"));
    assertThrows(UsageException.class, () -> top("1", "--interval", "1ms"));
    assertThrows(UsageException.class, () -> top("1", "--name", "x"));
  }

  @Test
  @Tag("interop")
  void aServerThatDoesNotShowItselfIsToldFromOneWithoutLoomring() throws Exception {
    try (ServerProcess hidden = ServerProcess.start(jvm -> jvm.options("-Dloomring.jmx=false"))) {
      Result result = top(Long.toString(hidden.pid()), "--once");
      assertEquals(new Result(1, "", "top: process " + hidden.pid() + " uses Loomring, and does not show it: start it"
          + " with -Dloomring.jmx=true, or have it call uring.monitoring().register()\n"), result);
    }
    try (ServerProcess plain = ServerProcess.start("--transport", "jdk")) {
      Result result = top(Long.toString(plain.pid()), "--once");
      assertEquals(1, result.status);
      assertTrue(result.err.endsWith("has no Uring: it does not use Loomring, or not yet\n"), result.err);
    }
  }

  @Test
  @Tag("interop")
  void aProcessThatEndsWhileItIsWatchedIsSaidToHaveEnded() throws Exception {
    try (ServerProcess ending = ServerProcess.start(jvm -> jvm.options("-Dloomring.jmx=true"));
        TopTarget target = TopTarget.attach(ending.pid())) {
      assertEquals(1, target.sample(1000).urings().size());
      ending.terminate();
      ending.await();
      TopTarget.UnwatchableException thrown =
          assertThrows(TopTarget.UnwatchableException.class, () -> target.sample(1000));
      assertEquals("process " + ending.pid() + " has ended", thrown.getMessage());
      target.endTiming();
    }
  }

  @Test
  @Tag("interop")
  void theRecordingThatTheDocumentsStartHasTheEventsOfTheServer(@TempDir Path directory) throws Exception {
    List<String> documented = Pattern.compile("(?m)^jcmd PID (JFR\\..*)$")
        .matcher(Files.readString(Path.of("..", "docs", "OPERATIONS.md")))
        .results()
        .map(found -> found.group(1))
        .toList();
    assertEquals(List.of("JFR.start", "JFR.dump"), documented.stream().map(line -> line.split(" ")[0]).toList());
    jcmd(documented.get(0));
    try (Socket socket = server.connect()) {
      // Operations are told of from 10 ms on: one waits at least for this look at its server.
      Await.until(() -> "nobody waits", () -> connections() == 1);
      top(Long.toString(server.pid()), "--once", "--interval", "100ms");
      echo(socket, 1);
    }
    Await.until(() -> "not closed", () -> connections() == 0);
    Path file = directory.resolve("server.jfr");
    jcmd(documented.get(1).replaceAll("filename=\\S+", "filename=" + file));
    List<RecordedEvent> events = RecordingFile.readAllEvents(file);
    assertTrue(events.stream().anyMatch(event -> event.getEventType().getName().equals("loomring.Operation")
        && "RECV".equals(event.getString("kind")) && event.getLong("bytes") == 1), "no receive");
    assertTrue(events.stream().anyMatch(event -> event.getEventType().getName().equals("loomring.Close")), "no close");
    jcmd("JFR.stop name=" + nameOfRecording(documented.get(1)));
  }

  private static String nameOfRecording(String dump) {
    var name = Pattern.compile("name=(\\S+)").matcher(dump);
    assertTrue(name.find(), dump);
    return name.group(1);
  }

  private static int connections() {
    try (TopTarget target = TopTarget.attach(server.pid())) {
      return target.sample(0).urings().values().stream()
          .flatMap(one -> one.rings().stream())
          .mapToInt(RingStats::connections)
          .sum();
    } catch (TopTarget.UnwatchableException e) {
      throw new AssertionError(e);
    }
  }

  private static void jcmd(String line) throws Exception {
    List<String> command =
        new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString()));
    command.add(Long.toString(server.pid()));
    command.addAll(List.of(line.split(" ")));
    Process jcmd = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(jcmd.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, jcmd.waitFor(), said);
    assertFalse(said.contains("Exception") || said.contains("Warning"), said);
  }
}
