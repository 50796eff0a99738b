package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.Await;
import io.loomring.testkit.Json;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script that starts the samples. */
class LauncherTest {
  private static final Path SCRIPT = Path.of("..", "loomring").toAbsolutePath().normalize();

  @TempDir
  private Path directory;

  private record Result(int status, String out, String err) {}

  private Result launch(Path script, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(script.toString()));
    command.addAll(List.of(arguments));
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(command)
        .redirectInput(new File("/dev/null"))
        .redirectOutput(out.toFile())
        .redirectError(err.toFile());
    builder.environment().put("LOOMRING_JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    try {
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it did not end");
    } finally {
      process.destroyForcibly();
    }
    return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  /** A tree that looks built, with the script and this JVM's class path. */
  private Path builtTree() throws IOException {
    Path root = directory.resolve("tree with a blank");
    for (String file : List.of("pom.xml", "core/pom.xml", "facade/pom.xml", "samples/pom.xml")) {
      Files.createDirectories(root.resolve(file).getParent());
      Files.createFile(root.resolve(file));
    }
    Files.createDirectories(root.resolve("samples/target/classes"));
    Files.createDirectories(root.resolve("samples/target/lib"));
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH,
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(entry -> Path.of(entry).toUri().toString())
            .collect(Collectors.joining(" ")));
    new JarOutputStream(Files.newOutputStream(root.resolve("samples/target/lib/all.jar")), manifest).close();
    Files.createDirectories(root.resolve("target"));
    Files.createFile(root.resolve("target/launcher-samples.stamp"));
    return Files.copy(SCRIPT, root.resolve("loomring"));
  }

  @Test
  void itsHelpNamesEveryCommand() throws IOException, InterruptedException {
    Result result = launch(SCRIPT, "--help");
    assertEquals(0, result.status, result::toString);
    assertEquals("", result.err);
    for (String command : List.of("demo", "echo-server", "echo-client", "proxy", "http", "tls-echo", "chat", "jdbc",
        "checksum", "copy", "health", "custom-op", "watch", "top", "doctor", "ops", "soak", "bench")) {
      assertTrue(result.out.contains("\n  " + command + " "), result.out);
    }
  }

  @Test
  void withoutACommandItSaysSo() throws IOException, InterruptedException {
    assertEquals(new Result(2, "", "loomring: no command; ./loomring --help lists them\n"), launch(SCRIPT));
  }

  @Test
  void anUnknownCommandIsNamed() throws IOException, InterruptedException {
    assertEquals(
        new Result(2, "", "loomring: unknown command 'dance'; ./loomring --help lists them\n"),
        launch(SCRIPT, "dance"));
  }

  @Test
  void itRunsACommandWithItsArgumentsAndPassesTheStatusOn() throws IOException, InterruptedException {
    Path script = builtTree();
    Result help = launch(script, "echo-client", "--help");
    assertEquals(new Result(0, new EchoClient().help(), ""), help);
    Result wrong = launch(script, "echo-server", "--port", "a b");
    assertEquals(2, wrong.status, wrong::toString);
    assertTrue(wrong.err.startsWith("echo-server: --port a b: "), wrong::toString);
  }

  /** As from a terminal, where both get the signal; Maven makes an exit of it, and so does what stands in for it. */
  @Test
  void anInterruptEndsTheBuildAndTheCommandWithIt() throws IOException, InterruptedException {
    Path script = builtTree();
    Files.delete(script.resolveSibling("target/launcher-samples.stamp"));
    Path pid = directory.resolve("pid");
    Path maven = Files.createDirectory(directory.resolve("bin")).resolve("mvn");
    Files.writeString(maven, """
        #!/bin/sh
        trap 'exit 130' INT
        echo $$ > '%1$s.new'
        mv '%1$s.new' '%1$s'
        while :; do sleep 0.05; done
        """.formatted(pid));
    assertTrue(maven.toFile().setExecutable(true));
    Path err = directory.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(script.toString(), "ops")
        .redirectInput(new File("/dev/null"))
        .redirectOutput(directory.resolve("out").toFile())
        .redirectError(err.toFile());
    builder.environment().put("LOOMRING_JAVA_HOME", System.getProperty("java.home"));
    builder.environment().merge("PATH", maven.getParent().toString(), (path, first) -> first + ":" + path);
    Process process = builder.start();
    try {
      Await.until("the build has begun", () -> Files.exists(pid));
      String build = Files.readString(pid).strip();
      // The build last: with it all the others end.
      List<String> kill = new ArrayList<>(List.of("kill", "-INT", String.valueOf(process.pid())));
      process.descendants().filter(child -> child.pid() != Long.parseLong(build))
          .filter(child -> child.info().command().orElse("").endsWith("bash"))
          .forEach(child -> kill.add(String.valueOf(child.pid())));
      kill.add(build);
      assertEquals(0, new ProcessBuilder(kill).start().waitFor());
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it did not end");
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    assertEquals(130, process.exitValue());
    assertEquals("loomring: building...\n", Files.readString(err));
  }

  @Test
  void aNameThatIsNotAsciiIsUnderstoodWhereTheLocaleIsNot() throws IOException, InterruptedException {
    Path script = builtTree();
    Path shell = Files.writeString(directory.resolve("shell"), """
        cd "$(dirname "$1")" && name=$(printf 'a\\303\\244') && printf abc >"$name" && LC_ALL=C ./loomring checksum "$name"
        """);
    Result result = launch(Path.of("/bin/sh"), shell.toString(), script.toString());
    assertEquals(
        new Result(0, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a\u00e4\n", ""), result);
  }

  @Test
  void itRunsTheDemo() throws IOException, InterruptedException {
    Result result = launch(builtTree(), "demo", "--connections", "20", "--seconds", "1");
    assertEquals(0, result.status, result::toString);
    assertTrue(result.out.contains("\nOK: "), result::toString);
    assertEquals("", result.err);
  }

  @Test
  void itRunsTheSoakThatTheReadmeNames() throws IOException, InterruptedException {
    Matcher command = Pattern.compile("(?m)^\\./loomring (soak) --minutes \\d+ (.*?) *(#.*)?$")
        .matcher(Files.readString(Path.of("..", "README.md")));
    assertTrue(command.find(), "not in the readme");
    List<String> words = new ArrayList<>(List.of(command.group(1), "--seconds", "1"));
    words.addAll(List.of(command.group(2).split(" ")));
    Result result = launch(builtTree(), words.toArray(String[]::new));
    assertEquals(0, result.status, result::toString);
    assertTrue(result.out.contains("\nOK: "), result::toString);
    assertEquals("", result.err);
  }

  @Test
  void itRunsTheDoctorAsTheReadmeSays() throws IOException, InterruptedException {
    List<String> commands = Pattern.compile("(?m)^\\./loomring (doctor[^#\n]*)")
        .matcher(Files.readString(Path.of("..", "README.md")))
        .results()
        .map(found -> found.group(1).strip())
        .toList();
    assertEquals(List.of("doctor", "doctor --json"), commands);
    Path script = builtTree();
    for (String command : commands) {
      Result result = launch(script, command.split(" "));
      assertEquals(0, result.status, result::toString);
      assertEquals("", result.err);
      if (command.endsWith("--json")) {
        assertEquals(true, ((Map<?, ?>) Json.parse(result.out)).get("available"));
      } else {
        assertTrue(result.out.contains("\nok       loop driver "), result.out);
        assertTrue(result.out.endsWith("\nio_uring is available here.\n"), result.out);
      }
    }
  }
}
