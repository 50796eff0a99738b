package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.buffer.ProvidedBuffer;
import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.error.RingDeadException;
import io.loomring.fd.Descriptor;
import io.loomring.op.Arrivals;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.ring.Opcode;
import io.loomring.sys.Constants;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.Runs;
import io.loomring.testkit.Seed;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Streams of completions: nothing that came is lost, whatever ends them, and nothing that nobody took is left. */
class MultishotTest extends UringTest {
  private static final CallOptions AT_ONCE = CallOptions.timeout(Duration.ZERO);
  private static final int ROUNDS = 50;
  private static final int LONG_ROUNDS = 5_000;
  private static final int MANY_BYTES = 1 << 20;

  private static List<Descriptor> connect(Uring uring, Descriptor listener, int count) throws IOException {
    List<Descriptor> clients = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      clients.add(Connections.connected(uring, Connections.address(listener)));
    }
    return clients;
  }

  private static void closeAll(List<Descriptor> descriptors) throws IOException {
    for (Descriptor descriptor : descriptors) {
      descriptor.close();
    }
  }

  private static byte at(long position) {
    return (byte) (position ^ position >> 8 ^ position >> 16);
  }

  private static byte[] bytes(long position, int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = at(position + i);
    }
    return bytes;
  }

  private static void assertBytes(long position, ProvidedBuffer buffer) {
    for (int i = 0; i < buffer.size(); i++) {
      if (buffer.segment().get(ValueLayout.JAVA_BYTE, i) != at(position + i)) {
        assertEquals(at(position + i), buffer.segment().get(ValueLayout.JAVA_BYTE, i), "at " + (position + i));
      }
    }
  }

  // ---- connections

  @Test
  void everyConnectionIsTakenOverOneOperation() throws IOException {
    Descriptor listener = Connections.listener(uring);
    try (CompletionStream<Descriptor> connections = uring.multishot().accept(listener)) {
      Caller taker = Caller.virtual(() -> {
        for (int i = 0; i < 50; i++) {
          Descriptor connection = connections.next();
          uring.send(connection, new byte[] {1}, 0, 1);
          connection.close();
        }
        return null;
      });
      List<Descriptor> clients = connect(uring, listener, 50);
      for (Descriptor client : clients) {
        assertEquals(1, uring.recv(client, new byte[2], 0, 2));
        assertEquals(-1, uring.recv(client, new byte[2], 0, 2));
      }
      taker.value();
      assertEquals(1, uring.inFlight(OperationKind.ACCEPT));
      closeAll(clients);
    }
    listener.close();
  }

  @Test
  void connectionsThatNobodyTookAreClosedWithTheStream() throws IOException {
    Descriptor listener = Connections.listener(uring);
    CompletionStream<Descriptor> connections = uring.multishot().accept(listener);
    assertThrows(OperationTimeoutException.class, () -> connections.next(CallOptions.timeout(Duration.ofMillis(1))));
    List<Descriptor> clients = connect(uring, listener, 5);
    Await.until("they have come", () -> connections.available() == 5);
    connections.next().close();
    connections.close();
    assertEquals(0, uring.inFlight(OperationKind.ACCEPT));
    for (Descriptor client : clients) {
      assertEquals(-1, uring.recv(client, new byte[1], 0, 1));
    }
    assertThrows(IllegalStateException.class, connections::next);
    connections.close();
    closeAll(clients);
    listener.close();
  }

  @Test
  void aCloseOfTheListenerIsSeenAfterAllThatCameBefore() throws IOException {
    Descriptor listener = Connections.listener(uring);
    try (CompletionStream<Descriptor> connections = uring.multishot().accept(listener)) {
      assertThrows(OperationTimeoutException.class, () -> connections.next(CallOptions.timeout(Duration.ofMillis(1))));
      List<Descriptor> clients = connect(uring, listener, 3);
      Await.until("they have come", () -> connections.available() == 3);
      listener.close();
      for (int i = 0; i < 3; i++) {
        connections.next().close();
      }
      assertThrows(DescriptorClosedException.class, connections::next);
      assertThrows(DescriptorClosedException.class, connections::next);
      closeAll(clients);
    }
  }

  @Test
  void aCloseOfTheListenerEndsWhoWaits() throws IOException {
    Descriptor listener = Connections.listener(uring);
    try (CompletionStream<Descriptor> connections = uring.multishot().accept(listener)) {
      Caller taker = Caller.virtual(connections::next);
      awaitInKernel(1);
      listener.close();
      taker.thrown(DescriptorClosedException.class);
    }
  }

  @Test
  void aCloseOfTheStreamEndsWhoWaits() throws IOException {
    Descriptor listener = Connections.listener(uring);
    for (int round = 0; round < 20; round++) {
      CompletionStream<Descriptor> connections = uring.multishot().accept(listener);
      Caller taker = round % 2 == 0 ? Caller.virtual(connections::next) : Caller.platform(connections::next);
      awaitInKernel(1);
      connections.close();
      taker.thrown(OperationCancelledException.class);
      assertEquals(0, uring.stats().inFlight());
    }
    listener.close();
  }

  @Test
  void aTimeoutAndAnInterruptEndTheCallAndNotTheStream() throws IOException {
    Descriptor listener = Connections.listener(uring);
    try (CompletionStream<Descriptor> connections = uring.multishot().accept(listener)) {
      assertThrows(OperationTimeoutException.class, () -> connections.next(AT_ONCE));
      Caller taker = Caller.virtual(() -> {
        try {
          return connections.next();
        } catch (OperationInterruptedException expected) {
          assertTrue(Thread.interrupted());
          return connections.next();
        }
      });
      awaitInKernel(1);
      Await.untilParked(taker.thread());
      taker.thread().interrupt();
      List<Descriptor> clients = connect(uring, listener, 1);
      ((Descriptor) taker.value()).close();
      closeAll(clients);
      CallOptions withHandle = CallOptions.handle(new OperationHandle());
      assertThrows(IllegalArgumentException.class, () -> connections.next(withHandle));
    }
    listener.close();
  }

  @Test
  void whereTheTakerFallsBehindConnectionsWaitAndNoneIsLost() throws IOException {
    Descriptor listener = Connections.listener(uring);
    try (CompletionStream<Descriptor> connections = uring.multishot().accept(listener)) {
      assertThrows(OperationTimeoutException.class, () -> connections.next(CallOptions.timeout(Duration.ofMillis(1))));
      int count = Arrivals.MAX_WAITING + 60;
      List<Descriptor> clients = connect(uring, listener, count);
      Await.until("it is paused", () -> uring.inFlight(OperationKind.ACCEPT) == 0);
      for (int i = 0; i < count; i++) {
        connections.next().close();
      }
      assertThrows(OperationTimeoutException.class, () -> connections.next(AT_ONCE));
      closeAll(clients);
    }
    listener.close();
  }

  @Test
  void aFullCompletionQueueLosesNoConnection() throws IOException {
    Uring small = TestDriver.open(TestDriver.config("small").withRings(1).withEntries(4, 4));
    Descriptor listener = Connections.listener(uring);
    Descriptor same = small.adopt(SystemCalls.dup(listener.fd()));
    try (CompletionStream<Descriptor> connections = small.multishot().accept(same)) {
      List<Descriptor> clients = connect(uring, listener, 60);
      for (int i = 0; i < 60; i++) {
        connections.next().close();
      }
      closeAll(clients);
    }
    same.close();
    listener.close();
    small.close();
  }

  @Test
  void connectionsThatMeetTheCloseOfTheStreamAreTakenClosedOrStay() throws IOException {
    meetClose(ROUNDS);
  }

  @Tag("long")
  @Test
  void connectionsThatMeetTheCloseOfTheStreamAreTakenClosedOrStayOverAndOver() throws IOException {
    meetClose(LONG_ROUNDS);
  }

  private void meetClose(int rounds) throws IOException {
    RandomGenerator random = Seed.random("connections meet close");
    for (int round = 0; round < rounds; round++) {
      Descriptor listener = Connections.listener(uring);
      CompletionStream<Descriptor> connections = uring.multishot().accept(listener);
      Caller taker = Caller.virtual(() -> {
        int taken = 0;
        while (true) {
          try {
            connections.next().close();
            taken++;
          } catch (OperationCancelledException | IllegalStateException closed) {
            return taken;
          }
        }
      });
      Caller connector = Caller.platform(() -> connect(uring, listener, 4));
      for (int spins = random.nextInt(300_000); spins > 0; spins--) {
        Thread.onSpinWait();
      }
      connections.close();
      taker.value();
      @SuppressWarnings("unchecked")
      List<Descriptor> clients = (List<Descriptor>) connector.value();
      listener.close();
      for (Descriptor client : clients) {
        int end;
        try {
          end = uring.recv(client, new byte[1], 0, 1);
        } catch (IOException reset) {
          end = -1;
        }
        assertEquals(-1, end);
      }
      closeAll(clients);
    }
  }

  @Test
  void aUringThatIsClosedEndsItsStreamsAndTheirCloseDisposesOfTheRest() throws IOException {
    Uring other = TestDriver.open(TestDriver.config("other"));
    Descriptor listener = Connections.listener(other);
    CompletionStream<Descriptor> connections = other.multishot().accept(listener);
    assertThrows(OperationTimeoutException.class, () -> connections.next(CallOptions.timeout(Duration.ofMillis(1))));
    List<Descriptor> clients = connect(uring, listener, 3);
    Await.until("they have come", () -> connections.available() == 3);
    other.close();
    assertThrows(RingDeadException.class, connections::next);
    connections.close();
    for (Descriptor client : clients) {
      assertEquals(-1, uring.recv(client, new byte[1], 0, 1));
    }
    closeAll(clients);
  }

  // ---- bytes

  @Test
  void everyByteComesInOrderThoughBuffersAreFewAndGivenBackLate() throws IOException {
    Pair pair = Connections.pair(uring);
    try (ProvidedBuffers buffers = uring.multishot().buffers(4, 4096);
        CompletionStream<ProvidedBuffer> stream = uring.multishot().recv(pair.server(), buffers)) {
      Caller sender = Caller.virtual(() -> {
        uring.send(pair.client(), bytes(0, MANY_BYTES), 0, MANY_BYTES);
        uring.shutdown(pair.client(), Constants.SHUT_WR);
        return null;
      });
      long position = 0;
      Queue<ProvidedBuffer> held = new ArrayDeque<>();
      Queue<Long> positions = new ArrayDeque<>();
      for (ProvidedBuffer got = stream.next(); got != null; got = stream.next()) {
        held.add(got);
        positions.add(position);
        position += got.size();
        if (held.size() == 3) {
          ProvidedBuffer oldest = held.remove();
          assertBytes(positions.remove(), oldest);
          oldest.close();
        }
      }
      held.forEach(ProvidedBuffer::close);
      assertEquals(MANY_BYTES, position);
      assertNull(stream.next(), "for ever");
      sender.value();
    }
    pair.close();
  }

  @Test
  void aStreamWaitsWhereAllBuffersAreOutAndGoesOnWhenOneIsBack() throws IOException {
    Pair pair = Connections.pair(uring);
    try (ProvidedBuffers buffers = uring.multishot().buffers(2, 512);
        CompletionStream<ProvidedBuffer> stream = uring.multishot().recv(pair.server(), buffers)) {
      uring.send(pair.client(), bytes(0, 2048), 0, 2048);
      ProvidedBuffer first = stream.next();
      ProvidedBuffer second = stream.next();
      assertEquals(1024, first.size() + second.size());
      assertEquals(0, buffers.available());
      assertThrows(OperationTimeoutException.class, () -> stream.next(CallOptions.timeout(Duration.ofMillis(10))));
      Caller taker = Caller.virtual(stream::next);
      Await.untilParked(taker.thread());
      first.close();
      assertThrows(IllegalStateException.class, first::segment);
      ProvidedBuffer third = (ProvidedBuffer) taker.value();
      assertBytes(1024, third);
      assertBytes(512, second);
      second.close();
      second.close();
      third.close();
      ProvidedBuffer fourth = stream.next();
      assertBytes(1536, fourth);
      fourth.close();
      assertEquals(2, buffers.available());
    }
    pair.close();
  }

  @Test
  void shortMessagesShareABuffer() throws IOException {
    Pair pair = Connections.pair(uring);
    try (ProvidedBuffers buffers = uring.multishot().buffers(1, 4096);
        CompletionStream<ProvidedBuffer> stream = uring.multishot().recv(pair.server(), buffers)) {
      List<ProvidedBuffer> held = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        uring.send(pair.client(), bytes(100 * i, 100), 0, 100);
        held.add(stream.next());
      }
      for (int i = 0; i < 10; i++) {
        assertEquals(100, held.get(i).size());
        assertBytes(100 * i, held.get(i));
        held.get(i).close();
      }
    }
    pair.close();
  }

  @Test
  void oneSetOfBuffersServesManyConnections() throws IOException {
    List<Pair> pairs = new ArrayList<>();
    List<CompletionStream<ProvidedBuffer>> streams = new ArrayList<>();
    try (ProvidedBuffers buffers = uring.multishot().buffers(8, 256)) {
      for (int i = 0; i < 10; i++) {
        pairs.add(Connections.pair(uring));
        streams.add(uring.multishot().recv(pairs.get(i).server(), buffers));
      }
      List<Caller> readers = new ArrayList<>();
      for (CompletionStream<ProvidedBuffer> stream : streams) {
        readers.add(Caller.virtual(() -> {
          long position = 0;
          for (ProvidedBuffer got = stream.next(); got != null; got = stream.next()) {
            assertBytes(position, got);
            position += got.size();
            got.close();
          }
          return position;
        }));
      }
      List<Caller> writers = new ArrayList<>();
      for (Pair pair : pairs) {
        writers.add(Caller.virtual(() -> {
          for (int sent = 0; sent < 50_000; sent += 1_000) {
            uring.send(pair.client(), bytes(sent, 1_000), 0, 1_000);
          }
          uring.shutdown(pair.client(), Constants.SHUT_WR);
          return null;
        }));
      }
      for (Caller writer : writers) {
        writer.value();
      }
      for (Caller reader : readers) {
        assertEquals(50_000L, reader.value());
      }
      assertThrows(IllegalStateException.class, buffers::close, "streams use them");
      streams.forEach(CompletionStream::close);
    }
    for (Pair pair : pairs) {
      pair.close();
    }
  }

  @Test
  void bytesThatNobodyTookGiveTheirBuffersBackAndTheCloseOfTheSocketComesLast() throws IOException {
    Pair pair = Connections.pair(uring);
    try (ProvidedBuffers buffers = uring.multishot().buffers(4, 64)) {
      try (CompletionStream<ProvidedBuffer> stream = uring.multishot().recv(pair.server(), buffers)) {
        uring.send(pair.client(), bytes(0, 64 * 3), 0, 64 * 3);
        ProvidedBuffer first = stream.next();
        assertBytes(0, first);
        first.close();
        Await.until("the rest has come", () -> stream.available() == 2);
        pair.server().close();
        ProvidedBuffer second = stream.next();
        assertBytes(64, second);
        second.close();
        stream.next().close();
        assertThrows(DescriptorClosedException.class, stream::next);
      }
      Pair another = Connections.pair(uring);
      CompletionStream<ProvidedBuffer> stream = uring.multishot().recv(another.server(), buffers);
      uring.send(another.client(), bytes(0, 64 * 3), 0, 64 * 3);
      stream.next().close();
      stream.close();
      Await.until("all are back", () -> buffers.available() > 0 && buffers.available() % buffers.count() == 0);
      another.close();
    }
    pair.close();
  }

  @Test
  @Runs(Opcode.READ_MULTISHOT)
  void aPipeIsReadAsAStream() throws IOException {
    int[] ends;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment fds = arena.allocate(8, 4);
      assertEquals(0, SystemCalls.pipe(fds.address(), Constants.O_CLOEXEC));
      ends = fds.toArray(ValueLayout.JAVA_INT);
    }
    Descriptor from = uring.adopt(ends[0]);
    Descriptor to = uring.adopt(ends[1]);
    try (ProvidedBuffers buffers = uring.multishot().buffers(4, 1024);
        CompletionStream<ProvidedBuffer> stream = uring.multishot().read(from, buffers)) {
      for (int i = 0; i < 3; i++) {
        uring.write(to, bytes(100 * i, 100), 0, 100, -1, CallOptions.NONE);
        try (ProvidedBuffer got = stream.next()) {
          assertEquals(100, got.size());
          assertBytes(100 * i, got);
        }
      }
      to.close();
      assertNull(stream.next());
    }
    from.close();
  }

  // ---- readiness and time

  @Test
  void readinessIsToldEachTime() throws IOException {
    Pair pair = Connections.pair(uring);
    try (CompletionStream<Integer> readiness = uring.multishot().poll(pair.server(), Constants.POLLIN)) {
      for (int i = 0; i < 5; i++) {
        uring.send(pair.client(), new byte[1], 0, 1);
        Integer events = readiness.next();
        assertNotNull(events);
        assertTrue((events & Constants.POLLIN) != 0);
        assertEquals(1, uring.recv(pair.server(), new byte[8], 0, 8));
      }
      assertEquals(1, uring.inFlight(OperationKind.POLL));
    }
    pair.close();
  }

  @Test
  void ticksAreNumberedAndEndAfterAsManyAsAskedFor() throws IOException {
    try (CompletionStream<Long> ticks = uring.multishot().timeout(Duration.ofMillis(2), 4)) {
      for (long i = 1; i <= 4; i++) {
        assertEquals(i, ticks.next());
      }
      assertNull(ticks.next());
      assertNull(ticks.next());
    }
    assertThrows(IllegalArgumentException.class, () -> uring.multishot().timeout(Duration.ZERO, 1));
  }

  @Test
  void ticksThatNobodyTookInTimeAreAllThere() throws IOException {
    try (CompletionStream<Long> ticks = uring.multishot().timeout(Duration.ofNanos(200_000), 0)) {
      assertEquals(1L, ticks.next());
      Await.until("many have come", () -> ticks.available() > 2 * Arrivals.MAX_WAITING);
      int waiting = ticks.available();
      for (long i = 2; i < waiting; i++) {
        assertEquals(i, ticks.next(AT_ONCE));
      }
    }
    assertEquals(0, uring.inFlight(OperationKind.TIMEOUT));
  }

  /** A timer that has just fired is in none of the places where the kernel looks for it, until its submitter runs. */
  @Test
  void ticksEndWheneverTheirStreamIsClosed() throws IOException {
    for (int i = 0; i < 300; i++) {
      try (CompletionStream<Long> ticks = uring.multishot().timeout(Duration.ofNanos(20_000 + 100 * i), 0)) {
        assertEquals(1L, ticks.next());
      }
    }
    assertEquals(0, uring.inFlight(OperationKind.TIMEOUT));
  }

  @Test
  void streamsLeaveNoDescriptorBehind() throws IOException {
    int before = Descriptors.sockets();
    connectionsThatNobodyTookAreClosedWithTheStream();
    Await.until("as many sockets as before", () -> Descriptors.sockets() == before);
  }
}
