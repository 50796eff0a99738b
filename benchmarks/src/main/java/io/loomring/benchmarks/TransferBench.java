package io.loomring.benchmarks;

import io.loomring.api.CallOptions;
import io.loomring.api.PipeEnds;
import io.loomring.api.PipeOperations;
import io.loomring.api.Uring;
import io.loomring.fd.Descriptor;
import io.loomring.net.UringSocket;
import io.loomring.sys.KernelVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

/**
 * A file that is in the page cache, sent over loopback by one virtual thread to a reader that throws the bytes away:
 * {@code FileChannel.transferTo} into a {@code SocketChannel}, a loop of reads and writes on the ring, {@code
 * UringSocket.transferFrom}, and splices through a pipe. In one JVM, one after the other in each round; the ratios are
 * round by round.
 */
final class TransferBench {
  private static final Set<String> OPTIONS = Set.of("--mib", "--part", "--dir", "--rounds", "--warm");

  /** What users that are not privileged may have a pipe hold. */
  private static final int PIPE_BYTES = 1 << 20;

  private interface Sender {
    /** Sends the file once over a new connection; answers the nanoseconds until the reader has had it all. */
    long send() throws Exception;
  }

  private final int mib;
  private final int partBytes;
  private final String directory;
  private final int rounds;
  private final int warmRounds;

  TransferBench(String[] args) {
    Options options = new Options(args, 2, OPTIONS);
    mib = options.number("--mib", 512);
    partBytes = options.number("--part", 16 << 20);
    directory = options.text("--dir", System.getProperty("java.io.tmpdir"));
    rounds = options.number("--rounds", 9);
    warmRounds = options.number("--warm", 3);
  }

  private long bytes() {
    return (long) mib << 20;
  }

  void run() throws IOException {
    Path file = Files.createTempFile(Path.of(directory), "loomring-bench", ".dat");
    try {
      fill(file);
      System.out.printf(
          "# Linux %s, JDK %s, %d cores; a file of %d MiB in the page cache, in parts of %d B over one connection on"
              + " loopback; %d rounds after %d to warm up%n",
          KernelVersion.current().release().replaceAll("[^0-9.].*", ""), Runtime.version(),
          Runtime.getRuntime().availableProcessors(), mib, partBytes, rounds, warmRounds);
      Map<String, Sender> subjects = new LinkedHashMap<>();
      subjects.put("jdk-transferTo", () -> channel(file));
      subjects.put("uring-read-write", () -> ring(file, false));
      subjects.put("uring-transferFrom", () -> ring(file, true));
      subjects.put("uring-splice", () -> splice(file));
      Map<String, List<Double>> rates = new LinkedHashMap<>();
      for (int round = -warmRounds; round < rounds; round++) {
        for (Map.Entry<String, Sender> subject : subjects.entrySet()) {
          double rate = mib / (onVirtualThread(subject.getValue()::send) / 1e9);
          if (round >= 0) {
            rates.computeIfAbsent(subject.getKey(), key -> new ArrayList<>()).add(rate);
          }
        }
      }
      print(rates);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private void fill(Path file) throws IOException {
    byte[] chunk = new byte[1 << 20];
    new java.util.SplittableRandom(mib).nextBytes(chunk);
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int i = 0; i < mib; i++) {
        out.write(chunk);
      }
    }
  }

  private static <T> T onVirtualThread(Callable<T> body) throws IOException {
    FutureTask<T> task = new FutureTask<>(body);
    Thread.ofVirtual().start(task);
    try {
      return task.get();
    } catch (InterruptedException | java.util.concurrent.ExecutionException failed) {
      throw new IOException(failed);
    }
  }

  /** Reads to the end, on a thread of the system's, and counts. */
  private static FutureTask<Long> sink(ServerSocket server) {
    FutureTask<Long> counted = new FutureTask<>(() -> {
      byte[] into = new byte[1 << 18];
      long total = 0;
      try (Socket from = server.accept()) {
        InputStream in = from.getInputStream();
        for (int count = in.read(into); count >= 0; count = in.read(into)) {
          total += count;
        }
      }
      return total;
    });
    Thread.ofPlatform().daemon().start(counted);
    return counted;
  }

