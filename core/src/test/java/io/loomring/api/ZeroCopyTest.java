package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.Message;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Deadline;
import io.loomring.op.OperationHandle.Answer;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.op.Outcome;
import io.loomring.ring.Opcode;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Runs;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sends without a copy: what they lend stays the kernel's until it lets go, and nobody waits for that who need not. */
class ZeroCopyTest extends UringTest {
  private static final int CLOSES = 300;
  private static final int BYTES = 128 * 1024;
  private static final int SMALL_ROOM = 4 * 1024;
  private static final long MANY_BYTES = 16L << 20;
  private static final long LONG_BYTES = 256L << 20;

  /** A byte that tells its place. */
  private static byte at(long position) {
    return (byte) (position ^ position >> 8 ^ position >> 16);
  }

  private Buffer filled(long position, int bytes) {
    Buffer buffer = uring.buffers().acquire(bytes);
    for (int i = 0; i < bytes; i++) {
      buffer.segment().set(ValueLayout.JAVA_BYTE, i, at(position + i));
    }
    return buffer;
  }

  private int transfer(Descriptor to, long position, int bytes, int flags) {
    return transfer(to, position, bytes, flags, Deadline.NONE, null);
  }

  private int transfer(
      Descriptor to, long position, int bytes, int flags, long deadline, OperationHandle handle) {
    Buffer buffer = filled(position, bytes);
    return uring.zeroCopy().sendTransferred(to, uring.buffers(), buffer, 0, bytes, flags, deadline, true, handle);
  }

  /** Receives {@code bytes}, and holds each to {@link #at}. */
  private void receive(Descriptor from, long position, long bytes) throws IOException {
    byte[] into = new byte[32 * 1024];
    long done = 0;
    while (done < bytes) {
      int count = uring.recv(from, into, 0, (int) Math.min(into.length, bytes - done));
      assertTrue(count > 0, "the end after " + done + " of " + bytes);
      for (int i = 0; i < count; i++) {
        if (into[i] != at(position + done + i)) {
          assertEquals(at(position + done + i), into[i], "at " + (position + done + i));
        }
      }
      done += count;
    }
  }

  @Test
  void whatIsTransferredComesBackByItselfWhenThePeerHasRead() throws IOException {
    Pair pair = Connections.narrowPair(uring);
    int sent = transfer(pair.client(), 0, BYTES, 0);
    assertTrue(sent > 2 * SMALL_ROOM, () -> "sent " + sent);
    assertEquals(1, uring.stats().buffersLent(), "it is the kernel's");
    assertEquals(1, uring.inFlight(OperationKind.SEND_ZC));
    assertEquals(0, pair.client().inFlight(), "the descriptor is done with it");
    receive(pair.server(), 0, sent);
    Await.until("the buffer is back", () -> uring.stats().buffersLent() == 0);
    pair.close();
  }

  @Test
  @Runs(Opcode.SEND_ZC)
  void whatIsLentIsTheCallersAgainWhenThePeerHasRead() throws IOException {
    Pair pair = Connections.narrowPair(uring);
    Buffer buffer = filled(0, BYTES);
    Caller sender = Caller.virtual(() -> uring.zeroCopy().send(pair.client(), buffer, 0, 64 * 1024, CallOptions.NONE));
    Await.until("it is sent", () -> uring.inFlight(OperationKind.SEND_ZC) == 1 && pair.client().inFlight() == 0);
    Await.untilParked(sender.thread());
    assertFalse(sender.isDone());
    receive(pair.server(), 0, 64 * 1024);
    assertEquals(64 * 1024, sender.value());
    uring.buffers().release(buffer);
    pair.close();
  }

  @Test
  void aCloseDoesNotWaitForWhatThePeerHasNotRead() throws IOException {
    Pair pair = Connections.narrowPair(uring);
    Buffer buffer = filled(BYTES, 16 * 1024);
    int sent = transfer(pair.client(), 0, BYTES, 0);
    assertEquals(BYTES, sent);
    Caller lender = Caller.virtual(() -> uring.zeroCopy().send(pair.client(), buffer, 0, 16 * 1024, CallOptions.NONE));
    Await.until("both are sent", () -> uring.inFlight(OperationKind.SEND_ZC) == 2 && pair.client().inFlight() == 0);
    pair.client().close();
    assertTrue(pair.client().isClosed());
    assertFalse(lender.isDone());
    receive(pair.server(), 0, sent + 16 * 1024);
    assertEquals(16 * 1024, lender.value());
    assertEquals(-1, uring.recv(pair.server(), new byte[1], 0, 1));
    uring.buffers().release(buffer);
    pair.close();
  }

