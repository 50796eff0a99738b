package io.loomring.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Native;
import io.loomring.agent.programs.HttpProgram;
import io.loomring.agent.programs.JdbcProgram;
import io.loomring.agent.programs.JnaProgram;
import io.loomring.agent.programs.OwnLoomringProgram;
import io.loomring.agent.programs.PlainProgram;
import io.loomring.agent.programs.RmiProgram;
import io.loomring.agent.programs.TlsProgram;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.DeniedSystemCalls;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs that know nothing of the library, under the agent. */
@Tag("packaged")
class AgentTest {
  private static final String ON_RING = "loomring: plain sockets are on io_uring: Uring[loomring, 1 x 1024 entries]\n";
  private static final String PLAIN = "plain sockets are the ring's\n";

  @TempDir
  private Path directory;

  private static void assertSays(String out, String err, ChildJvm.Result result) {
    assertEquals(out, result.succeeded());
    assertEquals(err, result.err());
  }

  @Test
  void plainSocketsAreOnTheRingAndOneLineSaysSo() {
    assertSays(PLAIN, ON_RING, AgentJar.running(PlainProgram.class, "").run());
  }

  @Test
  void httpUrlConnectionsAreOnTheRing() {
    String line = "200 100000 bytes came from a socket that is the ring's\n";
    assertSays(line + line, ON_RING, AgentJar.running(HttpProgram.class, "transport=uring").run());
  }

  @Test
  void bothSidesOfTlsAreOnTheRing() {
    Path keys = AgentJar.keyStore(directory);
    String said = "TLSv1.3, 20000 came, from the ring's\n";
    assertSays("its own: " + said + "layered: " + said, ON_RING,
        AgentJar.running(TlsProgram.class, "", keys.toString()).run());
  }

  @Test
  void remoteCallsAreOnTheRing() {
    assertSays("remotely, the caller's socket is the ring's\n", ON_RING,
        AgentJar.running(RmiProgram.class, "").options("-Djava.rmi.server.hostname=127.0.0.1").run());
  }

  @Test
  void bothSidesOfJdbcAreOnTheRing() {
    assertSays("rows, sum, characters: 1000, 500500, 500500\nthe driver's socket is the ring's\n", ON_RING,
        AgentJar.running(JdbcProgram.class, "").classPath(programsAnd(org.h2.Driver.class)).run());
  }

  /** The programs of the tests, and the jar that a class is from. */
  private static String programsAnd(Class<?> type) {
    return AgentJar.programs() + File.pathSeparator + AgentJar.origin(type);
  }

  @Test
  void aProgramWithAJnaOfItsOwnHasBoth() {
    ChildJvm.Result result = AgentJar.running(JnaProgram.class, "").classPath(programsAnd(Native.class)).run();
    assertSays("true\n" + PLAIN + "true\ntrue\n", ON_RING, result);
  }

