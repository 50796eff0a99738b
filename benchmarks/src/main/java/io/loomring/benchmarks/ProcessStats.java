package io.loomring.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What {@code /proc} says of a process. CPU time is the scheduler's, in nanoseconds, thread by thread, so that it does
 * not have the 10 ms grain of {@code /proc/PID/stat}; threads that end between two looks keep what they had used.
 */
final class ProcessStats {
  private final long pid;
  private final Map<String, Long> cpuOfThreads = new HashMap<>();

  ProcessStats(long pid) {
    this.pid = pid;
  }

  long pid() {
    return pid;
  }

  /** CPU time of all threads so far, in nanoseconds. */
  long cpuNanos() {
    Path tasks = Path.of("/proc/" + pid + "/task");
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
      for (Path thread : threads) {
        String text = read(thread.resolve("schedstat"));
        if (!text.isEmpty()) {
          cpuOfThreads.merge(
              thread.getFileName().toString(), Long.parseLong(text.substring(0, text.indexOf(' '))), Math::max);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return cpuOfThreads.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Resident memory, in bytes. */
  long residentBytes() {
    for (String line : read(Path.of("/proc/" + pid + "/status")).split("\n")) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    return 0;
  }

  private static String read(Path path) {
    try {
      return Files.readString(path);
    } catch (NoSuchFileException gone) {
      return "";
    } catch (IOException ended) {
      // A thread that ends while its file is read answers ESRCH.
      return "";
    }
  }
}
