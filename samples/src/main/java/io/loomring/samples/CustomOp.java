package io.loomring.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.loomring.api.CallOptions;
import io.loomring.api.ChainResults;
import io.loomring.api.CustomOperation;
import io.loomring.api.SqeChain;
import io.loomring.api.Uring;
import io.loomring.fd.Descriptor;
import io.loomring.net.UringFile;
import io.loomring.ring.Opcode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;

/**
 * {@code custom-op}: a journal. Each line of standard input is appended to a file, and is on the device before the next is
 * read, by an operation that the library does not have: a write and a sync that waits for it, in one submit.
 */
final class CustomOp implements Loomring.Command {
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);

  @Override
  public String help() {
    return """
        Usage: ./loomring custom-op --file FILE [flags]

        Appends each line of standard input to a file, and has it reach the device, by one operation of its own making:
        a write and a sync, linked, in one submit. Prints at the end how many that were and what one took.

          --file FILE  the journal; it is made where there is none
          --timeout T  how long a line may take (500ms, 10s, 2m), %ds by default

        Exit status: 0 at the end of the input; 1 if a line cannot be written or synced, or io_uring cannot be had; 2 for
        wrong arguments.
        """.formatted(DEFAULT_TIMEOUT.toSeconds());
  }

  @Override
  public Set<String> flags() {
    return Set.of("--file", "--timeout");
  }

  @Override
  public int run(Arguments arguments) throws UsageException {
    Path path = Path.of(arguments.required("--file"));
    CallOptions inTime = CallOptions.timeout(arguments.duration("--timeout", DEFAULT_TIMEOUT));
    Uring uring = Uring.getDefault();
    long lines = 0;
    long bytes = 0;
    long nanos = 0;
    try (UringFile journal = UringFile.open(uring, path, Set.of(CREATE, WRITE, APPEND));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        long start = System.nanoTime();
        bytes += uring.custom().call(new AppendDurably(journal.descriptor(), line + "\n"), inTime);
        nanos += System.nanoTime() - start;
        lines++;
      }
      System.out.printf(Locale.ROOT, "%d lines, %d bytes, %.2f ms each%n", lines, bytes, nanos / 1e6 / Math.max(1, lines));
      return Loomring.OK;
    } catch (IOException e) {
      boolean isOpen = !(e instanceof FileSystemException);
      Loomring.complain("custom-op", isOpen ? path + ", line " + (lines + 1) + ": " + e.getMessage() : Loomring.reason(e));
      return Loomring.FAILED;
    }
  }

  /** Appends some text to a file and has it reach the device: a chain of two entries. Answers how many bytes. */
  static final class AppendDurably extends CustomOperation<Integer> {
    private static final int DATA_ONLY = 1;

    private final Descriptor file;
    private final byte[] text;

    AppendDurably(Descriptor file, String text) {
      this.file = file;
      this.text = text.getBytes(UTF_8);
    }

    @Override
    protected void encode(SqeChain chain) {
      // Memory of the chain's own: the kernel's until the last completion, even where the call ends before.
      MemorySegment bytes = chain.allocate(text.length);
      bytes.copyFrom(MemorySegment.ofArray(text));
      chain.add(Opcode.WRITE, file).memory(bytes).offset(-1);
      // Begins when all of it is written; where it fails or falls short, this does not run.
      chain.add(Opcode.FSYNC, file).operationFlags(DATA_ONLY);
    }

    @Override
    protected Integer result(ChainResults results) throws IOException {
      int written = results.require(0);
      if (written < text.length) {
        throw new IOException("no room: " + written + " of " + text.length + " bytes are written, and not synced");
      }
      results.require(1);
      return written;
    }
  }
}
