package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.testkit.Descriptors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChecksumTest {
  @TempDir private Path directory;

  @BeforeEach
  void startTheRing() {
    Uring.getDefault();
  }

  @AfterEach
  void noFileIsLeftOpen() {
    assertEquals(0, Descriptors.count(directory.toString()), () -> Descriptors.open().toString());
  }

  /** Makes files of many sizes, in directories, and answers the lines that are due, as the JDK computes them. */
  private List<String> makeTree() throws Exception {
    Random random = new Random(5);
    List<Path> files = new ArrayList<>();
    for (int size : new int[] {0, 1, 55, 64, 4096, 262_144, 262_145, 3_000_000}) {
      for (String name : new String[] {"b" + size, "a/x" + size, "a/deeper/" + size, "c d/\u00e4" + size}) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        files.add(Files.write(file, bytes));
      }
    }
    Files.createSymbolicLink(directory.resolve("link"), files.getFirst());
    List<String> lines = new ArrayList<>();
    for (Path file : files.stream().sorted().toList()) {
      byte[] sum = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      lines.add(HexFormat.of().formatHex(sum) + "  " + file);
    }
    return lines;
  }

  @Test
  void everyFileOfATreeHasItsLineInTheOrderOfTheNames() throws Exception {
    String expected = String.join("\n", makeTree()) + "\n";
    for (String threads : new String[] {"1", "16"}) {
      assertEquals(new InProcess.Result(0, expected, ""),
          InProcess.run("checksum", "--threads", threads, directory.toString()));
    }
  }

  @Test
  void whatCannotBeReadIsNamedAndTheRestIsDone() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "abc");
    String missing = directory.resolve("missing").toString();
    InProcess.Result result = InProcess.run("checksum", missing, file.toString(), "/dev/null", "--", "-x");
    assertEquals(1, result.status());
    assertEquals("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  " + file + "\n", result.out());
    assertEquals("checksum: " + missing + ": no such file or directory\nchecksum: /dev/null: no regular file\n"
        + "checksum: -x: no such file or directory\n", result.err());
  }

  @Test
  void aNameWithALineFeedIsWrittenAsSha256sumWritesIt() throws Exception {
    Path file = Files.writeString(directory.resolve("a\nb\\c"), "abc");
    assertEquals("\\ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  " + directory + "/a\\nb\\\\c\n",
        InProcess.run("checksum", file.toString()).out());
  }

  @Test
  void withoutAFileItSaysSo() {
    assertEquals(new InProcess.Result(2, "", "checksum: no file; ./loomring checksum --help lists the flags\n"),
        InProcess.run("checksum"));
  }

  @Tag("interop")
  @Test
  void sha256sumFindsThatTheyAreRight() throws Exception {
    int count = makeTree().size() + 1;
    Files.writeString(directory.resolve("a\nb\\c"), "abc");
    Path sums = Files.writeString(directory.resolveSibling(directory.getFileName() + ".sums"),
        InProcess.run("checksum", directory.toString()).out());
    try {
      OtherProgram.Result check = OtherProgram.run("sha256sum", "--strict", "--check", sums.toString());
      assertEquals(0, check.status(), check::toString);
      assertTrue(check.out().lines().count() == count && check.out().lines().allMatch(line -> line.endsWith(": OK")),
          check::toString);
    } finally {
      Files.delete(sums);
    }
  }
}
