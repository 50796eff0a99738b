package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.RingDeadException;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Datagrams over a ring of the test's own: none lost or doubled, and nothing left behind. */
class UringDatagramSocketTest extends UringTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final int DATAGRAMS = 100_000;
  private static final int RACES = 300;
  /** So many small datagrams have room in a socket's buffer, whatever the system's settings. */
  private static final int FIT = 50;

  /** The default ring, and what the JDK keeps once it has closed a datagram socket, stay open for good. */
  @BeforeAll
  static void openWhatStaysOpen() throws SocketException {
    new UringDatagramSocket().close();
    new DatagramSocket().close();
  }

  private UringDatagramSocket bound() throws SocketException {
    return new UringDatagramSocket(uring, new InetSocketAddress(LOOPBACK, 0));
  }

  private static DatagramPacket packet(int number) {
    return new DatagramPacket(ByteBuffer.allocate(16).putInt(number).array(), 16);
  }

  private static int numberIn(DatagramPacket packet) {
    return ByteBuffer.wrap(packet.getData()).getInt();
  }

  // ---- conservation

  @Test
  void aHundredThousandDatagramsComeOnceAndInOrderOrWereDroppedByTheKernel() throws Exception {
    try (UringDatagramSocket receiver = bound(); UringDatagramSocket sender = bound()) {
      sender.connect(receiver.getLocalSocketAddress());
      Caller sending = Caller.virtual(() -> {
        for (int i = 0; i < DATAGRAMS; i++) {
          sender.send(packet(i));
        }
        return null;
      });
      Received received = new Received();
      Caller receiving = Caller.virtual(() -> {
        received.all(receiver, sending);
        return null;
      });
      receiving.value();
      sending.value();
      assertEquals(DATAGRAMS, received.count + drops(receiver), "received and dropped for want of room");
      assertTrue(received.count > 0);
    }
  }

  @Test
  void aSenderThatWaitsForTheReceiverLosesNothing() throws Exception {
    try (UringDatagramSocket receiver = bound(); UringDatagramSocket sender = bound()) {
      sender.connect(receiver.getLocalSocketAddress());
      receiver.connect(sender.getLocalSocketAddress());
      int rounds = DATAGRAMS / 10;
      Caller echo = Caller.virtual(() -> {
        DatagramPacket packet = packet(0);
        for (int i = 0; i < rounds; i++) {
          receiver.receive(packet);
          receiver.send(packet);
        }
        return null;
      });
      Caller client = Caller.virtual(() -> {
        DatagramPacket packet = packet(0);
        for (int i = 0; i < rounds; i++) {
          sender.send(packet(i));
          sender.receive(packet);
          assertEquals(i, numberIn(packet));
        }
        return null;
      });
      client.value();
      echo.value();
      assertEquals(0, drops(receiver));
    }
  }

  private static final class Received {
    int count;
    int last = -1;

    void all(DatagramSocket from, Caller sending) throws IOException {
      from.setSoTimeout(100);
      DatagramPacket packet = packet(0);
      while (count < DATAGRAMS) {
        boolean allSent = sending.isDone();
        try {
          from.receive(packet);
          int number = numberIn(packet);
          assertTrue(number > last, () -> number + " came after " + last);
          last = number;
          count++;
        } catch (SocketTimeoutException e) {
          if (allSent) {
            return;
          }
        }
      }
    }
  }

  /** What the kernel says that it threw away, for want of room in the socket's buffer. */
  private static int drops(DatagramSocket socket) throws IOException {
    return Integer.parseInt(lastField(socket));
  }

  private static String lastField(DatagramSocket socket) throws IOException {
    String port = String.format(":%04X", socket.getLocalPort());
    for (String table : List.of("/proc/net/udp6", "/proc/net/udp")) {
      for (String line : Files.readAllLines(Path.of(table))) {
        String[] fields = line.strip().split("\\s+");
        if (fields[1].endsWith(port)) {
          return fields[fields.length - 1];
        }
      }
    }
    throw new AssertionError("the kernel does not list port " + port);
  }

  // ---- races

  @Test
  void aReceiveThatTimesOutLosesNoDatagram() throws Exception {
    try (UringDatagramSocket receiver = bound(); UringDatagramSocket sender = bound()) {
      sender.connect(receiver.getLocalSocketAddress());
      receiver.setSoTimeout(1);
      AtomicInteger received = new AtomicInteger();
      Caller receiving = Caller.virtual(() -> {
        DatagramPacket packet = packet(0);
        while (received.get() < RACES) {
          try {
            receiver.receive(packet);
            assertEquals(received.getAndIncrement(), numberIn(packet));
          } catch (SocketTimeoutException e) {
            // Which is what the datagrams race with.
          }
        }
        return null;
      });
      for (int i = 0; i < RACES; i++) {
        int unread = i - FIT;
        // Or the kernel would throw some away.
        Await.until("the receiver falls behind", () -> received.get() > unread);
        if (i % 3 == 0) {
          Await.untilInFlight(uring, OperationKind.RECVMSG, 1);
        }
        sender.send(packet(i));
      }
      receiving.value();
      assertEquals(0, drops(receiver));
    }
  }

  @Test
  void closingEndsSendersAndReceiversWheneverItComes() throws Exception {
    try (DatagramSocket peer = new DatagramSocket(0, LOOPBACK)) {
      for (int i = 0; i < RACES; i++) {
        UringDatagramSocket socket = bound();
        Caller receiving = Caller.virtual(() -> {
          while (true) {
            socket.receive(packet(0));
          }
        });
        Caller sending = Caller.platform(() -> {
          while (true) {
            socket.send(new DatagramPacket(new byte[1], 1, peer.getLocalSocketAddress()));
          }
        });
        if (i % 2 == 0) {
          Await.untilParked(receiving.thread());
        }
        socket.close();
        assertEquals("Socket closed", receiving.thrown(SocketException.class).getMessage());
        assertEquals("Socket closed", sending.thrown(SocketException.class).getMessage());
      }
    }
  }

  @Test
  void closeReturnsWhenTheReceiverIsThrough() throws Exception {
    UringDatagramSocket socket = bound();
    Caller receiving = Caller.virtual(() -> {
      socket.receive(packet(0));
      return null;
    });
    Await.untilInFlight(uring, OperationKind.RECVMSG, 1);
    socket.close();
    assertEquals(0, uring.inFlight(OperationKind.RECVMSG));
    receiving.thrown(SocketException.class);
  }

  // ---- ends

  @Test
  void aConstructorThatCannotBindLeavesNothingOpen() throws Exception {
    try (UringDatagramSocket first = bound()) {
      int before = Descriptors.sockets();
      assertThrows(BindException.class, () -> new UringDatagramSocket(uring, first.getLocalSocketAddress()));
      Descriptors.awaitSockets(before);
    }
  }

  @Test
  void theConstructorsBind() throws Exception {
    try (UringDatagramSocket any = new UringDatagramSocket();
        UringDatagramSocket port = new UringDatagramSocket(0);
        UringDatagramSocket address = new UringDatagramSocket(0, LOOPBACK);
        UringDatagramSocket local = new UringDatagramSocket(new InetSocketAddress(LOOPBACK, 0));
        UringDatagramSocket none = new UringDatagramSocket(null)) {
      assertTrue(any.getLocalPort() > 0 && port.getLocalPort() > 0);
      assertEquals(LOOPBACK, address.getLocalAddress());
      assertEquals(LOOPBACK, local.getLocalAddress());
      assertFalse(none.isBound());
    }
    assertThrows(IllegalArgumentException.class, () -> new UringDatagramSocket(-1));
    assertThrows(IllegalArgumentException.class, () -> new UringDatagramSocket(65_536));
  }

  @Test
  void aDeadRingIsASocketExceptionWithTheCause() throws Exception {
    UringDatagramSocket socket = bound();
    Caller receiving = Caller.virtual(() -> {
      socket.receive(packet(0));
      return null;
    });
    Await.untilInFlight(uring, OperationKind.RECVMSG, 1);
    uring.close();
    assertInstanceOf(RingDeadException.class, receiving.thrown(SocketException.class).getCause());
    SocketException late =
        assertThrows(SocketException.class, () -> socket.send(new DatagramPacket(new byte[1], 1, LOOPBACK, 9)));
    assertInstanceOf(RingDeadException.class, late.getCause());
    socket.close();
  }

  @Test
  void aSocketThatNobodyClosedIsClosed() throws Exception {
    int before = uring.stats().openDescriptors();
    forgetOne();
    Await.until("it is still open", () -> {
      System.gc();
      return uring.stats().openDescriptors() == before;
    });
  }

  private void forgetOne() throws SocketException {
    assertTrue(bound().isBound());
  }

  // ---- packets

  /** Receives twice into one packet, of which the caller has set a length in between that is the one it has. */
  static final class SameLength {
    public static void main(String[] arguments) throws IOException {
      try (UringDatagramSocket socket = new UringDatagramSocket(0, LOOPBACK)) {
        DatagramPacket packet = new DatagramPacket(new byte[10], 10);
        socket.send(new DatagramPacket(new byte[3], 3, socket.getLocalSocketAddress()));
        socket.receive(packet);
        packet.setLength(3);
        socket.send(new DatagramPacket(new byte[5], 5, socket.getLocalSocketAddress()));
        socket.receive(packet);
        System.out.println("length " + packet.getLength());
      }
    }
  }

  @Test
  void theLengthThatAPacketHasAnywayIsALimitWhereJavaNetIsOpened() {
    String opened = "--add-opens=java.base/java.net=ALL-UNNAMED";
    assertEquals("length 3", ChildJvm.of(SameLength.class).options(opened).run().succeeded().strip());
    assertEquals("length 5", ChildJvm.of(SameLength.class).run().succeeded().strip());
  }
}
