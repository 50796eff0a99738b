package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loomring.fd.Descriptor;
import io.loomring.ring.CqeFlags;
import io.loomring.ring.Opcode;
import io.loomring.sys.Errno;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Runs;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Groups of buffers that operations hand to the kernel; who picks from them is an operation made for the test. */
class BufferSelectionTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;
  private static final int COUNT = 4;

  private Pair pair;
  private BufferSelection buffers;

  @BeforeEach
  void make() throws IOException {
    pair = Connections.pair(uring);
    buffers = BufferSelection.of(uring, pair.server(), COUNT, 64);
  }

  @AfterEach
  void close() throws IOException {
    buffers.close();
    buffers.close();
    pair.close();
  }

  /** Receives into a buffer of the group: its number, or {@code -errno}. */
  private static final class Receive extends CustomOperation<Integer> {
    private final Descriptor from;
    private final int group;

    Receive(Descriptor from, int group) {
      this.from = from;
      this.group = group;
    }

    @Override
    protected void encode(SqeChain chain) {
      chain.add(Opcode.RECV, from).selectBuffer(group);
    }

    @Override
    protected Integer result(ChainResults results) {
      return results.result(0) < 0 ? results.result(0) : results.flags(0) >>> CqeFlags.BUFFER_SHIFT;
    }
  }

  private int receive(int value) throws IOException {
    uring.send(pair.client(), new byte[] {(byte) value}, 0, 1);
    return uring.custom().call(new Receive(pair.server(), buffers.group()), NONE);
  }

  @Runs(Opcode.PROVIDE_BUFFERS)
  @Test
  void theKernelPicksFromWhatIsProvidedUntilNoneIsLeft() throws IOException {
    buffers.provide(0, COUNT, NONE);
    Set<Integer> picked = new HashSet<>();
    for (int i = 0; i < COUNT; i++) {
      int id = receive(10 + i);
      picked.add(id);
      assertEquals(10 + i, buffers.buffer(id).get(ValueLayout.JAVA_BYTE, 0));
    }
    assertEquals(Set.of(0, 1, 2, 3), picked);
    assertEquals(-Errno.ENOBUFS, receive(20));
    buffers.provide(2, 1, NONE);
    assertEquals(2, uring.custom().call(new Receive(pair.server(), buffers.group()), NONE));
    assertEquals(20, buffers.buffer(2).get(ValueLayout.JAVA_BYTE, 0));
  }

  @Runs(Opcode.REMOVE_BUFFERS)
  @Test
  void whatIsRemovedIsNotPicked() throws IOException {
    buffers.provide(0, COUNT, NONE);
    assertEquals(3, buffers.remove(3, NONE));
    receive(1);
    assertEquals(-Errno.ENOBUFS, receive(2));
    assertEquals(0, buffers.remove(COUNT, NONE));
  }

  @Test
  void whatCannotBeIsRefused() throws IOException {
    assertThrows(IndexOutOfBoundsException.class, () -> buffers.provide(2, 3, NONE));
    assertThrows(IndexOutOfBoundsException.class, () -> buffers.buffer(COUNT));
    assertThrows(IllegalArgumentException.class, () -> BufferSelection.of(uring, pair.server(), 0, 64));
    buffers.close();
    assertThrows(IllegalStateException.class, () -> buffers.provide(0, 1, NONE));
    assertThrows(IllegalStateException.class, () -> buffers.remove(1, NONE));
  }
}
