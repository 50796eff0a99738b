package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.DeniedSystemCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the document shows of the doctor's reports is what it prints: the same checks, and the same remedies. */
class DoctorTest {
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```\n(ok .*?)^```$");
  private static final int WORKS = 0;
  private static final int REFUSED = 1;
  private static final int LITTLE_LOCKED_MEMORY = 2;
  private static final int NO_NATIVE_ACCESS = 3;

  private static String documented(int index) throws IOException {
    return BLOCK.matcher(Files.readString(Path.of("..", "docs", "guide", "doctor.md")))
        .results()
        .map((MatchResult block) -> block.group(1))
        .toList()
        .get(index);
  }

  /** Titles and remedies, and the last line; how something is, and what was found, are this machine's. */
  private static List<String> shape(String report) {
    List<String> shape = new ArrayList<>();
    for (String line : report.lines().toList()) {
      if (line.matches("[a-z]+ +\\S.*")) {
        shape.add(line.substring(9, Math.min(line.length(), 28)).strip());
      } else if (line.startsWith("      -> ") || line.startsWith("io_uring is ")) {
        shape.add(line);
      }
    }
    return shape;
  }

  private static ChildJvm doctor() {
    return ChildJvm.of(Loomring.class, "doctor");
  }

  private static ChildJvm asLaunched() {
    return doctor().options("--add-opens=java.base/java.lang=ALL-UNNAMED");
  }

  private static void assertPrinted(int block, int status, ChildJvm doctor) throws IOException {
    ChildJvm.Result result = doctor.run();
    assertEquals(status, result.exitCode(), result::toString);
    assertEquals(shape(documented(block)), shape(result.out()), result::toString);
    assertFalse(result.out().contains("\033"), "coloured, and no terminal");
  }

  @Test
  void whereItWorks() throws IOException {
    assertPrinted(WORKS, Loomring.OK, asLaunched());
  }

  @Test
  void whereTheSystemCallsAreRefused() throws IOException {
    ChildJvm refused = asLaunched().denying(
        "EPERM",
        DeniedSystemCalls.IO_URING_SETUP,
        DeniedSystemCalls.IO_URING_ENTER,
        DeniedSystemCalls.IO_URING_REGISTER);
    assertPrinted(REFUSED, Loomring.FAILED, refused);
  }

  @Test
  @Tag("interop")
  void withLittleMemoryThatMayBeLocked() throws IOException {
    ChildJvm limited = asLaunched().wrappedBy(command -> {
      List<String> line = new ArrayList<>(List.of(
          "prlimit", "--memlock=65536:65536", "setpriv", "--inh-caps=-ipc_lock", "--bounding-set=-ipc_lock"));
      line.addAll(command);
      return line;
    });
    assertPrinted(LITTLE_LOCKED_MEMORY, Loomring.OK, limited);
  }

  @Test
  void withoutNativeAccess() throws IOException {
    ChildJvm without = doctor().wrappedBy(
        command -> command.stream().filter(option -> !option.startsWith("--enable-native-access")).toList());
    assertPrinted(NO_NATIVE_ACCESS, Loomring.OK, without);
  }
}
