package io.loomring.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.testkit.Descriptors;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CustomOpTest {
  @TempDir private Path directory;

  @BeforeEach
  void startTheRing() {
    Uring.getDefault();
  }

  @AfterEach
  void noFileIsLeftOpen() {
    assertEquals(0, Descriptors.count(directory.toString()), () -> Descriptors.open().toString());
  }

  private static InProcess.Result append(String input, Path file) {
    InputStream systemIn = System.in;
    System.setIn(new ByteArrayInputStream(input.getBytes(UTF_8)));
    try {
      return InProcess.run("custom-op", "--file", file.toString());
    } finally {
      System.setIn(systemIn);
    }
  }

  @Test
  void linesAreAppendedToTheJournal() throws Exception {
    Path journal = directory.resolve("journal");
    InProcess.Result first = append("one\nzw\u00f6lf\n", journal);
    assertTrue(first.out().matches("2 lines, 11 bytes, \\d+\\.\\d\\d ms each\n"), first::toString);
    InProcess.Result second = append("three", journal);
    assertEquals(0, second.status(), second::toString);
    assertEquals("one\nzw\u00f6lf\nthree\n", Files.readString(journal));
  }

  @Test
  void aFullDiskIsNamedWithTheLine() {
    assertEquals(new InProcess.Result(1, "", "custom-op: /dev/full, line 1: No space left on device\n"),
        append("one\ntwo\n", Path.of("/dev/full")));
  }

  @Test
  void aFileThatCannotBeSyncedIsAFailureThoughItIsWritten() {
    InProcess.Result result = append("one\n", Path.of("/dev/null"));
    assertEquals(1, result.status());
    assertTrue(result.err().startsWith("custom-op: /dev/null, line 1: "), result::toString);
  }

  @Test
  void aDirectoryThatIsNotThereIsNamed() {
    assertEquals(new InProcess.Result(1, "", "custom-op: /no/such/journal: no such file or directory\n"),
        append("one\n", Path.of("/no/such/journal")));
  }

  @Test
  void withoutAFileItSaysSo() {
    assertEquals(2, InProcess.run("custom-op").status());
  }
}
