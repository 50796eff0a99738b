package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.error.DescriptorClosedException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.op.OperationKind;
import io.loomring.sys.Constants;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Connections;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Once a listener is closed its port is another's, also while the kernel holds on to the file (K-80). */
class ListenerCloseTest extends UringTest {
  /** The first one that the JDK closes leaves it a descriptor for good. */
  @BeforeAll
  static void closeOne() throws IOException {
    new ServerSocket(0, 10, InetAddress.getLoopbackAddress()).close();
  }

  private final Socket keeper = new Socket();
  private int port;

  /** A port that nobody else gets between two listeners. */
  @BeforeEach
  void takePort() throws IOException {
    port = take(keeper);
  }

  private static int take(Socket keeper) throws IOException {
    keeper.setReuseAddress(true);
    keeper.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    return keeper.getLocalPort();
  }

  @AfterEach
  void givePortBack() throws IOException {
    keeper.close();
  }

  private static Descriptor listener(Uring uring, int port) throws IOException {
    Descriptor listener = uring.tcpSocket();
    // As server sockets have it: a port that nobody listens at may be bound, whoever has it still.
    SocketCalls.setOption(listener, Constants.SOL_SOCKET, Constants.SO_REUSEADDR, 1);
    uring.bind(listener, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    listener.listensAlone();
    uring.listen(listener, 10);
    return listener;
  }

  /** Fails where somebody listens at the port. */
  private static void listenAgain(int port) throws IOException {
    new ServerSocket(port, 10, InetAddress.getLoopbackAddress()).close();
  }

  @Test
  void nobodyListensAnyMoreWhenItIsThrough() throws IOException {
    rounds(1_000);
  }

  @Test
  @Tag("long")
  void nobodyListensAnyMoreWhenItIsThroughInManyRounds() throws IOException {
    rounds(30_000);
  }

  /** Nobody waits between the steps: who is busy is caught between a completion and what the kernel does behind it. */
  private void rounds(int rounds) throws IOException {
    for (int round = 0; round < rounds; round++) {
      Descriptor listener = listener(uring, port);
      Caller acceptor = Caller.virtual(() -> {
        while (true) {
          uring.accept(listener).close();
        }
      });
      new Socket(InetAddress.getLoopbackAddress(), port).close();
      Caller closer = Caller.virtual(() -> {
        listener.close();
        return "closed";
      });
      closer.value();
      listenAgain(port);
      acceptor.thrown(DescriptorClosedException.class);
    }
  }

  @Test
  void whatWaitsIsEndedByTheChainAndNotByTheEndOfTheListening() throws IOException {
    Descriptor listener = listener(uring, port);
    Caller acceptor = Caller.virtual(() -> uring.accept(listener));
    Caller poller = Caller.virtual(() -> uring.poll(listener, Constants.POLLIN, CallOptions.NONE));
    awaitInKernel(2);
    listener.close();
    acceptor.thrown(DescriptorClosedException.class);
    poller.thrown(DescriptorClosedException.class);
    assertEquals(2, uring.stats().cancelledByClose());
  }

  /** Closes a listener where no number is free for another one of it. */
  static final class NoNumberFree {
    public static void main(String[] args) throws IOException {
      try (Uring uring = TestDriver.open(TestDriver.config("full")); Socket keeper = new Socket()) {
        int port = take(keeper);
        // First with room, so that everything is loaded.
        close(uring, port, false);
        close(uring, port, true);
      }
    }

    private static void close(Uring uring, int port, boolean full) throws IOException {
      Descriptor listener = listener(uring, port);
      Caller acceptor = Caller.virtual(() -> uring.accept(listener));
      Await.untilInFlight(uring, OperationKind.ACCEPT, 1);
      List<Integer> filling = new ArrayList<>();
      if (full) {
        for (int fd = SystemCalls.dup(listener.fd()); fd >= 0; fd = SystemCalls.dup(listener.fd())) {
          filling.add(fd);
        }
      }
      listener.close();
      acceptor.thrown(DescriptorClosedException.class);
      // Others of its numbers are open, and yet:
      int one = full ? filling.removeLast() : -1;
      SystemCalls.close(one);
      listenAgain(port);
      filling.forEach(SystemCalls::close);
      System.out.println(full ? "full" : "with room");
    }
  }

  @Test
  void whereNoNumberIsFreeItEndsAllTheSame() {
    String said = ChildJvm.of(NoNumberFree.class)
        .maxDescriptors(256)
        .run()
        .succeeded();
    assertEquals(List.of("with room", "full"), said.lines().toList());
  }

  @Test
  void theEndOfTheUringEndsIt() throws IOException {
    Uring own = TestDriver.open(TestDriver.config("own"));
    Descriptor listener = listener(own, port);
    Caller acceptor = Caller.virtual(() -> own.accept(listener));
    Await.untilInFlight(own, OperationKind.ACCEPT, 1);
    int others = SystemCalls.dup(listener.fd());
    own.close();
    listenAgain(port);
    acceptor.thrown(IOException.class);
    SystemCalls.close(others);
  }

  @Test
  void oneThatSomebodyElseHasListensOn() throws IOException {
    Descriptor shared = Connections.listener(uring);
    int others = SystemCalls.dup(shared.fd());
    InetSocketAddress address = Connections.address(shared);
    shared.close();
    Descriptor adopted = uring.adopt(others);
    Descriptor client = Connections.connected(uring, address);
    uring.accept(adopted).close();
    client.close();
    adopted.close();
  }
}
