package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationHandle;
import io.loomring.sys.Constants;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Seed;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files through the ring, looked at through {@code java.nio.file}. */
class FileOperationsTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;

  @TempDir
  private Path directory;

  private FileOperations files;
  private Path path;

  @Override
  protected UringConfig config() {
    return super.config().withDirectDescriptors(4);
  }

  @BeforeEach
  void takeFiles() {
    files = uring.files();
    path = directory.resolve("file-\u00e4");
  }

  private static byte[] bytes(int count, long seed) {
    byte[] bytes = new byte[count];
    new java.util.Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static MemorySegment of(byte[] bytes) {
    return MemorySegment.ofArray(bytes);
  }

  @Test
  void whatIsWrittenToANewFileIsThereForOthers() throws IOException {
    byte[] bytes = bytes(10_000, 1);
    try (Descriptor file = files.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      assertEquals(10_000, files.write(file, of(bytes), 0, NONE));
      assertEquals(3, files.write(file, ByteBuffer.wrap(new byte[] {1, 2, 3}), 9_999, NONE));
    }
    byte[] found = Files.readAllBytes(path);
    assertEquals(10_002, found.length);
    assertEquals(3, found[10_001]);
    found[9_999] = bytes[9_999];
    assertArrayEquals(bytes, java.util.Arrays.copyOf(found, 10_000));
  }

  @Test
  void aLargeWriteIsOneOperationOutOfSeveralBuffers() throws IOException {
    for (int size : new int[] {131_073, 500_000, LargeWrite.MAX_BYTES, 3_000_000}) {
      byte[] bytes = bytes(size, size);
      try (Descriptor file = files.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        long before = uring.stats().submitted();
        int count = files.write(file, of(bytes), 7, NONE);
        assertEquals(Math.min(size, LargeWrite.MAX_BYTES), count);
        assertEquals(1, uring.stats().submitted() - before);
        assertArrayEquals(
            java.util.Arrays.copyOf(bytes, count), java.util.Arrays.copyOfRange(Files.readAllBytes(path), 7, count + 7));
      }
      Files.delete(path);
    }
  }

  @Test
  void aLargeWriteGoesToADirectDescriptorToo() throws IOException {
    byte[] bytes = bytes(300_000, 5);
    try (Descriptor file = uring.direct().open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertEquals(bytes.length, files.write(file, of(bytes), 0, NONE));
    }
    assertArrayEquals(bytes, Files.readAllBytes(path));
  }

  @Test
  void aLargeWriteThatIsRefusedKeepsNoBuffer() throws IOException {
    byte[] bytes = new byte[1 << 20];
    MemorySegment gone;
    try (Arena arena = Arena.ofShared()) {
      gone = arena.allocate(bytes.length);
    }
    Descriptor file = files.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    OperationHandle used = new OperationHandle();
    files.write(file, of(bytes), 0, CallOptions.handle(used));
    assertThrows(IllegalStateException.class, () -> files.write(file, of(bytes), 0, CallOptions.handle(used)));
    assertThrows(IllegalStateException.class, () -> files.write(file, gone, 0, NONE));
    assertEquals(0, uring.stats().buffersLent());
    file.close();
    assertThrows(DescriptorClosedException.class, () -> files.write(file, of(bytes), 0, NONE));
    try (Descriptor full = files.openat(null, "/dev/full", Constants.O_WRONLY, 0, NONE)) {
      IOException failed = assertThrows(IOException.class, () -> files.write(full, of(bytes), 0, NONE));
      assertEquals("No space left on device", failed.getMessage());
    }
  }

  @Test
  void aReadBeginsAtItsPositionAndEndsAtTheEnd() throws IOException {
    byte[] bytes = bytes(5_000, 2);
    Files.write(path, bytes);
    try (Descriptor file = files.open(path)) {
      byte[] into = new byte[100];
      assertEquals(100, files.read(file, of(into), 4_000, NONE));
      assertArrayEquals(java.util.Arrays.copyOfRange(bytes, 4_000, 4_100), into);
      ByteBuffer direct = ByteBuffer.allocateDirect(200);
      assertEquals(50, files.read(file, direct, 4_950, NONE));
      assertEquals(50, direct.position());
      assertEquals(bytes[4_999], direct.get(49));
      assertEquals(-1, files.read(file, of(into), 5_000, NONE));
      assertEquals(-1, files.read(file, of(into), Long.MAX_VALUE - 4096, NONE));
      assertEquals(0, files.read(file, of(new byte[0]), 0, NONE));
    }
  }

  @Test
  void manyThreadsReadWhatIsTheirs() throws IOException {
    int blocks = 256;
    byte[] bytes = bytes(blocks * 4096, Seed.announced("blocks"));
    Files.write(path, bytes);
    try (Descriptor file = files.open(path)) {
      List<Caller> callers = new ArrayList<>();
      for (int i = 0; i < blocks; i++) {
        int block = i * 37 % blocks;
        callers.add(Caller.virtual(() -> {
          byte[] into = new byte[4096];
          for (int round = 0; round < 10; round++) {
            assertEquals(4096, files.read(file, of(into), block * 4096L, NONE));
            assertEquals(-1, of(into).mismatch(of(bytes).asSlice(block * 4096L, 4096)));
          }
          return null;
        }));
      }
      callers.forEach(Caller::value);
    }
  }

  @Test
  void whatIsInThePageCacheIsReadWithoutTheRingAndNowAndThenThroughIt() throws IOException {
    Files.write(path, bytes(4096, 6));
    try (Descriptor file = files.open(path)) {
      long before = uring.stats().operations();
      for (int i = 0; i < 640; i++) {
        assertEquals(4096, files.read(file, of(new byte[8192]), 0, NONE));
      }
      // Written a moment ago: nothing makes the kernel drop it, short of memory that runs out.
      long through = uring.stats().operations() - before;
      assertTrue(through >= 10 && through < 640, through + " of 640 reads went through the ring");
    }
  }

  @Test
  void aSocketIsNotReadAtAPosition() throws IOException {
    try (Descriptor socket = uring.tcpSocket()) {
      IOException refused = assertThrows(IOException.class, () -> files.read(socket, of(new byte[1]), 0, NONE));
      assertFalse(refused.getMessage().isBlank());
    }
  }

  @Test
  void aFileOpenedForDirectAccessIsReadAndWrittenFromAnyMemory() throws IOException {
    byte[] bytes = bytes(8192, 3);
    int flags = Constants.O_RDWR | Constants.O_CREAT | Constants.O_DIRECT;
    try (Descriptor file = files.openat(null, path.toString(), flags, FileOperations.DEFAULT_MODE, NONE)) {
      assertEquals(8192, files.write(file, of(bytes), 0, NONE));
      assertArrayEquals(bytes, Files.readAllBytes(path));
      byte[] into = new byte[4097];
      assertEquals(4096, files.read(file, of(into).asSlice(1), 4096, NONE));
      assertEquals(-1, of(into).asSlice(1).mismatch(of(bytes).asSlice(4096)));
      // Larger than the pool's largest buffers, less their alignment.
      byte[] large = new byte[1 << 20];
      assertTrue(files.write(file, of(large), 8192, NONE) % 4096 == 0);
      IOException odd = assertThrows(IOException.class, () -> files.read(file, of(new byte[100]), 3, NONE));
      assertEquals("Invalid argument", odd.getMessage());
    }
  }

  @Test
  void theStatusIsWhatOthersSee() throws IOException {
    Files.write(path, bytes(12_345, 4));
    try (Descriptor file = files.open(path)) {
      assertEquals(12_345, files.size(file, NONE));
      FileStatus status = files.status(file, NONE);
      Map<String, Object> expected = Files.readAttributes(path, "unix:*");
      assertEquals(12_345, status.size());
      assertEquals(expected.get("ino"), status.inode());
      assertEquals(expected.get("mode"), status.mode());
      assertEquals(expected.get("uid"), status.uid());
      assertEquals(expected.get("nlink"), status.links());
      assertEquals(Files.getLastModifiedTime(path).toInstant(), status.modified());
      assertTrue(status.isRegularFile() && !status.isDirectory());
      assertEquals(status.inode(), files.status(path, NONE).inode());
    }
    assertTrue(files.status(directory, NONE).isDirectory());
  }

  @Test
  void aFileIsOpenedRelativeToADirectory() throws IOException {
    Files.write(path, new byte[] {42});
    try (Descriptor in = files.openat(null, directory.toString(), Constants.O_DIRECTORY, 0, NONE);
        Descriptor file = files.openat(in, path.getFileName().toString(), Constants.O_RDONLY, 0, NONE)) {
      byte[] one = new byte[1];
      assertEquals(1, files.read(file, of(one), 0, NONE));
      assertEquals(42, one[0]);
      assertEquals(1, files.statx(in, path.getFileName().toString(), 0, NONE).size());
    }
  }

  @Test
  void aNewFileHasItsModeAndItsDescriptorGoesToNoChild() throws IOException {
    Set<OpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (Descriptor file = files.open(path, options, 0600, NONE)) {
      assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
      String flags = Files.readString(Path.of("/proc/self/fdinfo/" + file.fd())).lines()
          .filter(line -> line.startsWith("flags:")).findFirst().orElseThrow().replaceAll("\\D", "");
      assertTrue((Integer.parseInt(flags, 8) & Constants.O_CLOEXEC) != 0, flags);
    }
  }

  @Test
  void syncingWorksOnFilesOnly() throws IOException {
    try (Descriptor file = files.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      files.write(file, of(bytes(100_000, 5)), 0, NONE);
      files.fsync(file, NONE);
      files.fdatasync(file, NONE);
      files.fsync(file, CallOptions.timeout(Duration.ofMinutes(1)));
    }
    try (Descriptor socket = uring.tcpSocket()) {
      IOException refused = assertThrows(IOException.class, () -> files.fsync(socket, NONE));
      assertEquals("Invalid argument", refused.getMessage());
    }
  }

  @Test
  void whatCannotBeOpenedSaysWhyAsTheJdkDoes() throws IOException {
    NoSuchFileException missing = assertThrows(NoSuchFileException.class, () -> files.open(path));
    assertEquals(path.toString(), missing.getFile());
    assertThrows(NoSuchFileException.class, () -> files.status(path, NONE));
    Files.write(path, new byte[1]);
    assertThrows(FileAlreadyExistsException.class,
        () -> files.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    assertEquals("Not a directory",
        assertThrows(FileSystemException.class, () -> files.open(path.resolve("below"))).getReason());
    assertEquals("Is a directory",
        assertThrows(FileSystemException.class, () -> files.open(directory, StandardOpenOption.WRITE)).getReason());
    Path link = Files.createSymbolicLink(directory.resolve("link"), path);
    assertTrue(assertThrows(FileSystemException.class, () -> files.open(link, LinkOption.NOFOLLOW_LINKS))
        .getReason().startsWith("Too many levels of symbolic links"));
    try (Descriptor writeOnly = files.open(path, StandardOpenOption.WRITE)) {
      assertEquals("Bad file descriptor",
          assertThrows(IOException.class, () -> files.read(writeOnly, of(new byte[1]), 0, NONE)).getMessage());
    }
  }

  @Test
  void wrongArgumentsAreRefusedAtTheCall() throws IOException {
    Files.write(path, new byte[1]);
    MemorySegment one = of(new byte[1]);
    try (Descriptor file = files.open(path)) {
      assertThrows(IllegalArgumentException.class, () -> files.read(file, one, -1, NONE));
      assertThrows(IllegalArgumentException.class, () -> files.write(file, one, -1, NONE));
      assertThrows(IllegalArgumentException.class, () -> files.read(file, one.asReadOnly(), 0, NONE));
      assertThrows(ReadOnlyBufferException.class,
          () -> files.read(file, ByteBuffer.allocate(1).asReadOnlyBuffer(), 0, NONE));
      assertThrows(InvalidPathException.class, () -> files.openat(null, "a\0b", 0, 0, NONE));
      assertThrows(InvalidPathException.class, () -> files.openat(null, "x".repeat(4096), 0, 0, NONE));
      assertThrows(FileSystemException.class, () -> files.openat(null, "x".repeat(4095), 0, 0, NONE));
      assertThrows(NullPointerException.class, () -> files.read(null, one, 0, NONE));
      assertThrows(NullPointerException.class, () -> files.fsync(null, NONE));
      assertThrows(NullPointerException.class, () -> files.status((Descriptor) null, NONE));
      OperationHandle handle = new OperationHandle();
      assertEquals(1, files.size(file, CallOptions.handle(handle)));
      assertThrows(IllegalStateException.class, () -> files.fsync(file, CallOptions.handle(handle)));
      assertThrows(IllegalStateException.class, () -> files.status(path, CallOptions.handle(handle)));
      assertThrows(IllegalStateException.class,
          () -> files.open(path, Set.of(), 0, CallOptions.handle(handle)));
      assertThrows(IllegalStateException.class, () -> files.read(file, one, 0, CallOptions.handle(handle)));
      try (Arena closed = Arena.ofConfined()) {
        MemorySegment gone = closed.allocate(1);
        closed.close();
        assertThrows(IllegalStateException.class, () -> files.write(file, gone, 0, NONE));
        assertThrows(IllegalStateException.class, () -> files.read(file, gone, 0, NONE));
      } catch (IllegalStateException closedTwice) {
        assertFalse(closedTwice.getMessage().isBlank());
      }
    }
  }

  @Test
  void aFileThatIsClosedIsRefused() throws IOException {
    Files.write(path, new byte[1]);
    Descriptor file = files.open(path);
    file.close();
    MemorySegment one = of(new byte[1]);
    assertThrows(DescriptorClosedException.class, () -> files.read(file, one, 0, NONE));
    assertThrows(DescriptorClosedException.class, () -> files.write(file, one, 0, NONE));
    assertThrows(DescriptorClosedException.class, () -> files.fsync(file, NONE));
    assertThrows(DescriptorClosedException.class, () -> files.size(file, NONE));
    assertThrows(DescriptorClosedException.class, () -> files.openat(file, "x", 0, 0, NONE));
  }

  @Test
  void everySetOfOptionsDoesWhatItDoesInAFileChannel() throws IOException {
    List<StandardOpenOption> all = List.of(
        StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.APPEND, StandardOpenOption.CREATE,
        StandardOpenOption.CREATE_NEW, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.SPARSE,
        StandardOpenOption.DSYNC);
    for (int set = 0; set < 1 << all.size(); set++) {
      Set<OpenOption> options = new java.util.HashSet<>();
      for (int i = 0; i < all.size(); i++) {
        if ((set & 1 << i) != 0) {
          options.add(all.get(i));
        }
      }
      for (boolean exists : new boolean[] {false, true}) {
        assertEquals(throughChannel(options, exists), throughRing(options, exists), options + " exists " + exists);
      }
    }
  }

  private String throughChannel(Set<OpenOption> options, boolean exists) throws IOException {
    prepare(exists);
    try (var channel = java.nio.channels.FileChannel.open(path, options)) {
      channel.write(ByteBuffer.wrap(new byte[2]), 0);
      return "written " + Files.size(path);
    } catch (java.nio.channels.NonWritableChannelException readOnly) {
      return "read-only " + Files.size(path);
    } catch (IOException | RuntimeException refused) {
      return refused.getClass().getName();
    }
  }

  private String throughRing(Set<OpenOption> options, boolean exists) throws IOException {
    prepare(exists);
    Descriptor file;
    try {
      file = files.open(path, options, FileOperations.DEFAULT_MODE, NONE);
    } catch (IOException | RuntimeException refused) {
      return refused.getClass().getName();
    }
    try (file) {
      files.write(file, of(new byte[2]), 0, NONE);
      return "written " + Files.size(path);
    } catch (IOException readOnly) {
      assertEquals("Bad file descriptor", readOnly.getMessage());
      return "read-only " + Files.size(path);
    }
  }

  private void prepare(boolean exists) throws IOException {
    Files.deleteIfExists(path);
    if (exists) {
      Files.write(path, new byte[10]);
    }
  }
}
