package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.Pipe;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every operation that completes again and again, and every way in which a call that takes from it, and the stream itself,
 * ends. After each, slots, buffers and descriptors are as many as before.
 */
@RunsOnce("what ends a stream has nothing to do with who submits it")
class StreamsEndTest extends UringTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  private final Deque<AutoCloseable> resources = new ArrayDeque<>();
  /** Has the other ends: where they were closed with {@link #uring}, a stream might find its end before it is told. */
  private Uring peers;
  /** What the stream is of; null where it acts on no descriptor. */
  private @Nullable Descriptor on;
  private Action release = () -> { };

  private interface Action {
    void run() throws IOException;
  }

  private interface Opening {
    CompletionStream<?> stream() throws IOException;
  }

  enum Kind {
    ACCEPT(OperationKind.ACCEPT) {
      @Override
      Opening set(StreamsEndTest test) throws IOException {
        Descriptor listener = test.listener();
        return () -> test.uring.multishot().accept(listener);
      }
    },
    ACCEPT_DIRECT(OperationKind.ACCEPT) {
      @Override
      Opening set(StreamsEndTest test) throws IOException {
        Descriptor listener = test.listener();
        return () -> test.uring.direct().acceptAll(listener);
      }
    },
    RECV(OperationKind.RECV) {
      @Override
      Opening set(StreamsEndTest test) throws IOException {
        Descriptor server = test.connection();
        ProvidedBuffers buffers = test.own(test.uring.multishot().buffers(2, 64));
        return () -> test.uring.multishot().recv(server, buffers);
      }
    },
    READ(OperationKind.READ_MULTISHOT) {
      @Override
      Opening set(StreamsEndTest test) throws IOException {
        Pipe pipe = test.pipe();
        ProvidedBuffers buffers = test.own(test.uring.multishot().buffers(2, 64));
        return () -> test.uring.multishot().read(pipe.source(), buffers);
      }
    },
    POLL(OperationKind.POLL) {
      @Override
      Opening set(StreamsEndTest test) throws IOException {
        Pipe pipe = test.pipe();
        return () -> test.uring.multishot().poll(pipe.source(), Constants.POLLIN);
      }
    },
    TIMEOUT(OperationKind.TIMEOUT) {
      @Override
      Opening set(StreamsEndTest test) {
        return () -> test.uring.multishot().timeout(LONG, 0);
      }
    };

    final OperationKind operation;

    Kind(OperationKind operation) {
      this.operation = operation;
    }

    abstract Opening set(StreamsEndTest test) throws IOException;
  }

  /** How many slots, buffers and descriptors of both kinds there are. */
  private record Census(int slots, long buffers, int descriptors, int direct) {}

  @Override
  protected UringConfig config() {
    return super.config().withDirectDescriptors(8);
  }

  @BeforeEach
  void openPeers() {
    peers = own(TestDriver.open(TestDriver.config("peers")));
  }

  @AfterEach
  void closeResources() throws Exception {
    while (!resources.isEmpty()) {
      resources.pop().close();
    }
  }

  private <T extends AutoCloseable> T own(T resource) {
    resources.push(resource);
    return resource;
  }

  private Descriptor listener() throws IOException {
    Descriptor listener = own(Connections.listener(uring));
    on = listener;
    release = () -> own(Connections.connected(peers, Connections.address(listener)));
    return listener;
  }

  private Descriptor connection() throws IOException {
    try (Descriptor listener = Connections.listener(uring)) {
      Descriptor client = own(Connections.connected(peers, Connections.address(listener)));
      Descriptor server = own(uring.accept(listener));
      on = server;
      release = () -> peers.send(client, new byte[1], 0, 1);
      return server;
    }
  }

  private Pipe pipe() throws IOException {
    Pipe pipe = own(Pipe.open(uring, peers));
    on = pipe.source();
    release = () -> peers.write(pipe.sink(), new byte[1], 0, 1, -1, CallOptions.NONE);
    return pipe;
  }

  private Census census() {
    UringStats stats = uring.stats();
    return new Census(stats.slotsInUse(), stats.buffersLent(), Descriptors.census(), uring.direct().inUse());
  }

  private void awaitCensus(Census expected) {
    Await.until(() -> census() + " and not " + expected, () -> census().equals(expected));
  }

  private Caller waiting(Kind kind, CompletionStream<?> stream) {
    Caller caller = Caller.virtual(() -> stream.next());
    Await.untilInFlight(uring, kind.operation, 1);
    Await.untilParked(caller.thread());
    return caller;
  }

  /** Gives back what was taken, where there is something to give back. */
  private static void dispose(@Nullable Object taken) throws Exception {
    assertNotNull(taken);
    if (taken instanceof AutoCloseable resource) {
      resource.close();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Kind.class, names = "TIMEOUT", mode = EnumSource.Mode.EXCLUDE)
  void done(Kind kind) throws Exception {
    Opening opening = kind.set(this);
    Census before = census();
    CompletionStream<?> stream = opening.stream();
    Caller caller = waiting(kind, stream);
    release.run();
    dispose(caller.value());
    stream.close();
    assertEquals(0, uring.inFlight(kind.operation));
    closeWhatCame(before);
    awaitCensus(before);
  }

  /** The clients that a release of a listener made. */
  private void closeWhatCame(Census before) throws Exception {
    while (census().descriptors > before.descriptors) {
      resources.pop().close();
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void timedOut(Kind kind) throws Exception {
    Opening opening = kind.set(this);
    Census before = census();
    try (CompletionStream<?> stream = opening.stream()) {
      CallOptions soon = CallOptions.timeout(Duration.ofMillis(10));
      Caller.virtual(() -> stream.next(soon)).thrown(OperationTimeoutException.class);
      Caller.virtual(() -> stream.next(CallOptions.NONE.withDeadline(System.nanoTime())))
          .thrown(OperationTimeoutException.class);
    }
    awaitCensus(before);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void closedBeforeItIsIssued(Kind kind) throws Exception {
    Opening opening = kind.set(this);
    Census before = census();
    long submitted = uring.stats().submitted();
    CompletionStream<?> stream = opening.stream();
    stream.close();
    assertThrows(IllegalStateException.class, stream::next);
    awaitCensus(before);
    assertEquals(submitted, uring.stats().submitted());
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void closedAfterItIsIssued(Kind kind) throws Exception {
    Opening opening = kind.set(this);
    Census before = census();
    CompletionStream<?> stream = opening.stream();
    Caller caller = waiting(kind, stream);
    stream.close();
    caller.thrown(OperationCancelledException.class);
    awaitCensus(before);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void interrupted(Kind kind) throws Exception {
    Opening opening = kind.set(this);
    Census before = census();
    try (CompletionStream<?> stream = opening.stream()) {
      Caller caller = waiting(kind, stream);
      caller.thread().interrupt();
      caller.thrown(OperationInterruptedException.class);
    }
    awaitCensus(before);
  }

  @ParameterizedTest
  @EnumSource(value = Kind.class, names = "TIMEOUT", mode = EnumSource.Mode.EXCLUDE)
  void theDescriptorIsClosed(Kind kind) throws Exception {
    Opening opening = kind.set(this);
    Census before = census();
    CompletionStream<?> stream = opening.stream();
    Caller caller = waiting(kind, stream);
    on.close();
    caller.thrown(DescriptorClosedException.class);
    stream.close();
    awaitCensus(new Census(before.slots - 1, before.buffers, before.descriptors - 1, before.direct));
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void theUringIsClosed(Kind kind) throws Exception {
    Opening opening = kind.set(this);
    CompletionStream<?> stream = opening.stream();
    Caller caller = waiting(kind, stream);
    uring.close();
    caller.thrown(IOException.class);
    stream.close();
    Await.until("nothing is held", () -> uring.stats().slotsInUse() == 0 && uring.stats().buffersLent() == 0);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aHandleIsRefusedWithWhatEndsTheWaitInstead(Kind kind) throws Exception {
    try (CompletionStream<?> stream = kind.set(this).stream()) {
      CallOptions handle = CallOptions.handle(new OperationHandle());
      String words = assertThrows(IllegalArgumentException.class, () -> stream.next(handle)).getMessage();
      assertFalse(words.indexOf("close()") < 0, words);
    }
  }
}