  @Test
  void aUringThatIsClosedGivesUpWhatThePeerHasNotReadAndThatArrivesAllTheSame() throws IOException {
    Uring other = TestDriver.open(TestDriver.config("other").withCloseTimeout(Duration.ofMillis(100)));
    Descriptor listener = Connections.listener(uring);
    SocketCalls.setOption(listener, Constants.SOL_SOCKET, Constants.SO_RCVBUF, SMALL_ROOM);
    Descriptor client = Connections.connected(other, Connections.address(listener));
    Descriptor server = uring.accept(listener);
    Buffer buffer = other.buffers().acquire(BYTES);
    MemorySegment.copy(filledOnce(), 0, buffer.segment(), 0, BYTES);
    int sent = other.zeroCopy().sendTransferred(
        client, other.buffers(), buffer, 0, BYTES, 0, Deadline.NONE, true, null);
    assertEquals(BYTES, sent);
    other.close();
    assertEquals(BYTES, other.stats().abandonedBytes());
    assertEquals(0, other.stats().buffersLent());
    receive(server, 0, sent);
    server.close();
    listener.close();
  }

  private MemorySegment filledOnce() {
    Buffer pattern = filled(0, BYTES);
    MemorySegment copy = MemorySegment.ofArray(pattern.segment().toArray(ValueLayout.JAVA_BYTE));
    uring.buffers().release(pattern);
    return copy;
  }

  enum End {
    TIMEOUT, INTERRUPT, CANCEL, CLOSE, RESET
  }

  @ParameterizedTest
  @EnumSource
  void aSendThatWaitsForRoomIsEndedAndItsBufferComesBack(End end) throws IOException {
    Pair pair = Connections.narrowPair(uring);
    Connections.fillForGood(uring, pair.client());
    OperationHandle handle = new OperationHandle();
    long deadline = end == End.TIMEOUT ? Deadline.after(Duration.ofMillis(50)) : Deadline.NONE;
    Caller sender = Caller.virtual(() ->
        transfer(pair.client(), 0, BYTES, Constants.MSG_WAITALL, deadline, handle));
    if (end != End.TIMEOUT) {
      Await.untilInFlight(uring, OperationKind.SEND_ZC, 1);
      awaitInKernel(1);
      Await.untilParked(sender.thread());
    }
    int expected = switch (end) {
      case TIMEOUT -> Outcome.TIMED_OUT;
      case INTERRUPT -> {
        sender.thread().interrupt();
        yield Outcome.INTERRUPTED;
      }
      case CANCEL -> {
        assertEquals(Answer.CANCELLED, handle.cancel());
        yield Outcome.CANCELLED;
      }
      case CLOSE -> {
        pair.client().close();
        yield Outcome.CLOSED;
      }
      case RESET -> {
        SocketCalls.setLinger(pair.server(), 0);
        pair.server().close();
        yield -Errno.ECONNRESET;
      }
    };
    assertEquals(expected, sender.value());
    Await.until("the buffer is back", () -> {
      if (end != End.RESET) {
        Connections.takeAll(pair.server());
      }
      return uring.stats().buffersLent() == 0;
    });
    pair.close();
  }

  @ParameterizedTest
  @EnumSource
  void aSendThatIsEndedHalfwayAnswersItsCountAndLetsGoWhenThatIsRead(End end) throws IOException {
    Pair pair = Connections.narrowPair(uring);
    SocketCalls.setOption(pair.client(), Constants.SOL_SOCKET, Constants.SO_SNDBUF, 2 * SMALL_ROOM);
    OperationHandle handle = new OperationHandle();
    long deadline = end == End.TIMEOUT ? Deadline.after(Duration.ofMillis(500)) : Deadline.NONE;
    Caller sender = Caller.virtual(() ->
        transfer(pair.client(), 0, BYTES, Constants.MSG_WAITALL, deadline, handle));
    Await.until("some of it has come", () -> SocketCalls.available(pair.server()) > 0);
    switch (end) {
      case TIMEOUT -> { }
      case INTERRUPT -> sender.thread().interrupt();
      case CANCEL -> assertEquals(Answer.CANCELLED, handle.cancel());
      case CLOSE -> pair.client().close();
      case RESET -> {
        SocketCalls.setLinger(pair.server(), 0);
        pair.server().close();
      }
    }
    int sent = (Integer) sender.value();
    assertTrue(sent > 0 && sent < BYTES, () -> "sent " + sent);
    if (end != End.RESET) {
      receive(pair.server(), 0, sent);
    }
    Await.until("the buffer is back", () -> uring.stats().buffersLent() == 0);
    pair.close();
  }

  @Test
  void aLentSendThatIsTimedOutBeforeItHasRoomThrows() throws IOException {
    Pair pair = Connections.narrowPair(uring);
    Connections.fillForGood(uring, pair.client());
    Buffer buffer = filled(0, 1000);
    long submitted = uring.stats().submitted();
    Caller sender = Caller.virtual(() -> uring.zeroCopy().send(
        pair.client(), buffer, 0, 1000, CallOptions.timeout(Duration.ofMillis(20))));
    Await.until("it is timed out", () -> uring.stats().submitted() > submitted && pair.client().inFlight() == 0);
    Await.until("the call ends", () -> {
      Connections.takeAll(pair.server());
      return sender.isDone();
    });
    sender.thrown(OperationTimeoutException.class);
    uring.buffers().release(buffer);
    pair.close();
  }

