package io.loomring.benchmarks;

import io.loomring.api.CallOptions;
import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import io.loomring.fd.Descriptor;
import io.loomring.sys.Constants;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;

/**
 * One subject of the file benchmark, in a JVM of its own: {@code SUBJECT FILE THREADS CARRIERS}. Each line {@code read
 * MODE WARM_MILLIS MILLIS} on standard input is one slice; it answers {@code begin} when the measured part begins, and
 * then {@code result READS NANOS P50 P99 SUM_OF_LATENCIES GAP_P99 GAP_MAX WRONG_BLOCKS
 * THREADS_THAT_READ}.
 */
public final class FileMain {
  private static final long TICK_NANOS = 1_000_000;
  private static final int MEMORY_BLOCKS = 4096;
  private static final ByteBuffer MEMORY = memoryBlocks();

  /** A file that one thread reads blocks of. */
  private interface Source {
    int read(ByteBuffer into, long position) throws IOException;
  }

  private interface Opener {
    Source open(boolean direct) throws IOException;
  }

  /** A thread's own figures; the histograms are read when it has ended. */
  private static final class Reader {
    final LatencyHistogram latencies = new LatencyHistogram();
    long reads;
    long latencySum;
    long wrong;
  }

  private final ThreadFactory factory;
  private final Opener opener;
  private final int threads;
  private final long blocks;
  private volatile boolean measuring;
  private volatile boolean over;

  private FileMain(ThreadFactory factory, Opener opener, int threads, long blocks) {
    this.factory = factory;
    this.opener = opener;
    this.threads = threads;
    this.blocks = blocks;
  }

  static void requireKnown(String subject) {
    if (!Set.of("jdk", "uring", "uring-loop").contains(subject)) {
      throw new IllegalArgumentException("subject '" + subject + "': one of jdk, uring, uring-loop");
    }
  }

  public static void main(String[] args) throws Exception {
    Path file = Path.of(args[1]);
    int threads = Integer.parseInt(args[2]);
    long blocks = java.nio.file.Files.size(file) / FileBench.BLOCK_BYTES;
    FileMain subject = switch (args[0]) {
      case "jdk" -> new FileMain(Thread.ofVirtual().factory(), direct -> channel(file, direct), threads, blocks);
      case "uring" -> onRing(Uring.getDefault(), file, threads, blocks);
      default -> onRing(loops(Integer.parseInt(args[3])), file, threads, blocks);
    };
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      String[] words = line.split(" ");
      subject.slice(FileBench.Mode.of(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
    }
    Runtime.getRuntime().halt(0);
  }

  private static Uring loops(int count) throws IOException {
    Uring uring = Uring.open(UringConfig.fromSystemProperties().withLoops(true).withRings(count));
    if (!uring.hasLoops()) {
      throw new IOException("the JVM gives no loops");
    }
    return uring;
  }

  private static FileMain onRing(Uring uring, Path file, int threads, long blocks) {
    return new FileMain(uring.threadFactory(), direct -> ring(uring, file, direct), threads, blocks);
  }

  private static Source channel(Path file, boolean direct) throws IOException {
    Set<OpenOption> options = new HashSet<>(Set.of(StandardOpenOption.READ));
    if (direct) {
      options.add(directOption());
    }
    FileChannel channel = FileChannel.open(file, options);
    return (into, position) -> {
      if (position < 0) {
        channel.close();
        return 0;
      }
      return channel.read(into, position);
    };
  }

  private static OpenOption directOption() {
    try {
      for (Object option : Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
        if (option.toString().equals("DIRECT")) {
          return (OpenOption) option;
        }
      }
    } catch (ClassNotFoundException none) {
      throw new IllegalStateException("this JDK opens no files for direct access", none);
    }
    throw new IllegalStateException("this JDK opens no files for direct access");
  }

  private static Source ring(Uring uring, Path file, boolean direct) throws IOException {
    int flags = Constants.O_RDONLY | (direct ? Constants.O_DIRECT : 0);
    Descriptor descriptor = uring.files().openat(null, file.toString(), flags, 0, CallOptions.NONE);
    return (into, position) -> {
      if (position < 0) {
        descriptor.close();
        return 0;
      }
      return uring.files().read(descriptor, into, position, CallOptions.NONE);
    };
  }

  /** Blocks that look like those of the file; after each the thread lets others in. */
  private static Source memory() {
    return (into, position) -> {
      if (position >= 0) {
        into.put(0, MEMORY, (int) position, FileBench.BLOCK_BYTES);
        Thread.yield();
      }
      return FileBench.BLOCK_BYTES;
    };
  }

  private static ByteBuffer memoryBlocks() {
    ByteBuffer blocks = ByteBuffer.allocateDirect(MEMORY_BLOCKS * FileBench.BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int block = 0; block < MEMORY_BLOCKS; block++) {
      blocks.putLong(block * FileBench.BLOCK_BYTES, block);
      blocks.putLong((block + 1) * FileBench.BLOCK_BYTES - Long.BYTES, ~(long) block);
    }
    return blocks;
  }

  private void slice(FileBench.Mode mode, long warmMillis, long millis) throws InterruptedException {
    measuring = false;
    over = false;
    List<Reader> readers = new ArrayList<>();
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < (mode == FileBench.Mode.IDLE ? 0 : threads); i++) {
      Reader reader = new Reader();
      readers.add(reader);
      long seed = i + System.nanoTime();
      running.add(factory.newThread(() -> readBlocks(reader, mode, seed)));
    }
    running.forEach(Thread::start);
    // Not until all are at it: where a read keeps its carrier, a thread that only reads never lets another in.
    LockSupport.parkNanos(warmMillis * 1_000_000);
    long begin = System.nanoTime();
    measuring = true;
    LatencyHistogram gaps = new LatencyHistogram();
    Thread ticker = factory.newThread(() -> tick(gaps, begin));
    ticker.start();
    System.out.println("begin");
    LockSupport.parkNanos(Math.max(1, begin + millis * 1_000_000 - System.nanoTime()));
    over = true;
    long nanos = System.nanoTime() - begin;
    for (Thread thread : running) {
      thread.join();
    }
    ticker.join();
    report(readers, gaps, nanos);
  }

