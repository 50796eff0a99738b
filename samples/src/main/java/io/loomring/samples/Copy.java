package io.loomring.samples;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import io.loomring.api.CallOptions;
import io.loomring.api.FileOperations;
import io.loomring.api.Uring;
import io.loomring.net.UringFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * {@code copy}: copies a file, several parts at a time, and shows how far it is. It writes to a file beside the target,
 * which gets the target's name when every byte is on the device: what has the name is whole.
 */
final class Copy implements Loomring.Command {
  private static final int DEFAULT_THREADS = 4;
  private static final int MOST_THREADS = 64;
  private static final int PART_BYTES = 1 << 20;

  @Override
  public String help() {
    return """
        Usage: ./loomring copy [flags] FROM TO

        Copies a file, with its permissions, to another or into a directory; on a terminal it shows how far it is. The
        copy has another name until it is complete and on the device: with Ctrl-C, or where the disk is full, nothing
        is left of it, and what had its name before is as it was.

          --force      replaces a file that is there
          --threads N  parts of 1 MiB that are copied at a time, %d by default, at most %d

        Exit status: 0; 1 if it fails or io_uring cannot be had; 130 after Ctrl-C; 2 for wrong arguments.
        """.formatted(DEFAULT_THREADS, MOST_THREADS);
  }

  @Override
  public Set<String> flags() {
    return Set.of("--threads");
  }

  @Override
  public Set<String> switches() {
    return Set.of("--force");
  }

  @Override
  public int maxOperands() {
    return 2;
  }

  @Override
  public int run(Arguments arguments) throws UsageException {
    int threads = arguments.number("--threads", 1, MOST_THREADS, DEFAULT_THREADS);
    if (arguments.operands().size() != 2) {
      throw new UsageException("what is to be copied, and where to, are two arguments");
    }
    Path from = Path.of(arguments.operands().get(0));
    Path to = Path.of(arguments.operands().get(1));
    if (Files.isDirectory(to) && from.getFileName() != null) {
      to = to.resolve(from.getFileName());
    }
    CountDownLatch over = new CountDownLatch(1);
    try {
      copy(from, to, threads, arguments.has("--force"), over);
      return Loomring.OK;
    } catch (IOException e) {
      Loomring.complain("copy", Loomring.reason(e));
      return Loomring.FAILED;
    } finally {
      over.countDown();
    }
  }

  private static void copy(Path from, Path to, int threads, boolean replaces, CountDownLatch over) throws IOException {
    if (Files.exists(from) && !Files.isRegularFile(from)) {
      throw new FileSystemException(from.toString(), null, "no regular file");
    }
    if (Files.exists(to) && !replaces) {
      throw new FileSystemException(to.toString(), null, "exists; --force replaces it");
    }
    if (Files.exists(to) && (!Files.isRegularFile(to) || Files.isSameFile(from, to))) {
      throw new FileSystemException(to.toString(), null, "cannot be replaced");
    }
    if (!Files.isDirectory(to.toAbsolutePath().resolveSibling(""))) {
      throw new FileSystemException(to.toString(), null, "no such directory");
    }
    Path part = to.resolveSibling(to.getFileName() + ".part-" + ProcessHandle.current().pid());
    var permissions = PosixFilePermissions.asFileAttribute(Files.getPosixFilePermissions(from));
    Job job = new Job();
    // Ctrl-C has the parts under way be the last ones, and the JVM wait until nothing is left of them.
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> job.stop(over)));
    try (UringFile source = UringFile.open(from);
        UringFile target = UringFile.open(part, Set.of(CREATE_NEW, WRITE), permissions)) {
      try {
        job.run(source, target, threads);
        target.force(true);
        job.finish(() -> Uring.getDefault().files().renameat(null, part.toString(), null, to.toString(),
            replaces ? 0 : FileOperations.RENAME_NOREPLACE, CallOptions.NONE));
      } finally {
        Files.deleteIfExists(part);
      }
    }
  }

  /** One file, whose parts are taken by several threads. */
  private static final class Job {
    private final AtomicLong next = new AtomicLong();
    private final AtomicLong done = new AtomicLong();
    private volatile boolean stopped;

    void run(UringFile source, UringFile target, int count) throws IOException {
      long size = source.size();
      Bar bar = new Bar(size);
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<?>> workers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          workers.add(threads.submit(() -> copyParts(source, target, size)));
        }
        threads.shutdown();
        while (!threads.awaitTermination(100, TimeUnit.MILLISECONDS)) {
          bar.show(done.get());
        }
        for (Future<?> worker : workers) {
          worker.get();
        }
        if (done.get() == size) {
          bar.show(size);
        }
        requireGoingOn();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof IOException failed ? failed : new IOException(e.getCause());
      } catch (InterruptedException e) {
        throw new IOException("interrupted", e);
      } finally {
        bar.end();
      }
    }

    private @Nullable Void copyParts(UringFile source, UringFile target, long size) throws IOException {
      byte[] part = new byte[PART_BYTES];
      try {
        for (long at = next.getAndAdd(PART_BYTES); at <= size && !stopped; at = next.getAndAdd(PART_BYTES)) {
          // One byte more than there should be tells whether somebody appends, or whether the size was no size at all.
          int wanted = (int) Math.min(PART_BYTES, size - at);
          int got = source.read(part, 0, (int) Math.min(PART_BYTES, size - at + 1), at);
          if (Math.max(0, got) != wanted) {
            throw new EOFException("the file changes while it is copied");
          }
          for (int put = 0; put < wanted;) {
            put += target.write(part, put, wanted - put, at + put);
          }
          done.addAndGet(wanted);
        }
        return null;
      } catch (IOException e) {
        stopped = true;
        throw e;
      }
    }

    private void requireGoingOn() throws IOException {
      if (stopped) {
        throw new IOException("interrupted");
      }
    }

    /** What makes the copy the target: not begun where the end has been called for. */
    synchronized void finish(Step last) throws IOException {
      requireGoingOn();
      last.run();
    }

    void stop(CountDownLatch over) {
      synchronized (this) {
        stopped = true;
      }
      try {
        over.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  /** Says on a terminal how far it is; elsewhere nothing. */
  private static final class Bar {
    private static final int COLUMNS = 40;

    private final long size;
    private final long start = System.nanoTime();
    private final boolean isShown = System.console() != null && System.console().isTerminal();

    Bar(long size) {
      this.size = size;
    }

    void show(long done) {
      if (isShown) {
        int filled = size == 0 ? COLUMNS : (int) (done * COLUMNS / size);
        double mebibytes = done / 1048576.0;
        System.out.printf(Locale.ROOT, "\r[%s%s] %3d%% %8.1f MiB %7.1f MiB/s", "#".repeat(filled),
            ".".repeat(COLUMNS - filled), size == 0 ? 100 : done * 100 / size, mebibytes,
            mebibytes * 1e9 / (System.nanoTime() - start));
        System.out.flush();
      }
    }

    void end() {
      if (isShown) {
        System.out.println();
      }
    }
  }
}
