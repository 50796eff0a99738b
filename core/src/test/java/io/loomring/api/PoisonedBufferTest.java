package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.ring.Opcode;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Buffers go from one connection to the next with what they held: so a call must show none of its buffer beyond what its
 * own result says, whatever the result is. Every buffer of the pool holds poison beforehand.
 */
class PoisonedBufferTest extends UringTest {
  private static final byte POISON = (byte) 0xEE;
  private static final byte CLEAN = 0x11;
  private static final int[] SIZES = {100, 5_000, 20_000, BufferPool.MAX_BYTES};

  /** Fills buffers of every size with what nobody may see, and gives them back. */
  private void poison() {
    List<Buffer> all = new ArrayList<>();
    for (int size : SIZES) {
      for (int i = 0; i < 4; i++) {
        Buffer buffer = uring.buffers().acquire(size);
        buffer.segment().fill(POISON);
        all.add(buffer);
      }
    }
    all.forEach(uring.buffers()::release);
  }

  private static byte[] clean(int size) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, CLEAN);
    return bytes;
  }

  /** The array as it was, but for the first {@code count} bytes, which are zeros that were received. */
  private static byte[] with(int size, int count) {
    byte[] expected = clean(size);
    Arrays.fill(expected, 0, count, (byte) 0);
    return expected;
  }

  @Test
  void aReceiveShowsWhatCameAndLeavesTheRestOfTheArray() throws IOException {
    try (Pair pair = Connections.pair(uring)) {
      for (int size : SIZES) {
        poison();
        uring.send(pair.client(), new byte[7], 0, 7);
        byte[] into = clean(size);
        assertEquals(7, uring.recv(pair.server(), into, 0, size));
        assertArrayEquals(with(size, 7), into);
        poison();
        uring.send(pair.client(), new byte[7], 0, 7);
        ByteBuffer direct = ByteBuffer.allocateDirect(size).put(clean(size)).clear();
        assertEquals(7, uring.recv(pair.server(), direct, CallOptions.NONE));
        assertEquals(ByteBuffer.wrap(with(size, 7)), direct.clear());
      }
    }
  }

  @Test
  void aReceiveThatBringsNothingShowsNothing() throws IOException {
    try (Pair pair = Connections.pair(uring)) {
      for (int size : SIZES) {
        poison();
        byte[] into = clean(size);
        Caller.virtual(() -> uring.recv(
            pair.server(), ByteBuffer.wrap(into), CallOptions.timeout(Duration.ofMillis(1))))
            .thrown(OperationTimeoutException.class);
        assertArrayEquals(clean(size), into);
      }
      pair.client().close();
      byte[] into = clean(100);
      poison();
      assertEquals(-1, uring.recv(pair.server(), into, 0, 100));
      assertArrayEquals(clean(100), into);
    }
  }

  @Test
  void aReadOfAFileShowsWhatTheFileHas(@TempDir Path directory) throws IOException {
    Path path = Files.write(directory.resolve("short"), new byte[9]);
    try (Descriptor file = uring.files().open(path, StandardOpenOption.READ); Arena arena = Arena.ofConfined()) {
      for (int size : SIZES) {
        poison();
        MemorySegment into = arena.allocate(size).fill(CLEAN);
        assertEquals(9, uring.files().read(file, into, 0, CallOptions.NONE));
        assertArrayEquals(with(size, 9), into.toArray(ValueLayout.JAVA_BYTE));
        poison();
        into.fill(CLEAN);
        assertEquals(9, uring.files().readv(
            file, List.of(into.asSlice(0, 4), into.asSlice(4)), 0, CallOptions.NONE));
        assertArrayEquals(with(size, 9), into.toArray(ValueLayout.JAVA_BYTE));
        poison();
        into.fill(CLEAN);
        assertEquals(-1, uring.files().read(file, into, 9, CallOptions.NONE));
        assertArrayEquals(clean(size), into.toArray(ValueLayout.JAVA_BYTE));
      }
    }
  }

  @Test
  void aSendSendsItsOwnBytesOnly() throws IOException {
    try (Pair pair = Connections.pair(uring)) {
      for (int size : SIZES) {
        poison();
        byte[] own = clean(size - 1);
        Caller sender = Caller.virtual(() -> {
          uring.send(pair.client(), own, 0, size - 1);
          return null;
        });
        ByteBuffer got = ByteBuffer.allocate(size - 1);
        while (got.hasRemaining()) {
          uring.recv(pair.server(), got, CallOptions.NONE);
        }
        sender.value();
        assertArrayEquals(own, got.array());
      }
    }
  }

  @Test
  void memoryForAnOperationOfOnesOwnIsZeroed() throws IOException {
    poison();
    uring.custom().call(
        new CustomOperation<Integer>() {
          @Override
          protected void encode(SqeChain chain) {
            for (int size : SIZES) {
              assertArrayEquals(new byte[size], chain.allocate(size).toArray(ValueLayout.JAVA_BYTE));
            }
            chain.add(Opcode.NOP);
          }

          @Override
          protected Integer result(ChainResults results) {
            return 0;
          }
        },
        CallOptions.NONE);
  }
}
