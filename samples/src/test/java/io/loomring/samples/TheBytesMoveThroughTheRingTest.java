package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel sees of the echo server under load: system calls by descriptor, watched from outside. */
@Tag("interop")
class TheBytesMoveThroughTheRingTest {
  private static final int CONNECTIONS = 8;
  private static final int ECHOES_EACH = 200;
  private static final int MESSAGE_BYTES = 64;
  /** Calls that move bytes or wait for them, other than the ring's. */
  private static final Set<String> DATA_CALLS = Set.of(
      "read", "write", "readv", "writev", "pread64", "pwrite64", "recvfrom", "recvmsg", "recvmmsg", "sendto",
      "sendmsg", "sendmmsg", "poll", "ppoll", "select", "pselect6", "epoll_ctl");
  private static final Pattern LISTENING = Pattern.compile("listening on .*:(\\d+), transport uring");
  private static final Pattern CALL = Pattern.compile("^(?:\\[?pid +)?\\d+\\]? +(\\w+)\\((.*)$");
  private static final Pattern SUBMITTED = Pattern.compile("^\\d+ +(?:<\\.\\.\\. )?io_uring_enter.* = (\\d+)$");

  @TempDir Path directory;

  @Test
  void noDataCallNamesAConnectionAndTheRingTakesTwoSubmissionsAnEcho() throws Exception {
    Path trace = directory.resolve("trace");
    Process server = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Loomring.class.getName(),
            "echo-server",
            "--port",
            "0")
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
    try {
      int port = port(server);
      Process strace = attach(server.pid(), trace);
      for (int i = 0; i < CONNECTIONS; i++) {
        echo(port, i);
      }
      // It writes the rest of its trace, and lets go of the server, when it is told to end.
      strace.destroy();
      assertTrue(strace.waitFor(30, TimeUnit.SECONDS), "strace did not end");
    } finally {
      server.destroyForcibly();
    }
    List<String> lines = Files.readAllLines(trace);
    assertEquals(
        List.of(),
        lines.stream().filter(TheBytesMoveThroughTheRingTest::isDataCallOnAConnection).collect(Collectors.toList()));
    long submitted = lines.stream().map(SUBMITTED::matcher).filter(Matcher::matches)
        .mapToLong(m -> Long.parseLong(m.group(1))).sum();
    long echoes = (long) CONNECTIONS * ECHOES_EACH;
    assertTrue(submitted >= 2 * echoes, () -> submitted + " submissions for " + echoes + " echoes");
  }

  private static boolean isDataCallOnAConnection(String line) {
    Matcher call = CALL.matcher(line);
    // With -yy a descriptor comes with what it is: a TCP connection shows its two addresses.
    return call.matches() && DATA_CALLS.contains(call.group(1)) && (call.group(2).contains("<TCP") || call.group(2).contains("<socket:"));
  }

  private static int port(Process server) throws IOException {
    BufferedReader out = server.inputReader();
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      Matcher listening = LISTENING.matcher(line);
      if (listening.find()) {
        return Integer.parseInt(listening.group(1));
      }
    }
    throw new IOException("the server ended before it listened");
  }

  private static Process attach(long pid, Path trace) throws IOException {
    Process strace = new ProcessBuilder(
            "strace", "-f", "-yy", "-e", "trace=io_uring_enter," + String.join(",", DATA_CALLS),
            "-o", trace.toString(), "-p", Long.toString(pid))
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
    Awaitility.await().ignoreExceptions().atMost(30, TimeUnit.SECONDS).until(() -> everyThreadIsTraced(pid));
    return strace;
  }

  private static boolean everyThreadIsTraced(long pid) throws IOException {
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
      for (Path thread : threads) {
        if (Files.readString(thread.resolve("status")).contains("TracerPid:\t0\n")) {
          return false;
        }
      }
      return true;
    }
  }

  private static void echo(int port, int id) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      byte[] message = new byte[MESSAGE_BYTES];
      for (int i = 0; i < ECHOES_EACH; i++) {
        Arrays.fill(message, (byte) (id + i));
        socket.getOutputStream().write(message);
        assertArrayEquals(message, socket.getInputStream().readNBytes(MESSAGE_BYTES));
      }
    }
  }
}
