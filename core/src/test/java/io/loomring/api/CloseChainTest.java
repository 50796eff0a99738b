package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.op.OperationKind;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.Seed;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A close by another thread ends what waits on the descriptor, and then closes it (K-11 to K-18). */
class CloseChainTest extends UringTest {
  private static final int ROUNDS = 100;
  private static final int LONG_ROUNDS = 1_000;
  private static final int MORE_THAN_A_SOCKET_HOLDS = 16 << 20;

  /** Who waits when the close comes. */
  enum Victim {
    READER(OperationKind.RECV) {
      @Override
      Scene prepare(Uring uring) throws IOException {
        Pair pair = Connections.pair(uring);
        return new Scene(pair.client(), pair.server(), () -> uring.recv(pair.client(), new byte[100], 0, 100));
      }
    },
    WRITER(OperationKind.SEND) {
      @Override
      Scene prepare(Uring uring) throws IOException {
        Pair pair = Connections.pair(uring);
        byte[] data = new byte[MORE_THAN_A_SOCKET_HOLDS];
        // Full before the call begins, so that its first operation waits.
        Connections.fill(uring, pair.client());
        return new Scene(pair.client(), pair.server(), () -> uring.send(pair.client(), data, 0, data.length));
      }
    },
    ACCEPTOR(OperationKind.ACCEPT) {
      @Override
      Scene prepare(Uring uring) throws IOException {
        Descriptor listener = Connections.listener(uring);
        return new Scene(listener, null, () -> uring.accept(listener));
      }
    },
    CONNECTOR(OperationKind.CONNECT) {
      @Override
      Scene prepare(Uring uring) throws IOException {
        Descriptor listener = Connections.listener(uring, 0);
        InetSocketAddress address = Connections.address(listener);
        // One connection fills a backlog of zero; the next one's SYN is dropped, again and again.
        Descriptor filler = Connections.connected(uring, address);
        Descriptor socket = uring.tcpSocket();
        return new Scene(socket, null, () -> uring.connect(socket, address), listener, filler);
      }
    };

    final OperationKind kind;

    Victim(OperationKind kind) {
      this.kind = kind;
    }

    abstract Scene prepare(Uring uring) throws IOException;
  }

  interface Step {
    void run() throws IOException;
  }

  /** The descriptor to be closed, its peer where it has one, the call that waits, and what else is open. */
  private static final class Scene {
    final Descriptor target;
    final Descriptor peer;
    final Step call;
    final Descriptor[] others;

    Scene(Descriptor target, Descriptor peer, Step call, Descriptor... others) {
      this.target = target;
      this.peer = peer;
      this.call = call;
      this.others = others;
    }

    Caller callOn(boolean virtual) {
      return virtual ? Caller.virtual(this::called) : Caller.platform(this::called);
    }

    private Object called() throws IOException {
      call.run();
      return "came back";
    }

