package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Descriptors;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CopyTest {
  private static final InProcess.Result DONE = new InProcess.Result(0, "", "");

  @TempDir private Path directory;
  private Path from;
  private Path to;

  @BeforeEach
  void name() {
    Uring.getDefault();
    from = directory.resolve("from");
    to = directory.resolve("to");
  }

  @AfterEach
  void noFileIsLeftOpen() {
    assertEquals(0, Descriptors.count(directory.toString()), () -> Descriptors.open().toString());
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 9_000_001})
  void aCopyHasTheBytesAndThePermissions(int size) throws IOException {
    byte[] bytes = random(size);
    Files.write(from, bytes);
    Files.setPosixFilePermissions(from, PosixFilePermissions.fromString("rwxr-x---"));
    assertEquals(DONE, InProcess.run("copy", from.toString(), to.toString()));
    assertArrayEquals(bytes, Files.readAllBytes(to));
    assertEquals("rwxr-x---", PosixFilePermissions.toString(Files.getPosixFilePermissions(to)));
    assertEquals(List.of("from", "to"), names());
  }

  @Test
  void intoADirectoryItKeepsItsName() throws IOException {
    Files.write(from, random(100));
    Path into = Files.createDirectory(directory.resolve("into"));
    assertEquals(DONE, InProcess.run("copy", from.toString(), into.toString()));
    assertArrayEquals(random(100), Files.readAllBytes(into.resolve("from")));
  }

  @Test
  void whatIsThereIsReplacedOnlyIfItIsAskedFor() throws IOException {
    Files.write(from, random(100));
    Files.writeString(to, "old");
    assertEquals(new InProcess.Result(1, "", "copy: " + to + ": exists; --force replaces it\n"),
        InProcess.run("copy", from.toString(), to.toString()));
    assertEquals("old", Files.readString(to));
    assertEquals(DONE, InProcess.run("copy", "--force", from.toString(), to.toString()));
    assertArrayEquals(random(100), Files.readAllBytes(to));
    assertEquals(new InProcess.Result(1, "", "copy: " + to + ": cannot be replaced\n"),
        InProcess.run("copy", "--force", to.toString(), to.toString()));
    assertArrayEquals(random(100), Files.readAllBytes(to));
  }

  @Test
  void whatCannotBeCopiedIsNamed() throws IOException {
    assertEquals(new InProcess.Result(1, "", "copy: " + from + ": no such file or directory\n"),
        InProcess.run("copy", from.toString(), to.toString()));
    assertEquals(new InProcess.Result(1, "", "copy: " + directory + ": no regular file\n"),
        InProcess.run("copy", directory.toString(), to.toString()));
    Files.createFile(from);
    String nowhere = directory.resolve("no/such").toString();
    assertEquals(new InProcess.Result(1, "", "copy: " + nowhere + ": no such directory\n"),
        InProcess.run("copy", from.toString(), nowhere));
    // A file of /proc says that it is empty, and is not.
    assertEquals(new InProcess.Result(1, "", "copy: the file changes while it is copied\n"),
        InProcess.run("copy", "/proc/cpuinfo", to.toString()));
    assertEquals(List.of("from"), names());
    assertEquals(2, InProcess.run("copy", from.toString()).status());
  }

  /** Starts a copy of a file with gigabytes of holes, in a process of its own. */
  private ChildJvm.Running startLongCopy() throws IOException {
    try (var file = new RandomAccessFile(from.toFile(), "rw")) {
      file.setLength(64L << 30);
    }
    ChildJvm.Running copy = ChildJvm.of(Loomring.class, "copy", from.toString(), to.toString()).start();
    Await.until(() -> "it does not begin: " + copy.errSoFar(), () -> names().size() == 2);
    return copy;
  }

  @Test
  void aSignalLeavesNothing() throws IOException {
    try (ChildJvm.Running copy = startLongCopy()) {
      copy.process().toHandle().destroy();
      ChildJvm.Result result = copy.await();
      assertEquals(143, result.exitCode(), result::toString);
      assertEquals("copy: interrupted\n", result.err());
      assertEquals(List.of("from"), names());
    }
  }

  @Tag("long")
  @Test
  void aKillLeavesNothingOfTheFinalName() throws IOException {
    try (ChildJvm.Running copy = startLongCopy()) {
      copy.process().toHandle().destroyForcibly();
      copy.await();
      assertEquals(List.of("from", "to.part-" + copy.process().pid()), names());
    }
  }

  @Tag("interop")
  @Test
  void aFullDiskIsNamedAndNothingIsLeft() throws Exception {
    Path disk = Files.createDirectory(directory.resolve("disk"));
    Files.write(from, random(3_000_000));
    OtherProgram.run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString());
    try {
      Files.writeString(disk.resolve("from"), "as it was");
      assertEquals(new InProcess.Result(1, "", "copy: No space left on device\n"),
          InProcess.run("copy", "--force", from.toString(), disk.toString()));
      try (Stream<Path> files = Files.list(disk)) {
        assertEquals(List.of(disk.resolve("from")), files.toList());
      }
      assertEquals("as it was", Files.readString(disk.resolve("from")));
    } finally {
      OtherProgram.run("umount", disk.toString());
    }
  }

  @Tag("interop")
  @Test
  void onATerminalABarShowsHowFarItIs() throws Exception {
    Files.write(from, random(5_000_000));
    List<String> words = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED", "-cp",
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
        Loomring.class.getName(), "copy", from.toString(), to.toString());
    OtherProgram.Result result =
        OtherProgram.run("script", "--quiet", "--return", "--command", String.join(" ", words), "/dev/null");
    assertEquals(0, result.status(), result::toString);
    assertTrue(result.out().endsWith("\r\n") && result.out().contains("\r[########################################] 100%"),
        result::toString);
    assertArrayEquals(random(5_000_000), Files.readAllBytes(to));
  }
}
