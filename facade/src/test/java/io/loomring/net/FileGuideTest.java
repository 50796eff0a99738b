package io.loomring.net;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.OperationTimeoutException;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the documentation of files and texts shows is what is compiled here, and it runs. */
@RunsOnce("the driver makes no difference to what a guide shows")
class FileGuideTest {
  private static final Pattern CODE = Pattern.compile("<pre>\\{@code\\n(.*?)\\* }</pre>", Pattern.DOTALL);

  @TempDir
  private Path directory;

  @Test
  void aJournalIsAppendedToAndReadFromTheStart() throws IOException {
    Path path = directory.resolve("journal");
    try (UringFile journal = UringFile.open(path, CREATE, READ, WRITE)) {
      journal.write(ByteBuffer.wrap("first entry\n".getBytes(UTF_8)), journal.size());
      journal.force(false);
      byte[] start = new byte[5];
      journal.read(start, 0, start.length, 0);
      assertEquals("first", new String(start, UTF_8));
    }
    assertEquals("first entry\n", Files.readString(path));
  }

  static final class Prompt {
    public static void main(String[] arguments) throws IOException {
      TextWriter out = TextWriter.standardOutput();
      TextReader in = TextReader.standardInput();
      out.print("Your name? ");
      try {
        String name = in.readLine(Duration.ofSeconds(10));
        out.printf("Hello, %s.%n", name);
      } catch (OperationTimeoutException late) {
        // What has been typed of the line so far is still there for the next call.
        out.println(late.getMessage());
      }
    }
  }

  @Test
  void aPromptIsAnswered() throws IOException {
    try (ChildJvm.Running running = ChildJvm.of(Prompt.class).start()) {
      try (OutputStream in = running.process().getOutputStream()) {
        in.write("Ada\n".getBytes(UTF_8));
      }
      assertEquals("Your name? Hello, Ada.\n", running.await().succeeded());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"UringFile", "TextReader", "TextWriter"})
  void theDocumentationShowsTheSourceThatIsCompiled(String type) throws IOException {
    Path module = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    String source = Files.readString(module.resolve("src/test/java/io/loomring/net/FileGuideTest.java"));
    String documented = Files.readString(module.resolve("src/main/java/io/loomring/net/" + type + ".java"));
    Matcher shown = CODE.matcher(documented);
    assertTrue(shown.find(), type + " shows nothing");
    for (String line : shown.group(1).lines().map(line -> line.replaceFirst("^ \\*", "").strip()).toList()) {
      assertTrue(source.contains(line), () -> "not in the tested source: " + line);
    }
  }
}