  private static void report(List<Reader> readers, LatencyHistogram gaps, long nanos) {
    LatencyHistogram all = new LatencyHistogram();
    long reads = 0;
    long sum = 0;
    long wrong = 0;
    int served = 0;
    for (Reader reader : readers) {
      all.add(reader.latencies);
      reads += reader.reads;
      sum += reader.latencySum;
      wrong += reader.wrong;
      served += reader.reads > 0 ? 1 : 0;
    }
    System.out.println("result " + reads + " " + nanos + " " + all.quantile(0.5) + " " + all.quantile(0.99) + " "
        + sum + " " + gaps.quantile(0.99) + " " + gaps.quantile(1) + " " + wrong + " " + served);
  }

  private void readBlocks(Reader reader, FileBench.Mode mode, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(FileBench.BLOCK_BYTES, FileBench.BLOCK_BYTES);
      ByteBuffer into = memory.asByteBuffer();
      Source source = mode == FileBench.Mode.BUSY ? memory() : opener.open(mode == FileBench.Mode.DIRECT);
      while (!over) {
        long block = random.nextLong(mode == FileBench.Mode.BUSY ? MEMORY_BLOCKS : blocks);
        long begin = System.nanoTime();
        int count = source.read(into.clear(), block * FileBench.BLOCK_BYTES);
        long latency = System.nanoTime() - begin;
        boolean right = count == FileBench.BLOCK_BYTES
            && memory.get(ValueLayout.JAVA_LONG, 0) == block
            && memory.get(ValueLayout.JAVA_LONG, FileBench.BLOCK_BYTES - Long.BYTES) == ~block;
        reader.wrong += right ? 0 : 1;
        if (measuring && !over) {
          reader.reads++;
          reader.latencySum += latency;
          reader.latencies.record(latency);
        }
      }
      source.read(into, -1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void tick(LatencyHistogram gaps, long since) {
    long last = since;
    // Once at least: a ticker that does not come to run before the end has waited all the time.
    do {
      LockSupport.parkNanos(TICK_NANOS);
      long now = System.nanoTime();
      gaps.record(Math.max(0, now - last - TICK_NANOS));
      last = now;
    } while (!over);
  }
}
