package io.loomring.interop;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** nginx with TLS: HTTP/1.1 on one port, HTTP/2 on another, files to get and a place to put some. */
final class NginxServer extends ServerProcess {
  /** The size of the file {@code large}, which holds {@link Bytes#stream}. */
  static final int LARGE_BYTES = 100 << 20;

  private static final String CONFIGURATION = """
      daemon off;
      worker_processes 1;
      pid nginx.pid;
      error_log stderr notice;
      events { worker_connections 1024; }
      http {
        access_log off;
        client_body_temp_path temp-body;
        proxy_temp_path temp-proxy;
        fastcgi_temp_path temp-fastcgi;
        uwsgi_temp_path temp-uwsgi;
        scgi_temp_path temp-scgi;
        ssl_certificate certificate.pem;
        ssl_certificate_key key.pem;
        client_max_body_size 200m;
        keepalive_requests 100000;
        default_type application/octet-stream;
        root files;
        add_header X-Connection $connection;
        add_header X-Requests $connection_requests;
        server {
          listen 127.0.0.1:PORT1 ssl;
          location /put/ { dav_methods PUT; }
          location = /slow { limit_rate 100; }
        }
        server {
          listen 127.0.0.1:PORT2 ssl http2;
        }
      }
      """;

  private final Path certificate;
  private int port2;

  NginxServer() {
    super("nginx", "start worker process");
    certificate = certificate();
    try {
      Path files = handOver(Files.createDirectory(directory().resolve("files")));
      handOver(Files.createDirectory(files.resolve("put")));
      Files.writeString(files.resolve("small"), "small");
      Files.write(files.resolve("slow"), new byte[1 << 20]);
      try (OutputStream large = Files.newOutputStream(files.resolve("large"))) {
        Bytes.stream(LARGE_BYTES).transferTo(large);
      }
    } catch (IOException e) {
      close();
      throw new UncheckedIOException(e);
    }
    start(this::command);
  }

  private List<String> command() throws IOException {
    do {
      port2 = pickPort();
    } while (port2 == port());
    Files.writeString(directory().resolve("nginx.conf"),
        CONFIGURATION.replace("PORT1", String.valueOf(port())).replace("PORT2", String.valueOf(port2)));
    return List.of("nginx", "-p", directory().toString(), "-c", "nginx.conf", "-e", "stderr");
  }

  Path certificateFile() {
    return certificate;
  }

  /** The port of HTTP/2. */
  int port2() {
    return port2;
  }

  /** Where what was put is. */
  Path put() {
    return directory().resolve("files/put");
  }
}
