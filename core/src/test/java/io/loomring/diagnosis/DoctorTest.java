package io.loomring.diagnosis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.UringConfig;
import io.loomring.diagnosis.Finding.Status;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.Json;
import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tried out here, with what /proc says replaced, and in JVMs that are refused something. */
@RunsOnce("it opens the rings that it looks at itself, with both drivers")
class DoctorTest {
  private static final List<String> TITLES = List.of(
      "platform", "JDK", "native access", "kernel", "io_uring_disabled", "seccomp", "system calls", "locked memory",
      "open files", "configuration", "operations", "features", "ring round trip", "poller driver", "loop driver");
  private static final UringConfig CONFIG = UringConfig.defaults().withRings(1);

  @TempDir
  private Path proc;

  private static Finding finding(Diagnosis diagnosis, String title) {
    return diagnosis.findings().stream().filter(f -> f.title().equals(title)).findAny().orElseThrow();
  }

  private static List<String> titles(Diagnosis diagnosis, Status... statuses) {
    List<Status> wanted = List.of(statuses);
    return diagnosis.findings().stream().filter(f -> wanted.contains(f.status())).map(Finding::title).toList();
  }

  /** One of this process with another /proc. */
  private Diagnosis examined(Map<String, String> files) throws IOException {
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = proc.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
    return new Examination(new ProcessFacts(proc), CONFIG, null).run();
  }

  private static void assertFitsATerminal(String text) {
    text.lines().forEach(line -> assertTrue(line.length() <= 80, () -> line.length() + " columns: " + line));
  }

  // ---- where it works

  @Test
  void whereItWorksNothingIsWrong() {
    int descriptors = Descriptors.census();
    Diagnosis diagnosis = Doctor.examine(CONFIG);
    assertTrue(diagnosis.isAvailable(), diagnosis::text);
    assertEquals(TITLES, diagnosis.findings().stream().map(Finding::title).toList());
    assertEquals(List.of(), titles(diagnosis, Status.FAULT, Status.SKIPPED), diagnosis::text);
    assertEquals(Status.OK, finding(diagnosis, "poller driver").status(), diagnosis::text);
    assertTrue(diagnosis.text().endsWith("\nio_uring is available here.\n"), diagnosis::text);
    assertFitsATerminal(diagnosis.text());
    Descriptors.awaitCensus(descriptors);
  }

  static final class Main {
    public static void main(String[] args) {
      Diagnosis diagnosis = Doctor.examine();
      System.out.print(args.length == 0 ? diagnosis.text() : diagnosis.json());
      System.exit(diagnosis.isAvailable() ? 0 : 1);
    }
  }

  @Test
  void whereJavaLangIsNotOpenedTheOptionForLoopsIsNamed() {
    Finding loops = finding(Doctor.examine(CONFIG), "loop driver");
    assertEquals(Status.NOTE, loops.status());
    assertEquals("for loops add --add-opens=java.base/java.lang=ALL-UNNAMED", loops.remedy());
  }

  // ---- refusals

  @ParameterizedTest(name = "{1} of {0}")
  @Tag("long")
  @CsvSource({
    "425 io_uring_setup, EPERM",
    "426 io_uring_enter, EACCES",
    "427 io_uring_register, ENOSYS",
  })
  void aRefusedSystemCallIsNamedWithTheProfileThatHasToAllowIt(String call, String errno) {
    ChildJvm.Result result = ChildJvm.of(Main.class)
        .denying(errno, Integer.parseInt(call.substring(0, 3)))
        .run();
    assertEquals(1, result.exitCode(), result::toString);
    String out = result.out();
    assertTrue(out.contains("\nfault    system calls       " + call + " answers " + errno + "\n"
        + "      -> allow system calls 425, 426 and 427 in the seccomp profile\n"), out);
    assertTrue(out.contains("\nok       seccomp            2: 1 filter\n"), out);
    assertTrue(out.contains("\nskipped  ring round trip    cannot be, before the fault above is mended\n"), out);
    assertTrue(out.contains("\nskipped  poller driver "), out);
    assertTrue(out.endsWith("\nio_uring is not available here. Until it is: -Dloomring.transport=jdk\n"), out);
    assertFitsATerminal(out);
  }

