package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationHandle.Answer;
import io.loomring.op.OperationKind;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Seed;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Cancel by handle: before, during and after; and in a race with data, where the data wins or stays. */
class CancelTest extends UringTest {
  private static final int ROUNDS = 1_000;
  private static final int LONG_ROUNDS = 20_000;

  enum Call {
    RECV, SEND, ACCEPT, CONNECT, POLL, TIMEOUT
  }

  private Caller begin(Call call, OperationHandle handle, Pair pair, Descriptor listener, Descriptor socket) {
    CallOptions options = CallOptions.handle(handle);
    InetSocketAddress address = Connections.address(listener);
    return Caller.virtual(() -> {
      switch (call) {
        case RECV -> uring.recv(pair.client(), MemorySegment.ofArray(new byte[10]), options);
        case SEND -> uring.send(pair.client(), MemorySegment.ofArray(new byte[8 << 20]), options);
        case ACCEPT -> uring.accept(socket, options);
        case CONNECT -> uring.connect(socket, address, options);
        case POLL -> uring.poll(pair.client(), Constants.POLLIN, options);
        case TIMEOUT -> uring.timeout(Duration.ofHours(1), options);
      }
      return "came back";
    });
  }

  enum Cut {
    CANCEL(OperationCancelledException.class),
    TIMEOUT(OperationTimeoutException.class),
    INTERRUPT(OperationInterruptedException.class),
    CLOSE(DescriptorClosedException.class);

    private final Class<? extends IOException> thrown;

    Cut(Class<? extends IOException> thrown) {
      this.thrown = thrown;
    }
  }

  @ParameterizedTest
  @EnumSource(Cut.class)
  void aSendThatIsCutShortMidwaySaysByWhatAndAfterHowManyBytes(Cut cut) throws IOException {
    Pair pair = Connections.narrowPair(uring);
    OperationHandle handle = new OperationHandle();
    Duration time = cut == Cut.TIMEOUT ? Duration.ofMillis(300) : Duration.ofHours(1);
    CallOptions options = CallOptions.handle(handle).withTimeout(time);
    Caller sender = Caller.virtual(() -> {
      uring.send(pair.client(), MemorySegment.ofArray(new byte[8 << 20]), options);
      return null;
    });
    if (cut != Cut.TIMEOUT) {
      Await.untilInFlight(uring, OperationKind.SEND, 1);
      Await.until("some bytes are there", () -> uring.sockets().unread(pair.server(), CallOptions.NONE) > 0);
    }
    switch (cut) {
      case CANCEL -> handle.cancel();
      case INTERRUPT -> sender.thread().interrupt();
      case CLOSE -> pair.client().close();
      case TIMEOUT -> { }
    }
    IOException thrown = sender.thrown(cut.thrown);
    long told = thrown instanceof InterruptedIOException interrupted
        ? interrupted.bytesTransferred
        : Long.parseLong(thrown.getSuppressed()[0].getMessage().replaceAll("\\D", ""));
    pair.client().close();
    long received = 0;
    byte[] into = new byte[64 * 1024];
    for (int got = 0; got >= 0; got = uring.recv(pair.server(), into, 0, into.length)) {
      received += got;
    }
    assertEquals(received, told);
    pair.server().close();
  }

  @Test
  void ofTwoCallsWithOneHandleOneBeginsAndThatIsCancelled() throws IOException {
    Pair pair = Connections.pair(uring);
    for (int i = 0; i < 100; i++) {
      OperationHandle handle = new OperationHandle();
      Callable<Object> call = () -> {
        try {
          return uring.poll(pair.client(), Constants.POLLIN, CallOptions.handle(handle));
        } catch (IllegalStateException refused) {
          return "refused";
        } catch (OperationCancelledException cancelled) {
          return "cancelled";
        }
      };
      Caller one = Caller.virtual(call);
      Caller other = Caller.virtual(call);
      Await.until("one is refused", () -> one.isDone() || other.isDone());
      assertEquals(Answer.CANCELLED, handle.cancel());
      assertEquals(Set.of("refused", "cancelled"), Set.of(one.value(), other.value()));
    }
    pair.close();
  }

  /** Runs {@code use} with what every kind of call needs to wait. */
  private void withWaiting(Call call, boolean before) throws IOException {
    Pair pair = Connections.narrowPair(uring);
    Descriptor listener = Connections.listener(uring, 0);
    Descriptor filler = Connections.connected(uring, Connections.address(listener));
    Descriptor socket = call == Call.ACCEPT ? Connections.listener(uring) : uring.tcpSocket();
    if (call == Call.SEND) {
      Connections.fillForGood(uring, pair.client());
    }
    OperationHandle handle = new OperationHandle();
    if (before) {
      assertEquals(Answer.CANCELLED, uring.cancel(handle));
      begin(call, handle, pair, listener, socket).thrown(OperationCancelledException.class);
      assertEquals(0, uring.stats().cancels());
    } else {
      Caller caller = begin(call, handle, pair, listener, socket);
      awaitInKernel(1);
      Await.untilParked(caller.thread());
      assertEquals(Answer.CANCELLED, uring.cancel(handle));
      caller.thrown(OperationCancelledException.class);
      assertEquals(1, uring.stats().cancels());
    }
    assertEquals(Answer.CANCELLED, uring.cancel(handle), "asked again");
    socket.close();
    filler.close();
    listener.close();
    pair.close();
  }

  @ParameterizedTest
  @EnumSource
  void aCallThatIsCancelledBeforeItBeginsEndsAtOnce(Call call) throws IOException {
    withWaiting(call, true);
  }

  @ParameterizedTest
  @EnumSource
  void aCallThatWaitsIsCancelled(Call call) throws IOException {
    withWaiting(call, false);
  }

