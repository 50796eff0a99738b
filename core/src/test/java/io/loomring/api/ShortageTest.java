package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.UringUnavailableException;
import io.loomring.fd.Descriptor;
import io.loomring.testkit.Caller;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.Smoke;
import io.loomring.testkit.TestDriver;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits of the process that are met: descriptors, memory that may be locked. */
class ShortageTest {
  /** Uses all descriptors up, looks what goes on and what fails, and has all of it work again when some are free. */
  static final class NoDescriptorsMain {
    public static void main(String[] args) throws Exception {
      Uring uring = TestDriver.open(UringConfig.fromSystemProperties());
      // First with room, so that everything is loaded.
      new Smoke(uring).run();
      failures(uring, 99, Path.of("/no/such/file"));
      Uring.open(UringConfig.defaults().withEntries(2, 2)).close();
      int before = Descriptors.census();
      Descriptor listener = Connections.listener(uring);
      try (Pair pair = Connections.pair(uring, listener); Descriptor waiting =
          Connections.connected(uring, Connections.address(listener))) {
        List<FileInputStream> all = new ArrayList<>();
        try {
          while (true) {
            all.add(new FileInputStream("/dev/null"));
          }
        } catch (FileNotFoundException usedUp) {
          // As meant.
        }
        System.out.println(failures(uring, 0, Path.of("/dev/null")));
        System.out.println("accept " + said(() -> uring.accept(listener)));
        uring.send(pair.client(), new byte[100], 0, 100);
        assertEquals(100, uring.recv(pair.server(), new byte[200], 0, 200));
        for (FileInputStream each : all) {
          each.close();
        }
        uring.accept(listener).close();
      }
      listener.close();
      Descriptors.awaitCensus(before);
      new Smoke(uring).run();
      uring.close();
      System.out.println("passed");
    }

    /** What the calls say that take a descriptor; {@code domain} of the socket, 0 for a good one. */
    private static String failures(Uring uring, int domain, Path file) {
      return "socket " + said(() -> domain == 0 ? uring.tcpSocket() : uring.socket(domain, 1, 0))
          + ", open " + said(() -> uring.files().open(file, StandardOpenOption.READ))
          + ", ring " + said(() -> Uring.open(UringConfig.defaults().withEntries(2, domain == 0 ? 2 : 1)));
    }

    private static String said(Callable<? extends AutoCloseable> call) {
      Throwable thrown = Caller.virtual(() -> {
        call.call().close();
        return null;
      }).thrown();
      return switch (thrown) {
        case null -> "nothing";
        case UringUnavailableException e -> e.getMessage().contains("RLIMIT_NOFILE") ? "RLIMIT_NOFILE" : e.toString();
        case FileSystemException e -> String.valueOf(e.getReason());
        case Exception e -> String.valueOf(e.getMessage());
        case Throwable e -> e.toString();
      };
    }
  }

  @RunsOnce("descriptors are the process's")
  @Test
  void withNoDescriptorLeftWhatIsOpenGoesOnAndTheRestSaysWhy() {
    String said = ChildJvm.of(NoDescriptorsMain.class)
        .wrappedBy(command -> limited(command, "--nofile=100:100"))
        .run()
        .succeeded();
    assertTrue(
        said.contains("socket Too many open files, open Too many open files, ring RLIMIT_NOFILE\n"
            + "accept Too many open files\npassed\n"),
        said);
  }

  private static List<String> limited(List<String> command, String limit) {
    List<String> line = new ArrayList<>(List.of("prlimit", limit));
    line.addAll(command);
    return line;
  }

  /** Whoever runs the build may not be able to read it under another name: so a copy of the class path is read. */
  private static String copiedClassPath(Path to) throws IOException {
    List<String> copies = new ArrayList<>();
    for (String entry : System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")).split(":")) {
      Path copy = to.resolve(String.valueOf(copies.size()));
      try (Stream<Path> tree = Files.walk(Path.of(entry))) {
        for (Path each : tree.toList()) {
          Files.copy(each, copy.resolve(Path.of(entry).relativize(each).toString()));
        }
      }
      copies.add(copy.toString());
    }
    try (Stream<Path> tree = Files.walk(to)) {
      for (Path each : tree.toList()) {
        Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
    return String.join(":", copies);
  }

  /** A user without privileges, who may lock so much memory. */
  private static ChildJvm ofNobody(Path directory, String memlock) throws IOException {
    Path scratch = Files.createDirectory(directory.resolve("scratch"));
    ChildJvm child = ChildJvm.of(Smoke.class)
        .classPath(copiedClassPath(Files.createDirectory(directory.resolve("classes"))))
        .options("-Djna.tmpdir=" + scratch, "-Djava.io.tmpdir=" + scratch)
        .wrappedBy(command -> limited(command, "--memlock=" + memlock))
        .wrappedBy(command -> {
          List<String> line = new ArrayList<>(List.of(
              "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"));
          line.addAll(command);
          return line;
        });
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(scratch, PosixFilePermissions.fromString("rwxrwxrwx"));
    return child;
  }

  @Tag("interop")
  @Test
  void whereLittleMemoryMayBeLockedQueuesAreSmallerAndEverythingWorks(@TempDir Path directory) throws IOException {
    String said = ofNobody(directory, "65536:65536").run().succeeded();
    Matcher entries = Pattern.compile("smoke passed, entries (\\d+)").matcher(said);
    assertTrue(entries.find(), said);
    assertTrue(Integer.parseInt(entries.group(1)) < UringConfig.defaults().sqEntries(), said);
  }

  @Tag("interop")
  @Test
  void whereNoneMayBeLockedTheLimitIsNamed(@TempDir Path directory) throws IOException {
    ChildJvm.Result result = ofNobody(directory, "0:0").run();
    assertTrue(result.exitCode() != 0, result::toString);
    assertTrue(result.err().contains("RLIMIT_MEMLOCK"), result::toString);
  }
}
