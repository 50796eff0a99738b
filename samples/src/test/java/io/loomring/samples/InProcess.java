package io.loomring.samples;

import io.loomring.testkit.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/** Runs commands in this JVM, as the launcher would in one of their own. */
final class InProcess {
  private InProcess() {}

  /** What a command left. */
  record Result(int status, String out, String err) {}

  /** Runs a command to its end; what is printed meanwhile is taken to be its own. */
  static Result run(String... words) {
    PrintStream systemOut = System.out;
    PrintStream systemErr = System.err;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    int status;
    try {
      status = Loomring.run(List.of(words));
    } finally {
      System.setOut(systemOut);
      System.setErr(systemErr);
    }
    return new Result(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** Starts the server of a command, on a free port. */
  static TcpServer serve(String command, String... flags) throws IOException {
    ServerCommand server = (ServerCommand) Loomring.command(command);
    List<String> words = Stream.concat(Stream.of("--port", "0"), Stream.of(flags)).toList();
    try {
      return server.listen(Arguments.parse(words, server.flags(), server.switches())).start();
    } catch (UsageException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** Connects a socket of the JDK. */
  static Socket connect(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout((int) Await.LIMIT.toMillis());
    return socket;
  }
}
