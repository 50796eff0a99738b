package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Descriptors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchTest {
  @TempDir private Path directory;

  /** Runs it in this JVM while {@code happens} does, from when it watches. */
  private InProcess.Result watch(Happening happens, String... flags) throws Exception {
    Uring.getDefault();
    int before = Descriptors.count("anon_inode:inotify");
    CompletableFuture<Void> happened = CompletableFuture.runAsync(() -> {
      Await.until("it watches", () -> Descriptors.count("anon_inode:inotify") > before);
      try {
        happens.run();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    });
    String[] words = new String[flags.length + 2];
    words[0] = "watch";
    words[1] = directory.toString();
    System.arraycopy(flags, 0, words, 2, flags.length);
    InProcess.Result result = InProcess.run(words);
    happened.join();
    assertEquals(before, Descriptors.count("anon_inode:inotify"));
    return result;
  }

  private interface Happening {
    void run() throws Exception;
  }

  @Test
  void whatHappensToFilesIsSaidInOrder() throws Exception {
    assertEquals(
        new InProcess.Result(0, "watching " + directory + "\nmade a b\nwritten a b\nrenamed from a b\nrenamed to c\n"
            + "deleted c\n", ""),
        watch(() -> {
          // The watch is added after the descriptor is made; what is made before is not told of.
          Path file = directory.resolve("a b");
          Await.until("it is told of", () -> watched(directory));
          Files.writeString(file, "text");
          Files.move(file, directory.resolve("c"), StandardCopyOption.ATOMIC_MOVE);
          Files.delete(directory.resolve("c"));
        }, "--count", "5"));
  }

  /** Whether a descriptor of this process's watches a directory, by what the kernel says of it. */
  private static boolean watched(Path directory) throws Exception {
    String inode = "ino:" + Long.toHexString((Long) Files.getAttribute(directory, "unix:ino"));
    for (var entry : Descriptors.open().entrySet()) {
      if (entry.getValue().equals("anon_inode:inotify")
          && Files.readString(Path.of("/proc/self/fdinfo/" + entry.getKey())).contains(inode + " ")) {
        return true;
      }
    }
    return false;
  }

  @Test
  void manyFilesAtOnceAreAllSaid() throws Exception {
    InProcess.Result result = watch(() -> {
      Await.until("it is told of", () -> watched(directory));
      for (int i = 0; i < 1000; i++) {
        Files.createDirectory(directory.resolve("file " + i));
      }
    }, "--count", "1000");
    assertEquals("watching " + directory + "\n" + IntStream.range(0, 1000).mapToObj(i -> "made file " + i + "\n")
        .collect(Collectors.joining()), result.out());
  }

  @Test
  void aDirectoryThatIsDeletedEndsIt() throws Exception {
    InProcess.Result result = watch(() -> {
      Await.until("it is told of", () -> watched(directory));
      Files.delete(directory);
    });
    assertEquals(new InProcess.Result(1, "watching " + directory + "\n", "watch: " + directory + ": it is gone\n"), result);
    Files.createDirectory(directory);
  }

  @Test
  void whereNothingHappensInTimeItEnds() {
    assertEquals(new InProcess.Result(3, "watching " + directory + "\nnothing happened for 20 ms\n", ""),
        InProcess.run("watch", directory.toString(), "--timeout", "20ms"));
  }

  @Test
  void whatIsNoDirectoryIsNamed() {
    assertEquals(new InProcess.Result(1, "", "watch: /no/such: no such directory\n"), InProcess.run("watch", "/no/such"));
    assertEquals(2, InProcess.run("watch").status());
  }

  @Test
  void aSignalEndsItsWait() {
    try (ChildJvm.Running watch = ChildJvm.of(Loomring.class, "watch", directory.toString()).start()) {
      Await.until("it watches", () -> watch.outSoFar().startsWith("watching "));
      watch.process().toHandle().destroy();
      ChildJvm.Result result = watch.await();
      assertEquals(143, result.exitCode());
      assertEquals("", result.err());
      assertTrue(result.out().endsWith("\n"));
    }
  }
}
