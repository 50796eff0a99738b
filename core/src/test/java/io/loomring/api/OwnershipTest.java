package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.sys.Constants;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Descriptors that are taken over or lent, pipes, and readiness. */
class OwnershipTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;
  private static final CallOptions AT_ONCE = CallOptions.timeout(Duration.ZERO);

  /** The ends of a new pipe: to read from, to write to. */
  private static int[] pipe() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment fds = arena.allocate(8, 4);
      assertEquals(0, SystemCalls.pipe(fds.address(), Constants.O_CLOEXEC));
      return fds.toArray(ValueLayout.JAVA_INT);
    }
  }

  @Test
  void whatIsAdoptedIsClosedAndWhatIsBorrowedIsNot() throws IOException {
    int[] pipe = pipe();
    String end = Descriptors.target(pipe[0]);
    Descriptor borrowed = uring.borrow(pipe[0]);
    borrowed.close();
    assertEquals(end, Descriptors.target(pipe[0]));
    Descriptor adopted = uring.adopt(pipe[0]);
    adopted.close();
    assertNotEquals(end, Descriptors.target(pipe[0]));
    uring.adopt(pipe[1]).close();
  }

  @Test
  void closingABorrowedOneEndsWhatWaitsOnIt() throws IOException {
    int[] pipe = pipe();
    Descriptor borrowed = uring.borrow(pipe[0]);
    Descriptor writer = uring.adopt(pipe[1]);
    Caller reader = Caller.virtual(() -> uring.read(borrowed, new byte[5], 0, 5, -1, NONE));
    awaitInKernel(1);
    borrowed.close();
    reader.thrown(DescriptorClosedException.class);
    Descriptor again = uring.adopt(pipe[0]);
    uring.write(writer, new byte[] {1, 2}, 0, 2, -1, NONE);
    byte[] bytes = new byte[5];
    assertEquals(2, uring.read(again, bytes, 0, 5, -1, NONE));
    assertArrayEquals(new byte[] {1, 2, 0, 0, 0}, bytes);
    writer.close();
    assertEquals(-1, uring.read(again, bytes, 0, 5, -1, NONE));
    again.close();
  }

  @Test
  void aPipeCarriesBytesBothWhenTheyAreThereAndWhenTheyCome() throws IOException {
    int[] pipe = pipe();
    Descriptor from = uring.adopt(pipe[0]);
    Descriptor to = uring.adopt(pipe[1]);
    Caller reader = Caller.virtual(() -> uring.read(from, new byte[5], 0, 5, -1, NONE));
    awaitInKernel(1);
    assertEquals(3, uring.write(to, new byte[3], 0, 3, -1, NONE));
    assertEquals(3, reader.value());
    assertThrows(OperationTimeoutException.class, () -> uring.read(from, new byte[5], 0, 5, -1, AT_ONCE));
    assertEquals(4, uring.write(to, new byte[4], 0, 4, -1, AT_ONCE));
    assertEquals(4, uring.read(from, new byte[5], 0, 5, -1, AT_ONCE));
    from.close();
    to.close();
  }

  @Test
  void aDescriptorClosedBehindOurBackIsReported() throws IOException {
    int[] pipe = pipe();
    Descriptor adopted = uring.adopt(pipe[0]);
    SystemCalls.close(pipe[0]);
    assertThrows(IOException.class, adopted::close);
    assertTrue(adopted.isClosed());
    uring.adopt(pipe[1]).close();
  }

  @Test
  void readinessIsAnsweredWhenItIsThere() throws IOException {
    Pair pair = Connections.pair(uring);
    assertEquals(Constants.POLLOUT, uring.poll(pair.client(), Constants.POLLOUT, AT_ONCE));
    assertThrows(OperationTimeoutException.class, () -> uring.poll(pair.client(), Constants.POLLIN, AT_ONCE));
    Caller waiting = Caller.virtual(() -> uring.poll(pair.client(), Constants.POLLIN, NONE));
    awaitInKernel(1);
    uring.send(pair.server(), new byte[1], 0, 1);
    assertEquals(Constants.POLLIN, waiting.value());
    assertEquals(1, uring.recv(pair.client(), new byte[5], 0, 5));
    pair.close();
  }

  @Test
  void aListenerIsReadyWhenAConnectionComes() throws IOException {
    Descriptor listener = Connections.listener(uring);
    Caller waiting = Caller.virtual(() -> uring.poll(listener, Constants.POLLIN, NONE));
    awaitInKernel(1);
    Descriptor client = Connections.connected(uring, Connections.address(listener));
    assertEquals(Constants.POLLIN, waiting.value());
    uring.accept(listener, AT_ONCE).close();
    client.close();
    listener.close();
  }
}
