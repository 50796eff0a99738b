package io.loomring.net;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.api.Uring;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Seed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadFactory;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** 256 virtual threads on two carriers use files at once: every byte is the right one, and no carrier is kept. */
class ManyFileThreadsTest {
  private static final int THREADS = 256;
  private static final int BLOCK_BYTES = 4096;
  private static final int BLOCKS = 16;
  private static final int STEPS = 30;
  private static final int LONG_STEPS = 2_000;

  @TempDir
  private Path directory;

  static final class Main {
    private static ThreadFactory threads;
    private static Path directory;

    public static void main(String[] arguments) throws Exception {
      threads = Uring.getDefault().threadFactory();
      directory = Path.of(arguments[0]);
      int steps = Integer.parseInt(arguments[1]);
      long seed = Seed.announced("files");
      try (UringFile file = UringFile.open(directory.resolve("file"), CREATE, READ, WRITE)) {
        inAll(i -> () -> readAndWrite(file, i, steps, Seed.of(seed + i)));
        assertEquals((long) THREADS * BLOCKS * BLOCK_BYTES, file.size());
      }
      inAll(i -> () -> openAndClose(i, steps / 10));
      everyCarrierIsFreeWhileAllWait();
      System.out.println("done");
    }

    private interface Body {
      Callable<?> of(int thread);
    }

    private static void inAll(Body body) {
      started(body).forEach(Caller::value);
    }

    private static List<Caller> started(Body body) {
      List<Caller> all = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        all.add(Caller.on(threads, body.of(i)));
      }
      return all;
    }

    /** Each thread has blocks of its own in a file that all share; they lie among those of the others. */
    private static Object readAndWrite(UringFile file, int thread, int steps, RandomGenerator random)
        throws IOException {
      int[] stamps = new int[BLOCKS];
      for (int block = 0; block < BLOCKS; block++) {
        write(file, thread, block, 0);
      }
      ByteBuffer into = ByteBuffer.allocate(BLOCK_BYTES);
      for (int step = 1; step <= steps; step++) {
        int block = random.nextInt(BLOCKS);
        switch (random.nextInt(16)) {
          case 0 -> file.force(false);
          case 1 -> assertEquals(0, file.size() % BLOCK_BYTES);
          case 2, 3, 4, 5 -> {
            stamps[block] = step;
            write(file, thread, block, step);
          }
          default -> {
            assertEquals(BLOCK_BYTES, file.read(into.clear(), position(thread, block)));
            assertArrayEquals(content(thread, block, stamps[block]), into.array());
          }
        }
      }
      return null;
    }

    private static long position(int thread, int block) {
      return ((long) block * THREADS + thread) * BLOCK_BYTES;
    }

    private static void write(UringFile file, int thread, int block, int stamp) throws IOException {
      assertEquals(BLOCK_BYTES, file.write(ByteBuffer.wrap(content(thread, block, stamp)), position(thread, block)));
    }

    private static byte[] content(int thread, int block, int stamp) {
      byte[] content = new byte[BLOCK_BYTES];
      Arrays.fill(content, (byte) (thread * 7 + block * 131 + stamp));
      ByteBuffer.wrap(content).putInt(thread).putInt(block).putInt(stamp);
      return content;
    }

    private static Object openAndClose(int thread, int times) throws IOException {
      Path path = directory.resolve("own" + thread);
      for (int i = 0; i < times; i++) {
        try (UringFile file = UringFile.open(path, CREATE, READ, WRITE)) {
          file.write(ByteBuffer.wrap(content(thread, i, 0)), (long) i * BLOCK_BYTES);
          assertEquals((i + 1L) * BLOCK_BYTES, file.size());
        }
      }
      for (int i = 0; i < times; i++) {
        byte[] into = new byte[BLOCK_BYTES];
        try (UringFile file = UringFile.open(path, READ)) {
          assertEquals(BLOCK_BYTES, file.read(into, 0, BLOCK_BYTES, (long) i * BLOCK_BYTES));
        }
        assertArrayEquals(content(thread, i, 0), into);
      }
      Files.delete(path);
      return null;
    }

    /** If a read that waits kept its carrier, nobody could ever write what it waits for. */
    private static void everyCarrierIsFreeWhileAllWait() throws Exception {
      Path path = directory.resolve("pipe");
      assertEquals(0, new ProcessBuilder("mkfifo", path.toString()).start().waitFor());
      try (UringFile pipe = UringFile.open(path, READ, WRITE)) {
        List<Caller> readers = started(i -> () -> {
          byte[] one = new byte[1];
          assertEquals(1, pipe.read(one, 0, 1));
          return one[0] & 0xFF;
        });
        Await.untilInFlight(Uring.getDefault(), OperationKind.READ, THREADS);
        Caller writer = Caller.on(threads, () -> {
          for (int i = 0; i < THREADS; i++) {
            pipe.write(new byte[] {(byte) i}, 0, 1);
          }
          return null;
        });
        writer.value();
        List<Object> came = new ArrayList<>();
        readers.forEach(reader -> came.add(reader.value()));
        assertEquals(THREADS, came.stream().distinct().count());
      }
    }
  }

  private void run(int steps) {
    String out = ChildJvm.of(Main.class, directory.toString(), String.valueOf(steps))
        .options("-Djdk.virtualThreadScheduler.parallelism=2", "-Djdk.virtualThreadScheduler.maxPoolSize=2")
        .run()
        .succeeded();
    assertEquals("done", out.lines().toList().getLast());
  }

  @Test
  void everyByteIsTheRightOneAndNoCarrierIsKept() {
    run(STEPS);
  }

  @Tag("long")
  @Test
  void overAndOver() {
    run(LONG_STEPS);
  }
}
