package io.loomring.net;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.RingDeadException;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is ours alone: memory of all sorts, ends by close and interrupt, and what is left over. */
class UringFileTest extends UringTest {
  private static final int MUCH = 300_000;

  /** So that it is none of what a test leaves behind. */
  @BeforeAll
  static void openTheDefault() {
    Uring.getDefault();
  }

  @TempDir
  private Path directory;

  private UringFile open(String name, OpenOption... options) throws IOException {
    return UringFile.open(uring, directory.resolve(name), Set.of(options));
  }

  private Path pipe() throws IOException, InterruptedException {
    Path pipe = directory.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    return pipe;
  }

  // ---- memory

  @Test
  void arraysAreReadAndWrittenAtPositions() throws IOException {
    try (UringFile file = open("file", CREATE, READ, WRITE)) {
      assertEquals(4, file.write(new byte[] {9, 1, 2, 3, 4, 9}, 1, 4));
      assertEquals(2, file.write(new byte[] {7, 8}, 0, 2, 10));
      assertEquals(4, file.position());
      byte[] into = new byte[5];
      assertEquals(3, file.read(into, 1, 3, 1));
      assertArrayEquals(new byte[] {0, 2, 3, 4, 0}, into);
      assertEquals(5, file.read(into, 0, 5));
      assertEquals(9, file.position());
      assertEquals(-1, file.read(into, 0, 5, 12));
      assertThrows(IndexOutOfBoundsException.class, () -> file.read(into, 3, 3));
      assertThrows(IndexOutOfBoundsException.class, () -> file.write(into, -1, 3, 0));
      assertThrows(IllegalArgumentException.class, () -> file.read(into, 0, 1, -1));
    }
  }

  @Test
  void segmentsOfAllSortsAreReadAndWritten() throws IOException {
    try (UringFile file = open("file", CREATE, READ, WRITE);
        Arena arena = Arena.ofConfined()) {
      MemorySegment large = arena.allocate(MUCH);
      large.asByteBuffer().put(FileScene.pattern(MUCH));
      assertEquals(MUCH, file.write(large));
      assertEquals(MUCH, file.write(large, MUCH));
      MemorySegment longs = MemorySegment.ofArray(new long[MUCH / 8]);
      assertEquals(MUCH, file.read(longs, MUCH));
      assertEquals(-1, MemorySegment.mismatch(large, 0, MUCH, longs, 0, MUCH));
      file.position(0);
      assertEquals(MUCH, file.read(large.fill((byte) 0)));
      assertArrayEquals(FileScene.pattern(MUCH), large.toArray(ValueLayout.JAVA_BYTE));
      assertThrows(IllegalArgumentException.class, () -> file.read(large.asReadOnly()));
    }
  }

  @Test
  void aSegmentWhoseArenaIsClosedIsRefused() throws IOException {
    MemorySegment gone;
    try (Arena arena = Arena.ofConfined()) {
      gone = arena.allocate(10);
    }
    try (UringFile file = open("file", CREATE, READ, WRITE)) {
      assertThrows(IllegalStateException.class, () -> file.write(gone));
      assertThrows(IllegalStateException.class, () -> file.read(gone, 0));
      assertEquals(0, file.size());
    }
  }

  @Test
  void streamsGoOnWhereTheFileIs() throws IOException {
    try (UringFile file = open("file", CREATE, READ, WRITE)) {
      OutputStream out = file.getOutputStream();
      out.write(FileScene.pattern(MUCH));
      out.write(5);
      assertEquals(MUCH + 1, file.position());
      file.position(1);
      InputStream in = file.getInputStream();
      assertEquals(FileScene.pattern(2)[1] & 0xFF, in.read());
      assertEquals(MUCH - 1, in.available());
      assertEquals(MUCH - 1, in.readAllBytes().length);
      assertEquals(-1, in.read());
      assertEquals(0, in.available());
      in.close();
      assertFalse(file.isOpen());
      assertThrows(ClosedChannelException.class, () -> out.write(1));
      assertThrows(ClosedChannelException.class, in::available);
    }
  }

  @Test
  void aPartOfItGoesIntoASocket() throws IOException {
    Path path = Files.write(directory.resolve("file"), FileScene.pattern(MUCH));
    try (UringFile file = UringFile.open(path);
        UringServerSocket server = new UringServerSocket(0);
        UringSocket client = new UringSocket("localhost", server.getLocalPort());
        UringSocket peer = server.accept()) {
      Caller sender = Caller.virtual(() -> {
        long sent = peer.transferFrom(file.descriptor(), 10, MUCH);
        peer.close();
        return sent;
      });
      assertEquals(MUCH - 10, client.getInputStream().readAllBytes().length);
      assertEquals((long) MUCH - 10, sender.value());
    }
  }

  // ---- opening

  @Test
  void aPathOfAnotherFileSystemIsRefused() throws IOException {
    try (FileSystem zip = FileSystems.newFileSystem(directory.resolve("a.zip"), Map.of("create", "true"))) {
      Path path = zip.getPath("file");
      assertThrows(ProviderMismatchException.class, () -> UringFile.open(path, CREATE, WRITE));
    }
  }

  @Test
  void anOptionMayBeGivenTwice() throws IOException {
    UringFile.open(directory.resolve("file"), CREATE, WRITE, CREATE).close();
    assertTrue(Files.exists(directory.resolve("file")));
  }

