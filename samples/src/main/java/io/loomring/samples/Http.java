package io.loomring.samples;

import io.loomring.net.UringFile;
import io.loomring.net.UringSocket;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * {@code http}: serves the files of a directory over HTTP/1.1. A connection is a virtual thread that reads a request,
 * answers it, and reads the next. What the protocol says of requests stands in {@link HttpRequest}.
 */
final class Http extends ServerCommand {
  private static final Duration DEFAULT_IDLE = Duration.ofSeconds(30);
  private static final Duration MAX_IDLE = Duration.ofDays(1);

  Http() {
    super("http", 8080);
  }

  @Override
  public String help() {
    return """
        Usage: ./loomring http --root DIRECTORY [flags]

        Serves the files of a directory over HTTP/1.1: GET and HEAD, connections that stay open, If-Modified-Since and
        single ranges. A directory is its index.html. Nothing outside of the directory is served, whatever links say.

          --root DIRECTORY     what is served
          --idle T             how long a connection may wait for its next request, %ds by default
        """.formatted(DEFAULT_IDLE.toSeconds()) + commonHelp();
  }

  @Override
  Set<String> ownFlags() {
    return Set.of("--root", "--idle");
  }

  @Override
  TcpServer listen(Arguments arguments, Transport transport, InetSocketAddress address, int maxConnections)
      throws UsageException, IOException {
    String root = arguments.required("--root");
    Duration idle = arguments.duration("--idle", DEFAULT_IDLE);
    if (idle.isZero() || idle.compareTo(MAX_IDLE) > 0) {
      throw new UsageException("--idle " + arguments.text("--idle", "") + ": above zero, at most a day");
    }
    if (!Files.isDirectory(Path.of(root))) {
      throw new UsageException("--root " + root + ": no such directory");
    }
    return new Server(transport, address, maxConnections, Path.of(root).toRealPath(), (int) idle.toMillis());
  }

  static final class Server extends TcpServer {
    /** Up to here a file is written together with the head of its answer. */
    private static final int SMALL_BYTES = 16 * 1024;
    private static final int COPY_BYTES = 64 * 1024;

    private final boolean onRing;
    private final Path root;
    private final int idleMillis;
    private final LongAdder requests = new LongAdder();
    private final LongAdder fileBytes = new LongAdder();

    Server(Transport transport, InetSocketAddress address, int maxConnections, Path root, int idleMillis)
        throws IOException {
      super("http", transport, address, maxConnections);
      this.onRing = transport.inUse().equals("uring");
      this.root = root;
      this.idleMillis = idleMillis;
    }

    @Override
    void serve(Socket socket) throws IOException {
      socket.setSoTimeout(idleMillis);
      HttpRequest.Reader requestsOf = new HttpRequest.Reader(socket.getInputStream());
      boolean goesOn = true;
      while (goesOn) {
        @Nullable HttpRequest request = null;
        try {
          request = requestsOf.next();
          if (request == null) {
            return;
          }
          requests.increment();
          goesOn = request.keepsAlive() && !isStopping();
          answer(socket, request, goesOn);
        } catch (HttpRequest.Refusal refusal) {
          goesOn &= refusal.leavesConnection();
          refuse(socket, request, refusal, goesOn);
        } catch (SocketTimeoutException idle) {
          return;
        }
      }
      // Bytes that nobody reads would have the close reset the connection, and the answer might get lost.
      drain(socket);
    }