  @Test
  void aRefusedSendGivesItsBufferBack() throws IOException {
    Pair pair = Connections.pair(uring);
    OperationHandle cancelled = new OperationHandle();
    assertEquals(Answer.CANCELLED, cancelled.cancel());
    assertEquals(Outcome.CANCELLED, transfer(pair.client(), 0, 1000, 0, Deadline.NONE, cancelled));
    OperationHandle used = new OperationHandle();
    assertEquals(1000, transfer(pair.client(), 0, 1000, 0, Deadline.NONE, used));
    assertThrows(IllegalStateException.class, () -> transfer(pair.client(), 0, 1000, 0, Deadline.NONE, used));
    Buffer small = uring.buffers().acquire(100);
    assertThrows(IndexOutOfBoundsException.class, () -> uring.zeroCopy().sendTransferred(
        pair.client(), uring.buffers(), small, 0, BYTES, 0, Deadline.NONE, true, null));
    pair.close();
    assertEquals(Outcome.CLOSED, transfer(pair.client(), 0, 1000, 0));
    Await.until("the buffers are back", () -> uring.stats().buffersLent() == 0);
  }

  @Test
  void aSocketOfTheUnixDomainRefuses() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment fds = arena.allocate(8, 4);
      assertEquals(0, SystemCalls.socketpair(
          Constants.AF_UNIX, Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC, 0, fds.address()));
      Descriptor here = uring.adopt(fds.get(ValueLayout.JAVA_INT, 0));
      Descriptor there = uring.adopt(fds.get(ValueLayout.JAVA_INT, 4));
      int result = transfer(here, 0, 1000, 0);
      assertEquals(-Errno.EOPNOTSUPP, result);
      assertTrue(ZeroCopy.isRefusal(result));
      here.close();
      there.close();
    }
  }

  @Test
  @Runs(Opcode.SENDMSG_ZC)
  void messagesAreSentInBothForms() throws IOException {
    Pair pair = Connections.pair(uring);
    byte[] bytes = new byte[1000];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = at(i);
    }
    Message lent = Message.toSend(uring.buffers(), bytes, 0, 500);
    assertEquals(500, uring.zeroCopy().sendmsg(pair.client(), lent, 0, Deadline.NONE, true, null));
    uring.buffers().release(lent.buffer());
    Message transferred = Message.toSend(uring.buffers(), bytes, 500, 500);
    assertEquals(500, uring.zeroCopy().sendmsgTransferred(
        pair.client(), uring.buffers(), transferred, 0, Deadline.NONE, true, null));
    receive(pair.server(), 0, 1000);
    pair.close();
  }

  @Test
  void bytesOfABufferThatIsBackInThePoolAreNeverSent() throws IOException {
    sendUnderPoison(MANY_BYTES);
  }

  @Tag("long")
  @Test
  void bytesOfABufferThatIsBackInThePoolAreNeverSentOverAndOver() throws IOException {
    sendUnderPoison(LONG_BYTES);
  }

  /** Whoever gets a buffer of the pool writes all over it: the kernel must not look at it any more. */
  private void sendUnderPoison(long total) throws IOException {
    Pair pair = Connections.narrowPair(uring);
    BufferPool pool = uring.buffers();
    AtomicBoolean over = new AtomicBoolean();
    Caller poisoner = Caller.platform(() -> {
      long rounds = 0;
      while (!over.get()) {
        Buffer[] taken = new Buffer[4];
        for (int i = 0; i < taken.length; i++) {
          taken[i] = pool.acquire(BYTES);
          taken[i].segment().fill((byte) 0xEE);
        }
        for (Buffer buffer : taken) {
          pool.release(buffer);
        }
        rounds++;
        Thread.yield();
      }
      return rounds;
    });
    Caller sender = Caller.virtual(() -> {
      long position = 0;
      while (position < total) {
        int sent = transfer(pair.client(), position, (int) Math.min(BYTES, total - position), 0);
        assertTrue(sent > 0, () -> "sent " + sent);
        position += sent;
      }
      return position;
    });
    receive(pair.server(), 0, total);
    assertEquals(total, sender.value());
    over.set(true);
    assertTrue((Long) poisoner.value() > 0);
    pair.close();
  }

  /** The kernel says of one in a hundred that it ended, and that it still holds the byte (K-79). */
  @Tag("long")
  @Test
  void aCloseDoesNotWaitForAPeerThatTakesNothingManyTimes() throws Exception {
    for (int i = 0; i < CLOSES; i++) {
      Pair pair = Connections.narrowPair(uring);
      Connections.fillForGood(uring, pair.client());
      Buffer buffer = filled(0, 1);
      Caller sender = Caller.virtual(() -> uring.zeroCopy().send(pair.client(), buffer, 0, 1, CallOptions.NONE));
      Await.untilInFlight(uring, OperationKind.SEND_ZC, 1);
      Await.untilParked(sender.thread());
      Caller closer = Caller.platform(() -> {
        pair.client().close();
        return null;
      });
      closer.value();
      pair.server().close();
      sender.thrown(IOException.class);
      uring.buffers().release(buffer);
    }
  }
}
