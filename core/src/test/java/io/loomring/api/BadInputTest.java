package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loomring.buffer.Buffer;
import io.loomring.fd.Descriptor;
import io.loomring.op.Deadline;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What is wrong with a call is said at the call, and nothing is taken for it. */
class BadInputTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;

  private Pair pair;

  @BeforeEach
  void connect() throws IOException {
    pair = Connections.pair(uring);
  }

  @AfterEach
  void disconnect() throws IOException {
    // The connection still works.
    uring.send(pair.client(), new byte[] {1, 2, 3}, 0, 3);
    assertEquals(3, uring.recv(pair.server(), new byte[10], 0, 10));
    pair.close();
  }

  private <T extends Throwable> void refused(Class<T> with, Executable call) {
    UringStats before = uring.stats();
    assertThrows(with, call);
    UringStats after = uring.stats();
    assertEquals(before.slotsInUse(), after.slotsInUse(), "slots");
    assertEquals(0, after.buffersLent(), "buffers");
    assertEquals(0, after.abandonedBytes(), "abandoned");
    assertEquals(before.operations(), after.operations(), "operations");
    assertEquals(0, pair.client().inFlight(), "in flight");
  }

  @Test
  void nullIsRefused() {
    Descriptor client = pair.client();
    MemorySegment bytes = MemorySegment.ofArray(new byte[10]);
    refused(NullPointerException.class, () -> uring.recv(null, bytes, NONE));
    refused(NullPointerException.class, () -> uring.recv(client, (MemorySegment) null, NONE));
    refused(NullPointerException.class, () -> uring.recv(client, (ByteBuffer) null, NONE));
    refused(NullPointerException.class, () -> uring.recv(client, (byte[]) null, 0, 0));
    refused(NullPointerException.class, () -> uring.recv(client, bytes, null));
    refused(NullPointerException.class, () -> uring.send(null, bytes, NONE));
    refused(NullPointerException.class, () -> uring.send(client, (MemorySegment) null, NONE));
    refused(NullPointerException.class, () -> uring.send(client, bytes, null));
    refused(NullPointerException.class, () -> uring.read(null, bytes, -1, NONE));
    refused(NullPointerException.class, () -> uring.read(client, bytes, -1, null));
    refused(NullPointerException.class, () -> uring.write(null, bytes, -1, NONE));
    refused(NullPointerException.class, () -> uring.write(client, bytes, -1, null));
    refused(NullPointerException.class, () -> uring.accept(null));
    refused(NullPointerException.class, () -> uring.accept(client, null));
    refused(NullPointerException.class, () -> uring.connect(client, null));
    refused(NullPointerException.class, () -> uring.connect(null, new InetSocketAddress("127.0.0.1", 1)));
    refused(NullPointerException.class, () -> uring.bind(client, null));
    refused(NullPointerException.class, () -> uring.listen(null, 1));
    refused(NullPointerException.class, () -> uring.poll(null, 1, NONE));
    refused(NullPointerException.class, () -> uring.shutdown(null, 1));
    refused(NullPointerException.class, () -> uring.timeout(null));
    refused(NullPointerException.class, () -> CallOptions.timeout(null));
  }

  @Test
  void nullIsRefusedByTheRawOperationsToo() {
    RawOperations raw = uring.raw();
    Descriptor client = pair.client();
    refused(NullPointerException.class, () -> raw.recv(client, null, 1, 0, Deadline.NONE, true, null));
    refused(NullPointerException.class, () -> raw.send(client, null, 0, 1, 0, Deadline.NONE, true, null));
    refused(NullPointerException.class, () -> raw.read(client, null, 1, -1, Deadline.NONE, true, null));
    refused(NullPointerException.class, () -> raw.write(client, null, 1, -1, Deadline.NONE, true, null));
    refused(NullPointerException.class, () -> raw.accept(client, null, Deadline.NONE, true, null));
    refused(NullPointerException.class,
        () -> raw.accept(null, new RawOperations.Accepted(), Deadline.NONE, true, null));
    refused(NullPointerException.class, () -> raw.connect(client, null, 1, Deadline.NONE, true, null));
    refused(NullPointerException.class, () -> raw.bind(client, null, 1));
    refused(NullPointerException.class, () -> raw.socket(1, 1, 1, null));
  }

  @Test
  void aRangeOutsideOfItsArrayOrBufferIsRefused() {
    Descriptor client = pair.client();
    byte[] ten = new byte[10];
    refused(IndexOutOfBoundsException.class, () -> uring.recv(client, ten, -1, 5));
    refused(IndexOutOfBoundsException.class, () -> uring.recv(client, ten, 0, -1));
    refused(IndexOutOfBoundsException.class, () -> uring.recv(client, ten, 5, 6));
    refused(IndexOutOfBoundsException.class, () -> uring.recv(client, ten, Integer.MAX_VALUE, 1));
    refused(IndexOutOfBoundsException.class, () -> uring.send(client, ten, 11, 0));
    refused(IndexOutOfBoundsException.class, () -> uring.send(client, ten, 1, Integer.MAX_VALUE));
    refused(IndexOutOfBoundsException.class, () -> uring.read(client, ten, 8, 3, -1, NONE));
    refused(IndexOutOfBoundsException.class, () -> uring.write(client, ten, 8, 3, -1, NONE));
    Buffer buffer = uring.buffers().acquire(100);
    int over = buffer.capacity() + 1;
    RawOperations raw = uring.raw();
    assertThrows(IndexOutOfBoundsException.class, () -> raw.recv(client, buffer, over, 0, Deadline.NONE, true, null));
    assertThrows(IndexOutOfBoundsException.class, () -> raw.recv(client, buffer, -1, 0, Deadline.NONE, true, null));
    assertThrows(IndexOutOfBoundsException.class,
        () -> raw.send(client, buffer, 1, over - 1, 0, Deadline.NONE, true, null));
    assertThrows(IndexOutOfBoundsException.class, () -> raw.read(client, buffer, over, 0, Deadline.NONE, true, null));
    assertThrows(IndexOutOfBoundsException.class, () -> raw.write(client, buffer, over, 0, Deadline.NONE, true, null));
    uring.buffers().release(buffer);
  }

  @Test
  void aNegativeTimeoutIsRefused() {
    refused(IllegalArgumentException.class, () -> CallOptions.timeout(Duration.ofNanos(-1)));
    refused(IllegalArgumentException.class, () -> NONE.withTimeout(Duration.ofSeconds(Long.MIN_VALUE)));
    refused(IllegalArgumentException.class, () -> uring.timeout(Duration.ofMillis(-1)));
  }

  @Test
  void aNegativeDescriptorIsRefused() {
    refused(IllegalArgumentException.class, () -> uring.adopt(-1));
    refused(IllegalArgumentException.class, () -> uring.borrow(Integer.MIN_VALUE));
  }

  @Test
  void memoryThatCannotBeWrittenIsRefused() {
    Descriptor client = pair.client();
    refused(ReadOnlyBufferException.class, () -> uring.recv(client, ByteBuffer.allocate(5).asReadOnlyBuffer(), NONE));
    refused(IllegalArgumentException.class,
        () -> uring.recv(client, MemorySegment.ofArray(new byte[5]).asReadOnly(), NONE));
    refused(IllegalArgumentException.class,
        () -> uring.read(client, MemorySegment.ofArray(new byte[5]).asReadOnly(), -1, NONE));
  }

  @Test
  void readOnlyMemoryCanBeSent() throws IOException {
    uring.send(pair.client(), MemorySegment.ofArray(new byte[5]).asReadOnly(), NONE);
    assertEquals(5, uring.recv(pair.server(), new byte[10], 0, 10));
  }

  @Test
  void memoryWhoseArenaIsClosedIsRefusedBeforeAnythingMoves() throws IOException {
    Descriptor client = pair.client();
    Arena arena = Arena.ofShared();
    MemorySegment gone = arena.allocate(100);
    arena.close();
    uring.send(pair.server(), new byte[3], 0, 3);
    refused(IllegalStateException.class, () -> uring.recv(client, gone, NONE));
    refused(IllegalStateException.class, () -> uring.read(client, gone, -1, NONE));
    refused(IllegalStateException.class, () -> uring.send(client, gone, NONE));
    refused(IllegalStateException.class, () -> uring.write(client, gone, -1, NONE));
    assertEquals(3, uring.recv(client, new byte[10], 0, 10), "what was there still is");
  }

  @Test
  void memoryWhoseArenaIsClosedDuringTheCallIsNotTouched() throws IOException {
    Arena arena = Arena.ofShared();
    MemorySegment segment = arena.allocate(100);
    Caller reader = Caller.platform(() -> uring.recv(pair.client(), segment, NONE));
    awaitInKernel(1);
    arena.close();
    uring.send(pair.server(), new byte[3], 0, 3);
    reader.thrown(IllegalStateException.class);
    assertEquals(0, uring.stats().abandonedBytes());
  }

  @Test
  void memoryWhoseArenaIsClosedWhileItIsSentHasBeenCopiedOrIsRefused() throws IOException {
    Arena arena = Arena.ofShared();
    int size = 16 << 20;
    MemorySegment segment = arena.allocate(size);
    Connections.fill(uring, pair.client());
    Caller writer = Caller.platform(() -> {
      uring.send(pair.client(), segment, NONE);
      return null;
    });
    awaitInKernel(1);
    arena.close();
    Caller reader = Caller.platform(() -> {
      byte[] bytes = new byte[1 << 16];
      while (uring.recv(pair.server(), bytes, 0, bytes.length) >= 0) {
        continue;
      }
      return null;
    });
    writer.thrown(IllegalStateException.class);
    pair.client().close();
    reader.value();
    pair.close();
    pair = Connections.pair(uring);
  }

  @Test
  void memoryOfAnotherThreadIsRefused() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mine = arena.allocate(10);
      Caller.virtual(() -> uring.recv(pair.client(), mine, NONE)).thrown(WrongThreadException.class);
      Caller.virtual(() -> {
        uring.send(pair.client(), mine, NONE);
        return null;
      }).thrown(WrongThreadException.class);
      assertEquals(0, uring.stats().buffersLent());
    }
  }

  @Test
  void anEmptyRangeMovesNothing() throws IOException {
    assertEquals(0, uring.recv(pair.client(), new byte[0], 0, 0));
    assertEquals(0, uring.read(pair.client(), MemorySegment.ofArray(new byte[0]), -1, NONE));
    assertEquals(0, uring.write(pair.client(), MemorySegment.ofArray(new byte[0]), -1, NONE));
    uring.send(pair.client(), new byte[0], 0, 0);
  }

  @Test
  void anAddressWithoutANumberIsRefused() throws IOException {
    Descriptor socket = uring.tcpSocket();
    InetSocketAddress unresolved = InetSocketAddress.createUnresolved("nowhere.invalid", 80);
    refused(UnknownHostException.class, () -> uring.connect(socket, unresolved));
    refused(UnknownHostException.class, () -> uring.bind(socket, unresolved));
    socket.close();
  }

  @Test
  void whatTheKernelRefusesIsASocketException() throws IOException {
    Descriptor socket = uring.tcpSocket();
    assertThrows(IOException.class, () -> uring.recv(socket, new byte[1], 0, 1));
    assertThrows(IOException.class, () -> uring.accept(socket));
    assertThrows(SocketException.class, () -> uring.socket(99, 99, 99));
    socket.close();
  }

  @Test
  void anyConfigurationOutOfRangeIsRefused() {
    UringConfig config = UringConfig.defaults();
    assertThrows(IllegalArgumentException.class, () -> config.withRings(0));
    assertThrows(IllegalArgumentException.class, () -> config.withEntries(3, 4));
    assertThrows(IllegalArgumentException.class, () -> config.withEntries(8, 4));
    assertThrows(IllegalArgumentException.class, () -> config.withEntries(1, 1));
    assertThrows(IllegalArgumentException.class, () -> config.withMaxOperations(15));
    assertThrows(IllegalArgumentException.class, () -> config.withMaxPooledBytes(-1));
    assertThrows(IllegalArgumentException.class, () -> config.withName(" "));
    assertThrows(IllegalArgumentException.class, () -> config.withCloseTimeout(Duration.ofNanos(-1)));
  }

  @Test
  void aBufferWithAPositionIsFilledFromThere() throws IOException {
    byte[] random = new byte[20];
    ThreadLocalRandom.current().nextBytes(random);
    ByteBuffer out = ByteBuffer.wrap(random);
    out.position(5);
    uring.send(pair.client(), out, NONE);
    assertEquals(20, out.position());
    ByteBuffer in = ByteBuffer.allocate(30);
    in.position(5);
    assertEquals(15, uring.recv(pair.server(), in, NONE));
    assertEquals(20, in.position());
    assertEquals(out.slice(5, 15), in.slice(5, 15));
  }
}
