package io.loomring.samples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Counts the open descriptors of this process. */
final class Census {
  private static final Path DIRECTORY = Path.of("/proc/self/fd");
  private static final Duration PAUSE = Duration.ofMillis(5);

  private Census() {}

  /** How many there are, without the one that counting takes. */
  static long descriptors() throws IOException {
    try (Stream<Path> entries = Files.list(DIRECTORY)) {
      return entries.count() - 1;
    }
  }

  /** How many there are once they are down to {@code expected}, or when {@code limit} is over. */
  static long settled(long expected, Duration limit) throws IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    long count = descriptors();
    while (count > expected && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(PAUSE.toNanos());
      count = descriptors();
    }
    return count;
  }

  /** Waits until {@code condition} holds; false if it does not within {@code limit}. */
  static boolean await(BooleanSupplier condition, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    return true;
  }
}
