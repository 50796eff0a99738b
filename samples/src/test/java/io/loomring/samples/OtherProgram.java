package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Runs programs that are not ours, to their end. */
final class OtherProgram {
  private OtherProgram() {}

  /** What one left. */
  record Result(int status, String out, String err) {}

  /** Runs one without input. */
  static Result run(String... command) throws IOException, InterruptedException {
    return runWith("/dev/null", command);
  }

  /** Runs one whose standard input is a file. */
  static Result runWith(String input, String... command) throws IOException, InterruptedException {
    Path out = Files.createTempFile("out", ".txt");
    Path err = Files.createTempFile("err", ".txt");
    try {
      Process process = new ProcessBuilder(command)
          .redirectInput(new File(input))
          .redirectOutput(out.toFile())
          .redirectError(err.toFile())
          .start();
      try {
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), () -> command[0] + " did not end");
      } finally {
        process.destroyForcibly();
      }
      return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }
}
