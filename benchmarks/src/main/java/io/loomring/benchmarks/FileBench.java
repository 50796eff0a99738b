package io.loomring.benchmarks;

import io.loomring.sys.KernelVersion;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * Random reads of 4 KiB from many virtual threads on few carriers, side by side: {@code FileChannel} and both drivers of
 * this library, each in a JVM of its own, slices interleaved, ratios pair by pair. Every block carries its number.
 */
final class FileBench {
  static final int BLOCK_BYTES = 4096;

  private static final Set<String> OPTIONS = Set.of(
      "--subjects", "--modes", "--threads", "--carriers", "--mib", "--dir", "--rounds", "--slice", "--warm",
      "--preheat", "--tsv");

  /** Where the bytes of a read come from. */
  enum Mode {
    /** From the device, past the page cache: O_DIRECT. */
    DIRECT,
    /** Through a page cache that the file was dropped from before the slice (posix_fadvise DONTNEED). */
    COLD,
    /** From the page cache, which the whole file is in. */
    CACHED,
    /** From memory, with no file: the threads copy a block, verify it, and yield. */
    BUSY,
    /** Not at all: the ticker is alone. */
    IDLE;

    static Mode of(String word) {
      for (Mode mode : values()) {
        if (mode.word().equals(word)) {
          return mode;
        }
      }
      throw new IllegalArgumentException("mode '" + word + "': one of direct, cold, cached, busy, idle");
    }

    String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  private record Slice(
      double rate, double p50, double p99, double cpu, double parallel, double served, double gapP99, double gapMax) {}

  private final List<String> subjects;
  private final List<Mode> modes;
  private final int threads;
  private final int carriers;
  private final int mib;
  private final String directory;
  private final int rounds;
  private final int sliceMillis;
  private final int warmMillis;
  private final int preheatMillis;
  private final String tsv;

  FileBench(String[] args) {
    Options options = new Options(args, 2, OPTIONS);
    subjects = List.of(options.text("--subjects", "jdk,uring,uring-loop").split(","));
    for (String subject : subjects) {
      FileMain.requireKnown(subject);
    }
    modes = Arrays.stream(options.text("--modes", "direct,cold,cached").split(",")).map(Mode::of).toList();
    threads = options.number("--threads", 256);
    carriers = options.number("--carriers", 2);
    mib = options.number("--mib", 1024);
    directory = options.text("--dir", System.getProperty("java.io.tmpdir"));
    rounds = options.number("--rounds", 5);
    sliceMillis = options.number("--slice", 1000);
    warmMillis = options.number("--warm", 200);
    preheatMillis = options.number("--preheat", 3000);
    tsv = options.text("--tsv", "");
  }

  void run() throws IOException {
    Path file = Files.createTempFile(Path.of(directory), "loomring-bench", ".dat");
    Map<String, List<Slice>> slices = new LinkedHashMap<>();
    List<ChildProcess> children = new ArrayList<>();
    try {
      fill(file);
      printConditions(file);
      for (String subject : subjects) {
        List<String> jvm = List.of("-Djdk.virtualThreadScheduler.parallelism=" + carriers);
        children.add(new ChildProcess(
            subject, -1, jvm, FileMain.class, subject, file.toString(), Integer.toString(threads),
            Integer.toString(carriers)));
      }
      for (ChildProcess child : children) {
        child.ask("read cached 0 " + preheatMillis, "result");
        child.ask("read direct 0 " + preheatMillis / 3, "result");
      }
      for (Mode mode : modes) {
        for (int round = 0; round < rounds; round++) {
          for (int i = 0; i < children.size(); i++) {
            System.err.printf(
                "\rfile, %s, round %d of %d, %-12s", mode.word(), round + 1, rounds, subjects.get(i));
            String key = mode.word() + "\t" + subjects.get(i);
            slices.computeIfAbsent(key, k -> new ArrayList<>()).add(slice(children.get(i), mode, file));
          }
        }
      }
      System.err.println();
    } finally {
      children.forEach(ChildProcess::close);
      Files.deleteIfExists(file);
    }
    print(slices);
  }

  private void printConditions(Path file) throws IOException {
    System.out.printf(
        "# Linux %s, JDK %s, %d cores; %d B random reads of a file of %d MiB on %s, %d virtual threads on %d carriers,"
            + " %d rounds of %d ms%n",
        KernelVersion.current().release().replaceAll("[^0-9.].*", ""), Runtime.version(),
        Runtime.getRuntime().availableProcessors(), BLOCK_BYTES, mib, Files.getFileStore(file).type(), threads,
        carriers, rounds, sliceMillis);
    System.out.println("# direct: O_DIRECT; cold: the file is dropped from the page cache before each slice"
        + " (posix_fadvise DONTNEED); cached: all of it is in the page cache; busy: no file, the threads copy and verify"
        + " memory, and yield; idle: no threads");
    System.out.println("# gap: what a virtual thread that ticks each millisecond had to wait, one in a hundred and at"
        + " most; in_flight: reads under way at a time (rate times mean latency); threads_served: that read at all");
  }

