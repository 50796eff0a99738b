package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Connections;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A network whose link goes down and comes back, between two name spaces of the network: it takes root. */
@Tag("interop")
class LinkDownTest {
  private static final String ID = "lr" + ProcessHandle.current().pid() % 100_000;
  private static final String HERE = ID + "a";
  private static final String THERE = ID + "b";
  private static final String HERE_ADDRESS = "198.18.7.1";
  private static final String THERE_ADDRESS = "198.18.7.2";

  /** Talks to an echo server, with the link between the two going down meanwhile. */
  static final class Main {
    public static void main(String[] args) throws Exception {
      InetSocketAddress server = new InetSocketAddress(InetAddress.getByName(args[0]), Integer.parseInt(args[1]));
      try (Uring uring = TestDriver.open(TestDriver.config("link"))) {
        try (Descriptor socket = Connections.connected(uring, server);
            Descriptor other = Connections.connected(uring, server)) {
          echo(uring, socket);
          run("ip", "link", "set", args[2], "down");
          uring.send(socket, new byte[1000], 0, 1000);
          Caller.virtual(() -> uring.recv(socket, ByteBuffer.allocate(1), CallOptions.timeout(Duration.ofMillis(300))))
              .thrown(OperationTimeoutException.class);
          Caller connecting = Caller.virtual(() -> {
            try (Descriptor late = uring.tcpSocket()) {
              uring.connect(late, server, CallOptions.timeout(Duration.ofMillis(300)));
            }
            return null;
          });
          // At its time, or at once with the news that there is no way.
          assertTrue(connecting.thrown() instanceof IOException, () -> "connected: " + connecting.thrown());
          Caller reader = Caller.virtual(() -> uring.recv(other, new byte[1], 0, 1));
          Await.untilParked(reader.thread());
          other.close();
          reader.thrown(DescriptorClosedException.class);
          run("ip", "link", "set", args[2], "up");
          receive(uring, socket, 1000);
          echo(uring, socket);
        }
        UringTest.awaitNothingLeft(uring);
      }
      System.out.println("passed");
    }

    private static void echo(Uring uring, Descriptor socket) throws IOException {
      uring.send(socket, new byte[100], 0, 100);
      receive(uring, socket, 100);
    }

    private static void receive(Uring uring, Descriptor socket, int count) throws IOException {
      ByteBuffer into = ByteBuffer.allocate(count);
      while (into.hasRemaining()) {
        assertTrue(uring.recv(socket, into, CallOptions.timeout(Await.LIMIT)) > 0);
      }
    }
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(30, TimeUnit.SECONDS), "it does not end");
    // Else the JDK closes them when it has noticed, which may be in the next test.
    process.getOutputStream().close();
    process.getInputStream().close();
    process.getErrorStream().close();
    assertEquals(0, process.exitValue(), () -> String.join(" ", command) + ": " + said);
  }

  @BeforeEach
  void connectTheTwo() throws Exception {
    run("ip", "netns", "add", HERE);
    run("ip", "netns", "add", THERE);
    run("ip", "link", "add", HERE, "netns", HERE, "type", "veth", "peer", "name", THERE, "netns", THERE);
    for (String[] each : new String[][] {{HERE, HERE_ADDRESS}, {THERE, THERE_ADDRESS}}) {
      run("ip", "-n", each[0], "addr", "add", each[1] + "/24", "dev", each[0]);
      run("ip", "-n", each[0], "link", "set", "lo", "up");
      run("ip", "-n", each[0], "link", "set", each[0], "up");
    }
  }

  @AfterEach
  void removeBoth() throws Exception {
    // With them their ends of the link.
    run("ip", "netns", "del", HERE);
    run("ip", "netns", "del", THERE);
  }

  private static ChildJvm in(String space, ChildJvm child) {
    return child.wrappedBy(command -> {
      List<String> line = new ArrayList<>(List.of("ip", "netns", "exec", space));
      line.addAll(command);
      return line;
    });
  }

  @Test
  void aLinkThatGoesDownKeepsNobodyAndLosesNothing() {
    try (ChildJvm.Running server = in(THERE, ChildJvm.of(HostilePeerTest.EchoMain.class, THERE_ADDRESS)).start()) {
      Await.until(() -> "it listens: " + server.errSoFar(), () -> server.outSoFar().contains("\n"));
      String port = server.outSoFar().strip().substring("port ".length());
      String said = in(HERE, ChildJvm.of(Main.class, THERE_ADDRESS, port, HERE)).run().succeeded();
      assertTrue(said.endsWith("passed\n"), said);
    }
  }
}
