package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.TestDriver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A process that ends with thousands of operations in flight: it does end, and its peers see their connections end. */
class ProcessEndTest {
  private static final int CONNECTIONS = 20;
  private static final int OPERATIONS = 2_000;
  private static final int LONG_OPERATIONS = 10_000;

  /** How it ends. */
  enum End {
    CLOSE(0), EXIT(7), SIGTERM(143), SIGKILL(137);

    private final int status;

    End(int status) {
      this.status = status;
    }
  }

  /** Connects to a port, has operations wait, and ends as it is told, or waits for a signal. */
  static final class Main {
    public static void main(String[] args) throws Exception {
      End end = End.valueOf(args[0]);
      InetSocketAddress peer = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[1]));
      int operations = Integer.parseInt(args[2]);
      Uring uring = TestDriver.open(TestDriver.config("ending"));
      for (int i = 0; i < CONNECTIONS; i++) {
        Descriptor socket = Connections.connected(uring, peer);
        for (int j = 0; j < operations / CONNECTIONS / 2; j++) {
          TestDriver.startVirtual(() -> {
            try {
              uring.recv(socket, new byte[10], 0, 10);
            } catch (IOException ended) {
              // With its Uring.
            }
          });
          TestDriver.startVirtual(() -> {
            try {
              uring.timeout(Duration.ofHours(1));
            } catch (IOException ended) {
              // With its Uring.
            }
          });
        }
      }
      Await.untilInFlight(uring, OperationKind.RECV, operations / 2);
      Await.untilInFlight(uring, OperationKind.TIMEOUT, operations / 2);
      System.out.println("in flight");
      switch (end) {
        case CLOSE -> {
          uring.close();
          System.out.println("left: " + uring.stats().inFlight() + ", abandoned " + uring.stats().abandonedBytes());
        }
        case EXIT -> System.exit(End.EXIT.status);
        default -> Thread.currentThread().join();
      }
    }
  }

  private static void ends(End end, int operations) throws Exception {
    try (ServerSocket listener = new ServerSocket(0, CONNECTIONS, InetAddress.getLoopbackAddress());
        ChildJvm.Running child = ChildJvm.of(
            Main.class, end.name(), String.valueOf(listener.getLocalPort()), String.valueOf(operations)).start()) {
      List<Socket> peers = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        peers.add(listener.accept());
      }
      Await.until(() -> "operations are in flight: " + child.errSoFar(), () -> child.outSoFar().contains("in flight"));
      if (end == End.SIGTERM) {
        child.process().destroy();
      } else if (end == End.SIGKILL) {
        child.process().destroyForcibly();
      }
      ChildJvm.Result result = child.await();
      assertEquals(end.status, result.exitCode(), result::toString);
      assertTrue(end != End.CLOSE || result.out().contains("left: 0, abandoned 0"), result::toString);
      assertEquals("", result.err());
      for (Socket peer : peers) {
        try (peer) {
          peer.setSoTimeout((int) Await.LIMIT.toMillis());
          assertEquals(-1, peer.getInputStream().read());
        } catch (SocketException reset) {
          // An end as well.
        }
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource(names = {"CLOSE", "EXIT"})
  void peersSeeTheirConnectionsEnd(End end) throws Exception {
    ends(end, OPERATIONS);
  }

  @RunsOnce("the kernel's part is the same for both drivers")
  @ParameterizedTest(name = "{0}")
  @EnumSource(names = {"SIGTERM", "SIGKILL"})
  void peersOfAProcessThatIsKilledDoToo(End end) throws Exception {
    ends(end, OPERATIONS);
  }

  @Tag("long")
  @ParameterizedTest(name = "{0}")
  @EnumSource
  void peersOfThousandsOfOperationsDoToo(End end) throws Exception {
    ends(end, LONG_OPERATIONS);
  }

  @Test
  void aProgramThatIsStartedHasNoneOfTheDescriptors() throws Exception {
    try (Uring uring = TestDriver.open(TestDriver.config("forking")); Descriptor listener = Connections.listener(uring);
        Connections.Pair pair = Connections.pair(uring, listener); PipeEnds pipe = uring.pipes().open(CallOptions.NONE);
        Descriptor file = uring.files().open(Path.of("/proc/version"))) {
      for (boolean byShell : new boolean[] {false, true}) {
        String found = listing(byShell);
        assertTrue(!found.contains("io_uring") && !found.contains("eventfd") && !found.contains("eventpoll")
            && !found.contains("socket:") && !found.contains("/proc/version"), found);
      }
      // The JDK's way to start programs closes all beyond the third; one that does not is to find none open either.
      for (int fd : new int[] {listener.fd(), pair.client().fd(), pair.server().fd(), pipe.source().fd(),
          pipe.sink().fd(), file.fd()}) {
        assertTrue(isCloseOnExec(fd), "descriptor " + fd + " outlives an exec");
      }
      for (var each : Descriptors.unnamed().entrySet()) {
        if (each.getValue().startsWith("anon_inode:")) {
          assertTrue(isCloseOnExec(each.getKey()), each + " outlives an exec");
        }
      }
    }
  }

  private static String listing(boolean byShell) throws IOException, InterruptedException {
    Process ls = byShell
        ? new ProcessBuilder("sh", "-c", "ls -l /proc/self/fd").start()
        : new ProcessBuilder("ls", "-l", "/proc/self/fd").start();
    String found = new String(ls.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(ls.waitFor(30, TimeUnit.SECONDS));
    return found;
  }

  /** O_CLOEXEC is 02000000 in the flags that /proc shows. */
  private static boolean isCloseOnExec(int fd) {
    try {
      return Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd)).stream()
          .filter(line -> line.startsWith("flags:"))
          .anyMatch(line -> (Long.parseLong(line.substring(6).strip(), 8) & 02000000) != 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
