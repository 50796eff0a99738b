package io.loomring.ready;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Foreign;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Threads that read and write by themselves, without blocking, and wait for readiness in between, lose no byte. */
class ReadinessTransferTest extends UringTest {
  private static final long BYTES = 16L << 20;
  private static final long LONG_BYTES = 160L << 20;
  private static final int CHUNK = 1 << 16;

  private final Foreign foreign = new Foreign();

  private static byte at(long position) {
    return (byte) (position ^ position >> 8 ^ position >> 16 ^ position >> 24);
  }

  /** Both directions of both ends at once: two threads wait for each descriptor. */
  private void transfer(long bytes) throws IOException {
    try (foreign; ReadinessQueue queue = uring.polling().readinessQueue()) {
      Foreign.Two sockets = foreign.sockets();
      List<Caller> callers = new ArrayList<>();
      for (int fd : List.of(sockets.first(), sockets.second())) {
        callers.add(Caller.virtual(() -> write(queue, fd, bytes)));
        callers.add(Caller.virtual(() -> read(queue, fd, bytes)));
      }
      for (Caller caller : callers) {
        assertEquals(bytes, caller.value());
      }
    }
  }

  private static void stamp(MemorySegment chunk, long position) {
    for (int i = 0; i < CHUNK; i++) {
      chunk.set(ValueLayout.JAVA_BYTE, i, at(position + i));
    }
  }

  private static long write(ReadinessQueue queue, int fd, long bytes) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment chunk = arena.allocate(CHUNK);
      long position = 0;
      while (position < bytes) {
        int offset = (int) (position % CHUNK);
        if (offset == 0) {
          stamp(chunk, position);
        }
        int most = (int) Math.min(CHUNK - offset, bytes - position);
        int sent = SystemCalls.send(
            fd, chunk.address() + offset, most, Constants.MSG_DONTWAIT | Constants.MSG_NOSIGNAL);
        if (sent == -Errno.EAGAIN) {
          queue.await(fd, Interest.WRITABLE);
        } else if (sent > 0) {
          position += sent;
        } else {
          throw new IOException("send answered " + sent);
        }
      }
      return position;
    }
  }

  private static long read(ReadinessQueue queue, int fd, long bytes) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment chunk = arena.allocate(CHUNK);
      long position = 0;
      while (position < bytes) {
        int got = SystemCalls.recv(fd, chunk.address(), CHUNK, Constants.MSG_DONTWAIT);
        if (got == -Errno.EAGAIN) {
          queue.await(fd, Interest.READABLE);
          continue;
        }
        for (int i = 0; i < got; i++) {
          if (chunk.get(ValueLayout.JAVA_BYTE, i) != at(position + i)) {
            throw new AssertionError("byte " + (position + i) + " of " + fd);
          }
        }
        if (got <= 0) {
          throw new IOException("recv answered " + got);
        }
        position += got;
      }
      return position;
    }
  }

  @Test
  void everyByteOfAReaderAndAWriterOverOnePairArrives() throws IOException {
    transfer(BYTES);
  }

  @Tag("long")
  @Test
  void everyByteOfAReaderAndAWriterOverOnePairArrivesForLong() throws IOException {
    transfer(LONG_BYTES);
  }

  @Test
  void oneThreadThatRunsTheQueueMovesTheBytesOfManyPairs() throws IOException {
    int pairs = 20;
    int bytes = 100_000;
    Map<Integer, Integer> got = new ConcurrentHashMap<>();
    try (foreign; ReadinessQueue queue = uring.polling().readinessQueue()) {
      for (int i = 0; i < pairs; i++) {
        Foreign.Two pair = foreign.sockets();
        int[] left = {bytes};
        queue.registerPersistent(pair.second(), Interest.WRITABLE, ready -> {
          for (int sent = 1; sent > 0 && left[0] > 0; left[0] -= Math.max(0, sent)) {
            sent = foreign.write(ready.id(), Math.min(4096, left[0]));
          }
          if (left[0] == 0) {
            queue.unregister(ready.id(), Interest.WRITABLE);
            foreign.close(ready.id());
          }
        });
        queue.registerPersistent(pair.first(), Interest.READABLE, ready -> {
          int read = 1;
          while (read > 0) {
            read = foreign.read(ready.id(), 4096);
            got.merge(ready.id(), Math.max(0, read), Integer::sum);
          }
          if (read == 0) {
            queue.unregister(ready.id(), Interest.READABLE);
          }
        });
      }
      queue.run();
    }
    assertEquals(pairs, got.size());
    got.values().forEach(each -> assertEquals(bytes, each));
  }
}
