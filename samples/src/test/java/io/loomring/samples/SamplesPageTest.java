package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.docs.Pages;
import io.loomring.docs.Pages.Block;
import io.loomring.docs.Pages.Page;
import io.loomring.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of the samples: its table, and its commands, run as somebody would who reads it. */
class SamplesPageTest {
  private static final Page PAGE = Pages.of("docs/SAMPLES.md");
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| *(?:`([a-z-]+)`)? *\\|.*\\| \\[`(\\w+)`\\]\\(\\.\\./(\\S+)\\) \\| (\\d+) \\|$");
  private static final Pattern PORT = Pattern.compile("\\b(?:7007|7008|7009|7443|8080|8081)\\b");
  private static final Pattern OWN_PORT = Pattern.compile("--port (\\d+)");
  private static final Pattern SERVER = Pattern.compile("\\./loomring (?:echo-server|proxy|http|tls-echo|chat) .*");
  /** The lines of a sample that can be read in one go. */
  private static final int MAX_LINES = 260;

  private static final String JAVA = Path.of(System.getProperty("java.home"), "bin").toString();

  @TempDir private Path directory;

  @Test
  void theTableHasEachSampleWithItsSourceAndItsLines() throws IOException {
    Map<String, Long> table = new TreeMap<>();
    Map<String, Long> sources = new TreeMap<>();
    List<String> commands = new ArrayList<>();
    for (MatchResult row : ROW.matcher(Pages.read(PAGE.file())).results().toList()) {
      table.put(row.group(2), Long.parseLong(row.group(4)));
      try (Stream<String> lines = Files.lines(Pages.TOP.resolve(row.group(3)))) {
        sources.put(row.group(2), lines.count());
      }
      if (row.group(1) != null) {
        commands.add(row.group(1));
      }
    }
    assertEquals(sources, table);
    assertTrue(Collections.max(table.values()) <= MAX_LINES, table::toString);
    for (String command : commands) {
      assertTrue(Loomring.command(command) != null, command);
    }
    assertEquals(12, commands.size());
  }

  /** A directory with what the commands speak of, and this JVM's class path behind {@code ./loomring}. */
  private void layOut() throws IOException {
    Path docs = Files.createDirectory(directory.resolve("docs"));
    for (Path page : Pages.files(Pages.TOP.resolve("docs"), ".md")) {
      Files.copy(page, docs.resolve(page.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    }
    Files.copy(Pages.TOP.resolve("README.md"), directory.resolve("README.md"));
    Path script = Files.writeString(directory.resolve("loomring"), "#!/bin/sh\nexec " + JAVA
        + "/java --enable-native-access=ALL-UNNAMED -cp '" + System.getProperty("java.class.path") + "' "
        + Loomring.class.getName() + " \"$@\"\n");
    script.toFile().setExecutable(true);
  }

  /** A line with the ports that servers were given in place of the page's, and the patience that it takes. */
  private static String here(String line, Map<String, Integer> ports) {
    return PORT.matcher(line).replaceAll(found -> String.valueOf(ports.get(found.group())))
        .replace("--duration 5s", "--duration 1s").replace("sleep 1", "sleep 5");
  }

  /** Starts the server of a line on a port that the kernel picks: a number that was let go might be another's by now. */
  private Process start(String line, Map<String, Integer> ports) throws IOException {
    Matcher own = OWN_PORT.matcher(line);
    assertTrue(own.find(), line);
    ports.put(own.group(1), 0);
    Path out = Files.createTempFile(directory, "server", ".out");
    Process server = new ProcessBuilder("bash", "-c", "exec " + here(line, ports)).directory(directory.toFile())
        .redirectErrorStream(true).redirectOutput(out.toFile()).start();
    Await.until(line, () -> ServerProcess.portOf(Files.readString(out)) > 0);
    ports.put(own.group(1), ServerProcess.portOf(Files.readString(out)));
    return server;
  }

  /** Runs a block as a shell would: servers go on until all is done. Answers what the others print. */
  private String run(Block block) throws Exception {
    List<Process> servers = new ArrayList<>();
    Map<String, Integer> ports = new HashMap<>();
    StringBuilder printed = new StringBuilder();
    try {
      for (String line : block.text().lines().toList()) {
        if (SERVER.matcher(line).matches()) {
          servers.add(start(line, ports));
        } else {
          OtherProgram.Result result = OtherProgram.run("bash", "-c",
              "cd '" + directory + "' && PATH=\"$PATH:" + JAVA + "\" && set -o pipefail || exit\n" + here(line, ports));
          assertEquals(0, result.status(), () -> line + ": " + result);
          printed.append(result.out());
        }
      }
    } finally {
      for (Process server : servers) {
        server.toHandle().destroy();
      }
    }
    for (Process server : servers) {
      assertEquals(143, server.waitFor(), block::toString);
    }
    return printed.toString();
  }

  private String run(String start) throws Exception {
    return run(PAGE.block(start));
  }

  @Tag("interop")
  @Test
  void everyCommandOfThePageDoesWhatThePageSays() throws Exception {
    layOut();
    String page = Pages.read(PAGE.file());
    String files = run("./loomring http");
    assertTrue(files.startsWith(page + page.substring(0, 100)), files);
    assertEquals(2, Pattern.compile("Requests/sec: +[1-9]").matcher(files).results().count(), files);
    assertTrue(!files.contains("Socket errors") && !files.contains("Non-2xx"), files);
    assertEquals("through the proxy\n", run("./loomring echo-server --port 7007\n./loomring proxy"));
    assertEquals(2, run("./loomring echo-server --port 7007\n./loomring health").lines()
        .filter(line -> line.contains("  up ")).count());
    String talk = run("./loomring chat");
    assertTrue(talk.startsWith("Your name?\n") && talk.contains("* ann is here\nann: hello\n"), talk);
    assertTrue(run("keytool").endsWith("over TLS\n"));
    assertTrue(run("./loomring jdbc").startsWith("20 connections, 20000 rows, sum 10010000, operations on the ring: "));
    assertEquals("", run("./loomring checksum"));
    assertTrue(run("echo colour").endsWith("colour=green\n"));
    assertEquals("watching inbox\nmade letter\nwritten letter\n", run("mkdir inbox"));
  }

  @Test
  void everyBlockOfThePageIsRun() {
    String source = Pages.read(Pages.TOP.resolve("samples/src/test/java/io/loomring/samples/SamplesPageTest.java"));
    long run = Pattern.compile("[ (]run\\(\"").matcher(source).results().count();
    assertEquals(PAGE.blocks().size(), run);
  }
}
