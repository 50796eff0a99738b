package io.loomring.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.CallOptions;
import io.loomring.api.ReservedSlot;
import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import io.loomring.fd.Descriptor;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the guide shows is what is compiled here, and it runs. */
@RunsOnce("the driver makes no difference to what a guide shows")
class GuideTest extends UringTest {
  private static final Pattern CODE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @TempDir Path directory;

  @Test
  void theGuidesOperationWritesAndSyncs() throws IOException {
    Path path = directory.resolve("journal");
    try (Descriptor journal =
        uring.files().open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      CallOptions inTime = CallOptions.timeout(Duration.ofSeconds(30));
      int bytes = uring.custom().call(new WriteDurably(journal, "first entry"), inTime);
      assertEquals(12, bytes);
      uring.custom().call(new WriteDurably(journal, "second entry"), inTime);
    }
    assertEquals(List.of("first entry", "second entry"), Files.readAllLines(path));
  }

  @Test
  void theGuidesOperationNamesTheStepThatFailed() throws IOException {
    assertEquals("write failed with errno 28", failure(Path.of("/dev/full")));
    assertEquals("fdatasync failed with errno 22", failure(Path.of("/dev/null")));
  }

  private String failure(Path path) throws IOException {
    try (Descriptor journal = uring.files().open(path, StandardOpenOption.APPEND)) {
      WriteDurably entry = new WriteDurably(journal, "an entry");
      return assertThrows(IOException.class, () -> uring.custom().call(entry, CallOptions.NONE)).getMessage();
    }
  }

  @Test
  void theGuidesChainOpensReadsAndCloses() throws IOException {
    Path path = Files.writeString(directory.resolve("greeting"), "hello");
    try (Uring uring = Uring.open(UringConfig.defaults().withDirectDescriptors(4));
        ReservedSlot slot = uring.direct().reserve(CallOptions.NONE)) {
      byte[] content = uring.custom().call(new ReadAtOnce(slot, path.toString(), 64 * 1024), CallOptions.NONE);
      assertEquals("hello", new String(content));
    }
    Path core = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    String javadoc = Files.readString(core.resolve("src/main/java/io/loomring/api/ReservedSlot.java"));
    String source = Files.readString(core.resolve("src/test/java/io/loomring/guide/ReadAtOnce.java"));
    int from = javadoc.indexOf("<pre>{@code") + "<pre>{@code".length();
    String code = javadoc.substring(from, javadoc.indexOf("}</pre>")).replaceAll("(?m)^ \\* ?", "");
    assertTrue(squeezed(source).contains(squeezed(code)), code);
  }

  @Test
  void theGuideShowsTheSourceThatIsCompiled() throws IOException {
    Path top = Path.of(System.getProperty("basedir", "")).toAbsolutePath().getParent();
    String sources = Files.readString(top.resolve("core/src/test/java/io/loomring/guide/WriteDurably.java"))
        + Files.readString(top.resolve("core/src/test/java/io/loomring/guide/ReadAtOnce.java"))
        + Files.readString(top.resolve("core/src/test/java/io/loomring/guide/GuideTest.java"));
    String guide = Files.readString(top.resolve("docs/guide/custom-operations.md"));
    List<String> shown =
        CODE.matcher(guide).results().map(MatchResult::group).map(GuideTest::withoutFence).toList();
    assertEquals(4, shown.size());
    for (String code : shown) {
      assertTrue(squeezed(sources).contains(squeezed(code)), () -> "not in the tested sources:\n" + code);
    }
  }

  private static String withoutFence(String block) {
    return block.substring("```java\n".length(), block.length() - "```".length());
  }

  private static String squeezed(String code) {
    return code.replaceAll("\\s+", " ").strip();
  }
}
