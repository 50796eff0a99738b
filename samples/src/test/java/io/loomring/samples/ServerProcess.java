package io.loomring.samples;

import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** An echo server in a JVM of its own, which listens on a free port. */
final class ServerProcess implements AutoCloseable {
  private static final Pattern LISTENING = Pattern.compile("listening on \\D*(?:127\\.0\\.0\\.1:)?(\\d+)");

  private final ChildJvm.Running running;
  private final int port;

  private ServerProcess(ChildJvm.Running running) {
    this.running = running;
    Await.until(() -> "it does not listen: " + running.outSoFar(),
        () -> !running.process().isAlive() || portOf(running.outSoFar()) > 0);
    this.port = portOf(running.outSoFar());
    if (port < 0) {
      throw new AssertionError("it does not listen: " + running.await());
    }
  }

  /** The port that a server says it listens on; -1 where it has not said so. */
  static int portOf(String printed) {
    Matcher line = LISTENING.matcher(printed);
    return line.find() ? Integer.parseInt(line.group(1)) : -1;
  }

  /** Starts {@code echo-server --port 0} with more flags. */
  static ServerProcess start(String... flags) {
    return start(UnaryOperator.identity(), flags);
  }

  /** The same, in a JVM that is changed by {@code change}. */
  static ServerProcess start(UnaryOperator<ChildJvm> change, String... flags) {
    String[] arguments = Stream.concat(Stream.of("echo-server", "--port", "0"), Stream.of(flags)).toArray(String[]::new);
    return start(change.apply(ChildJvm.of(Loomring.class, arguments)));
  }

  /** Starts any program that says on which port it listens. */
  static ServerProcess start(ChildJvm jvm) {
    return new ServerProcess(jvm.start());
  }

  int port() {
    return port;
  }

  long pid() {
    return running.process().pid();
  }

  String out() {
    return running.outSoFar();
  }

  String err() {
    return running.errSoFar();
  }

  /** Connects a socket of the JDK. */
  Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout((int) Await.LIMIT.toMillis());
    return socket;
  }

  /** Sends SIGTERM. */
  void terminate() {
    // Not Process.destroy, which closes our ends of its streams as well.
    running.process().toHandle().destroy();
  }

  ChildJvm.Result await() {
    return running.await();
  }

  @Override
  public void close() {
    running.close();
  }
}