  @Test
  void aProgramWithTheLibraryOnItsClassPathHasBoth() {
    ChildJvm.Result result = AgentJar.running(OwnLoomringProgram.class, "")
        .classPath(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")))
        .run();
    assertSays("uring\n" + PLAIN + "42\n", ON_RING, result);
  }

  @Test
  void theProgramSeesNoClassOfTheLibrary() {
    ChildJvm.Result result =
        AgentJar.running(PlainProgram.class, "").options("-Xlog:class+load:file=" + directory.resolve("classes")).run();
    assertSays(PLAIN, ON_RING, result);
    try (var lines = Files.lines(directory.resolve("classes"))) {
      List<String> ours =
          lines.filter(line -> line.contains(" io.loomring.") || line.contains(" com.sun.jna.")).toList();
      List<String> outside = ours.stream()
          .filter(line -> !line.contains("!/META-INF/loomring/") && !line.matches(".* source: [A-Za-z.$_]+.*"))
          .filter(line -> !line.contains(" io.loomring.agent."))
          .toList();
      assertFalse(ours.isEmpty());
      assertEquals(List.of(), outside);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void anExecutableJarIsOnTheRing() throws IOException {
    Path jar = directory.resolve("app.jar");
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, PlainProgram.class.getName());
    try (OutputStream out = Files.newOutputStream(jar); JarOutputStream entries = new JarOutputStream(out, manifest)) {
      for (String name : List.of("PlainProgram", "Whose")) {
        String entry = "io/loomring/agent/programs/" + name + ".class";
        entries.putNextEntry(new JarEntry(entry));
        Files.copy(Path.of(AgentJar.programs(), entry), entries);
      }
    }
    ChildJvm.Result result = ChildJvm.of(PlainProgram.class)
        .wrappedBy(command -> List.of(
            command.getFirst(), "--enable-native-access=ALL-UNNAMED", AgentJar.option("rings=2"), "-jar",
            jar.toString()))
        .run();
    assertSays(PLAIN, ON_RING.replace("1 x", "2 x"), result);
  }

  @Test
  void theEnvironmentStartsTheAgentToo() {
    ChildJvm.Result result = ChildJvm.of(PlainProgram.class)
        .classPath(AgentJar.programs())
        .wrappedBy(command -> {
          List<String> line = new ArrayList<>(List.of("env", "JDK_JAVA_OPTIONS=" + AgentJar.option("")));
          line.addAll(command);
          return line;
        })
        .run();
    assertEquals(PLAIN, result.succeeded());
    assertTrue(result.err().endsWith("\n" + ON_RING), result::err);
  }

  @Test
  void withoutNativeAccessTheJvmWarnsAndTheProgramRuns() {
    ChildJvm.Result result = AgentJar.running(PlainProgram.class, "")
        .wrappedBy(command -> command.stream().filter(word -> !word.startsWith("--enable-native-access")).toList())
        .run();
    assertEquals(PLAIN, result.succeeded());
    List<String> others = result.err().lines()
        .filter(line -> !line.isBlank() && !line.startsWith("WARNING: ") && !line.equals(ON_RING.strip()))
        .toList();
    assertEquals(List.of(), others);
    assertTrue(result.err().contains("--enable-native-access=ALL-UNNAMED"), result::err);
  }

  @Test
  void loopsNeedNoOptionUnderTheAgent() {
    ChildJvm.Result result = AgentJar.running(PlainProgram.class, "loops=true,rings=2").run();
    assertSays(PLAIN, ON_RING.replace("1 x", "2 x").replace("]", "], on loops"), result);
  }

  // ---- without a ring

  @ParameterizedTest(name = "{0} from system call {1}")
  @CsvSource({"EPERM, 425", "ENOSYS, 426", "EPERM, 427"})
  void whereTheRingIsRefusedTheProgramRunsOnTheJdksSocketsAndOneLineSaysWhy(String errno, int call) {
    ChildJvm.Result result = AgentJar.running(PlainProgram.class, "")
        .wrappedBy(command -> DeniedSystemCalls.command(errno, List.of(call), command))
        .run();
    assertEquals("plain sockets are the JDK's\n", result.succeeded());
    String line = "loomring: plain sockets are the JDK's: io_uring is not available: ";
    assertTrue(result.err().startsWith(line), result::err);
    assertTrue(result.err().contains(errno), result::err);
    assertEquals(1, result.err().lines().count(), result::err);
  }

  @Test
  void theJdksSocketsCanBeAskedFor() {
    assertSays("plain sockets are the JDK's\n", "loomring: plain sockets are the JDK's, as transport=jdk wants it\n",
        AgentJar.running(PlainProgram.class, "transport=jdk").run());
  }

  private static void assertDoesNotStart(String reason, ChildJvm jvm) {
    ChildJvm.Result result = jvm.run();
    assertEquals(1, result.exitCode(), result::toString);
    assertEquals("", result.out());
    assertTrue(result.err().startsWith("loomring: "), result::err);
    assertTrue(result.err().contains(reason), result::err);
    assertEquals(1, result.err().lines().count(), result::err);
  }

  @Test
  void whereTheRingIsRequiredARefusalStopsTheStartWithTheReason() {
    assertDoesNotStart("kernel.io_uring_disabled", AgentJar.running(PlainProgram.class, "transport=uring")
        .denying("EPERM", DeniedSystemCalls.IO_URING_SETUP));
  }

  @Test
  void aShortageStopsTheStart() {
    assertDoesNotStart("RLIMIT_MEMLOCK", AgentJar.running(PlainProgram.class, "")
        .denying("ENOMEM", DeniedSystemCalls.IO_URING_SETUP));
  }

  @Test
  void deniedNativeAccessStopsTheStart() {
    assertDoesNotStart("--enable-native-access=ALL-UNNAMED", AgentJar.running(PlainProgram.class, "")
        .wrappedBy(command -> command.stream()
            .map(word -> word.startsWith("--enable-native-access") ? "--illegal-native-access=deny" : word)
            .toList()));
  }

  @ParameterizedTest
  @ValueSource(strings = {
      "uring", "ring=1", "rings=many", "rings=0", "transport=epoll", "restricted=maybe", "rings=1,rings=2",
      "largeBytes=big", "rings=1,"
  })
  void aWrongArgumentStopsTheStart(String arguments) {
    assertDoesNotStart("", AgentJar.running(PlainProgram.class, arguments));
  }
}
