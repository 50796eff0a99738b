package io.loomring.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.loomring.error.OperationTimeoutException;
import io.loomring.net.TextReader;
import io.loomring.net.TextWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code echo-client}: sends lines from standard input to an echo server and prints what comes back. */
final class EchoClient implements Loomring.Command {
  private static final int INPUT_TIMED_OUT = 3;
  private static final int BUFFER_BYTES = 8192;
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration MAX_TIMEOUT = Duration.ofDays(1);

  @Override
  public String help() {
    return """
        Usage: ./loomring echo-client [flags]

        Sends each line of standard input to an echo server and prints the line that comes back. Waits for input and
        for the server on the ring, with a timeout each.

          --host H       the server, 127.0.0.1 by default
          --port P       its port, %d by default
          --timeout T    how long to wait for a line of input, to be connected, and for each answer
                         (500ms, 10s, 2m), %ds by default

        Exit status: 0 at the end of the input; 1 if the connection fails or the answer is not what was sent; 2 for
        wrong arguments; %d if no input came in time.
        """.formatted(EchoServerCommand.DEFAULT_PORT, DEFAULT_TIMEOUT.toSeconds(), INPUT_TIMED_OUT);
  }

  @Override
  public Set<String> flags() {
    return Set.of("--host", "--port", "--timeout");
  }

  @Override
  public int run(Arguments arguments) throws UsageException {
    String host = arguments.text("--host", "127.0.0.1");
    int port = arguments.number("--port", 1, 65_535, EchoServerCommand.DEFAULT_PORT);
    Duration timeout = arguments.duration("--timeout", DEFAULT_TIMEOUT);
    if (timeout.isZero() || timeout.compareTo(MAX_TIMEOUT) > 0) {
      throw new UsageException("--timeout " + arguments.text("--timeout", "") + ": above zero, at most a day");
    }
    // A byte, a character: what is not text comes back as it was, too.
    try (Socket socket = Transport.URING.newSocket();
        TextReader input = TextReader.standardInput(ISO_8859_1);
        TextWriter output = TextWriter.standardOutput(ISO_8859_1)) {
      connect(socket, host, port, timeout);
      return converse(socket, input, output, timeout);
    } catch (IOException e) {
      Loomring.complain("echo-client", String.valueOf(e.getMessage()));
      return Loomring.FAILED;
    }
  }

  private static void connect(Socket socket, String host, int port, Duration timeout) throws IOException {
    InetSocketAddress server = new InetSocketAddress(host, port);
    if (server.isUnresolved()) {
      throw new IOException("no such host: " + host);
    }
    try {
      socket.connect(server, (int) timeout.toMillis());
      socket.setTcpNoDelay(true);
      socket.setSoTimeout((int) timeout.toMillis());
    } catch (IOException e) {
      throw new IOException("cannot connect to " + host + ":" + port + ": " + e.getMessage(), e);
    }
  }

  private static int converse(Socket socket, TextReader input, TextWriter output, Duration timeout) throws IOException {
    Lines answers = new Lines(socket.getInputStream());
    while (true) {
      output.print("> ");
      String line;
      try {
        line = input.readLine(timeout);
      } catch (OperationTimeoutException e) {
        output.println();
        output.println("Timed out waiting for input");
        return INPUT_TIMED_OUT;
      }
      if (line == null) {
        output.println();
        return Loomring.OK;
      }
      byte[] sent = line.getBytes(ISO_8859_1);
      byte[] answer = ask(socket, sent, answers);
      if (answer == null) {
        throw new IOException("the server closed the connection");
      }
      output.println(new String(answer, ISO_8859_1));
      if (!Arrays.equals(answer, sent)) {
        throw new IOException("that is not what was sent");
      }
    }
  }

  private static byte @Nullable [] ask(Socket socket, byte[] line, Lines answers) throws IOException {
    byte[] sent = Arrays.copyOf(line, line.length + 1);
    sent[line.length] = '\n';
    IOException failure = null;
    try {
      socket.getOutputStream().write(sent);
    } catch (IOException e) {
      // A server that refuses us may have said why before it closed.
      failure = e;
    }
    try {
      return answers.next();
    } catch (SocketTimeoutException e) {
      throw new IOException("timed out waiting for the server", e);
    } catch (IOException e) {
      throw new IOException("the connection broke: " + (failure == null ? e : failure).getMessage(), e);
    }
  }

  /** Reads lines of bytes, without their ends, from a stream. */
  private static final class Lines {
    private final InputStream source;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int limit;

    Lines(InputStream source) {
      this.source = source;
    }

    /** The next line, or null at the end; what stands behind the last line end counts as a line. */
    byte @Nullable [] next() throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      while (true) {
        if (position == limit) {
          int count = source.read(buffer);
          if (count < 0) {
            return line.size() == 0 ? null : line.toByteArray();
          }
          position = 0;
          limit = count;
        }
        byte next = buffer[position++];
        if (next == '\n') {
          return line.toByteArray();
        }
        line.write(next);
      }
    }
  }
}
