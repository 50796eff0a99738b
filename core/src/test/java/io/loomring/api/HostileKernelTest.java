package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.Smoke;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A kernel that answers with errors now and then, as strace makes it. */
@Tag("interop")
class HostileKernelTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir
  private Path directory;

  private Path trace() {
    return directory.resolve("trace");
  }

  private ChildJvm under(String injection, String... arguments) {
    return under(Smoke.class, injection, arguments);
  }

  private ChildJvm under(Class<?> main, String injection, String... arguments) {
    return ChildJvm.of(main, arguments).limit(LIMIT).wrappedBy(command -> {
      List<String> line = new ArrayList<>(List.of(
          "strace", "-f", "--seccomp-bpf", "-qq", "-o", trace().toString(),
          "-e", "trace=io_uring_enter", "-e", "signal=none", "-e", "inject=io_uring_enter:" + injection));
      line.addAll(command);
      return line;
    });
  }

  private long injected() throws IOException {
    try (var lines = Files.lines(trace())) {
      return lines.filter(line -> line.contains("(INJECTED)")).count();
    }
  }

  @ParameterizedTest(name = "{0} from call {1} on")
  @CsvSource({
    "EINTR, 1", "EINTR, 2+2", "EINTR, 3+7",
    "EAGAIN, 1", "EAGAIN, 2+2", "EAGAIN, 3+7",
    "EBUSY, 1", "EBUSY, 2+2", "EBUSY, 3+7",
    "ENOMEM, 3+7", "ETIME, 3+7",
  })
  void errorsThatPassAreAskedAgain(String errno, String when) throws IOException {
    String said = under("error=" + errno + ":when=" + when).run().succeeded();
    assertTrue(said.contains("smoke passed"), said);
    assertTrue(injected() > 0, "nothing was injected");
  }

  @RunsOnce("strace counts the calls of each thread, and every loop is a new one that dies like the last")
  @ParameterizedTest(name = "{0} at call {1}")
  @CsvSource({"EBADR, 4", "EBADR, 50", "EBADR, 60..300+60", "EBADF, 30", "EFAULT, 30", "EINVAL, 30", "EEXIST, 30", "ENXIO, 30"})
  void aRingThatCannotBeTrustedAnyMoreEndsEverybodyAndTheProcessGoesOnWithAnother(String errno, String when)
      throws IOException {
    String said = under("error=" + errno + ":when=" + when, "dying").run().succeeded();
    Matcher deaths = Pattern.compile("smoke passed, deaths (\\d+)").matcher(said);
    assertTrue(deaths.find(), said);
    assertTrue(injected() > 0, "nothing was injected");
    assertTrue(Integer.parseInt(deaths.group(1)) > 0, said);
  }

  @RunsOnce("the probe has no loops")
  @ParameterizedTest(name = "{0} at call {1}")
  @CsvSource({"EINTR, 1", "EAGAIN, 1", "EBUSY, 1", "EBUSY, 1..3"})
  void whetherThereIsIoUringIsAskedAgain(String errno, String when) throws IOException {
    String said = under(RefusedRingTest.Main.class, "error=" + errno + ":when=" + when).run().succeeded();
    assertEquals("available=true", said.strip());
    assertTrue(injected() > 0, "nothing was injected");
  }

  @Test
  void aFilterThatComesLaterIsNamed() throws IOException {
    ChildJvm.Result result = under("error=EPERM:when=40+1").run();
    assertTrue(result.exitCode() != 0, result::toString);
    assertTrue(result.err().contains("io_uring_enter"), result::toString);
    assertTrue(result.err().contains("seccomp"), result::toString);
    assertTrue(injected() > 0, "nothing was injected");
  }
}
