package io.loomring.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.ChildJvm;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of docs/MIGRATION.md, as they stand there. */
@Tag("packaged")
class MigrationGuideTest {
  private static final Path GUIDE = Path.of("../docs/MIGRATION.md");
  private static final Pattern PROGRAM =
      Pattern.compile("^```java\\n(.*?public class (\\w+) .*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);

  /** What an LDAP server answers to the first bind of a client without a name: success. */
  private static final byte[] BIND_RESPONSE = {0x30, 0x0C, 2, 1, 1, 0x61, 7, 0x0A, 1, 0, 4, 0, 4, 0};

  @TempDir
  private Path directory;

  private static Map<String, String> programs() {
    try {
      Map<String, String> programs = new TreeMap<>();
      for (MatchResult match : PROGRAM.matcher(Files.readString(GUIDE)).results().toList()) {
        programs.put(match.group(2), match.group(1));
      }
      return programs;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a program from its source, with the classes that it loads in a file. */
  private ChildJvm.Result run(String name, String path, List<String> options, String... arguments) throws IOException {
    Path source = Files.writeString(directory.resolve(name + ".java"), programs().get(name));
    return ChildJvm.of(MigrationGuideTest.class)
        .wrappedBy(command -> {
          List<String> line = new ArrayList<>(List.of(command.getFirst(), "--enable-native-access=ALL-UNNAMED"));
          // Most of what it does is to compile the program, once.
          line.add("-XX:TieredStopAtLevel=1");
          line.add("-Xlog:class+load:file=" + directory.resolve("classes"));
          line.addAll(options);
          line.addAll(List.of("-cp", path, source.toString()));
          line.addAll(List.of(arguments));
          return line;
        })
        .run();
  }

  private static String library() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private void assertOnRing() throws IOException {
    assertTrue(Files.readString(directory.resolve("classes")).contains(" io.loomring.net.UringSocketImpl "));
  }

  @Test
  void theGuideHasAProgramForEachWay() {
    assertEquals(List.of("ClassNames", "FactoryByName", "OneCall", "Unchanged"), List.copyOf(programs().keySet()));
  }

  @Test
  void classNames() throws IOException {
    assertEquals("hello\n", run("ClassNames", library(), List.of()).succeeded());
    assertOnRing();
  }

  @Test
  void aFactoryByItsClassName() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread directoryServer = Thread.ofVirtual().start(() -> answerBind(server));
      String port = String.valueOf(server.getLocalPort());
      assertEquals("bound to the root\n", run("FactoryByName", library(), List.of(), port).succeeded());
      directoryServer.join();
    }
    assertOnRing();
  }

  private static void answerBind(ServerSocket server) {
    try (Socket socket = server.accept()) {
      InputStream in = socket.getInputStream();
      in.read();
      in.readNBytes(in.read());
      socket.getOutputStream().write(BIND_RESPONSE);
      in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void oneCall() throws IOException {
    assertEquals("transport: uring\nhello\n", run("OneCall", library(), List.of()).succeeded());
    assertOnRing();
  }

  @Test
  void theAgent() throws IOException {
    ChildJvm.Result result = run("Unchanged", directory.toString(), List.of(AgentJar.option("")));
    assertEquals("hello\n", result.succeeded());
    assertTrue(result.err().startsWith("loomring: plain sockets are on io_uring: "), result::err);
    assertOnRing();
  }

  @Test
  void theSameProgramsRunWithoutARing() throws IOException {
    List<String> jdk = List.of("-Dloomring.transport=jdk");
    assertEquals("hello\n", run("ClassNames", library(), jdk).succeeded());
    assertEquals("transport: jdk\nhello\n", run("OneCall", library(), jdk).succeeded());
  }
}
