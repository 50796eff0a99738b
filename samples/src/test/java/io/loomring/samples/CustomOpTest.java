package io.loomring.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.testkit.Descriptors;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
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

  private static InProcess.Result replace(String input, Path file) {
    InputStream systemIn = System.in;
    System.setIn(new ByteArrayInputStream(input.getBytes(UTF_8)));
    try {
      return InProcess.run("custom-op", "--file", file.toString());
    } finally {
      System.setIn(systemIn);
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void theInputTakesThePlaceOfTheFile() throws Exception {
    Path file = directory.resolve("settings");
    InProcess.Result first = replace("one\nzw\u00f6lf\n", file);
    assertTrue(first.out().matches("11 bytes, \\d+\\.\\d\\d ms\n"), first::toString);
    assertEquals("one\nzw\u00f6lf\n", Files.readString(file));
    InProcess.Result second = replace("three", file);
    assertEquals(0, second.status(), second::toString);
    assertEquals("three", Files.readString(file));
    assertEquals(List.of("settings"), names());
  }

  @Test
  void whoHasTheOldOneOpenKeepsIt() throws Exception {
    Path file = Files.writeString(directory.resolve("settings"), "old");
    try (InputStream old = Files.newInputStream(file)) {
      assertEquals(0, replace("new", file).status());
      assertEquals("old", new String(old.readAllBytes(), UTF_8));
      assertEquals("new", Files.readString(file));
    }
  }

  @Test
  void whatIsLongIsOneWriteToo() throws Exception {
    Path file = directory.resolve("settings");
    String content = "twelve bytes".repeat(1 << 20);
    assertEquals(0, replace(content, file).status());
    assertEquals(content, Files.readString(file));
  }

  @Test
  void noInputMakesAnEmptyFile() throws Exception {
    Path file = Files.writeString(directory.resolve("settings"), "old");
    InProcess.Result result = replace("", file);
    assertEquals(0, result.status(), result::toString);
    assertEquals(0, Files.size(file));
  }

  @Test
  void theStepThatFailedIsNamedAndNothingIsLeftOfIt() throws Exception {
    Path taken = Files.createDirectory(directory.resolve("taken"));
    assertEquals(new InProcess.Result(1, "", "custom-op: " + taken + ": rename: Is a directory\n"),
        replace("one\n", taken));
    assertEquals(List.of("taken"), names());
  }

  @Test
  void aDirectoryThatIsNotThereIsNamed() {
    assertEquals(new InProcess.Result(1, "", "custom-op: /no/such: no such file or directory\n"),
        replace("one\n", Path.of("/no/such/settings")));
  }

  @Test
  void withoutANameOfAFileItSaysSo() {
    assertEquals(2, InProcess.run("custom-op").status());
    assertEquals(2, InProcess.run("custom-op", "--file", "/").status());
  }
}
