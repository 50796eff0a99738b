package io.loomring.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.CallOptions;
import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import io.loomring.fd.Descriptor;
import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the Javadoc of direct descriptors shows is what is compiled here, and it runs. */
@RunsOnce("the driver makes no difference to what an example shows")
class DirectExampleTest {
  private static final Pattern CODE = Pattern.compile("<pre>\\{@code(.*?)\\}</pre>", Pattern.DOTALL);

  @TempDir
  private Path directory;

  private static int read(Path path, MemorySegment into) throws IOException {
    try (Uring uring = Uring.open(UringConfig.defaults().withDirectDescriptors(1024));
        Descriptor file = uring.direct().open(path)) {
      return uring.read(file, into, 0, CallOptions.NONE);
    }
  }

  @Test
  void theExampleReadsAFile() throws IOException {
    Path path = Files.writeString(directory.resolve("greeting"), "hello");
    MemorySegment into = MemorySegment.ofArray(new byte[100]);
    assertEquals(5, read(path, into));
    assertEquals('o', into.get(ValueLayout.JAVA_BYTE, 4));
  }

  @Test
  void theJavadocShowsTheSourceThatIsCompiled() throws IOException {
    Path core = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    String javadoc = Files.readString(core.resolve("src/main/java/io/loomring/api/DirectOperations.java"));
    String source = Files.readString(core.resolve("src/test/java/io/loomring/guide/DirectExampleTest.java"));
    Matcher shown = CODE.matcher(javadoc);
    assertTrue(shown.find());
    String code = shown.group(1).replaceAll("(?m)^ \\* ?", "").replaceAll("\\s+", " ").strip();
    assertTrue(source.replaceAll("\\s+", " ").contains(code), code);
  }
}