  @Test
  void whatCannotBeOpenedLeavesNothingBehind() {
    int before = Descriptors.census();
    assertThrows(NoSuchFileException.class, () -> open("none", READ));
    assertThrows(NoSuchFileException.class, () -> open("none/none", CREATE, WRITE));
    assertEquals(before, Descriptors.census());
  }

  @Test
  void aFileThatIsForgottenIsClosedInTheEnd() throws IOException {
    Path path = Files.write(directory.resolve("forgotten"), new byte[10]);
    forget(path);
    Await.until("its descriptor is closed", () -> {
      System.gc();
      return !Descriptors.open().containsValue(path.toString());
    });
  }

  private void forget(Path path) throws IOException {
    UringFile forgotten = UringFile.open(uring, path, Set.of(READ));
    assertTrue(Descriptors.open().containsValue(path.toString()));
    assertEquals(10, forgotten.size());
  }

  // ---- close

  @Test
  void aCloseEndsAVirtualThreadsReadOfAPipe() throws Exception {
    UringFile pipe = UringFile.open(uring, pipe(), Set.of(READ, WRITE));
    Caller reader = Caller.virtual(() -> pipe.read(ByteBuffer.allocate(10)));
    Caller second = Caller.virtual(() -> pipe.read(ByteBuffer.allocate(10)));
    Await.untilInFlight(uring, OperationKind.READ, 2);
    Await.untilParked(reader.thread());
    Await.untilParked(second.thread());
    pipe.close();
    reader.thrown(AsynchronousCloseException.class);
    second.thrown(AsynchronousCloseException.class);
    assertThrows(ClosedChannelException.class, () -> pipe.read(ByteBuffer.allocate(10)));
  }

  @Test
  void aCloseBesideReadersAndWritersTearsNoCallApart() throws IOException {
    byte[] block = FileScene.pattern(5000);
    for (int round = 0; round < 20; round++) {
      UringFile file = open("file" + round, CREATE, READ, WRITE);
      file.write(block, 0, block.length);
      Caller reader = Caller.virtual(() -> readUntilClosed(file, block));
      Caller writer = Caller.virtual(() -> writeUntilClosed(file, block));
      Await.until("both are at it", () -> file.size() > block.length || writer.isDone());
      file.close();
      reader.value();
      int written = (int) writer.value();
      assertEquals(0, Files.size(directory.resolve("file" + round)) % block.length, written + " blocks");
      assertTrue(Files.size(directory.resolve("file" + round)) >= (long) (written + 1) * block.length);
    }
  }

  private static Object readUntilClosed(UringFile file, byte[] block) throws IOException {
    byte[] into = new byte[block.length];
    try {
      while (true) {
        assertEquals(block.length, file.read(into, 0, into.length, 0));
        assertArrayEquals(block, into);
      }
    } catch (ClosedChannelException ended) {
      return null;
    }
  }

  private static int writeUntilClosed(UringFile file, byte[] block) throws IOException {
    int written = 0;
    try {
      while (true) {
        assertEquals(block.length, file.write(block, 0, block.length));
        written++;
      }
    } catch (ClosedChannelException ended) {
      return written;
    }
  }

  @Test
  void theEndOfTheRingIsNoCloseOfTheFile() throws Exception {
    UringFile pipe = UringFile.open(uring, pipe(), Set.of(READ, WRITE));
    Caller reader = Caller.virtual(() -> pipe.read(ByteBuffer.allocate(10)));
    Await.untilInFlight(uring, OperationKind.READ, 1);
    uring.close();
    reader.thrown(RingDeadException.class);
    assertThrows(RingDeadException.class, pipe::size);
    assertTrue(pipe.isOpen());
    pipe.close();
    assertFalse(pipe.isOpen());
  }

  // ---- interrupts

  @Test
  void anInterruptEndsNothingThatIsDoneToAFile() {
    Caller caller = Caller.virtual(() -> {
      Thread.currentThread().interrupt();
      try (UringFile file = open("file", CREATE, READ, WRITE)) {
        assertEquals(MUCH, file.write(ByteBuffer.wrap(FileScene.pattern(MUCH))));
        file.force(true);
        assertEquals(MUCH, file.size());
        ByteBuffer into = ByteBuffer.allocate(MUCH);
        assertEquals(MUCH, file.read(into, 0));
        assertArrayEquals(FileScene.pattern(MUCH), into.array());
        file.truncate(10);
        assertTrue(Thread.currentThread().isInterrupted());
        return file.isOpen();
      }
    });
    assertEquals(true, caller.value());
  }

  @Test
  void anInterruptEndsTheWaitForAPipeWhichStaysOpen() throws Exception {
    try (UringFile pipe = UringFile.open(uring, pipe(), Set.of(READ, WRITE))) {
      Caller reader = Caller.virtual(() -> {
        try {
          return pipe.read(ByteBuffer.allocate(10));
        } catch (OperationInterruptedException interrupted) {
          assertTrue(Thread.interrupted());
          return pipe.read(ByteBuffer.allocate(10));
        }
      });
      Await.untilInFlight(uring, OperationKind.READ, 1);
      Await.untilParked(reader.thread());
      reader.thread().interrupt();
      Await.until("it reads anew", () -> uring.stats().cancels() == 1 && uring.inFlight(OperationKind.READ) == 1);
      pipe.write(ByteBuffer.wrap("bytes".getBytes(UTF_8)));
      assertEquals(5, reader.value());
    }
  }
}