  @Test
  void whoIsNeitherPrivilegedNorInTheGroupIsToldTheSwitch() throws IOException {
    Finding found = finding(
        examined(Map.of(
            "sys/kernel/io_uring_disabled", "1\n",
            "sys/kernel/io_uring_group", "4711\n",
            "self/status", "Gid:\t100\t100\t100\t100\nGroups:\t100 47 \nCapEff:\t0000000000000000\n")),
        "io_uring_disabled");
    assertEquals(Status.FAULT, found.status());
    assertEquals("1: for CAP_SYS_ADMIN and group 4711, which this process is not", found.found());
    assertEquals("sysctl kernel.io_uring_disabled=0, or join group 4711", found.remedy());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "a supplementary group, 'Gid:\t100\t100\t100\t100\nGroups:\t100 4711 \n'",
    "its own group, 'Gid:\t100\t4711\t100\t100\nGroups:\t\n'",
    "the capability, 'CapEff:\t0000000000200000\n'",
  })
  void whoIsEitherIsFine(String how, String status) throws IOException {
    Finding found = finding(
        examined(Map.of(
            "sys/kernel/io_uring_disabled", "1\n", "sys/kernel/io_uring_group", "4711\n", "self/status", status)),
        "io_uring_disabled");
    assertEquals(Status.OK, found.status(), found::toString);
  }

  @Test
  void switchedOffForAllHasOneRemedy() throws IOException {
    Finding found = finding(examined(Map.of("sys/kernel/io_uring_disabled", "2\n")), "io_uring_disabled");
    assertEquals(
        Finding.fault("io_uring_disabled", "2: for nobody", "sysctl kernel.io_uring_disabled=0"), found);
  }

  @Test
  void aKernelWithoutTheSwitchHasNothingSwitchedOff() throws IOException {
    assertEquals(Status.OK, finding(examined(Map.of()), "io_uring_disabled").status());
  }

  // ---- limits

  @Test
  void aLimitOfFewOpenFilesIsWarnedOf() throws IOException {
    Finding found = finding(
        examined(Map.of("self/limits", "Max open files            256                  20000                files\n")),
        "open files");
    assertEquals(Status.WARN, found.status());
    assertEquals("256; the ring takes 3, each connection one", found.found());
    assertEquals("ulimit -n 65536, or LimitNOFILE= of its service", found.remedy());
  }

  private static ChildJvm withLockedMemory(int kib) {
    return ChildJvm.of(Main.class).wrappedBy(command -> {
      List<String> limited = new ArrayList<>(List.of(
          "prlimit", "--memlock=" + kib * 1024 + ":" + kib * 1024,
          "setpriv", "--inh-caps=-ipc_lock", "--bounding-set=-ipc_lock"));
      limited.addAll(command);
      return limited;
    });
  }

  @Test
  @Tag("interop")
  void littleMemoryThatMayBeLockedMakesShortQueuesWhichIsWarnedOf() {
    String out = withLockedMemory(64).run().succeeded();
    assertTrue(out.contains("\nwarn     locked memory      64 KiB; "), out);
    assertTrue(out.contains(" entries, not 1024\n      -> ulimit -l 136, or CAP_IPC_LOCK, "), out);
    assertFitsATerminal(out);
  }

  @Test
  @Tag("interop")
  void noMemoryThatMayBeLockedIsAFault() {
    ChildJvm.Result result = withLockedMemory(0).run();
    assertEquals(1, result.exitCode(), result::toString);
    assertTrue(result.out().contains("\nfault    locked memory      0 KiB, used up; "), result.out());
    assertTrue(result.out().contains("\n      -> ulimit -l 136, or CAP_IPC_LOCK, "), result.out());
  }

  // ---- the JVM

  @Test
  void whereNativeAccessIsRefusedThatIsTheFault() {
    ChildJvm.Result result = ChildJvm.of(Main.class)
        .options("--illegal-native-access=deny")
        .wrappedBy(command -> command.stream().filter(o -> !o.startsWith("--enable-native-access")).toList())
        .run();
    assertEquals(1, result.exitCode(), result::toString);
    assertTrue(result.out().contains("\nfault    native access      refused to ALL-UNNAMED\n"
        + "      -> start the JVM with --enable-native-access=ALL-UNNAMED\n"), result.out());
    assertTrue(result.out().contains("\nskipped  system calls       no native call can be made\n"), result.out());
  }

  @Test
  void aPropertyThatMakesNoSenseIsTheFaultAndTheDefaultsAreExamined() {
    ChildJvm.Result result = ChildJvm.of(Main.class).options("-Dloomring.rings=many").run();
    assertTrue(result.out().contains("\nfault    configuration      -Dloomring.rings=many is not a whole number;"),
        result::toString);
    assertTrue(result.out().contains("\nok       poller driver "), result::toString);
  }

  // ---- reports

  @Test
  void theJsonReportHasAllThatTheTextHas() {
    Diagnosis diagnosis = Doctor.examine(CONFIG);
    Map<?, ?> report = (Map<?, ?>) Json.parse(diagnosis.json());
    assertEquals(List.of("available", "checks"), List.copyOf(report.keySet()));
    assertEquals(diagnosis.isAvailable(), report.get("available"));
    List<Finding> checks = new ArrayList<>();
    for (Object check : (List<?>) report.get("checks")) {
      Map<?, ?> members = (Map<?, ?>) check;
      assertEquals(List.of("title", "status", "found", "remedy", "details"), List.copyOf(members.keySet()));
      checks.add(new Finding(
          (String) members.get("title"),
          Status.valueOf(((String) members.get("status")).toUpperCase(Locale.ROOT)),
          (String) members.get("found"),
          (String) members.get("remedy"),
          ((List<?>) members.get("details")).stream().map(String.class::cast).toList()));
    }
    assertEquals(diagnosis.findings(), checks);
    String words = diagnosis.text().replaceAll("\\s+", " ");
    for (Finding check : checks) {
      assertTrue(words.contains(check.status().word() + " " + check.title() + " " + check.found()), check::toString);
      assertTrue(check.remedy() == null || words.contains("-> " + check.remedy()), check::toString);
      assertTrue(check.details().stream().allMatch(words::contains), check::toString);
    }
  }

  @Test
  void whateverWasFoundIsEscapedInJson() {
    Finding odd = new Finding("a \"title\"", Status.NOTE, "back\\slash, \t, \u00e9 and \ud83d\ude00", null);
    Map<?, ?> report = (Map<?, ?>) Json.parse(new Diagnosis(false, List.of(odd)).json());
    Map<?, ?> check = (Map<?, ?>) ((List<?>) report.get("checks")).getFirst();
    assertEquals(odd.title(), check.get("title"));
    assertEquals(odd.found(), check.get("found"));
    assertNull(check.get("remedy"));
  }

  @Test
  void aLimitThatKeepsTheEchoFromComingIsNotTheNetworksFault() {
    assertEquals(
        "see locked memory and open files", Examination.remedyOf("java.net.SocketException: Too many open files"));
    assertEquals(
        "ip link set lo up, and allow 127.0.0.1 and ::1", Examination.remedyOf("Cannot assign requested address"));
  }

  @Test
  void theColouredReportIsTheSameButForItsColours() {
    Diagnosis diagnosis = Doctor.examine(CONFIG);
    assertFalse(diagnosis.text().contains("\033"));
    assertTrue(diagnosis.colouredText().contains("\033[32mok\033[0m"));
    assertFalse(
        diagnosis.colouredText().matches("(?s).*\033\\[(\\d;)?3[346]m.*"), "a colour that white or black hides");
    assertEquals(diagnosis.text(), diagnosis.colouredText().replaceAll("\033\\[[\\d;]*m", ""));
  }

  @Test
  void noFaultComesWithoutARemedy() {
    assertThrows(IllegalArgumentException.class, () -> new Finding("it", Status.FAULT, "broken", null));
    assertThrows(IllegalArgumentException.class, () -> new Finding("it", Status.WARN, "cracked", null));
  }

  @Test
  void everyRemedyFitsInOneLine() throws IOException {
    List<Diagnosis> diagnoses = List.of(
        examined(Map.of("sys/kernel/io_uring_disabled", "1\n", "self/limits", "Max open files            9\n")),
        examined(Map.of("sys/kernel/io_uring_disabled", "1\n", "sys/kernel/io_uring_group", "2147483647\n")),
        new Examination(new ProcessFacts(proc), CONFIG, "-Dloomring.rings=0 is out of its range").run());
    for (Diagnosis diagnosis : diagnoses) {
      assertFitsATerminal(diagnosis.text());
      assertTrue(diagnosis.findings().stream().map(Finding::remedy).anyMatch(Objects::nonNull));
    }
  }
}
