package io.loomring.samples;

import io.loomring.api.Uring;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Memory over the time of a soak. It is <em>flat</em> if the median of its last quarter is not above that of its second
 * quarter by more than a twentieth and 16 MiB: of what is resident, of what buffers are kept in, and of what is live on
 * the heap after a collection. The first quarter is left out, since compiled code and caches grow in it.
 */
final class SoakMemory {
  private static final long SPARE_BYTES = 16L << 20;
  private static final int SPARE_FRACTION = 20;

  /** A look at it; all in bytes. */
  record Sample(long resident, long pooled, long heap) {
    static Sample of(List<Uring> urings) {
      long pooled = urings.stream().mapToLong(uring -> uring.stats().pooledBytes()).sum();
      Runtime runtime = Runtime.getRuntime();
      return new Sample(residentBytes(), pooled, runtime.totalMemory() - runtime.freeMemory());
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "resident %,d MiB, pooled %,d MiB, heap %,d MiB", resident >> 20, pooled >> 20, heap >> 20);
    }
  }

  private final List<Sample> samples = new ArrayList<>();
  private final List<Long> live = new ArrayList<>();

  private static long residentBytes() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        }
      }
      return 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void add(Sample sample) {
    samples.add(sample);
  }

  /** What is live on the heap, after a collection; taken a few times over the run. */
  void addLive(long bytes) {
    live.add(bytes);
  }

  /** Null if it is flat, or what is not. */
  @Nullable String growth() {
    String resident = growth("resident memory", samples, Sample::resident);
    String pooled = growth("memory of buffers", samples, Sample::pooled);
    String heap = growth("live heap", live, Long::longValue);
    return resident != null ? resident : pooled != null ? pooled : heap;
  }

  private static <T> @Nullable String growth(String what, List<T> of, ToLongFunction<T> figure) {
    int count = of.size();
    if (count < 4) {
      return null;
    }
    long before = median(of.subList(count / 4, count / 2), figure);
    long after = median(of.subList(count - count / 4, count), figure);
    long most = before + before / SPARE_FRACTION + SPARE_BYTES;
    return after <= most
        ? null
        : String.format(
            Locale.ROOT, "%s grew from %,d KiB to %,d KiB (medians of the second and the last quarter)",
            what, before >> 10, after >> 10);
  }

  private static <T> long median(List<T> of, ToLongFunction<T> figure) {
    long[] sorted = of.stream().mapToLong(figure).sorted().toArray();
    return sorted[sorted.length / 2];
  }
}
