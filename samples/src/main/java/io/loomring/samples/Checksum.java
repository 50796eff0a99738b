package io.loomring.samples;

import io.loomring.net.UringFile;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/**
 * {@code checksum}: the SHA-256 of every file of a tree, many at a time, as {@code sha256sum} prints them. A file is a
 * virtual thread; the lines come in the order of the names all the same.
 */
final class Checksum implements Loomring.Command {
  private static final int BUFFER_BYTES = 256 * 1024;
  private static final int MOST_THREADS = 1024;
  private static final int DEFAULT_THREADS = 2 * Runtime.getRuntime().availableProcessors();

  @Override
  public String help() {
    return """
        Usage: ./loomring checksum [flags] PATH...

        Prints the SHA-256 of each file, and of each in a directory and all below it, as sha256sum does, which can
        check them: ./loomring checksum docs >sums; sha256sum --check sums. Sorted by name; links within a directory
        are left out.

          --threads N  files that are read at a time, %d by default, at most %d

        Exit status: 0; 1 if a file cannot be read, which standard error names, or io_uring cannot be had; 2 for wrong
        arguments.
        """.formatted(DEFAULT_THREADS, MOST_THREADS);
  }

  @Override
  public Set<String> flags() {
    return Set.of("--threads");
  }

  @Override
  public int maxOperands() {
    return 10_000;
  }

  @Override
  public int run(Arguments arguments) throws UsageException {
    Semaphore places = new Semaphore(arguments.number("--threads", 1, MOST_THREADS, DEFAULT_THREADS));
    if (arguments.operands().isEmpty()) {
      throw new UsageException("no file");
    }
    List<Path> files = new ArrayList<>();
    boolean complete = true;
    for (String operand : arguments.operands()) {
      complete &= addFiles(Path.of(operand), files);
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> sums = new ArrayList<>();
      files.forEach(file -> sums.add(threads.submit(() -> sum(file, places))));
      for (int i = 0; i < files.size(); i++) {
        try {
          System.out.println(line(sums.get(i).get(), files.get(i).toString()));
        } catch (ExecutionException e) {
          if (!(e.getCause() instanceof IOException failed)) {
            throw new IllegalStateException(e.getCause());
          }
          complain(files.get(i), failed);
          complete = false;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      complete = false;
    }
    return complete ? Loomring.OK : Loomring.FAILED;
  }

  /** Adds the files below {@code root}, or that itself, sorted; false if some could not be listed. */
  private static boolean addFiles(Path root, List<Path> files) {
    List<Path> found = new ArrayList<>();
    List<Path> failed = new ArrayList<>();
    try {
      // A link is followed where it is an argument, and not below one.
      Path real = root.toRealPath();
      FileVisitor<Path> visitor = new SimpleFileVisitor<>() {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
          if (attributes.isRegularFile()) {
            found.add(root.resolve(real.relativize(file)));
          } else if (file.equals(real)) {
            visitFileFailed(file, new IOException("no regular file"));
          }
          return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) {
          Path named = root.resolve(real.relativize(file));
          complain(named, e);
          failed.add(named);
          return FileVisitResult.CONTINUE;
        }
      };
      Files.walkFileTree(real, visitor);
    } catch (IOException e) {
      complain(root, e);
      failed.add(root);
    }
    found.stream().sorted().forEach(files::add);
    return failed.isEmpty();
  }

  private static String sum(Path path, Semaphore places) throws IOException, InterruptedException {
    places.acquire();
    try (UringFile file = UringFile.open(path)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int count = file.read(buffer, 0, buffer.length); count >= 0; count = file.read(buffer, 0, buffer.length)) {
        digest.update(buffer, 0, count);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    } finally {
      places.release();
    }
  }

  /** As sha256sum has it: a line that begins with a backslash has a name in which some characters are written as two. */
  private static String line(String sum, String name) {
    String escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
    return (escaped.equals(name) ? "" : "\\") + sum + "  " + escaped;
  }

  private static void complain(Path file, IOException e) {
    Loomring.complain("checksum", e instanceof FileSystemException ? Loomring.reason(e) : file + ": " + e.getMessage());
  }
}
