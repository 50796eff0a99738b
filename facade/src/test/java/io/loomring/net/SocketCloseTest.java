package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.TestDriver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Closing: what it ends, whom it keeps waiting, and sockets that nobody closes. */
class SocketCloseTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final int RESTARTS = 300;
  private static final byte[] MORE_THAN_FITS = new byte[32 << 20];

  private static CompletableFuture<String> start(boolean virtual, Callable<?> call) {
    CompletableFuture<String> outcome = new CompletableFuture<>();
    Runnable body = () -> {
      try {
        outcome.complete("returned " + call.call());
      } catch (SocketException e) {
        outcome.complete(e.getMessage());
      } catch (Throwable t) {
        outcome.completeExceptionally(t);
      }
    };
    Thread ignored = virtual ? TestDriver.startVirtual(body) : Thread.ofPlatform().daemon().start(body);
    return outcome;
  }

  private static Callable<?> write(UringSocket socket) {
    return () -> {
      socket.write(MORE_THAN_FITS);
      return "written";
    };
  }

  @ParameterizedTest(name = "of virtual threads: {0}")
  @ValueSource(booleans = {true, false})
  void aReaderAndAWriterComeBackWithSocketClosedAndThePeerSeesTheEnd(boolean virtual) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, LOOPBACK);
        UringSocket mine = new UringSocket(LOOPBACK, server.getLocalPort());
        Socket peer = server.accept()) {
      CompletableFuture<String> reader = start(virtual, () -> mine.read(new byte[1]));
      CompletableFuture<String> writer = start(virtual, write(mine));
      Await.untilInFlight(Uring.getDefault(), OperationKind.RECV, 1);
      Await.untilInFlight(Uring.getDefault(), OperationKind.SEND, 1);
      mine.close();
      assertEquals("Socket closed", reader.get());
      assertEquals("Socket closed", writer.get());
      long got = 0;
      for (byte[] some = new byte[1 << 16]; ;) {
        int n = peer.getInputStream().read(some);
        if (n < 0) {
          break;
        }
        got += n;
      }
      assertTrue(got < MORE_THAN_FITS.length, "all came");
    }
  }

  @ParameterizedTest(name = "of virtual threads: {0}")
  @ValueSource(booleans = {true, false})
  void anAccepterComesBackWithSocketClosed(boolean virtual) throws Exception {
    try (UringServerSocket server = new UringServerSocket(0, 5, LOOPBACK)) {
      CompletableFuture<String> accepter = start(virtual, server::accept);
      Await.untilInFlight(Uring.getDefault(), OperationKind.ACCEPT, 1);
      server.close();
      assertEquals("Socket closed", accepter.get());
    }
  }

  /** Of the JDK's, a few in ten thousand listen on for a moment. */
  @Test
  void aServerThatIsStartedAgainFindsItsPortFree() throws Exception {
    try (Socket keeper = new Socket()) {
      // Nobody else gets the port between two of them.
      keeper.setReuseAddress(true);
      keeper.bind(new InetSocketAddress(LOOPBACK, 0));
      for (int i = 0; i < RESTARTS; i++) {
        try (UringServerSocket server = new UringServerSocket(keeper.getLocalPort(), 5, LOOPBACK)) {
          CompletableFuture<String> accepter = start(true, server::accept);
          Await.untilInFlight(Uring.getDefault(), OperationKind.ACCEPT, 1);
          start(true, () -> {
            server.close();
            return "closed";
          }).get();
          assertEquals("Socket closed", accepter.get());
        }
      }
    }
  }

  @ParameterizedTest(name = "of virtual threads: {0}")
  @ValueSource(booleans = {true, false})
  void aConnecterComesBackWithSocketClosed(boolean virtual) throws Exception {
    try (ServerSocket full = new ServerSocket(0, 1, LOOPBACK);
        Socket first = new Socket(LOOPBACK, full.getLocalPort());
        Socket second = new Socket(LOOPBACK, full.getLocalPort());
        UringSocket mine = new UringSocket()) {
      CompletableFuture<String> connecter = start(virtual, () -> {
        mine.connect(full.getLocalSocketAddress());
        return "connected";
      });
      Await.untilInFlight(Uring.getDefault(), OperationKind.CONNECT, 1);
      mine.close();
      assertEquals("Socket closed", connecter.get());
    }
  }

  @Test
  void aCloseThatLingersKeepsNoOtherConnectionWaiting() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, LOOPBACK);
        UringSocket lingering = new UringSocket(LOOPBACK, server.getLocalPort());
        Socket deaf = server.accept();
        UringSocket talking = new UringSocket(LOOPBACK, server.getLocalPort());
        Socket echo = server.accept()) {
      lingering.setSoLinger(true, 60);
      CompletableFuture<String> reader = start(true, () -> lingering.read(new byte[1]));
      CompletableFuture<String> writer = start(true, write(lingering));
      Await.untilInFlight(Uring.getDefault(), OperationKind.RECV, 1);
      Await.untilInFlight(Uring.getDefault(), OperationKind.SEND, 1);
      CompletableFuture<String> closer = start(true, () -> {
        lingering.close();
        return "closed";
      });
      // Blocked calls end at once, not when the linger does.
      assertEquals("Socket closed", reader.get());
      assertEquals("Socket closed", writer.get());
      byte[] one = new byte[1];
      for (int i = 0; i < 200; i++) {
        talking.write(one);
        echo.getOutputStream().write(echo.getInputStream().read());
        assertEquals(1, talking.read(one));
      }
      assertTrue(!closer.isDone(), "the close did not linger");
      deaf.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
      assertEquals("returned closed", closer.get());
    }
  }

  @Test
  void aCloseThatLingersEndsWhenThePeerResets() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, LOOPBACK);
        UringSocket lingering = new UringSocket(LOOPBACK, server.getLocalPort());
        Socket deaf = server.accept()) {
      // Longer than a test may take.
      lingering.setSoLinger(true, 150);
      CompletableFuture<String> writer = start(true, write(lingering));
      Await.untilInFlight(Uring.getDefault(), OperationKind.SEND, 1);
      CompletableFuture<String> closer = start(true, () -> {
        lingering.close();
        return "closed";
      });
      assertEquals("Socket closed", writer.get());
      deaf.setSoLinger(true, 0);
      deaf.close();
      assertEquals("returned closed", closer.get());
    }
  }

  @Test
  void aCloseThatLingersIsNotEndedByAnInterrupt() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, LOOPBACK);
        UringSocket lingering = new UringSocket(LOOPBACK, server.getLocalPort());
        Socket deaf = server.accept()) {
      lingering.setSoLinger(true, 150);
      CompletableFuture<String> writer = start(true, write(lingering));
      Await.untilInFlight(Uring.getDefault(), OperationKind.SEND, 1);
      CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
      Thread closer = TestDriver.startVirtual(() -> {
        Thread.currentThread().interrupt();
        try {
          lingering.close();
          interrupted.complete(Thread.currentThread().isInterrupted());
        } catch (IOException e) {
          interrupted.completeExceptionally(e);
        }
      });
      assertEquals("Socket closed", writer.get());
      Await.untilParked(closer);
      deaf.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
      assertTrue(interrupted.get());
    }
  }

  @Test
  void socketsThatNobodyClosedAreClosed() throws Exception {
    int before = Descriptors.sockets();
    long openBefore = Uring.getDefault().stats().openDescriptors();
    forget();
    assertTrue(Uring.getDefault().stats().openDescriptors() > openBefore);
    Await.until(() -> "sockets are open: " + Uring.getDefault().stats(), () -> {
      System.gc();
      return Uring.getDefault().stats().openDescriptors() == openBefore && Descriptors.sockets() == before;
    });
  }

  /** In a method of its own, so that nothing on the stack keeps them. */
  private static void forget() throws IOException {
    UringServerSocket server = new UringServerSocket(0, 5, LOOPBACK);
    UringSocket client = new UringSocket(LOOPBACK, server.getLocalPort());
    UringSocket accepted = server.accept();
    accepted.write(new byte[] {1});
    client.setSoLinger(true, 150);
    assertEquals(1, client.read(new byte[2]));
  }

  @Test
  void closesAndCallsThatRaceLoseNoThreadAndNoDescriptor() throws Exception {
    race(200);
  }

  @Test
  @Tag("long")
  void closesAndCallsThatRaceLoseNoThreadAndNoDescriptorForLong() throws Exception {
    race(20_000);
  }

  private static void race(int rounds) throws Exception {
    long openBefore = Uring.getDefault().stats().openDescriptors();
    try (ServerSocket server = new ServerSocket(0, 50, LOOPBACK)) {
      for (int round = 0; round < rounds; round++) {
        UringSocket mine = new UringSocket(LOOPBACK, server.getLocalPort());
        Socket peer = server.accept();
        List<CompletableFuture<String>> calls = new ArrayList<>();
        calls.add(start(true, () -> mine.read(new byte[1])));
        calls.add(start(true, () -> mine.read(new byte[1])));
        calls.add(start(true, write(mine)));
        calls.add(start(round % 2 == 0, () -> {
          mine.close();
          return "closed";
        }));
        mine.close();
        for (CompletableFuture<String> call : calls.subList(0, 3)) {
          assertEquals("Socket closed", call.get());
        }
        assertEquals("returned closed", calls.get(3).get());
        peer.close();
      }
    }
    assertEquals(openBefore, Uring.getDefault().stats().openDescriptors());
    assertEquals(0, Uring.getDefault().buffers().lent());
  }
}
