package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.fd.Descriptor;
import io.loomring.ring.Opcode;
import io.loomring.sys.Constants;
import io.loomring.sys.NativeMemory;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.PageCache;
import io.loomring.testkit.Pipe;
import io.loomring.testkit.Runs;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every operation on files and their names, looked at through {@code java.nio.file} and plain system calls. */
class FileOpcodesTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;
  private static final int DISCARD = 4;

  @TempDir private Path directory;

  private FileOperations files;
  private Path path;

  @BeforeEach
  void takeFiles() {
    files = uring.files();
    path = directory.resolve("file-\u00e4");
  }

  private Descriptor create(String content) throws IOException {
    Files.writeString(path, content);
    return files.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private static MemorySegment heap(String text) {
    return MemorySegment.ofArray(text.getBytes());
  }

  private static String text(MemorySegment segment) {
    return new String(segment.toArray(ValueLayout.JAVA_BYTE));
  }

  // ---- data

  @Test
  @Runs(Opcode.READV)
  void aVectorIsReadSegmentBySegment() throws IOException {
    try (Descriptor file = create("0123456789")) {
      MemorySegment first = MemorySegment.ofArray(new byte[3]);
      MemorySegment second = MemorySegment.ofArray(new byte[20]);
      assertEquals(9, files.readv(file, List.of(first, second), 1, NONE));
      assertEquals("123", text(first));
      assertEquals("456789", text(second.asSlice(0, 6)));
      assertEquals(-1, files.readv(file, List.of(first), 10, NONE));
      assertEquals(0, files.readv(file, List.of(), 0, NONE));
    }
  }

  @Test
  @Runs(Opcode.WRITEV)
  void aVectorIsWrittenSegmentBySegment() throws IOException {
    try (Descriptor file = create("")) {
      assertEquals(7, files.writev(file, List.of(heap("one"), heap(""), heap("-two")), 2, NONE));
    }
    assertEquals("\0\0one-two", Files.readString(path));
  }

  @Test
  void aVectorGoesThroughAPipe() throws IOException {
    try (Pipe pipe = Pipe.open(uring)) {
      assertEquals(4, files.writev(pipe.sink(), List.of(heap("ab"), heap("cd")), -1, NONE));
      MemorySegment into = MemorySegment.ofArray(new byte[4]);
      assertEquals(4, files.readv(pipe.source(), List.of(into.asSlice(2), into.asSlice(0, 2)), -1, NONE));
      assertEquals("cdab", text(into));
    }
  }

  @Test
  void aVectorThatIsLargerThanABufferIsMovedAsFarAsItFits() throws IOException {
    try (Descriptor file = create("")) {
      long written = files.writev(file, List.of(heap("x".repeat(100_000)), heap("y".repeat(100_000))), 0, NONE);
      assertTrue(written > 100_000 && written < 200_000, () -> "wrote " + written);
      assertEquals(written, Files.size(path));
    }
  }

  // ---- space

  @Test
  @Runs(Opcode.FALLOCATE)
  void roomIsMadeAndTakenAway() throws IOException {
    try (Descriptor file = create("x".repeat(8192))) {
      files.fallocate(file, 0, 0, 16_384, NONE);
      assertEquals(16_384, Files.size(path));
      files.fallocate(file, FileOperations.PUNCH_HOLE | FileOperations.KEEP_SIZE, 0, 4096, NONE);
      byte[] now = Files.readAllBytes(path);
      assertEquals(0, now[0]);
      assertEquals('x', now[4096]);
    }
  }

  @Test
  @Runs(Opcode.FTRUNCATE)
  void aFileIsCutOffAndLengthened() throws IOException {
    try (Descriptor file = create("0123456789")) {
      files.ftruncate(file, 4, NONE);
      assertEquals("0123", Files.readString(path));
      files.ftruncate(file, 6, NONE);
      assertEquals("0123\0\0", Files.readString(path));
    }
  }

  @Test
  void aFileThatIsOnlyReadIsNotCutOff() throws IOException {
    Files.writeString(path, "x");
    try (Descriptor file = files.open(path)) {
      assertThrows(IOException.class, () -> files.ftruncate(file, 0, NONE));
    }
    assertEquals(1, Files.size(path));
  }

  // ---- caches

  @Test
  @Runs({Opcode.SYNC_FILE_RANGE, Opcode.FADVISE})
  void whatIsSyncedCanBeDroppedFromTheCache() throws IOException {
    try (Descriptor file = create("x".repeat(64 * 1024))) {
      assertTrue(PageCache.has(uring, file));
      int flags = FileOperations.WAIT_BEFORE | FileOperations.START_WRITE | FileOperations.WAIT_AFTER;
      files.syncFileRange(file, 0, 0, flags, NONE);
      PageCache.awaitDropped(uring, file);
    }
  }

  @Test
  void onlyFilesAreSyncedByRangeOrAdvisedOn() throws IOException {
    try (Pipe pipe = Pipe.open(uring)) {
      assertThrows(IOException.class, () -> files.syncFileRange(pipe.source(), 0, 0, 0, NONE));
      assertThrows(IOException.class, () -> files.fadvise(pipe.source(), 0, 0, FileOperations.WILL_NEED, NONE));
    }
  }

  @Test
  @Runs(Opcode.MADVISE)
  void pagesThatAreNotNeededAreGivenBack() throws IOException {
    MemorySegment pages = NativeMemory.anonymous(8192);
    pages.fill((byte) 7);
    files.madvise(pages.asSlice(0, 4096), DISCARD, NONE);
    assertEquals(0, pages.get(ValueLayout.JAVA_BYTE, 0), "a fresh page of zeros");
    assertEquals(7, pages.get(ValueLayout.JAVA_BYTE, 4096));
    assertThrows(IllegalArgumentException.class, () -> files.madvise(heap("x"), DISCARD, NONE));
  }

  // ---- opening

  @Test
  @Runs(Opcode.OPENAT2)
  void anOpenStaysBeneathItsDirectory() throws IOException {
    Files.writeString(path, "inside");
    try (Descriptor root =
        files.openat(null, directory.toString(), Constants.O_DIRECTORY | Constants.O_RDONLY, 0, NONE)) {
      String name = path.getFileName().toString();
      try (Descriptor file =
          files.openat2(root, name, Constants.O_RDONLY, 0, FileOperations.RESOLVE_BENEATH, NONE)) {
        assertEquals(path.toRealPath().toString(), Descriptors.target(file.fd()));
      }
      assertThrows(
          FileSystemException.class,
          () -> files.openat2(root, "../x", Constants.O_RDONLY, 0, FileOperations.RESOLVE_BENEATH, NONE));
      assertThrows(
          NoSuchFileException.class,
          () -> files.openat2(root, "missing", Constants.O_RDONLY, 0, FileOperations.RESOLVE_BENEATH, NONE));
    }
  }

  // ---- names

  @Test
  @Runs(Opcode.MKDIRAT)
  void aDirectoryIsMade() throws IOException {
    files.mkdirat(null, directory.resolve("made").toString(), 0700, NONE);
    assertTrue(Files.isDirectory(directory.resolve("made")));
    assertThrows(
        FileAlreadyExistsException.class,
        () -> files.mkdirat(null, directory.resolve("made").toString(), 0700, NONE));
  }

  @Test
  @Runs(Opcode.UNLINKAT)
  void namesAreRemoved() throws IOException {
    Files.writeString(path, "x");
    assertThrows(
        DirectoryNotEmptyException.class,
        () -> files.unlinkat(null, directory.toString(), FileOperations.REMOVE_DIRECTORY, NONE));
    files.unlinkat(null, path.toString(), 0, NONE);
    assertFalse(Files.exists(path));
    Path inner = Files.createDirectory(directory.resolve("inner"));
    files.unlinkat(null, inner.toString(), FileOperations.REMOVE_DIRECTORY, NONE);
    assertFalse(Files.exists(inner));
    assertThrows(NoSuchFileException.class, () -> files.unlinkat(null, path.toString(), 0, NONE));
  }

  @Test
  @Runs(Opcode.RENAMEAT)
  void aFileIsRenamedBetweenDirectories() throws IOException {
    Files.writeString(path, "x");
    Path inner = Files.createDirectory(directory.resolve("inner"));
    try (Descriptor from = files.openat(null, directory.toString(), Constants.O_DIRECTORY, 0, NONE);
        Descriptor to = files.openat(null, inner.toString(), Constants.O_DIRECTORY, 0, NONE)) {
      files.renameat(from, path.getFileName().toString(), to, "renamed", 0, NONE);
    }
    assertFalse(Files.exists(path));
    assertEquals("x", Files.readString(inner.resolve("renamed")));
  }

  @Test
  void aRenameCanSpareWhatIsThereOrSwapTheTwo() throws IOException {
    Files.writeString(path, "a");
    Path other = Files.writeString(directory.resolve("other"), "b");
    assertThrows(
        FileAlreadyExistsException.class,
        () -> files.renameat(null, path.toString(), null, other.toString(), FileOperations.RENAME_NOREPLACE, NONE));
    files.renameat(null, path.toString(), null, other.toString(), FileOperations.RENAME_EXCHANGE, NONE);
    assertEquals("b", Files.readString(path));
    assertEquals("a", Files.readString(other));
  }

  @Test
  @Runs(Opcode.SYMLINKAT)
  void aSymbolicLinkIsMade() throws IOException {
    Path link = directory.resolve("link");
    files.symlinkat("the/target", null, link.toString(), NONE);
    assertEquals(Path.of("the/target"), Files.readSymbolicLink(link));
    assertTrue(Files.isSymbolicLink(link) && !Files.exists(link));
    assertTrue(Files.exists(link, LinkOption.NOFOLLOW_LINKS));
  }

  @Test
  @Runs(Opcode.LINKAT)
  void aFileGetsOneMoreName() throws IOException {
    Files.writeString(path, "x");
    Path second = directory.resolve("second");
    files.linkat(null, path.toString(), null, second.toString(), 0, NONE);
    assertTrue(Files.isSameFile(path, second));
  }

  @Test
  void aPathWithAZeroByteIsRefused() {
    assertThrows(InvalidPathException.class, () -> files.mkdirat(null, "a\0b", 0, NONE));
    assertThrows(InvalidPathException.class, () -> files.renameat(null, "a", null, "b\0", 0, NONE));
    assertThrows(InvalidPathException.class, () -> files.unlinkat(null, "x".repeat(4096), 0, NONE));
  }

  @Test
  void aDirectoryThatIsClosedIsRefusedFirstOrSecond() throws IOException {
    Descriptor closed = files.openat(null, directory.toString(), Constants.O_DIRECTORY, 0, NONE);
    closed.close();
    assertThrows(DescriptorClosedException.class, () -> files.mkdirat(closed, "x", 0700, NONE));
    assertThrows(DescriptorClosedException.class, () -> files.renameat(null, "x", closed, "y", 0, NONE));
  }

  // ---- extended attributes

  private UserDefinedFileAttributeView attributes() {
    return Files.getFileAttributeView(path, UserDefinedFileAttributeView.class);
  }

  @Test
  @Runs({Opcode.SETXATTR, Opcode.GETXATTR})
  void anAttributeIsSetAndReadByName() throws IOException {
    Files.writeString(path, "x");
    files.setxattr(path.toString(), "user.origin", "here".getBytes(), 0, NONE);
    assertEquals(List.of("origin"), attributes().list());
    attributes().write("other", ByteBuffer.wrap("there".getBytes()));
    assertArrayEquals("there".getBytes(), files.getxattr(path.toString(), "user.other", NONE));
    assertNull(files.getxattr(path.toString(), "user.missing", NONE));
    assertThrows(
        NoSuchFileException.class, () -> files.getxattr(directory + "/missing", "user.origin", NONE));
    assertThrows(
        FileAlreadyExistsException.class,
        () -> files.setxattr(path.toString(), "user.origin", new byte[1], 1, NONE));
  }

  @Test
  @Runs({Opcode.FSETXATTR, Opcode.FGETXATTR})
  void anAttributeIsSetAndReadOfAnOpenFile() throws IOException {
    try (Descriptor file = create("x")) {
      files.fsetxattr(file, "user.origin", "here".getBytes(), 0, NONE);
      ByteBuffer found = ByteBuffer.allocate(4);
      attributes().read("origin", found);
      assertArrayEquals("here".getBytes(), found.array());
      attributes().write("other", ByteBuffer.wrap("there".getBytes()));
      assertArrayEquals("there".getBytes(), files.fgetxattr(file, "user.other", NONE));
      assertNull(files.fgetxattr(file, "user.missing", NONE));
    }
  }
}
