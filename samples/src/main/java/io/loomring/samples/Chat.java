package io.loomring.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.loomring.net.UringFile;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * {@code chat}: a room for lines of text. Its threads are those of {@link Scope}s, one within the other: the room has an
 * acceptor, a transcript and its members, and each member has a reader and a writer. What fails ends its scope: a member
 * whose connection breaks, or who is too slow, leaves; where the transcript cannot be written, everybody does.
 */
final class Chat implements Loomring.Command {
  private static final int DEFAULT_PORT = 7009;

  @Override
  public String help() {
    return """
        Usage: ./loomring chat [flags]

        A room for lines of text, for nc or telnet: the first line is your name, and each line that follows goes to all.

          --port P        the port, %d by default; 0 picks a free one
          --bind A        the address to listen on, 127.0.0.1 by default; 0.0.0.0 or :: for all
          --transcript F  appends all that is said to this file; where that fails, the room closes
          --transport T   uring (default), jdk, or auto: uring, or jdk where the system refuses it

        Ctrl-C or SIGTERM closes the room.

        Exit status: 143 after SIGTERM, 130 after Ctrl-C, as every JVM; 1 if it cannot listen, io_uring cannot be had,
        or the room had to close; 2 for wrong arguments.
        """.formatted(DEFAULT_PORT);
  }

  @Override
  public Set<String> flags() {
    return Set.of("--port", "--bind", "--transcript", "--transport");
  }

  @Override
  public int run(Arguments arguments) throws UsageException {
    InetSocketAddress address = ServerCommand.address(arguments, DEFAULT_PORT);
    String transcript = arguments.text("--transcript", "");
    Transport transport = Transport.of(arguments);
    CountDownLatch closed = new CountDownLatch(1);
    try (Room room = new Room(transport, address, transcript.isEmpty() ? null : Path.of(transcript))) {
      Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
        room.cancel();
        await(closed);
        System.out.println("the room is closed");
      }));
      System.out.println("listening on " + ServerCommand.place(arguments, room.port()) + ", transport "
          + transport.inUse());
      room.run();
      return Loomring.OK;
    } catch (IOException e) {
      Loomring.complain("chat", String.valueOf(e.getMessage()));
      return Loomring.FAILED;
    } finally {
      closed.countDown();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static final class Room implements AutoCloseable {
    private static final int MAX_CONNECTIONS = 1000;
    private static final int MAX_UNREAD_LINES = 256;
    private static final int MAX_LINE_BYTES = 1000;

    private final ServerSocket listener;
    private final @Nullable UringFile transcript;
    private final Scope scope = new Scope();
    private final Map<String, Member> members = new ConcurrentHashMap<>();
    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();

    private record Member(BlockingQueue<String> unread, Scope scope) {}

    Room(Transport transport, InetSocketAddress address, @Nullable Path transcriptPath) throws IOException {
      listener = transport.newServerSocket();
      try {
        listener.bind(address);
        transcript = transcriptPath == null ? null : UringFile.open(transcriptPath, CREATE, WRITE, APPEND);
      } catch (IOException e) {
        listener.close();
        throw new IOException("cannot open the room: " + Loomring.reason(e), e);
      }
    }

    int port() {
      return listener.getLocalPort();
    }

    /** Keeps the room open until it is cancelled, or throws why it had to close. */
    void run() throws IOException {
      scope.fork("acceptor", this::accept);
      scope.fork("transcript", this::write);
      try {
        scope.join();
      } catch (IOException | RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IOException(e);
      }
    }

    void cancel() {
      scope.cancel();
    }

    @Override
    public void close() throws IOException {
      scope.close();
      listener.close();
      if (transcript != null) {
        transcript.close();
      }
    }

    private void accept() throws IOException {
      while (true) {
        Socket socket = listener.accept();
        if (scope.size() > MAX_CONNECTIONS || !scope.fork("member", () -> welcome(socket))) {
          socket.close();
        }
      }
    }

    private void write() throws IOException, InterruptedException {
      while (true) {
        byte[] line = said.take().getBytes(UTF_8);
        if (transcript != null) {
          try {
            transcript.getOutputStream().write(line);
          } catch (IOException e) {
            throw new IOException("cannot write the transcript: " + e.getMessage(), e);
          }
        }
      }
    }

    /** Has somebody take part until the connection ends: that is the member's affair, and not the room's. */
    private void welcome(Socket socket) {
      String name = null;
      try (socket; Scope mine = new Scope()) {
        InputStream in = new BufferedInputStream(socket.getInputStream());
        OutputStream out = socket.getOutputStream();
        out.write("Your name?\n".getBytes(UTF_8));
        String wanted = line(in);
        BlockingQueue<String> unread = new ArrayBlockingQueue<>(MAX_UNREAD_LINES);
        if (wanted.isEmpty() || members.putIfAbsent(wanted, new Member(unread, mine)) != null) {
          out.write("That name is taken.\n".getBytes(UTF_8));
          return;
        }
        name = wanted;
        tellAll("* " + name + " is here");
        mine.fork(name + "-reader", () -> {
          while (true) {
            tellAll(wanted + ": " + line(in));
          }
        });
        mine.fork(name + "-writer", () -> {
          while (true) {
            out.write(unread.take().getBytes(UTF_8));
          }
        });
        mine.join();
      } catch (Exception gone) {
        // The end of the connection, or of the room.
      } finally {
        if (name != null) {
          members.remove(name);
          tellAll("* " + name + " has left");
        }
      }
    }

    private void tellAll(String text) {
      String line = text + "\n";
      said.add(line);
      for (Member member : members.values()) {
        if (!member.unread().offer(line)) {
          // Whoever does not read does not keep the others waiting.
          member.scope().cancel();
        }
      }
    }

    /** The next line, without its end. */
    private static String line(InputStream in) throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int next = in.read(); next != '\n'; next = in.read()) {
        if (next < 0 || line.size() == MAX_LINE_BYTES) {
          throw new EOFException();
        }
        line.write(next);
      }
      // What would move the cursor of others' terminals is left out.
      return line.toString(UTF_8).replaceAll("\\p{Cntrl}", "").strip();
    }
  }
}