  private static ServerSocket listen() throws IOException {
    return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  private long elapsed(long begin, FutureTask<Long> sink) throws Exception {
    long got = sink.get();
    if (got != bytes()) {
      throw new IOException(got + " bytes came, of " + bytes());
    }
    return System.nanoTime() - begin;
  }

  private long channel(Path file) throws Exception {
    try (ServerSocket server = listen(); FileChannel from = FileChannel.open(file, StandardOpenOption.READ)) {
      FutureTask<Long> sink = sink(server);
      long begin;
      try (SocketChannel to = SocketChannel.open(server.getLocalSocketAddress())) {
        begin = System.nanoTime();
        for (long at = 0; at < bytes(); ) {
          at += from.transferTo(at, Math.min(partBytes, bytes() - at), to);
        }
      }
      return elapsed(begin, sink);
    }
  }

  private long ring(Path file, boolean transfer) throws Exception {
    Uring uring = Uring.getDefault();
    try (ServerSocket server = listen();
        Descriptor from = uring.files().open(file, StandardOpenOption.READ)) {
      FutureTask<Long> sink = sink(server);
      long begin;
      try (UringSocket to = new UringSocket(uring)) {
        to.connect(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()));
        begin = System.nanoTime();
        if (transfer) {
          for (long at = 0; at < bytes(); ) {
            at += to.transferFrom(from, at, Math.min(partBytes, bytes() - at));
          }
        } else {
          copy(uring, from, to);
        }
      }
      return elapsed(begin, sink);
    }
  }

  private void copy(Uring uring, Descriptor from, UringSocket to) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(128 << 10);
    for (long at = 0; at < bytes(); ) {
      at += uring.files().read(from, buffer.clear(), at, CallOptions.NONE);
      to.write(buffer.flip());
    }
  }

  private long splice(Path file) throws Exception {
    Uring uring = Uring.getDefault();
    try (ServerSocket server = listen();
        Descriptor from = uring.files().open(file, StandardOpenOption.READ);
        PipeEnds pipe = uring.pipes().open(CallOptions.NONE)) {
      int most = pipe.grow(PIPE_BYTES);
      FutureTask<Long> sink = sink(server);
      long begin;
      try (Descriptor to = uring.tcpSocket()) {
        uring.connect(to, new InetSocketAddress(server.getInetAddress(), server.getLocalPort()), CallOptions.NONE);
        begin = System.nanoTime();
        for (long at = 0; at < bytes(); ) {
          int wanted = (int) Math.min(Math.min(partBytes, most), bytes() - at);
          int got = uring.pipes().splice(from, at, pipe.sink(), PipeOperations.NO_OFFSET, wanted, CallOptions.NONE);
          for (int left = got; left > 0; ) {
            left -= uring.pipes().splice(
                pipe.source(), PipeOperations.NO_OFFSET, to, PipeOperations.NO_OFFSET, left, CallOptions.NONE);
          }
          at += got;
        }
      }
      return elapsed(begin, sink);
    }
  }

  private static void print(Map<String, List<Double>> rates) {
    List<Double> base = rates.values().iterator().next();
    List<String> rows = new ArrayList<>();
    rates.forEach((subject, mine) -> {
      double[] sorted = mine.stream().mapToDouble(rate -> rate).sorted().toArray();
      double[] ratios = new double[sorted.length];
      Arrays.setAll(ratios, i -> mine.get(i) / base.get(i));
      Arrays.sort(ratios);
      int middle = sorted.length / 2;
      rows.add(String.format(
          "%s\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\t%.2f", subject, sorted[middle], sorted[0], sorted[sorted.length - 1],
          ratios[middle], ratios[0], ratios[sorted.length - 1]));
    });
    Tables.print(
        System.out, "subject\tmib_per_s\tmin\tmax\tratio_vs_jdk\tratio_min\tratio_max", rows);
  }
}
