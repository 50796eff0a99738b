package io.loomring.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** PostgreSQL with a database of its own, on the loopback interface, with TLS for who asks for it. */
final class PostgresServer extends ServerProcess {
  static final String USER = "tester";

  private static final Path INSTALLED = Path.of("/usr/lib/postgresql");

  private final Path programs = newestPrograms();
  private final Path data = directory().resolve("data");
  private final Path certificate;

  PostgresServer() {
    super("postgres", "database system is ready to accept connections");
    run(program("initdb"), "-D", data.toString(), "-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C", "--no-sync");
    certificate = certificate();
    start(() -> List.of(program("postgres"), "-D", data.toString(), "-p", String.valueOf(port()),
        "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=300",
        "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "ssl=on", "-c", "ssl_cert_file=" + certificate,
        "-c", "ssl_key_file=" + directory().resolve("key.pem")));
  }

  /** Debian keeps them apart by version, and out of the path. */
  private static Path newestPrograms() {
    try (Stream<Path> versions = Files.list(INSTALLED)) {
      return versions.max(Comparator.comparingInt(path -> Integer.parseInt(path.getFileName().toString())))
          .orElseThrow()
          .resolve("bin");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String program(String name) {
    return programs.resolve(name).toString();
  }

  Path certificateFile() {
    return certificate;
  }

  @Override
  void stop() {
    run(program("pg_ctl"), "stop", "-D", data.toString(), "-m", "immediate");
  }
}