  /** Fills the file; every block has its number at its beginning, and the complement at its end. */
  private void fill(Path file) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    new java.util.SplittableRandom(mib).nextBytes(chunk.array());
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        OutputStream out = Channels.newOutputStream(channel)) {
      for (long block = 0; block < blocks();) {
        for (int at = 0; at < chunk.capacity(); at += BLOCK_BYTES) {
          chunk.putLong(at, block);
          chunk.putLong(at + BLOCK_BYTES - Long.BYTES, ~block);
          block++;
        }
        out.write(chunk.array());
      }
      // Only what is clean can be dropped from the page cache.
      channel.force(true);
    }
  }

  private long blocks() {
    return (long) mib * (1 << 20) / BLOCK_BYTES;
  }

  private Slice slice(ChildProcess child, Mode mode, Path file) throws IOException {
    switch (mode) {
      case DIRECT, COLD ->
          command("dd", "of=" + file, "oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none");
      case CACHED -> command("cat", file.toString());
      case BUSY, IDLE -> { }
    }
    ProcessStats stats = new ProcessStats(child.pid());
    child.say("read " + mode.word() + " " + warmMillis + " " + sliceMillis);
    child.hear("begin");
    long cpuBefore = stats.cpuNanos();
    String[] words = child.hear("result").split(" ");
    long cpu = stats.cpuNanos() - cpuBefore;
    double reads = Math.max(1, Long.parseLong(words[1]));
    double nanos = Long.parseLong(words[2]);
    if (Long.parseLong(words[8]) != 0) {
      throw new IOException(words[8] + " wrong blocks came back");
    }
    return new Slice(
        reads * 1e9 / nanos, Long.parseLong(words[3]) / 1e3, Long.parseLong(words[4]) / 1e3, cpu / reads / 1e3,
        Long.parseLong(words[5]) / nanos, Long.parseLong(words[9]), Long.parseLong(words[6]) / 1e3, Long.parseLong(words[7]) / 1e3);
  }

  private static void command(String... command) throws IOException {
    try {
      int exit = new ProcessBuilder(command)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .redirectError(ProcessBuilder.Redirect.INHERIT)
          .start()
          .waitFor();
      if (exit != 0) {
        throw new IOException(String.join(" ", command) + " ended with " + exit);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private void print(Map<String, List<Slice>> slices) throws IOException {
    String header = "subject\tmode\treads_per_s\tp50_us\tp99_us\tcpu_us_per_read\tin_flight\tthreads_served\tgap_p99_us\tgap_max_us"
        + "\tratio_vs_jdk\tratio_min\tratio_max";
    List<String> rows = new ArrayList<>();
    for (Mode mode : modes) {
      String reference = subjects.contains("jdk") ? "jdk" : subjects.getFirst();
      List<Slice> base = slices.getOrDefault(mode.word() + "\t" + reference, List.of());
      for (String subject : subjects) {
        List<Slice> mine = slices.getOrDefault(mode.word() + "\t" + subject, List.of());
        double[] ratios = new double[rounds];
        for (int r = 0; r < rounds; r++) {
          ratios[r] = mine.get(r).rate / base.get(r).rate;
        }
        Arrays.sort(ratios);
        rows.add(String.format(
            "%s\t%s\t%.0f\t%.0f\t%.0f\t%.2f\t%.1f\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\t%.2f",
            subject, mode.word(), median(mine, Slice::rate), median(mine, Slice::p50), median(mine, Slice::p99),
            median(mine, Slice::cpu), median(mine, Slice::parallel), median(mine, Slice::served), median(mine, Slice::gapP99),
            median(mine, Slice::gapMax), ratios[rounds / 2], ratios[0], ratios[rounds - 1]));
      }
    }
    Tables.print(System.out, header, rows);
    if (!tsv.isEmpty()) {
      try (PrintStream out = new PrintStream(tsv, StandardCharsets.UTF_8)) {
        out.println(header);
        rows.forEach(out::println);
      }
    }
  }

  private static double median(List<Slice> slices, ToDoubleFunction<Slice> figure) {
    double[] values = slices.stream().mapToDouble(figure).sorted().toArray();
    return values[values.length / 2];
  }
}
