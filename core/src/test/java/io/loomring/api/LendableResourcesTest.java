package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.buffer.ProvidedBuffer;
import io.loomring.buffer.Resource;
import io.loomring.buffer.UringArena;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.ring.Opcode;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Pipe;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the library itself hands out can be lent on, and to chains too. */
class LendableResourcesTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;

  @TempDir Path directory;

  private Lending lending;
  private long lendsBefore;

  @BeforeEach
  void count() {
    lendsBefore = Lending.lends();
    lending = uring.lending();
  }

  @AfterEach
  void nothingIsLent() {
    assertEquals(lendsBefore, Lending.lends());
  }

  @Test
  void whatTheKernelPickedABufferForIsSentOnWithoutACopy() throws IOException {
    Pair pair = Connections.pair(uring);
    ProvidedBuffers buffers = uring.multishot().buffers(4, 1024);
    CompletionStream<ProvidedBuffer> stream = uring.multishot().recv(pair.client(), buffers);
    byte[] message = "there and back".getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < 10; i++) {
      uring.send(pair.server(), message, 0, message.length);
      try (ProvidedBuffer came = stream.next()) {
        assertEquals(message.length, lending.send(pair.client(), came, NONE));
      }
      byte[] back = new byte[100];
      assertEquals(message.length, uring.recv(pair.server(), back, 0, back.length));
    }
    uring.send(pair.server(), message, 0, message.length);
    ProvidedBuffer came = stream.next();
    Pipe full = Pipe.open(uring);
    full.fill();
    Loan loan = lending.submit(DataOperation.write(full.sink(), -1), came, NONE);
    assertThrows(IllegalStateException.class, came::close);
    assertThrows(IllegalStateException.class, () -> lending.recv(pair.client(), came, NONE));
    loan.close();
    Await.until("it is recycled", () -> Lending.lends() == lendsBefore);
    Await.until("it is closed", () -> {
      try {
        return came.segment() == null;
      } catch (IllegalStateException closed) {
        return true;
      }
    });
    assertThrows(IllegalStateException.class, () -> lending.send(pair.client(), came, NONE));
    full.close();
    stream.close();
    pair.close();
    buffers.close();
  }

  @Test
  void aLeaseOfRegisteredBuffersIsLentLikeAnyOther() throws IOException {
    Pipe pipe = Pipe.open(uring);
    RegisteredBuffers buffers = RegisteredBuffers.of(uring, 1, 4096);
    RegisteredBuffers.Lease lease = buffers.lease();
    Caller fixed = Caller.virtual(() -> buffers.read(pipe.source(), lease, 0, 100, -1, NONE));
    Await.untilInFlight(uring, OperationKind.READ_FIXED, 1);
    IllegalStateException refused = assertThrows(IllegalStateException.class,
        () -> lending.write(pipe.sink(), lease.segment().asSlice(50, 1), -1, NONE));
    assertTrue(refused.getMessage().contains("READ_FIXED"), refused::getMessage);
    assertEquals(1, uring.write(pipe.sink(), new byte[] {7}, 0, 1, -1, NONE));
    assertEquals(1, fixed.value());
    Loan loan = lending.submit(DataOperation.read(pipe.source(), -1), lease, NONE);
    assertThrows(IllegalStateException.class, lease::close);
    assertThrows(IllegalStateException.class, () -> buffers.read(pipe.source(), lease, 0, 100, -1, NONE));
    assertEquals(2, uring.write(pipe.sink(), new byte[] {8, 9}, 0, 2, -1, NONE));
    assertEquals(2, loan.join());
    assertEquals(9, lease.segment().get(ValueLayout.JAVA_BYTE, 1));
    lending.submit(DataOperation.read(pipe.source(), -1), lease, NONE).close();
    Await.until("it is recycled", () -> buffers.available() == 1);
    assertThrows(IllegalStateException.class, () -> lending.write(pipe.sink(), lease, -1, NONE));
    buffers.close();
    pipe.close();
  }

  // ---- chains

  /** Reads from one and writes to the other, out of the same memory. */
  private static final class Copy extends CustomOperation<Integer> {
    private final Descriptor from;
    private final Descriptor to;
    private final Resource memory;
    private final int bytes;

    Copy(Descriptor from, Descriptor to, Resource memory, int bytes) {
      this.from = from;
      this.to = to;
      this.memory = memory;
      this.bytes = bytes;
    }

    @Override
    protected void encode(SqeChain chain) {
      chain.lend(memory);
      chain.add(Opcode.READ, from).memory(memory.slice(0, bytes)).offset(-1);
      chain.add(Opcode.WRITE, to).memory(memory.slice(0, bytes)).offset(-1);
    }

    @Override
    protected Integer result(ChainResults results) throws IOException {
      results.require(0);
      return results.require(1);
    }
  }

  @Test
  void aChainReadsAndWritesInTheSameMemory() throws IOException {
    Path source = directory.resolve("source");
    Path target = directory.resolve("target");
    Files.writeString(source, "from one to the other");
    try (UringArena arena = UringArena.open();
        Descriptor from = uring.files().open(source, StandardOpenOption.READ);
        Descriptor to = uring.files().open(target, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      Resource memory = Resource.of(arena.allocate(4096, 4096));
      int size = (int) Files.size(source);
      assertEquals(size, uring.custom().call(new Copy(from, to, memory, size), NONE));
      assertEquals(0, arena.lends());
    }
    assertEquals("from one to the other", Files.readString(target));
  }

  @Test
  void whatAChainHasNobodyElseGetsUntilItHasEnded() throws IOException {
    MemorySegment segment = Arena.ofAuto().allocate(100);
    Resource memory = Resource.of(segment);
    Pipe one = Pipe.open(uring);
    Pipe two = Pipe.open(uring);
    try (Submission<Integer> submission = uring.custom().submit(new Copy(one.source(), two.sink(), memory, 5), NONE)) {
      assertThrows(IllegalStateException.class, () -> lending.write(two.sink(), memory, -1, NONE));
      IllegalStateException refused = assertThrows(IllegalStateException.class,
          () -> uring.custom().call(new Copy(two.source(), one.sink(), memory, 5), NONE));
      assertTrue(refused.getMessage().contains("lent to Copy"), refused::getMessage);
      uring.write(one.sink(), new byte[] {1, 2, 3, 4, 5}, 0, 5, -1, NONE);
      assertEquals(5, submission.join());
    }
    assertEquals(5, lending.read(two.source(), memory, -1, NONE));
    assertEquals(4, segment.get(ValueLayout.JAVA_BYTE, 3));
    assertThrows(OperationTimeoutException.class, () -> uring.custom().call(
        new Copy(one.source(), two.sink(), memory, 5), CallOptions.timeout(Duration.ofMillis(10))));
    uring.custom().submit(new Copy(one.source(), two.sink(), memory, 5), NONE).close();
    one.close();
    two.close();
  }

  @Test
  void whatWasNotLentToAChainItDoesNotTake() {
    MemorySegment segment = Arena.ofAuto().allocate(100);
    assertThrows(IllegalArgumentException.class, () -> uring.custom().call(new Encoded(chain ->
        chain.add(Opcode.NOP).memory(Resource.of(segment))), NONE));
    assertThrows(IllegalArgumentException.class, () -> uring.custom().call(new Encoded(chain -> {
      chain.lendToRead(Resource.of(segment).slice(0, 50));
      chain.add(Opcode.NOP).memory(segment.asSlice(0, 50));
      chain.add(Opcode.NOP).memory(segment.asSlice(1, 50));
    }), NONE));
    assertThrows(IllegalArgumentException.class, () -> uring.custom().call(new Encoded(chain ->
        chain.lend(Resource.of(segment.asReadOnly()))), NONE));
    assertThrows(IllegalStateException.class, () -> uring.custom().call(new Encoded(chain -> {
      chain.lendToRead(Resource.of(segment));
      chain.lend(Resource.of(segment));
    }), NONE));
  }

  private static final class Encoded extends CustomOperation<Integer> {
    private final Consumer<SqeChain> encoder;

    Encoded(Consumer<SqeChain> encoder) {
      this.encoder = encoder;
    }

    @Override
    protected void encode(SqeChain chain) {
      encoder.accept(chain);
    }

    @Override
    protected Integer result(ChainResults results) {
      return results.result(0);
    }
  }
}
