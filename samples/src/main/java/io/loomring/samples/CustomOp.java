package io.loomring.samples;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.loomring.api.CallOptions;
import io.loomring.api.ChainResults;
import io.loomring.api.CustomOperation;
import io.loomring.api.SqeChain;
import io.loomring.api.Uring;
import io.loomring.fd.Descriptor;
import io.loomring.ring.Opcode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;

/**
 * {@code custom-op}: puts what comes on standard input in the place of a file, so that whoever opens it finds the old one
 * or the new one, whole, and a power failure changes nothing about that. What takes four system calls is one operation
 * that the library does not have: a write, a sync, a rename and a sync of the directory, in one submit.
 */
final class CustomOp implements Loomring.Command {
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);
  /** All of it is one write, and in memory. */
  private static final int MAX_BYTES = 64 << 20;

  @Override
  public String help() {
    return """
        Usage: ./loomring custom-op --file FILE [flags]

        Puts what comes on standard input, up to %d MiB, in the place of a file: nobody ever sees half of it. That is
        one operation of its own making: a write, a sync, a rename and a sync of the directory, linked, in one submit.

          --file FILE  the file; it is made where there is none
          --timeout T  how long the operation may take (500ms, 10s, 2m), %ds by default

        Exit status: 0 if the file is replaced; 1 if it cannot be, or io_uring cannot be had; 2 for wrong arguments.
        """.formatted(MAX_BYTES >> 20, DEFAULT_TIMEOUT.toSeconds());
  }

  @Override
  public Set<String> flags() {
    return Set.of("--file", "--timeout");
  }

  @Override
  public int run(Arguments arguments) throws UsageException {
    Path file = Path.of(arguments.required("--file"));
    if (file.getFileName() == null) {
      throw new UsageException("--file " + file + ": no name of a file");
    }
    CallOptions inTime = CallOptions.timeout(arguments.duration("--timeout", DEFAULT_TIMEOUT));
    Path part = file.resolveSibling(file.getFileName() + ".part-" + ProcessHandle.current().pid());
    Path parent = file.toAbsolutePath().resolveSibling("");
    Uring uring = Uring.getDefault();
    try {
      byte[] content = System.in.readNBytes(MAX_BYTES + 1);
      if (content.length > MAX_BYTES) {
        throw new IOException("more than " + (MAX_BYTES >> 20) + " MiB");
      }
      try (Descriptor directory = uring.files().open(parent, READ);
          Descriptor open = uring.files().open(part, CREATE_NEW, WRITE)) {
        long start = System.nanoTime();
        uring.custom().call(new Replace(open, content, directory, part, file), inTime);
        System.out.printf(Locale.ROOT, "%d bytes, %.2f ms%n", content.length, (System.nanoTime() - start) / 1e6);
      } finally {
        Files.deleteIfExists(part);
      }
      return Loomring.OK;
    } catch (IOException e) {
      boolean isNamed = e instanceof FileSystemException;
      Loomring.complain("custom-op", isNamed ? Loomring.reason(e) : file + ": " + e.getMessage());
      return Loomring.FAILED;
    }
  }

  /** Fills a new file and gives it the name of another, both for good: a chain of four entries. */
  static final class Replace extends CustomOperation<Void> {
    private static final int CURRENT_DIRECTORY = -100;
    private static final String[] STEPS = {"write", "sync", "rename", "sync of the directory"};

    private final Descriptor open;
    private final byte[] content;
    private final Descriptor directory;
    private final Path from;
    private final Path to;

    Replace(Descriptor open, byte[] content, Descriptor directory, Path from, Path to) {
      this.open = open;
      this.content = content;
      this.directory = directory;
      this.from = from;
      this.to = to;
    }

    @Override
    protected void encode(SqeChain chain) {
      // Memory of the chain's own: the kernel's until the last completion, even where the call ends before.
      MemorySegment bytes = chain.allocate(content.length);
      bytes.copyFrom(MemorySegment.ofArray(content));
      chain.add(Opcode.WRITE, open).memory(bytes).offset(0);
      // Begins when all of it is written; where that fails or falls short, nothing from here on runs.
      chain.add(Opcode.FSYNC, open);
      // Names as renameat(2) takes them: the old one's directory and path, then the new one's.
      chain.add(Opcode.RENAMEAT, CURRENT_DIRECTORY).address(chain.path(from.toString()))
          .length(CURRENT_DIRECTORY).offset(chain.path(to.toString()));
      // A rename that fails breaks no link: this one runs all the same, and does no harm.
      chain.add(Opcode.FSYNC, directory);
    }

    @Override
    protected Void result(ChainResults results) throws IOException {
      int written = results.require(0);
      if (written < content.length) {
        throw new IOException("no room: " + written + " of " + content.length + " bytes are written");
      }
      for (int step = 1; step < STEPS.length; step++) {
        results.require(step);
      }
      return null;
    }

    @Override
    protected IOException failure(int entry, int errno) {
      return new IOException(STEPS[entry] + ": " + super.failure(entry, errno).getMessage());
    }
  }
}
