package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A connection that a stream has brought needs a slot for its close: where none is free it waits in the stream. */
class StreamSlotsTest extends UringTest {
  private static final int SLOTS = 16;
  private static final CallOptions SHORT = CallOptions.timeout(Duration.ofMillis(30));

  /** The clients' own, which has slots. */
  private Uring others;
  private final List<Descriptor> clients = new ArrayList<>();
  private final List<CompletionStream<Descriptor>> streams = new ArrayList<>();

  @Override
  protected UringConfig config() {
    return TestDriver.config("few").withRings(1).withMaxOperations(SLOTS).withDirectDescriptors(2 * SLOTS);
  }

  @BeforeEach
  void openOthers() {
    others = TestDriver.open(TestDriver.config("clients"));
  }

  @AfterEach
  void closeOthers() throws IOException {
    for (Descriptor client : clients) {
      client.close();
    }
    others.close();
  }

  private CompletionStream<Descriptor> stream(Descriptor listener, boolean direct) {
    CompletionStream<Descriptor> stream =
        direct ? uring.direct().acceptAll(listener) : uring.multishot().accept(listener);
    streams.add(stream);
    return stream;
  }

  private void connect(Descriptor listener) throws IOException {
    clients.add(Connections.connected(others, Connections.address(listener)));
  }

  /** A stream with a connection to be taken, and a table without a slot for it: its own has gone to another. */
  private final class Shortage {
    final Descriptor listener = Connections.listener(uring);
    final CompletionStream<Descriptor> stream;
    final FullTable full;
    final Descriptor taken;

    Shortage(boolean direct) throws IOException {
      stream = stream(listener, direct);
      Caller.virtual(() -> stream.next(SHORT)).thrown(OperationTimeoutException.class);
      connect(listener);
      connect(listener);
      Await.until("both have come", () -> stream.available() == 2);
      full = new FullTable(uring);
      taken = (Descriptor) Caller.virtual(stream::next).value();
      assertEquals(0, uring.inFlight(OperationKind.ACCEPT));
      assertEquals(SLOTS, uring.stats().slotsInUse());
    }

    void end() throws IOException {
      full.close();
      taken.close();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theTimeoutEndsTheWaitForASlotAndTheConnectionStays(boolean direct) throws IOException {
    Shortage shortage = new Shortage(direct);
    Caller.virtual(() -> shortage.stream.next(SHORT)).thrown(OperationTimeoutException.class);
    Caller.platform(() -> shortage.stream.next(SHORT)).thrown(OperationTimeoutException.class);
    takesTheOther(shortage);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anInterruptEndsTheWaitOfAVirtualThreadAndTheConnectionStays(boolean direct) throws IOException {
    Shortage shortage = new Shortage(direct);
    Caller taker = Caller.virtual(shortage.stream::next);
    Await.untilParked(taker.thread());
    taker.thread().interrupt();
    taker.thrown(OperationInterruptedException.class);
    takesTheOther(shortage);
  }

  private void takesTheOther(Shortage shortage) throws IOException {
    assertEquals(1, shortage.stream.available());
    shortage.end();
    Descriptor connection = (Descriptor) Caller.virtual(shortage.stream::next).value();
    uring.send(connection, new byte[] {7}, 0, 1);
    byte[] received = new byte[1];
    assertEquals(1, others.recv(clients.getLast(), received, 0, 1));
    assertEquals(7, received[0]);
    connection.close();
    shortage.stream.close();
    shortage.listener.close();
    assertEquals(0, uring.stats().slotsInUse());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theCloseOfTheStreamEndsTheWaitForASlotAndTheConnection(boolean direct) throws IOException {
    Shortage shortage = new Shortage(direct);
    Caller taker = Caller.virtual(shortage.stream::next);
    Await.untilParked(taker.thread());
    Caller closer = Caller.virtual(() -> {
      shortage.stream.close();
      return null;
    });
    taker.thrown(OperationCancelledException.class);
    shortage.end();
    closer.value();
    assertEquals(-1, others.recv(clients.getLast(), new byte[1], 0, 1));
    shortage.listener.close();
    assertEquals(0, uring.stats().slotsInUse());
  }

  /** Half of the slots are listeners', the other half their streams'; a connection that was taken is closed. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void takersThatFillTheTableDoNotWaitForEachOther(boolean direct) throws IOException {
    List<Descriptor> listeners = new ArrayList<>();
    List<Caller> takers = new ArrayList<>();
    for (int i = 0; i < SLOTS / 2; i++) {
      listeners.add(Connections.listener(uring));
    }
    for (Descriptor listener : listeners) {
      CompletionStream<Descriptor> stream = stream(listener, direct);
      takers.add(Caller.virtual(() -> {
        stream.next().close();
        return null;
      }));
    }
    Await.until("all wait", () -> uring.inFlight(OperationKind.ACCEPT) == SLOTS / 2);
    assertEquals(SLOTS, uring.stats().slotsInUse());
    for (Descriptor listener : listeners) {
      connect(listener);
    }
    takers.forEach(Caller::value);
    streams.forEach(CompletionStream::close);
    for (Descriptor listener : listeners) {
      listener.close();
    }
    assertEquals(0, uring.stats().slotsInUse());
  }
}
