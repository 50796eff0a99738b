package io.loomring.net;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that gets full, and one that is read-only: what FileChannel says, a file on the ring says. */
@Tag("interop")
class FullDiskTest extends UringTest {
  private static final int CHUNK = 100_000;

  @TempDir
  private Path disk;

  private interface Opener {
    SeekableByteChannel open(Path path) throws IOException;
  }

  /** So that it is none of what a test leaves behind. */
  @BeforeAll
  static void openTheDefault() {
    Uring.getDefault();
  }

  @BeforeEach
  void mount() throws Exception {
    run("mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", disk.toString());
  }

  @AfterEach
  void unmount() throws Exception {
    run("umount", disk.toString());
  }

  private static void run(String... command) throws Exception {
    assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor(), () -> String.join(" ", command));
  }

  /** Writes until it fails, then what is left of the room, and says all that there is to see. */
  private List<String> fill(Opener opener) throws IOException {
    Path path = disk.resolve("file");
    List<String> seen = new ArrayList<>();
    try (SeekableByteChannel file = opener.open(path)) {
      for (int failures = 0; failures < 2; ) {
        try {
          seen.add("wrote " + file.write(ByteBuffer.allocate(CHUNK)));
        } catch (IOException full) {
          failures++;
          seen.add(full.getClass() + ": " + full.getMessage());
        }
        assertTrue(seen.size() < 100, seen::toString);
      }
      seen.add("at " + file.position() + " of " + file.size());
      file.truncate(10);
      seen.add("wrote " + file.write(ByteBuffer.allocate(CHUNK)) + " to " + file.size());
    }
    Files.delete(path);
    return seen;
  }

  @Test
  void aFullDiskIsToldAsAFileChannelTellsIt() throws IOException {
    List<String> expected = fill(path -> FileChannel.open(path, CREATE_NEW, READ, WRITE));
    assertTrue(expected.toString().contains("No space left on device"), expected::toString);
    assertEquals(expected, fill(path -> UringFile.open(uring, path, Set.of(CREATE_NEW, READ, WRITE))));
  }

  private static String refusal(Opener opener, Path path) {
    try (SeekableByteChannel file = opener.open(path)) {
      return "opened " + file;
    } catch (IOException refused) {
      return refused.getClass() + ": " + refused.getMessage();
    }
  }

  @Test
  void aDiskThatIsReadOnlyIsToldAsAFileChannelTellsIt() throws Exception {
    Path there = Files.createFile(
        disk.resolve("there"), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    run("mount", "-o", "remount,ro", disk.toString());
    for (Path path : List.of(there, disk.resolve("new"))) {
      Set<StandardOpenOption> options = path == there ? Set.of(WRITE) : Set.of(CREATE_NEW, WRITE);
      String expected = refusal(name -> FileChannel.open(name, options), path);
      assertTrue(expected.contains("Read-only file system"), expected);
      assertEquals(expected, refusal(name -> UringFile.open(uring, name, options), path));
    }
  }
}
