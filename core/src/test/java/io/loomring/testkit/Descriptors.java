package io.loomring.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A census of this process's open descriptors, to show that none leaks and none is closed twice. */
public final class Descriptors {
  private static final Path DIRECTORY = Path.of("/proc/self/fd");

  private Descriptors() {}

  /** Every open descriptor with what it is, such as {@code socket:[12345]} or {@code anon_inode:[io_uring]}. */
  public static Map<Integer, String> open() {
    Map<Integer, String> found = new TreeMap<>();
    try (Stream<Path> entries = Files.list(DIRECTORY)) {
      for (Path entry : entries.toList()) {
        try {
          String target = Files.readSymbolicLink(entry).toString();
          if (!target.matches("/proc/\\d+/fd")) {
            found.put(Integer.parseInt(entry.getFileName().toString()), target);
          }
        } catch (NoSuchFileException closedMeanwhile) {
          // Not open any more.
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  /** What {@code fd} is, or {@code closed}. */
  public static String target(int fd) {
    return open().getOrDefault(fd, "closed");
  }

  /** The sockets, pipes, rings and other unnamed ones: files, which the JVM opens when it likes, are left out. */
  public static Map<Integer, String> unnamed() {
    return open().entrySet().stream()
        .filter(entry -> !entry.getValue().startsWith("/"))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a, TreeMap::new));
  }

  /** How many sockets are open. */
  public static int sockets() {
    return count("socket:");
  }

  /** How many rings are open. */
  public static int rings() {
    return count("anon_inode:[io_uring]");
  }

  /** How many open descriptors are something that begins with {@code prefix}. */
  public static int count(String prefix) {
    return (int) open().values().stream().filter(target -> target.startsWith(prefix)).count();
  }

  /** How many of {@link #unnamed} there are: the figure to take before a test and to wait for after it. */
  public static int census() {
    return unnamed().size();
  }

  /** Waits until {@link #census} is {@code expected}. */
  public static void awaitCensus(int expected) {
    await("open descriptors", expected, Descriptors::census);
  }

  /** Waits until as many sockets as {@code expected} are open. */
  public static void awaitSockets(int expected) {
    await("open sockets", expected, Descriptors::sockets);
  }

  private static void await(String what, int expected, Supplier<Integer> count) {
    Await.until(() -> what + " are " + count.get() + " and not " + expected + ": " + unnamed(),
        () -> count.get() == expected);
  }
}