  @Test
  void whatIsOverIsAlreadyDone() throws IOException {
    Pair pair = Connections.pair(uring);
    uring.send(pair.client(), new byte[1], 0, 1);
    OperationHandle handle = new OperationHandle();
    assertEquals(1, uring.recv(pair.server(), MemorySegment.ofArray(new byte[4]), CallOptions.handle(handle)));
    assertEquals(Answer.ALREADY_DONE, handle.cancel());
    assertEquals(Answer.ALREADY_DONE, handle.cancel());
    pair.close();
  }

  @Test
  void aHandleServesOneCall() throws IOException {
    Pair pair = Connections.pair(uring);
    Descriptor listener = Connections.listener(uring);
    OperationHandle used = new OperationHandle();
    MemorySegment bytes = MemorySegment.ofArray(new byte[10]);
    CallOptions options = CallOptions.handle(used);
    uring.send(pair.client(), bytes, options);
    int slots = uring.stats().slotsInUse();
    assertThrows(IllegalStateException.class, () -> uring.recv(pair.client(), bytes, options));
    assertThrows(IllegalStateException.class, () -> uring.send(pair.client(), bytes, options));
    assertThrows(IllegalStateException.class, () -> uring.read(pair.client(), bytes, -1, options));
    assertThrows(IllegalStateException.class, () -> uring.write(pair.client(), bytes, -1, options));
    assertThrows(IllegalStateException.class, () -> uring.accept(listener, options));
    assertThrows(IllegalStateException.class, () -> uring.poll(pair.client(), Constants.POLLIN, options));
    assertThrows(IllegalStateException.class, () -> uring.timeout(Duration.ZERO, options));
    assertEquals(slots, uring.stats().slotsInUse());
    assertEquals(0, uring.stats().buffersLent());
    assertEquals(0, uring.stats().abandonedBytes());
    assertEquals(0, pair.client().inFlight());
    listener.close();
    pair.close();
  }

  @Test
  void aCancelThatComesAtAnyMomentEndsTheCall() throws IOException {
    RandomGenerator random = Seed.random("cancel at any moment");
    Pair pair = Connections.pair(uring);
    for (int round = 0; round < ROUNDS; round++) {
      OperationHandle handle = new OperationHandle();
      CallOptions options = CallOptions.handle(handle);
      Caller reader = round % 2 == 0
          ? Caller.virtual(() -> uring.recv(pair.client(), MemorySegment.ofArray(new byte[1]), options))
          : Caller.platform(() -> uring.recv(pair.client(), MemorySegment.ofArray(new byte[1]), options));
      spin(random.nextInt(10_000));
      assertEquals(Answer.CANCELLED, handle.cancel());
      reader.thrown(OperationCancelledException.class);
    }
    pair.close();
  }

  @Test
  void aByteThatMeetsACancelIsReceivedOrStays() throws IOException {
    meet(ROUNDS);
  }

  @Tag("long")
  @Test
  void aByteThatMeetsACancelIsReceivedOrStaysOverAndOver() throws IOException {
    meet(LONG_ROUNDS);
  }

  private void meet(int rounds) throws IOException {
    RandomGenerator random = Seed.random("data meets cancel");
    Pair pair = Connections.pair(uring);
    int[] seen = new int[2];
    for (int round = 0; round < rounds; round++) {
      OperationHandle handle = new OperationHandle();
      CallOptions options = CallOptions.handle(handle);
      byte[] bytes = new byte[4];
      Caller reader = Caller.virtual(() -> uring.recv(pair.server(), MemorySegment.ofArray(bytes), options));
      int spinsToSend = random.nextInt(20_000);
      byte sent = (byte) round;
      Caller writer = Caller.platform(() -> {
        spin(spinsToSend);
        uring.send(pair.client(), new byte[] {sent}, 0, 1);
        return null;
      });
      spin(random.nextInt(20_000));
      Answer answer = handle.cancel();
      writer.value();
      if (answer == Answer.CANCELLED) {
        reader.thrown(OperationCancelledException.class);
        Await.until("it is there", () -> SocketCalls.available(pair.server()) == 1);
        assertEquals(1, uring.recv(pair.server(), bytes, 0, 4));
      } else {
        assertEquals(Answer.ALREADY_DONE, answer);
        assertEquals(1, reader.value());
      }
      seen[answer.ordinal()]++;
      assertEquals(sent, bytes[0]);
      assertEquals(0, SocketCalls.available(pair.server()));
    }
    assertTrue(seen[0] > 0 && seen[1] > 0, "cancelled " + seen[0] + ", done " + seen[1]);
    pair.close();
  }

  @Test
  void aConnectionThatMeetsACancelIsAcceptedOrStays() throws IOException {
    RandomGenerator random = Seed.random("connection meets cancel");
    Descriptor listener = Connections.listener(uring);
    InetSocketAddress address = Connections.address(listener);
    for (int round = 0; round < ROUNDS / 4; round++) {
      OperationHandle handle = new OperationHandle();
      Caller acceptor = Caller.virtual(() -> uring.accept(listener, CallOptions.handle(handle)));
      int spins = random.nextInt(20_000);
      Caller connector = Caller.platform(() -> {
        spin(spins);
        return Connections.connected(uring, address);
      });
      spin(random.nextInt(40_000));
      Answer answer = handle.cancel();
      Descriptor accepted = answer == Answer.CANCELLED ? uring.accept(listener) : (Descriptor) acceptor.value();
      accepted.close();
      ((Descriptor) connector.value()).close();
    }
    listener.close();
  }

  private static void spin(int times) {
    for (int i = 0; i < times; i++) {
      Thread.onSpinWait();
    }
  }
}
