package io.loomring.samples;

import io.loomring.api.Uring;
import io.loomring.api.UringStats;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a process holds: by kind its descriptors, without those that the JVM opens files with when it likes; by name its
 * platform threads, without the carriers, which come and go; and of the rings what is in use.
 */
record SoakCensus(
    Map<String, Integer> descriptors,
    Map<String, Integer> threads,
    int slots,
    int inFlight,
    long buffersLent,
    long inKernel,
    long strays) {

  static SoakCensus of(List<Uring> urings) {
    int slots = 0;
    int inFlight = 0;
    long lent = 0;
    long inKernel = 0;
    long strays = 0;
    for (Uring uring : urings) {
      UringStats stats = uring.stats();
      slots += stats.slotsInUse();
      inFlight += stats.inFlight();
      lent += stats.buffersLent();
      inKernel += stats.submitted() - stats.completed();
      strays += stats.strayCompletions();
    }
    return new SoakCensus(openDescriptors(), platformThreads(), slots, inFlight, lent, inKernel, strays);
  }

  private static Map<String, Integer> openDescriptors() {
    Map<String, Integer> kinds = new TreeMap<>();
    try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
      for (Path entry : entries.toList()) {
        try {
          String target = Files.readSymbolicLink(entry).toString();
          if (!target.startsWith("/") || target.contains("/soak-")) {
            kinds.merge(target.replaceAll("[:/].*\\d+.*", ""), 1, Integer::sum);
          }
        } catch (NoSuchFileException closedMeanwhile) {
          // Not open any more.
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return kinds;
  }

  private static Map<String, Integer> platformThreads() {
    Map<String, Integer> names = new TreeMap<>();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      String name = thread.getName();
      if (!name.startsWith("ForkJoinPool") && !name.startsWith("VirtualThread-")) {
        names.merge(name.replaceAll("\\d+", ""), 1, Integer::sum);
      }
    }
    return names;
  }

  /** Whether it holds what {@code expected} does, and no thread more: those of the JVM may have ended meanwhile. */
  boolean hasNoMoreThan(SoakCensus expected) {
    return equals(new SoakCensus(
            expected.descriptors, threads, expected.slots, expected.inFlight, expected.buffersLent,
            expected.inKernel, expected.strays))
        && threads.entrySet().stream().allMatch(
            thread -> thread.getValue() <= expected.threads.getOrDefault(thread.getKey(), 0));
  }

  int descriptorCount() {
    return descriptors.values().stream().mapToInt(Integer::intValue).sum();
  }

  int threadCount() {
    return threads.values().stream().mapToInt(Integer::intValue).sum();
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "descriptors %s, threads %s, slots %d, in flight %d, buffers lent %d, in the kernel %d, strays %d",
        descriptors, threads, slots, inFlight, buffersLent, inKernel, strays);
  }
}
