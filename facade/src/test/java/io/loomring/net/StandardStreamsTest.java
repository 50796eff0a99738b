package io.loomring.net;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.error.OperationTimeoutException;
import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Standard input and output as text, whatever they are: pipes, files, devices and terminals. */
@RunsOnce("what the standard streams are, not which driver's")
class StandardStreamsTest {
  @TempDir
  private Path directory;

  /** Answers each line of its input, waits for it no longer than it is told, and leaves the streams as they were. */
  static final class Main {
    public static void main(String[] arguments) throws Exception {
      TextWriter out = TextWriter.standardOutput(UTF_8);
      TextWriter err = TextWriter.standardError();
      TextReader in = TextReader.standardInput(UTF_8);
      try {
        converse(in, out, arguments);
        in.close();
        out.close();
        System.out.println("System.in reads " + System.in.read());
      } catch (IOException failed) {
        err.println("failed: " + failed.getMessage());
      }
    }

    private static void converse(TextReader in, TextWriter out, String[] arguments) throws IOException {
      while (true) {
        out.print("> ");
        try {
          String line = arguments.length == 0 ? in.readLine() : in.readLine(Duration.parse(arguments[0]));
          out.println(line == null ? "end" : "got \u00ab" + line + "\u00bb");
          if (line == null) {
            return;
          }
        } catch (OperationTimeoutException late) {
          out.println(late.getMessage());
        }
      }
    }
  }

  private static ChildJvm redirected(String how, String... arguments) {
    return ChildJvm.of(Main.class, arguments).wrappedBy(command -> {
      List<String> shell = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" " + how, "sh"));
      shell.addAll(command);
      return shell;
    });
  }

  private static String inShell(List<String> command) {
    return String.join(" ", command).replace("$", "\\$");
  }

  private static void type(ChildJvm.Running to, String text) throws IOException {
    OutputStream in = to.process().getOutputStream();
    in.write(text.getBytes(UTF_8));
    in.flush();
  }

  private static void awaitOut(ChildJvm.Running of, String end) {
    Await.until(() -> "no " + end + ": " + of.outSoFar() + of.errSoFar(), () -> of.outSoFar().endsWith(end));
  }

  @Test
  void pipesWithATimeout() throws IOException {
    try (ChildJvm.Running running = ChildJvm.of(Main.class, "PT0.2S").start()) {
      awaitOut(running, "> Timed out\n> ");
      type(running, "hal");
      awaitOut(running, "Timed out\n> Timed out\n> ");
      type(running, "f\u00fcber\n\nlast");
      running.process().getOutputStream().close();
      String out = running.await().succeeded();
      String said = out.replace("Timed out\n> ", "");
      assertEquals("> got \u00abhalf\u00fcber\u00bb\n> got \u00ab\u00bb\n> got \u00ablast\u00bb\n> end\nSystem.in reads -1\n", said);
    }
  }

  @Test
  void files() throws IOException {
    assertLinesOfAFileCome("uring");
  }

  @Tag("long")
  @Test
  void filesOnTheTransportJdk() throws IOException {
    assertLinesOfAFileCome("jdk");
  }

  private void assertLinesOfAFileCome(String transport) throws IOException {
    Path in = Files.writeString(directory.resolve("in"), "from a file\nand \u00e4");
    Path out = Files.writeString(directory.resolve("out"), "before\n");
    redirected("<" + in + " >>" + out).options("-Dloomring.transport=" + transport).run().succeeded();
    assertEquals(
        "before\n> got \u00abfrom a file\u00bb\n> got \u00aband \u00e4\u00bb\n> end\nSystem.in reads -1\n",
        Files.readString(out));
  }

  @Test
  void devices() {
    ChildJvm.Result full = redirected("</dev/null >/dev/full").run();
    assertEquals(new ChildJvm.Result(0, "", "failed: No space left on device\n"), full);
  }

  @Tag("interop")
  @Test
  void aTerminal() throws IOException {
    ChildJvm client = ChildJvm.of(Main.class, "PT0.5S").wrappedBy(command ->
        List.of("script", "--quiet", "--return", "--command", inShell(command), "/dev/null"));
    try (ChildJvm.Running running = client.start()) {
      awaitOut(running, "Timed out\r\n> ");
      type(running, "typed \u00e4\n");
      Await.until(() -> running.outSoFar(), () -> running.outSoFar().contains("got \u00abtyped \u00e4\u00bb\r\n> "));
      // Ctrl-D, the end of input of a terminal; and once more for System.in, to which the terminal is open again.
      type(running, "\u0004");
      Await.until(() -> running.outSoFar(), () -> running.outSoFar().contains("> end\r\n"));
      type(running, "x\n");
      Await.until(() -> running.outSoFar(), () -> running.outSoFar().contains("System.in reads 120"));
      assertEquals(0, running.await().exitCode());
    }
  }
}