    /** Reads to the end of the stream, which there must be, and closes what is left. */
    void finish(Uring uring) throws IOException {
      if (peer != null) {
        byte[] bytes = new byte[1 << 16];
        while (uring.recv(peer, bytes, 0, bytes.length) >= 0) {
          continue;
        }
        peer.close();
      }
      for (Descriptor other : others) {
        other.close();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCallThatWaitsEndsWithDescriptorClosed(Victim victim) throws IOException {
    for (boolean virtual : new boolean[] {true, false}) {
      Scene scene = victim.prepare(uring);
      String socket = Descriptors.target(scene.target.fd());
      Caller caller = scene.callOn(virtual);
      Await.untilInFlight(uring, victim.kind, 1);
      awaitInKernel(1);
      Await.untilParked(caller.thread());
      UringStats before = uring.stats();
      scene.target.close();
      caller.thrown(DescriptorClosedException.class);
      assertEquals(1, uring.stats().closes() - before.closes());
      assertEquals(1, uring.stats().cancelledByClose() - before.cancelledByClose(), () -> "" + uring.stats());
      assertEquals(1, scene.target.cancelledByClose());
      assertNotEquals(socket, Descriptors.target(scene.target.fd()));
      scene.finish(uring);
    }
  }

  @Test
  void manyCallsOnOneDescriptorEndTogether() throws IOException {
    Pair pair = Connections.pair(uring);
    Caller[] callers = new Caller[100];
    for (int i = 0; i < callers.length; i++) {
      Pair own = pair;
      callers[i] = i % 2 == 0
          ? Caller.virtual(() -> uring.recv(own.client(), new byte[1], 0, 1))
          : Caller.platform(() -> uring.poll(own.client(), Constants.POLLIN, CallOptions.NONE));
    }
    awaitInKernel(callers.length);
    pair.client().close();
    for (Caller caller : callers) {
      caller.thrown(DescriptorClosedException.class);
    }
    assertEquals(callers.length, pair.client().cancelledByClose());
    assertEquals(-1, uring.recv(pair.server(), new byte[1], 0, 1));
    pair.close();
  }

  @ParameterizedTest
  @EnumSource
  void theRaceOfCallAndCloseHasOneEnd(Victim victim) throws IOException {
    race(victim, ROUNDS);
  }

  @Tag("long")
  @ParameterizedTest
  @EnumSource
  void theRaceOfCallAndCloseHasOneEndOverAndOver(Victim victim) throws IOException {
    race(victim, LONG_ROUNDS);
  }

  private void race(Victim victim, int rounds) throws IOException {
    RandomGenerator random = Seed.random("close of a " + victim);
    long closes = uring.stats().closes();
    for (int round = 0; round < rounds; round++) {
      Scene scene = victim.prepare(uring);
      String socket = Descriptors.target(scene.target.fd());
      boolean closerFirst = random.nextBoolean();
      int spins = random.nextInt(20_000);
      boolean virtual = random.nextBoolean();
      Caller first = closerFirst ? closer(scene) : scene.callOn(virtual);
      for (int i = 0; i < spins; i++) {
        Thread.onSpinWait();
      }
      Caller second = closerFirst ? scene.callOn(virtual) : closer(scene);
      Caller caller = closerFirst ? second : first;
      Caller closer = closerFirst ? first : second;
      closer.value();
      caller.thrown(DescriptorClosedException.class);
      assertTrue(scene.target.isClosed());
      assertEquals(0, scene.target.inFlight());
      assertNotEquals(socket, Descriptors.target(scene.target.fd()), () -> "still open: " + scene.target);
      scene.finish(uring);
    }
    awaitNothingLeft(uring);
    // Every descriptor was closed by one chain, and once.
    int perRound = switch (victim) {
      case READER, WRITER, CONNECTOR -> 3;
      case ACCEPTOR -> 1;
    };
    assertEquals((long) rounds * perRound, uring.stats().closes() - closes);
  }

  private static Caller closer(Scene scene) {
    return Caller.virtual(() -> {
      scene.target.close();
      return "closed";
    });
  }

  @Test
  void withNothingPendingTheCloseClosesAllTheSame() throws IOException {
    Pair pair = Connections.pair(uring);
    String socket = Descriptors.target(pair.client().fd());
    UringStats before = uring.stats();
    pair.client().close();
    assertEquals(1, uring.stats().closes() - before.closes());
    assertEquals(before.cancelledByClose(), uring.stats().cancelledByClose());
    assertNotEquals(socket, Descriptors.target(pair.client().fd()));
    assertEquals(-1, uring.recv(pair.server(), new byte[1], 0, 1));
    pair.server().close();
  }

  @Test
  void aSecondCloserWaitsForTheFirst() throws IOException {
    for (int round = 0; round < ROUNDS; round++) {
      Pair pair = Connections.pair(uring);
      Caller reader = Caller.virtual(() -> uring.recv(pair.client(), new byte[1], 0, 1));
      Caller[] closers = new Caller[4];
      for (int i = 0; i < closers.length; i++) {
        closers[i] = Caller.virtual(() -> {
          pair.client().close();
          return pair.client().isClosed();
        });
      }
      for (Caller closer : closers) {
        assertEquals(true, closer.value());
      }
      reader.thrown(DescriptorClosedException.class);
      pair.server().close();
    }
  }

  @Test
  void aCloserThatHoldsTheNumberKeepsItUntilItLetsGo() throws IOException {
    Pair pair = Connections.pair(uring);
    Descriptor client = pair.client();
    String socket = Descriptors.target(client.fd());
    assertTrue(client.beginCall());
    Caller closer = closerOf(client);
    Await.untilParked(closer.thread());
    assertTrue(!client.isOpen());
    assertEquals(socket, Descriptors.target(client.fd()), "a plain call is under way");
    client.endCall();
    closer.value();
    assertNotEquals(socket, Descriptors.target(client.fd()));
    pair.server().close();
  }

  private static Caller closerOf(Descriptor descriptor) {
    return Caller.virtual(() -> {
      descriptor.close();
      return "closed";
    });
  }

  @Test
  void aCloseThatLingersKeepsNobodyElseWaiting() throws IOException {
    int lingerSeconds = 60;
    Pair lingering = Connections.pair(uring);
    Pair other = Connections.pair(uring);
    assertEquals(0, SocketCalls.setLinger(lingering.client(), lingerSeconds));
    Connections.fill(uring, lingering.client());
    long begun = System.nanoTime();
    lingering.client().closeAsynchronously();
    Caller closer = closerOf(lingering.client());
    byte[] bytes = new byte[10];
    for (int i = 0; i < 100; i++) {
      uring.send(other.client(), bytes, 0, bytes.length);
      assertEquals(bytes.length, uring.recv(other.server(), bytes, 0, bytes.length));
    }
    long millis = (System.nanoTime() - begun) / 1_000_000;
    assertTrue(millis < lingerSeconds * 1000 / 2, "the echoes took " + millis + " ms");
    // A reset ends the lingering.
    lingering.server().close();
    closer.value();
    other.close();
  }
}
