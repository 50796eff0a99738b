package io.loomring.interop;

import io.loomring.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
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

  /** What each of them writes where its port is another's. */
  private static final String IN_USE = "Address already in use";
  static final int MAX_ATTEMPTS = 20;
  private static final Path CLIENT_PORTS = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
  private static final int PORTS = 12_000;
  private static final int LOWEST_PORT = 1024;
  private static final int HIGHEST_PORT = 0xFFFF;

  private final Path directory;
  private final String ready;
  private int port;
  private Process process;

  /**
   * Makes its directory.
   *
   * @param ready what it writes as soon as it listens: that something accepts at its port does not say that it does
   */
  ServerProcess(String name, String ready) {
    this.ready = ready;
    try {
      directory = Files.createTempDirectory("loomring-" + name + "-");
      handOver(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How a server is told its port. */
  interface Command {
    /** The command that starts it at {@link #port()}, after its configuration was written. */
    List<String> line() throws IOException;
  }

  final Path directory() {
    return directory;
  }

  final int port() {
    return port;
  }

  /**
   * Starts it, and waits until it listens; leaves nothing where it does not. It has to be told a number: one is picked, and
   * only where the server finds that it is another's, another one. A look beforehand would say nothing about what is so by
   * then.
   */
  final void start(Command command) {
    boolean started = false;
    try {
      for (int attempt = 1; !started; attempt++) {
        port = pickPort();
        process = new ProcessBuilder(unprivileged(command.line()))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log().toFile())
            .start();
        Await.until(() -> getClass().getSimpleName() + " does not start:\n" + logged(),
            () -> !process.isAlive() || logged().contains(ready) || logged().contains(IN_USE));
        started = process.isAlive() && !logged().contains(IN_USE);
        if (!started) {
          process.destroyForcibly().onExit().join();
          if (!logged().contains(IN_USE) || attempt == MAX_ATTEMPTS) {
            throw new IllegalStateException(getClass().getSimpleName() + " ended:\n" + logged());
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (!started) {
        close();
      }
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

  /** A number that the kernel gives to no client: below the range of those, or above where there is no room below. */
  static int pickPort() throws IOException {
    // By lines: the kernel gives all with the first read or never, and others begin with a byte.
    String[] range = Files.readAllLines(CLIENT_PORTS).getFirst().split("\\s+");
    int below = Integer.parseInt(range[0]);
    int above = Integer.parseInt(range[1]) + 1;
    Random random = new Random();
    if (below > LOWEST_PORT) {
      return random.nextInt(Math.max(LOWEST_PORT, below - PORTS), below);
    }
    return random.nextInt(above <= HIGHEST_PORT ? above : LOWEST_PORT, HIGHEST_PORT + 1);
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
