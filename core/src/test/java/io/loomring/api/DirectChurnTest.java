package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationCancelledException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.Seed;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Slots that are given out again and again: no operation touches another's file, and none is left. */
@RunsOnce("slots are the kernel's to give out, whoever enters it")
class DirectChurnTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;
  private static final int ROUNDS = 300;
  private static final int LONG_ROUNDS = 10_000;
  private static final int FILES = 8;
  private static final int FILE_BYTES = 4096;
  private static final int THREADS = 4;

  @TempDir
  private Path directory;

  @Override
  protected UringConfig config() {
    return super.config().withRings(1).withDirectDescriptors(2);
  }

  // ---- files

  private List<Path> files() throws IOException {
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < FILES; i++) {
      byte[] content = new byte[FILE_BYTES];
      Arrays.fill(content, (byte) i);
      files.add(Files.write(directory.resolve("file" + i), content));
    }
    return files;
  }

  private Descriptor open(Path file, boolean direct) throws IOException {
    StandardOpenOption[] options = {StandardOpenOption.READ, StandardOpenOption.WRITE};
    return direct ? uring.direct().open(file, options) : uring.files().open(file, options);
  }

  /** Reads and writes what is the file's only; answers whether it could be opened. */
  private boolean visit(Path file, byte mark, RandomGenerator random) throws IOException {
    Descriptor on;
    boolean direct = random.nextBoolean();
    try {
      on = open(file, direct);
    } catch (IOException full) {
      assertTrue(direct && String.valueOf(full.getMessage()).contains("ENFILE"), full::toString);
      return false;
    }
    try (on) {
      MemorySegment bytes = MemorySegment.ofArray(new byte[512]);
      long position = random.nextInt(FILE_BYTES - 512);
      // Through the ring, and not at once.
      assertEquals(512, uring.read(on, bytes, position, NONE));
      for (int i = 0; i < 512; i++) {
        assertEquals(mark, bytes.get(ValueLayout.JAVA_BYTE, i), () -> on + " read another's bytes");
      }
      assertEquals(512, uring.write(on, bytes.fill(mark), position, NONE));
    }
    return true;
  }

  private void churnFiles(int rounds) throws IOException {
    List<Path> files = files();
    AtomicInteger left = new AtomicInteger(rounds);
    long seed = Seed.announced("files of a table of two slots");
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      RandomGenerator random = Seed.of(seed + i);
      callers.add(Caller.virtual(() -> {
        while (left.get() > 0) {
          int file = random.nextInt(FILES);
          if (visit(files.get(file), (byte) file, random)) {
            left.decrementAndGet();
          }
        }
        return null;
      }));
    }
    callers.forEach(Caller::value);
    for (int i = 0; i < FILES; i++) {
      byte[] expected = new byte[FILE_BYTES];
      Arrays.fill(expected, (byte) i);
      assertTrue(Arrays.equals(expected, Files.readAllBytes(files.get(i))), "file " + i);
    }
    assertEquals(0, uring.direct().inUse());
  }

  @Test
  void noOperationTouchesAnothersFile() throws IOException {
    churnFiles(LONG_ROUNDS);
  }

  // ---- pipes, with a read that waits when they are closed

  private void churnPipes(int rounds) throws IOException {
    for (int round = 0; round < rounds; round++) {
      byte mark = (byte) round;
      PipeEnds pipe = uring.direct().pipe(NONE);
      assertEquals(1, uring.write(pipe.sink(), MemorySegment.ofArray(new byte[] {mark}), -1, NONE));
      byte[] into = new byte[2];
      assertEquals(1, uring.read(pipe.source(), into, 0, 2, -1, NONE));
      assertEquals(mark, into[0]);
      Caller reader = Caller.virtual(() -> uring.read(pipe.source(), new byte[2], 0, 2, -1, NONE));
      if (round % 2 == 0) {
        Await.untilInFlight(uring, OperationKind.READ, 1);
      }
      pipe.source().close();
      pipe.sink().close();
      reader.thrown(DescriptorClosedException.class);
    }
  }

  @Test
  void aReadOfAClosedPipeTakesNothingOfTheNextOneInItsSlot() throws IOException {
    churnPipes(ROUNDS / 4);
  }

  @Test
  @Tag("long")
  void aReadOfAClosedPipeTakesNothingOfTheNextOneInItsSlotInManyRounds() throws IOException {
    churnPipes(LONG_ROUNDS);
  }

  // ---- orphans

  private static boolean isCancelled(Caller caller) {
    Throwable thrown = caller.thrown();
    assertTrue(thrown == null || thrown instanceof OperationCancelledException, () -> "" + thrown);
    return thrown != null;
  }

  private void cancelAccepts(int rounds, boolean direct) throws IOException {
    Descriptor listener = Connections.listener(uring);
    InetSocketAddress address = Connections.address(listener);
    int before = Descriptors.census();
    for (int round = 0; round < rounds; round++) {
      OperationHandle handle = new OperationHandle();
      CallOptions options = CallOptions.handle(handle);
      Caller acceptor = Caller.virtual(() -> {
        (direct ? uring.direct().accept(listener, options) : uring.accept(listener, options)).close();
        return null;
      });
      if (round % 2 == 0) {
        Await.untilInFlight(uring, OperationKind.ACCEPT, 1);
      }
      Caller canceller = Caller.platform(handle::cancel);
      Descriptor client = Connections.connected(uring, address);
      canceller.value();
      if (isCancelled(acceptor)) {
        // It is in the backlog still, and lost it is not.
        uring.accept(listener, CallOptions.timeout(Duration.ofSeconds(30))).close();
      }
      assertEquals(-1, uring.recv(client, new byte[1], 0, 1));
      client.close();
    }
    assertEquals(0, uring.direct().inUse());
    assertEquals(before, Descriptors.census());
    listener.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void cancelledAcceptsLeaveNoDescriptor(boolean direct) throws IOException {
    cancelAccepts(ROUNDS / 4, direct);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("long")
  void manyCancelledAcceptsLeaveNoDescriptor(boolean direct) throws IOException {
    cancelAccepts(LONG_ROUNDS, direct);
  }

  private void cancelOpens(int rounds, boolean direct) throws IOException {
    String path = files().getFirst().toString();
    int before = Descriptors.open().size();
    int opened = 0;
    for (int round = 0; round < rounds; round++) {
      OperationHandle handle = new OperationHandle();
      CallOptions options = CallOptions.handle(handle);
      // With O_CREAT a worker does it, so that a cancel may meet it anywhere.
      int flags = Constants.O_RDONLY | (round % 2 == 0 ? Constants.O_CREAT : 0);
      Caller opener = Caller.virtual(() -> {
        (direct
            ? uring.direct().openat(null, path, flags, 0600, options)
            : uring.files().openat(null, path, flags, 0600, options)).close();
        return null;
      });
      Caller canceller = Caller.platform(handle::cancel);
      canceller.value();
      opened += isCancelled(opener) ? 0 : 1;
    }
    assertTrue(opened <= rounds);
    assertEquals(0, uring.direct().inUse());
    Await.until(() -> before + " and not " + Descriptors.open(), () -> Descriptors.open().size() <= before);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void cancelledOpensLeaveNoDescriptor(boolean direct) throws IOException {
    cancelOpens(ROUNDS / 4, direct);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("long")
  void manyCancelledOpensLeaveNoDescriptor(boolean direct) throws IOException {
    cancelOpens(LONG_ROUNDS, direct);
  }
}
