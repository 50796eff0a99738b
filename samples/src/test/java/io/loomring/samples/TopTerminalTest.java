package io.loomring.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code top} does to a terminal, and leaves of it: one of the program script, and one of tmux, which is seen. */
@Tag("interop")
class TopTerminalTest {
  private static final String LEFT = "\033[0m\033[?7h\033[?25h\033[?1049l";
  private static final int STOPS = 5;
  private static ServerProcess server;

  @BeforeAll
  static void startServer() {
    server = ServerProcess.start(jvm -> jvm.options("-Dloomring.jmx=true"));
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  private static ChildJvm top(String... more) {
    List<String> words = new ArrayList<>(List.of("top", Long.toString(server.pid()), "--interval", "200ms"));
    words.addAll(List.of(more));
    return ChildJvm.of(Loomring.class, words.toArray(String[]::new));
  }

  private static ChildJvm.Result endedBy(int key) throws IOException {
    try (ChildJvm.Running running = ScriptTerminal.start(top())) {
      Await.until(() -> "no picture: " + running.outSoFar(),
          () -> running.outSoFar().contains("latencies are taken"));
      ScriptTerminal.type(running, key);
      return running.await();
    }
  }

  private static boolean isTimed() {
    try (TopTarget target = TopTarget.attach(server.pid())) {
      return target.isTimed();
    } catch (IOException | TopTarget.UnwatchableException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertLeftAsItWas(ChildJvm.Result result) {
    Matcher shape = Pattern.compile("(?s)^(\\S+)\r\n\033\\[\\?1049h(.*)" + Pattern.quote(LEFT) + "(.*?)(\\S+)\r\n$")
        .matcher(result.out());
    assertTrue(shape.matches(), result::toString);
    assertEquals(shape.group(1), shape.group(4), "the settings of the terminal");
    assertFalse(shape.group(3).contains("\033"), "drawn after it was left: " + result);
    assertFalse(isTimed(), "left timed");
  }

  @Test
  void ctrlCLeavesTheTerminalAsItWasAndTheServerUntimed() throws IOException {
    ChildJvm.Result result = endedBy(ScriptTerminal.CTRL_C);
    assertEquals(130, result.exitCode(), result::toString);
    assertLeftAsItWas(result);
  }

  @Test
  void theKeyQDoesTheSame() throws IOException {
    ChildJvm.Result result = endedBy('q');
    assertEquals(0, result.exitCode(), result::toString);
    assertLeftAsItWas(result);
  }

  @Test
  void soDoesTheEndOfTheProcessThatIsWatchedWithAWord() {
    try (ServerProcess ending = ServerProcess.start(jvm -> jvm.options("-Dloomring.jmx=true"));
        ChildJvm.Running running = ScriptTerminal.start(
            ChildJvm.of(Loomring.class, "top", Long.toString(ending.pid()), "--interval", "200ms"))) {
      Await.until(() -> "no picture: " + running.outSoFar(),
          () -> running.outSoFar().contains("latencies are taken"));
      ending.terminate();
      ChildJvm.Result result = running.await();
      assertEquals(1, result.exitCode(), result::toString);
      assertTrue(result.out().contains("top: process " + ending.pid() + " has ended\r\n"), result::toString);
      assertLeftAsItWas(result);
    }
  }

  @Test
  void aSigtermDoesTheSame() throws IOException {
    try (ChildJvm.Running running = ScriptTerminal.start(top())) {
      Await.until(() -> "no picture: " + running.outSoFar(),
          () -> running.outSoFar().contains("latencies are taken"));
      running.process().descendants().filter(one -> one.info().command().orElse("").endsWith("/java"))
          .forEach(ProcessHandle::destroy);
      ChildJvm.Result result = running.await();
      assertEquals(143, result.exitCode(), result::toString);
      assertLeftAsItWas(result);
    }
  }

  @Test
  void aProcessThatDoesNotAnswerDoesNotKeepIt() throws Exception {
    try (ServerProcess stopped = ServerProcess.start(jvm -> jvm.options("-Dloomring.jmx=true"));
        ChildJvm.Running running = ScriptTerminal.start(
            ChildJvm.of(Loomring.class, "top", Long.toString(stopped.pid()), "--interval", "200ms"))) {
      Await.until(() -> "no picture: " + running.outSoFar(),
          () -> running.outSoFar().contains("latencies are taken"));
      signal("-STOP", stopped.pid());
      Await.until(() -> "not said: " + running.outSoFar(), () -> running.outSoFar().contains("does not answer"));
      ScriptTerminal.type(running, 'q');
      assertEquals(0, running.await().exitCode());
      signal("-CONT", stopped.pid());
    }
  }

  private static void signal(String name, long pid) throws IOException, InterruptedException {
    assertEquals(0, new ProcessBuilder("kill", name, Long.toString(pid)).start().waitFor());
  }

  @Test
  void whenItIsKilledTheServerIsUntimedAfterAWhile() {
    try (ChildJvm.Running running = top("--plain").start()) {
      Await.until("it watches", () -> running.outSoFar().contains("ACCEPT"));
      assertTrue(isTimed(), "latencies are not taken");
      running.process().destroyForcibly();
      Await.until("untimed", () -> !isTimed());
    }
  }

  @Test
  void anotherUsersProcessIsSaidToBeThat() {
    ChildJvm nobody = top("--once").wrappedBy(command -> {
      List<String> line = new ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
      line.addAll(command);
      return line;
    });
    ChildJvm.Result result = nobody.run();
    assertEquals(1, result.exitCode(), result::toString);
    String owner = System.getProperty("user.name");
    assertTrue(result.err().matches("top: process " + server.pid() + " is " + owner
        + "'s: run top as that user, not as \\S+\n"), result::toString);
  }

  @Test
  void itFitsWindowsOfEverySizeAndComesBackFromCtrlZ(@TempDir Path directory) throws Exception {
    try (Tmux tmux = new Tmux(directory.resolve("socket"))) {
      tmux.run("new-session", "-d", "-x", "80", "-y", "24", "sh");
      tmux.type("PS1='$ '; clear; echo before");
      tmux.await(screen -> screen.startsWith("before\n$"));
      Path script = directory.resolve("top.sh");
      top().wrappedBy(command -> {
        write(script, "exec " + String.join(" ", command));
        return List.of("true");
      }).run();
      tmux.type("sh " + script);
      tmux.await(screen -> screen.contains("\nACCEPT ") && screen.contains("\nq quits"));
      assertFits(tmux.screen(), 80);
      tmux.run("resize-window", "-x", "120", "-y", "40");
      tmux.await(screen -> screen.contains(" resubmitted\n"));
      assertFits(tmux.screen(), 120);
      tmux.run("resize-window", "-x", "80", "-y", "24");
      tmux.await(screen -> screen.lines().findFirst().orElse("").matches(".* \\d\\d:\\d\\d:\\d\\d"));
      for (int i = 0; i < STOPS; i++) {
        tmux.run("send-keys", "C-z");
        tmux.await(screen -> screen.startsWith("before\n") && screen.contains("Stopped"));
        tmux.type("clear; echo before; fg");
        tmux.await(screen -> screen.startsWith("loomring top ") && screen.contains("\nq quits"));
      }
      tmux.run("send-keys", "q");
      tmux.await(screen -> screen.startsWith("before\n") && screen.stripTrailing().endsWith("\n$"));
    }
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Each line stands where it was drawn: what wraps would push others down, and the title out. */
  private static void assertFits(String screen, int width) {
    List<String> lines = screen.lines().toList();
    assertTrue(lines.getFirst().startsWith("loomring top  " + server.pid()), screen);
    assertTrue(lines.getFirst().matches(".* \\d\\d:\\d\\d:\\d\\d"), screen);
    assertEquals(width, lines.getFirst().length(), screen);
    assertTrue(lines.get(1).startsWith("operations/s "), screen);
    assertTrue(lines.get(2).startsWith("batch "), screen);
    assertTrue(lines.get(4).startsWith("ring "), screen);
    assertTrue(lines.get(7).startsWith("operation "), screen);
  }

  /** A terminal that can be looked at. */
  private static final class Tmux implements AutoCloseable {
    private final Path socket;

    Tmux(Path socket) {
      this.socket = socket;
    }

    String run(String... words) {
      List<String> command = new ArrayList<>(List.of("tmux", "-S", socket.toString(), "-f", "/dev/null"));
      command.addAll(List.of(words));
      try {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertEquals(0, process.waitFor(), said);
        return said;
      } catch (IOException | InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    void type(String line) {
      run("send-keys", "-l", line);
      run("send-keys", "Enter");
    }

    String screen() {
      return run("capture-pane", "-p");
    }

    void await(Predicate<String> looks) {
      Await.until(() -> "it shows:\n" + screen(), () -> looks.test(screen()));
    }

    @Override
    public void close() {
      run("kill-server");
    }
  }
}
