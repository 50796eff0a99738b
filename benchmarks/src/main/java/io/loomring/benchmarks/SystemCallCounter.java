package io.loomring.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Counts the system calls of a process through {@code perf}, where that is installed and allowed. */
final class SystemCallCounter {
  private final Process perf;

  private SystemCallCounter(Process perf) {
    this.perf = perf;
  }

  static SystemCallCounter attach(long pid) throws IOException {
    return new SystemCallCounter(
        new ProcessBuilder("perf", "stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "-p", Long.toString(pid))
            .redirectErrorStream(true)
            .start());
  }

  static boolean works() {
    try {
      SystemCallCounter probe = attach(ProcessHandle.current().pid());
      // Something to count, for as long as perf takes to attach.
      ProcessStats stats = new ProcessStats(ProcessHandle.current().pid());
      long end = System.nanoTime() + 500_000_000L;
      while (System.nanoTime() < end) {
        stats.cpuNanos();
      }
      return probe.stop() >= 0;
    } catch (IOException notInstalled) {
      return false;
    }
  }

  /** Ends counting, and answers the number, or -1 where perf could not tell. */
  long stop() throws IOException {
    try {
      // perf prints its figures when it is interrupted.
      new ProcessBuilder("kill", "-INT", Long.toString(perf.pid())).start().waitFor();
      String printed = new String(perf.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      perf.waitFor();
      for (String line : printed.split("\n")) {
        if (line.contains("raw_syscalls:sys_enter") && Character.isDigit(line.charAt(0))) {
          return Long.parseLong(line.substring(0, line.indexOf(',')));
        }
      }
      return -1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return -1;
    }
  }
}
