package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.fd.Descriptor;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.TestDriver;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many threads that read files and never pause leave others their carrier: on a single one a thread that waits for a
 * timer, again and again, gets to its end. With FileChannel it does not get on at all (K-40); {@code bench file} shows
 * both, with the times.
 */
class FileReadersTest {
  private static final int READERS = 256;
  private static final int BLOCK = 4096;
  private static final int BLOCKS = 1024;
  private static final int TICKS = 200;
  /** Half of what the ticker needs where it is let in only by chance; ten times what it needs otherwise. */
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir
  Path directory;

  /** Reads, and verifies, until the ticker is done. */
  static final class ReadAndTick {
    private static volatile boolean done;

    public static void main(String[] args) throws Exception {
      Path path = Path.of(args[0]);
      LongAdder wrong = new LongAdder();
      LongAdder reads = new LongAdder();
      try (Uring uring = TestDriver.open(TestDriver.config("readers"))) {
        List<Thread> readers = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
          readers.add(TestDriver.virtual("reader", () -> read(uring, path, reads, wrong)));
        }
        Thread ticker = TestDriver.virtual("ticker", ReadAndTick::tick);
        readers.forEach(Thread::start);
        ticker.start();
        ticker.join();
        done = true;
        for (Thread reader : readers) {
          reader.join();
        }
      }
      System.out.println("wrong: " + wrong + (reads.sum() > READERS ? ", many read" : ", few read"));
    }

    private static void tick() {
      for (int i = 0; i < TICKS; i++) {
        LockSupport.parkNanos(1_000_000);
      }
    }

    private static void read(Uring uring, Path path, LongAdder reads, LongAdder wrong) {
      byte[] into = new byte[BLOCK];
      MemorySegment memory = MemorySegment.ofArray(into);
      try (Descriptor file = uring.files().open(path)) {
        while (!done) {
          int block = ThreadLocalRandom.current().nextInt(BLOCKS);
          int count = uring.files().read(file, memory, (long) block * BLOCK, CallOptions.NONE);
          ByteBuffer read = ByteBuffer.wrap(into);
          if (count != BLOCK || read.getInt(0) != block || read.getInt(BLOCK - 4) != ~block) {
            wrong.increment();
          }
          reads.increment();
        }
      } catch (IOException failed) {
        wrong.increment();
      }
    }
  }

  @Test
  void aTickerGetsOnBesideThemOnOneCarrier() throws Exception {
    ByteBuffer bytes = ByteBuffer.allocate(BLOCKS * BLOCK);
    for (int block = 0; block < BLOCKS; block++) {
      bytes.putInt(block * BLOCK, block).putInt(block * BLOCK + BLOCK - 4, ~block);
    }
    Path path = Files.write(directory.resolve("blocks"), bytes.array());
    String said = ChildJvm.of(ReadAndTick.class, path.toString()).oneCarrier().limit(LIMIT).run().succeeded();
    assertTrue(said.contains("wrong: 0, many read"), said);
  }
}
