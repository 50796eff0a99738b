package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** The demo's client finds what is wrong with a server, which no run against a right one shows. */
class DemoClientTest {
  private static final int CONNECTIONS = 4;
  /** In the first message of each connection: how many more there is time for depends on the machine. */
  private static final int FATEFUL_BYTE = 50;

  /** What a server does to the byte that decides. */
  private interface Fault {
    /** Sends the bytes back, altered, or fewer. */
    void apply(OutputStream out, byte[] bytes, int count, int fateful) throws IOException;
  }

  /** Runs the client against a server with a fault in the stream of every connection. */
  private static String errorsAgainst(Fault fault) throws IOException {
    Queue<Socket> accepted = new ConcurrentLinkedQueue<>();
    try (ServerSocket server = new ServerSocket(0, CONNECTIONS, InetAddress.getLoopbackAddress());
        ChildJvm.Running client = ChildJvm.of(DemoClient.class).start();
        OutputStream in = client.process().getOutputStream()) {
      Thread.startVirtualThread(() -> {
        while (!server.isClosed()) {
          try {
            Socket socket = server.accept();
            accepted.add(socket);
            Thread.startVirtualThread(() -> echo(socket, fault));
          } catch (IOException e) {
            // Closed.
          }
        }
      });
      in.write((server.getLocalPort() + " " + CONNECTIONS + " 1\n").getBytes(StandardCharsets.UTF_8));
      in.flush();
      Await.until(client::outSoFar, () -> client.outSoFar().contains("half-closed\n"));
      for (Socket socket : accepted) {
        socket.close();
      }
      in.write("stopped\n".getBytes(StandardCharsets.UTF_8));
      in.close();
      String out = client.await().succeeded();
      assertTrue(out.contains("\nresult "), out);
      return out;
    }
  }

  private static void echo(Socket socket, Fault fault) {
    try (socket) {
      byte[] buffer = new byte[8192];
      int position = 0;
      for (int count = socket.getInputStream().read(buffer); count >= 0; ) {
        boolean now = position <= FATEFUL_BYTE && FATEFUL_BYTE < position + count;
        if (now) {
          fault.apply(socket.getOutputStream(), buffer, count, FATEFUL_BYTE - position);
        } else {
          socket.getOutputStream().write(buffer, 0, count);
        }
        position += count;
        count = socket.getInputStream().read(buffer);
      }
    } catch (IOException e) {
      // The client closes in the middle.
    }
  }

  private static int count(String what, String out) {
    return out.split(what, -1).length - 1;
  }

  @Test
  void oneWrongBitOfAConnectionIsFound() throws IOException {
    String out = errorsAgainst((to, bytes, count, fateful) -> {
      bytes[fateful] ^= 1;
      to.write(bytes, 0, count);
    });
    assertEquals(CONNECTIONS, count("error connection \\d+: .*byte 50 came back as", out), out);
  }

  @Test
  void twoBytesInTheWrongOrderAreFound() throws IOException {
    String out = errorsAgainst((to, bytes, count, fateful) -> {
      int other = fateful == 0 ? 1 : fateful - 1;
      byte kept = bytes[fateful];
      bytes[fateful] = bytes[other];
      bytes[other] = kept;
      to.write(bytes, 0, count);
    });
    assertEquals(CONNECTIONS, count("error connection \\d+: .*byte \\d+ came back as", out), out);
  }

  @Test
  void aConnectionThatEndsTooSoonIsFound() throws IOException {
    String out = errorsAgainst((to, bytes, count, fateful) -> {
      to.write(bytes, 0, fateful);
      to.close();
    });
    assertEquals(CONNECTIONS, count("error connection \\d+: ", out), out);
  }
}
