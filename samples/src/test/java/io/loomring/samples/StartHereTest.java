package io.loomring.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.docs.Compiled;
import io.loomring.docs.Pages;
import io.loomring.docs.Pages.Page;
import io.loomring.testkit.ChildJvm;
import java.io.File;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The first page that somebody reads: its program runs as it says. */
class StartHereTest {
  private static final Page PAGE = Pages.of("docs/START-HERE.md");
  private static final String PORT = "7007";

  @TempDir
  private Path directory;

  private static String element(String xml, String name) {
    return xml.replaceFirst("(?s).*?<" + name + ">(.*?)</" + name + ">.*", "$1");
  }

  @Test
  void theServerEchoesWithTheOptionsOfThePage() throws IOException {
    String program = PAGE.block("import ").text().replace(PORT, "0");
    assertEquals("", Compiled.into(directory, "Echo", program));
    String line = PAGE.blocks().stream()
        .flatMap(block -> block.commands("java").stream())
        .findFirst()
        .orElseThrow();
    List<String> words = new ArrayList<>(Arrays.asList(line.replace("'", "").split(" ")));
    assertEquals(
        List.of("-cp", "target/classes:target/dependency/*", "Echo"), words.subList(words.size() - 3, words.size()));
    ChildJvm jvm = ChildJvm.of(StartHereTest.class).wrappedBy(command -> {
      words.set(0, command.getFirst());
      words.set(words.size() - 2, directory + File.pathSeparator + Compiled.classPath());
      return words;
    });
    try (ServerProcess server = ServerProcess.start(jvm); Socket socket = server.connect()) {
      socket.getOutputStream().write("hello\n".getBytes(UTF_8));
      assertEquals("hello\n", new String(socket.getInputStream().readNBytes(6), UTF_8));
      assertEquals("", server.err());
    }
  }

  @Test
  void theReadmeShowsTheSameServer() {
    assertEquals(PAGE.block("import ").text(), Pages.of("README.md").block("import ").text());
    assertTrue(PAGE.block("import ").text().lines().count() <= 20, "it is to be a short one");
  }

  @Test
  void theProjectFileAsksForWhatIsBuiltHere() {
    String shown = PAGE.block("<project").text();
    String parent = Pages.read(Pages.TOP.resolve("pom.xml"));
    String dependency = element(shown, "dependency");
    assertEquals(element(parent, "groupId"), element(dependency, "groupId"));
    assertEquals(element(parent, "version"), element(dependency, "version"));
    assertEquals("loomring-facade", element(dependency, "artifactId"));
    // Not the release: the compiler plugin that Maven 3.8 takes by itself does not know it.
    assertEquals(element(parent, "maven.compiler.release"), element(shown, "maven.compiler.source"));
    assertEquals(element(parent, "maven.compiler.release"), element(shown, "maven.compiler.target"));
  }
}