    private void answer(Socket socket, HttpRequest request, boolean goesOn) throws IOException, HttpRequest.Refusal {
      request.requireMethod("GET", "HEAD");
      Path path = resolve(request);
      try (UringFile file = UringFile.open(path)) {
        Instant modified = Files.getLastModifiedTime(path).toInstant().truncatedTo(ChronoUnit.SECONDS);
        String headers = "Last-Modified: " + HttpRequest.date(modified) + "\r\n";
        if (!request.wantsIfModified(modified)) {
          write(socket, request.head(304, goesOn, headers));
          return;
        }
        long size = file.size();
        HttpRequest.Range range = request.range(size, modified);
        String type = URLConnection.guessContentTypeFromName(String.valueOf(path.getFileName()));
        headers += "Content-Type: " + Objects.requireNonNullElse(type, "application/octet-stream") + "\r\n"
            + "Content-Length: " + range.length() + "\r\nAccept-Ranges: bytes\r\n";
        if (range.isPart()) {
          headers += "Content-Range: bytes " + range.from() + "-" + (range.to() - 1) + "/" + size + "\r\n";
        }
        byte[] head = request.head(range.isPart() ? 206 : 200, goesOn, headers);
        if (request.isHead()) {
          write(socket, head);
        } else {
          send(socket, head, file, range.from(), range.length());
          fileBytes.add(range.length());
        }
      } catch (AccessDeniedException denied) {
        throw new HttpRequest.Refusal(403);
      } catch (FileSystemException gone) {
        throw new HttpRequest.Refusal(404);
      }
    }

    /** The file that a request means, after all links; never one outside of the root. */
    private Path resolve(HttpRequest request) throws IOException, HttpRequest.Refusal {
      String path = request.path();
      try {
        Path real = root.resolve("." + path).toRealPath();
        if (real.startsWith(root) && Files.isDirectory(real)) {
          if (!path.endsWith("/")) {
            throw new HttpRequest.Refusal(301, "Location: " + request.asDirectory() + "\r\n");
          }
          real = real.resolve("index.html").toRealPath();
        }
        if (real.startsWith(root) && Files.isRegularFile(real)) {
          return real;
        }
      } catch (FileSystemException | InvalidPathException missing) {
        // The same answer as for what is outside: nobody learns what is there.
      }
      throw new HttpRequest.Refusal(404);
    }

    private void send(Socket socket, byte[] head, UringFile file, long from, long count) throws IOException {
      long sent;
      if (count <= SMALL_BYTES) {
        byte[] all = Arrays.copyOf(head, head.length + (int) count);
        sent = Math.max(0, file.read(all, head.length, (int) count, from));
        socket.getOutputStream().write(all, 0, head.length + (int) sent);
      } else {
        write(socket, head);
        sent = onRing
            ? ((UringSocket) socket).transferFrom(file.descriptor(), from, count)
            : copy(file, from, count, socket.getOutputStream());
      }
      if (sent != count) {
        // The head has promised more: only the end of the connection can tell the client.
        throw new EOFException("the file became shorter");
      }
    }

    /** What there is on sockets of the JDK's. */
    private static long copy(UringFile file, long from, long count, OutputStream out) throws IOException {
      byte[] buffer = new byte[COPY_BYTES];
      long done = 0;
      while (done < count) {
        int got = file.read(buffer, 0, (int) Math.min(buffer.length, count - done), from + done);
        if (got < 0) {
          break;
        }
        out.write(buffer, 0, got);
        done += got;
      }
      return done;
    }

    private static void refuse(Socket socket, @Nullable HttpRequest request, HttpRequest.Refusal refusal,
        boolean goesOn) throws IOException {
      byte[] words = (refusal.getMessage() + "\n").getBytes(StandardCharsets.UTF_8);
      byte[] head = HttpRequest.head(request, refusal.status(), goesOn, refusal.headers()
          + "Content-Type: text/plain\r\nContent-Length: " + words.length + "\r\n");
      boolean isHead = request != null && request.isHead();
      byte[] all = Arrays.copyOf(head, head.length + (isHead ? 0 : words.length));
      System.arraycopy(words, 0, all, head.length, all.length - head.length);
      write(socket, all);
    }

    private static void write(Socket socket, byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
    }

    @Override
    String refusal() {
      return "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    }

    @Override
    String done() {
      return requests + " requests, " + fileBytes + " bytes of files, ";
    }
  }
}
