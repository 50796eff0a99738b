package io.loomring.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.CallOptions;
import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.error.RingDeadException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Connections.Pair;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * A little of everything, in a moment: echo over TCP, timeouts, cancels, closes, files, and a census at the end. For
 * surroundings that are not friendly; where one of them kills rings, {@link #dying} goes on with fresh ones.
 */
public final class Smoke {
  private static final int CONNECTIONS = 4;
  private static final int MESSAGES = 10;
  private static final int MOST_BYTES = 20_000;
  private static final int DEATHS_MAX = 200;

  private final Uring uring;

  /** On a ring that the caller closes. */
  public Smoke(Uring uring) {
    this.uring = uring;
  }

  /** With {@code dying} as an argument rings may die; says {@code smoke passed} if all was well. */
  public static void main(String[] args) throws Exception {
    if (args.length > 0 && args[0].equals("dying")) {
      System.out.println("smoke passed, deaths " + dying());
      return;
    }
    int before = Descriptors.census();
    Uring uring = TestDriver.open(UringConfig.fromSystemProperties());
    new Smoke(uring).run();
    int entries = uring.sqEntries();
    uring.close();
    Descriptors.awaitCensus(before);
    System.out.println("smoke passed, entries " + entries);
  }

  /** Does everything once; nothing is left in flight or open. */
  public void run() throws Exception {
    echo();
    timeouts();
    cancels();
    closes();
    files();
    UringTest.awaitNothingLeft(uring);
  }

  /** Does everything on the default ring, and again on the next where that died, until one is through; how many died. */
  private static int dying() throws Exception {
    for (int deaths = 0; deaths < DEATHS_MAX; deaths++) {
      Uring uring = Uring.getDefault();
      try {
        new Smoke(uring).run();
        return deaths;
      } catch (IOException | AssertionError e) {
        RingDeadException dead = death(e);
        if (dead == null) {
          throw e;
        }
        assertNotNull(dead.getCause(), "a ring does not die without a cause");
        assertTrue(!uring.isSound(), "said to be dead: " + uring);
      }
    }
    throw new AssertionError(DEATHS_MAX + " rings died, one after the other");
  }

  private static RingDeadException death(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof RingDeadException dead) {
        return dead;
      }
    }
    return null;
  }

  private static byte[] bytes(long seed, int count) {
    byte[] bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private byte[] received(Descriptor from, int count, CallOptions options) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(count);
    while (all.hasRemaining()) {
      assertTrue(uring.recv(from, all, options) > 0, "the stream ended after " + all.position());
    }
    return all.array();
  }

  private void echo() throws Exception {
    try (Descriptor listener = Connections.listener(uring)) {
      InetSocketAddress address = Connections.address(listener);
      List<Caller> callers = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        long seed = i;
        callers.add(Caller.virtual(() -> serve(listener)));
        callers.add(Caller.virtual(() -> ask(address, seed)));
      }
      for (Caller caller : callers) {
        ended(caller);
      }
    }
  }

  /** Waits for a caller; what it threw is thrown here, as it is. */
  private static void ended(Caller caller) throws Exception {
    Throwable thrown = caller.thrown();
    if (thrown instanceof Exception e) {
      throw e;
    } else if (thrown instanceof Error e) {
      throw e;
    }
  }

  private Object serve(Descriptor listener) throws IOException {
    byte[] bytes = new byte[8192];
    try (Descriptor socket = uring.accept(listener)) {
      for (int n = uring.recv(socket, bytes, 0, bytes.length); n >= 0; n = uring.recv(socket, bytes, 0, bytes.length)) {
        uring.send(socket, bytes, 0, n);
      }
    }
    return null;
  }

  private Object ask(InetSocketAddress address, long seed) throws IOException {
    try (Descriptor socket = Connections.connected(uring, address)) {
      for (int i = 0; i < MESSAGES; i++) {
        byte[] message = bytes(seed * MESSAGES + i, 1 + (i * 7919) % MOST_BYTES);
        uring.send(socket, message, 0, message.length);
        assertArrayEquals(message, received(socket, message.length, CallOptions.NONE));
      }
    }
    return null;
  }

  private void timeouts() throws Exception {
    try (Pair pair = Connections.pair(uring)) {
      for (int i = 0; i < MESSAGES; i++) {
        ended(Caller.virtual(() -> {
          try {
            uring.recv(pair.server(), ByteBuffer.allocate(1), CallOptions.timeout(Duration.ofMillis(1)));
            throw new AssertionError("nothing was sent, and yet something came");
          } catch (OperationTimeoutException passed) {
            return null;
          }
        }));
        byte[] message = bytes(i, 100);
        uring.send(pair.client(), message, 0, message.length);
        assertArrayEquals(message, received(pair.server(), 100, CallOptions.timeout(Await.LIMIT)));
        uring.timeout(Duration.ofNanos(1000));
      }
    }
  }

  private void cancels() throws Exception {
    try (Pair pair = Connections.pair(uring)) {
      for (int i = 0; i < MESSAGES; i++) {
        OperationHandle handle = new OperationHandle();
        Caller reader = Caller.virtual(
            () -> uring.recv(pair.server(), ByteBuffer.allocate(1), CallOptions.handle(handle)));
        Await.until("it waits, or has ended", () -> uring.inFlight(OperationKind.RECV) == 1 || reader.isDone());
        handle.cancel();
        try {
          ended(reader);
          throw new AssertionError("a cancelled read came back with something");
        } catch (OperationCancelledException cancelled) {
          byte[] message = bytes(i, 100);
          uring.send(pair.client(), message, 0, message.length);
          assertArrayEquals(message, received(pair.server(), 100, CallOptions.NONE));
        }
      }
    }
  }

  private void closes() throws Exception {
    for (int i = 0; i < MESSAGES; i++) {
      try (Pair pair = Connections.pair(uring)) {
        Caller reader = Caller.virtual(() -> uring.recv(pair.server(), new byte[1], 0, 1));
        Await.until("it waits, or has ended", () -> uring.inFlight(OperationKind.RECV) == 1 || reader.isDone());
        pair.server().close();
        try {
          ended(reader);
          throw new AssertionError("a read came back from a closed socket");
        } catch (DescriptorClosedException closed) {
          assertEquals(-1, uring.recv(pair.client(), new byte[1], 0, 1));
        }
      }
    }
  }

  private void files() throws Exception {
    Path path = Files.createTempFile("smoke", ".bin");
    try (Descriptor file = uring.files().open(
        path, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE), 0600, CallOptions.NONE)) {
      byte[] content = bytes(42, MOST_BYTES);
      ByteBuffer left = ByteBuffer.wrap(content);
      while (left.hasRemaining()) {
        uring.files().write(file, left, left.position(), CallOptions.NONE);
      }
      uring.files().fdatasync(file, CallOptions.NONE);
      byte[] back = new byte[MOST_BYTES];
      for (int done = 0; done < MOST_BYTES; ) {
        int n = uring.files().read(file, MemorySegment.ofArray(back).asSlice(done), done, CallOptions.NONE);
        assertTrue(n > 0, "the file ended after " + done);
        done += n;
      }
      assertArrayEquals(content, back);
      assertEquals(MOST_BYTES, uring.files().size(file, CallOptions.NONE));
    } finally {
      Files.delete(path);
    }
  }
}
