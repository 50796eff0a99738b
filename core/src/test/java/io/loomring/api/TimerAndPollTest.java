package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.ring.Opcode;
import io.loomring.sys.Constants;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Pipe;
import io.loomring.testkit.Runs;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Timers and waiting for readiness, with what changes and ends both. */
class TimerAndPollTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;
  private static final CallOptions SOON = CallOptions.timeout(Duration.ofMillis(20));
  private static final Duration LONG = Duration.ofMinutes(10);

  private static void write(Pipe pipe) {
    try (Arena arena = Arena.ofConfined()) {
      assertEquals(1, SystemCalls.write(pipe.sink().fd(), arena.allocate(1).address(), 1));
    }
  }

  // ---- timers

  @Test
  @Runs(Opcode.TIMEOUT)
  void aTimerWaitsAsLongAsItIsTold() throws IOException {
    long before = System.nanoTime();
    uring.timers().timeout(Duration.ofMillis(30), NONE);
    assertTrue(System.nanoTime() - before >= 30_000_000);
    uring.timers().timeout(Duration.ZERO, NONE);
  }

  @Test
  void aTimerOfTheCalendarWaitsUntilThen() throws IOException {
    Instant then = Instant.now().plusMillis(30);
    uring.timers().timeout(then, NONE);
    assertFalse(Instant.now().isBefore(then));
    uring.timers().timeout(Instant.EPOCH.minusSeconds(5), NONE);
  }

  @Test
  @Runs(Opcode.LINK_TIMEOUT)
  void aTimeoutOfTheCallEndsATimerThatTakesLonger() {
    assertThrows(OperationTimeoutException.class, () -> uring.timers().timeout(LONG, SOON));
  }

  @Test
  @Runs(Opcode.TIMEOUT_REMOVE)
  void aTimerIsGivenAnotherTime() throws IOException {
    OperationHandle handle = new OperationHandle();
    assertFalse(uring.timers().update(handle, Duration.ZERO, NONE), "it has not begun");
    Caller caller = Caller.virtual(() -> {
      uring.timers().timeout(LONG, CallOptions.handle(handle));
      return null;
    });
    awaitInKernel(1);
    assertTrue(uring.timers().update(handle, Duration.ofMillis(10), NONE));
    caller.value();
    assertFalse(uring.timers().update(handle, Duration.ZERO, NONE), "it is over");
  }

  @Test
  void aTimerIsRemoved() {
    OperationHandle handle = new OperationHandle();
    Caller caller = Caller.virtual(() -> {
      uring.timers().timeout(LONG, CallOptions.handle(handle));
      return null;
    });
    awaitInKernel(1);
    assertEquals(OperationHandle.Answer.CANCELLED, uring.timers().remove(handle));
    caller.thrown(OperationCancelledException.class);
    assertEquals(OperationHandle.Answer.CANCELLED, uring.timers().remove(handle), "and stays so");
  }

  // ---- poll

  @Test
  @Runs(Opcode.POLL_ADD)
  void aPollComesBackWithWhatIsReady() throws IOException {
    try (Pipe pipe = Pipe.open(uring)) {
      assertEquals(Constants.POLLOUT, uring.polling().poll(pipe.sink(), Constants.POLLOUT, NONE));
      Caller caller = Caller.virtual(() -> uring.polling().poll(pipe.source(), Constants.POLLIN, NONE));
      Await.untilInFlight(uring, OperationKind.POLL, 1);
      write(pipe);
      assertEquals(Constants.POLLIN, caller.value());
    }
  }

  @Test
  @Runs(Opcode.POLL_REMOVE)
  void aPollIsHadWaitForOtherEvents() throws IOException {
    try (Pipe pipe = Pipe.open(uring)) {
      pipe.fill();
      OperationHandle handle = new OperationHandle();
      assertFalse(uring.polling().update(handle, Constants.POLLIN, NONE), "it has not begun");
      Caller caller = Caller.virtual(
          () -> uring.polling().poll(pipe.source(), Constants.POLLPRI, CallOptions.handle(handle)));
      awaitInKernel(1);
      assertTrue(uring.polling().update(handle, Constants.POLLIN, NONE));
      assertEquals(Constants.POLLIN, caller.value());
    }
  }

  @Test
  void aPollIsRemoved() throws IOException {
    try (Pipe pipe = Pipe.open(uring)) {
      OperationHandle handle = new OperationHandle();
      Caller caller = Caller.virtual(
          () -> uring.polling().poll(pipe.source(), Constants.POLLIN, CallOptions.handle(handle)));
      awaitInKernel(1);
      assertEquals(OperationHandle.Answer.CANCELLED, uring.polling().remove(handle));
      caller.thrown(OperationCancelledException.class);
      write(pipe);
      assertEquals(Constants.POLLIN, uring.polling().poll(pipe.source(), Constants.POLLIN, NONE));
    }
  }

  // ---- epoll

  /** What an epoll descriptor has ready, by a plain system call. */
  private static int readyNow(Descriptor epoll) {
    try (Arena arena = Arena.ofConfined()) {
      return SystemCalls.epollWait(epoll.fd(), arena.allocate(64, 8).address(), 4, 0);
    }
  }

  @Test
  @Runs(Opcode.EPOLL_CTL)
  void whatAnEpollDescriptorWatchesIsChanged() throws IOException {
    try (Descriptor epoll = uring.polling().epoll(); Pipe pipe = Pipe.open(uring)) {
      write(pipe);
      assertEquals(0, readyNow(epoll));
      uring.polling().epollControl(epoll, PollOperations.ADD, pipe.source(), Constants.EPOLLIN, 7, NONE);
      assertEquals(1, readyNow(epoll));
      assertThrows(
          IOException.class,
          () -> uring.polling().epollControl(
              epoll, PollOperations.ADD, pipe.source(), Constants.EPOLLIN, 7, NONE));
      uring.polling().epollControl(epoll, PollOperations.MODIFY, pipe.source(), 0, 7, NONE);
      assertEquals(0, readyNow(epoll));
      uring.polling().epollControl(epoll, PollOperations.DELETE, pipe.source(), 0, 0, NONE);
    }
  }

  @Test
  @Runs(Opcode.EPOLL_WAIT)
  void anEpollDescriptorIsWaitedFor() throws IOException {
    long data = 0x1234_5678_9ABCL;
    try (Descriptor epoll = uring.polling().epoll(); Pipe first = Pipe.open(uring); Pipe second = Pipe.open(uring)) {
      uring.polling().epollControl(epoll, PollOperations.ADD, first.source(), Constants.EPOLLIN, 1, NONE);
      uring.polling().epollControl(epoll, PollOperations.ADD, second.source(), Constants.EPOLLIN, data, NONE);
      assertThrows(OperationTimeoutException.class, () -> uring.polling().epollWait(epoll, 8, SOON));
      Caller caller = Caller.virtual(() -> uring.polling().epollWait(epoll, 8, NONE));
      Await.untilInFlight(uring, OperationKind.EPOLL_WAIT, 1);
      Await.untilParked(caller.thread());
      write(second);
      assertEquals(List.of(new EpollEvent(Constants.EPOLLIN, data)), caller.value());
      write(first);
      assertEquals(2, uring.polling().epollWait(epoll, 8, NONE).size());
      assertEquals(1, uring.polling().epollWait(epoll, 1, NONE).size());
      assertThrows(IllegalArgumentException.class, () -> uring.polling().epollWait(epoll, 0, NONE));
    }
  }

  // ---- cancel

  @Test
  @Runs(Opcode.ASYNC_CANCEL)
  void everythingOnADescriptorIsCancelledAndItStaysOpen() throws IOException {
    try (Pipe pipe = Pipe.open(uring); Pipe other = Pipe.open(uring)) {
      byte[] into = new byte[1];
      Caller first = Caller.virtual(() -> uring.read(pipe.source(), into, 0, 1, -1, NONE));
      Caller second = Caller.virtual(() -> uring.files().readv(
          pipe.source(), List.of(MemorySegment.ofArray(new byte[1])), -1, NONE));
      Caller bystander = Caller.virtual(() -> uring.read(other.source(), new byte[1], 0, 1, -1, NONE));
      awaitInKernel(3);
      assertEquals(2, uring.cancelAll(pipe.source()));
      first.thrown(OperationCancelledException.class);
      second.thrown(OperationCancelledException.class);
      write(other);
      assertEquals(1, bystander.value());
      write(pipe);
      assertEquals(1, uring.read(pipe.source(), into, 0, 1, -1, NONE));
      assertEquals(0, uring.cancelAll(pipe.source()));
    }
  }

  @Test
  void everythingIsCancelled() throws IOException {
    try (Pipe pipe = Pipe.open(uring)) {
      Caller reader = Caller.virtual(() -> uring.read(pipe.source(), new byte[1], 0, 1, -1, NONE));
      Caller timer = Caller.platform(() -> {
        uring.timeout(LONG);
        return null;
      });
      awaitInKernel(2);
      assertEquals(2, uring.cancelAll());
      reader.thrown(OperationCancelledException.class);
      timer.thrown(OperationCancelledException.class);
    }
  }

  @Test
  void theCloseOfWhatItWatchesLeavesAnEpollDescriptorAlone() throws IOException {
    try (Descriptor epoll = uring.polling().epoll()) {
      Pipe pipe = Pipe.open(uring);
      uring.polling().epollControl(epoll, PollOperations.ADD, pipe.source(), Constants.EPOLLIN, 1, NONE);
      pipe.close();
      assertThrows(OperationTimeoutException.class, () -> uring.polling().epollWait(epoll, 8, SOON));
      assertThrows(
          DescriptorClosedException.class,
          () -> uring.polling().epollControl(epoll, PollOperations.ADD, pipe.source(), 0, 1, NONE));
      assertEquals(0, readyNow(epoll));
    }
  }
}
