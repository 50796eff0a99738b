package io.loomring.interop;

import io.loomring.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A server that is not ours, as a child of this process, on a port of its own, in a directory of its own, and not as
 * root. Closing it ends it and deletes the directory; where this process dies before, the kernel ends it.
 */
abstract class ServerProcess implements AutoCloseable {
  private static final long LIMIT_SECONDS = 60;
  private static final boolean ROOT = System.getProperty("user.name").equals("root");
  private static final String USER = "nobody";
  private static final String GROUP = "nogroup";

  // Below the ports that the kernel gives to clients, so that none of those comes in between.
  private static final int LOWEST_PORT = 20_000;
  private static final int HIGHEST_PORT = 32_000;

  private final Path directory;
  private final int port;
  private Process process;

  ServerProcess(String name) {
    try {
      directory = Files.createTempDirectory("loomring-" + name + "-");
      handOver(directory);
      port = freePort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  final Path directory() {
    return directory;
  }

  final int port() {
    return port;
  }

  /** Starts it, and waits until it accepts connections; leaves nothing where it does not. */
  final void start(String... command) {
    try {
      process = new ProcessBuilder(unprivileged(List.of(command)))
          .directory(directory.toFile())
          .redirectErrorStream(true)
          .redirectOutput(log().toFile())
          .start();
      Await.until(() -> getClass().getSimpleName() + " does not start:\n" + logged(),
          () -> !process.isAlive() || isReady());
      if (!process.isAlive()) {
        throw new IllegalStateException(getClass().getSimpleName() + " ended:\n" + logged());
      }
    } catch (IOException e) {
      close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Whether it can be talked to; that something listens, unless a server knows better. */
  boolean isReady() {
    return accepts(port);
  }

  static boolean accepts(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException notYet) {
      return false;
    }
  }

  private Path log() {
    return directory.resolve("server.log");
  }

  /** What it has written. */
  final String logged() {
    try {
      return Files.exists(log()) ? Files.readString(log()) : "";
    } catch (IOException e) {
      return "(not read: " + e + ")";
    }
  }

  /** Runs a command to its end, as the server's user; where that is no good one it fails, and leaves nothing. */
  final void run(String... command) {
    boolean succeeded = false;
    try {
      Path output = directory.resolve("command.log");
      Process running = new ProcessBuilder(unprivileged(List.of(command)))
          .directory(directory.toFile())
          .redirectErrorStream(true)
          .redirectOutput(output.toFile())
          .start();
      if (!running.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || running.exitValue() != 0) {
        running.destroyForcibly();
        throw new IllegalStateException(List.of(command) + ":\n" + Files.readString(output));
      }
      succeeded = true;
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(List.of(command).toString(), e);
    } finally {
      if (!succeeded && process == null) {
        delete();
      }
    }
  }

  private static List<String> unprivileged(List<String> command) {
    List<String> line = new ArrayList<>(List.of("setpriv", "--pdeathsig=INT"));
    if (ROOT) {
      line.addAll(List.of("--reuid=" + USER, "--regid=" + GROUP, "--clear-groups"));
    }
    line.addAll(command);
    return line;
  }

  /** Gives a file to the server's user. */
  static Path handOver(Path file) throws IOException {
    if (ROOT) {
      Files.setOwner(file, FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(USER));
    }
    return file;
  }

  /** Makes a self-signed certificate for this machine, with its key in {@code key.pem} beside it. */
  final Path certificate() {
    Path certificate = directory.resolve("certificate.pem");
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        "-keyout", directory.resolve("key.pem").toString(), "-out", certificate.toString());
    return certificate;
  }

  static int freePort() throws IOException {
    Random random = new Random();
    for (int attempt = 0; ; attempt++) {
      int candidate = random.nextInt(LOWEST_PORT, HIGHEST_PORT);
      try (ServerSocket probe = new ServerSocket(candidate, 1, InetAddress.getLoopbackAddress())) {
        return probe.getLocalPort();
      } catch (IOException taken) {
        if (attempt == 100) {
          throw taken;
        }
      }
    }
  }

  /** Asks it to end. */
  void stop() {
    process.destroy();
  }

  @Override
  public final void close() {
    try {
      if (process != null && process.isAlive()) {
        stop();
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
          throw new IllegalStateException(getClass().getSimpleName() + " does not end:\n" + logged());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
      delete();
    }
  }

  private void delete() {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
