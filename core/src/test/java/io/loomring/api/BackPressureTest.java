package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.op.Operation;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The smallest queues and a table of sixteen slots: who finds no room waits, and nothing is lost. */
class BackPressureTest extends UringTest {
  private static final int SLOTS = 16;

  @Override
  protected UringConfig config() {
    return TestDriver.config("narrow").withRings(1).withEntries(2, 2).withMaxOperations(SLOTS);
  }

  @Test
  void manyThreadsGetThroughNarrowQueues() throws IOException {
    int rounds = 300;
    List<Caller> callers = new ArrayList<>();
    Pair first = Connections.pair(uring);
    Pair second = Connections.pair(uring);
    for (Pair pair : List.of(first, second)) {
      callers.add(Caller.virtual(() -> echo(pair.server(), rounds)));
      callers.add(Caller.platform(() -> ping(pair.client(), rounds)));
    }
    AtomicInteger nops = new AtomicInteger();
    for (int i = 0; i < 60; i++) {
      callers.add((i % 2 == 0 ? Caller.virtual(() -> nop(rounds, nops)) : Caller.platform(() -> nop(rounds, nops))));
    }
    for (Caller caller : callers) {
      caller.value();
    }
    assertEquals(60 * rounds, nops.get());
    first.close();
    second.close();
  }

  private Object nop(int rounds, AtomicInteger count) throws IOException {
    for (int i = 0; i < rounds; i++) {
      uring.nop();
      count.getAndIncrement();
    }
    return null;
  }

  private Object echo(Descriptor socket, int rounds) throws IOException {
    byte[] bytes = new byte[4];
    for (int i = 0; i < rounds; i++) {
      assertEquals(4, uring.recv(socket, bytes, 0, 4));
      uring.send(socket, bytes, 0, 4);
    }
    return null;
  }

  private Object ping(Descriptor socket, int rounds) throws IOException {
    CallOptions options = CallOptions.timeout(Duration.ofSeconds(30));
    for (int i = 0; i < rounds; i++) {
      byte[] bytes = {(byte) i, 2, 3, (byte) (i >> 8)};
      uring.send(socket, bytes.clone(), 0, 4);
      byte[] back = new byte[4];
      assertEquals(4, uring.recv(socket, MemorySegment.ofArray(back), options));
      assertEquals(MemorySegment.ofArray(bytes).mismatch(MemorySegment.ofArray(back)), -1);
    }
    return null;
  }

  /** Takes every slot that is left with calls that wait. */
  private List<Caller> fillTable(Descriptor on) {
    return take(on, SLOTS - uring.stats().slotsInUse());
  }

  private List<Caller> take(Descriptor on, int count) {
    List<Caller> callers = new ArrayList<>();
    int before = uring.stats().slotsInUse();
    for (int i = 0; i < count; i++) {
      callers.add(Caller.virtual(() -> uring.poll(on, Constants.POLLIN, CallOptions.NONE)));
    }
    Await.until("the slots are taken", () -> uring.stats().slotsInUse() == before + count);
    awaitInKernel(count);
    return callers;
  }

  @Test
  void aFullTableRefusesWhoDoesNotWait() throws IOException {
    Pair pair = Connections.pair(uring);
    List<Caller> callers = fillTable(pair.server());
    assertNull(pair.client().table().tryAcquire());
    uring.close(pair.server());
    callers.forEach(caller -> caller.thrown(DescriptorClosedException.class));
    Operation operation = pair.client().table().tryAcquire();
    assertNotNull(operation);
    operation.release();
    pair.client().close();
  }

  @Test
  void whoWaitsForASlotIsEndedByTheDeadline() throws IOException {
    Pair pair = Connections.pair(uring);
    List<Caller> callers = fillTable(pair.server());
    CallOptions soon = CallOptions.timeout(Duration.ofMillis(50));
    Caller.virtual(() -> uring.recv(pair.client(), MemorySegment.ofArray(new byte[1]), soon))
        .thrown(OperationTimeoutException.class);
    Caller.platform(() -> uring.accept(pair.client(), soon)).thrown(OperationTimeoutException.class);
    pair.server().close();
    callers.forEach(caller -> caller.thrown(DescriptorClosedException.class));
    pair.client().close();
  }

  @Test
  void whoWaitsForASlotIsEndedByTheClose() throws IOException {
    Pair pair = Connections.pair(uring);
    List<Caller> callers = fillTable(pair.server());
    Caller virtual = Caller.virtual(() -> uring.recv(pair.client(), new byte[1], 0, 1));
    Caller platform = Caller.platform(() -> uring.recv(pair.client(), new byte[1], 0, 1));
    Await.untilParked(virtual.thread());
    Await.untilParked(platform.thread());
    // A full table never keeps a descriptor open.
    pair.client().close();
    virtual.thrown(DescriptorClosedException.class);
    platform.thrown(DescriptorClosedException.class);
    pair.server().close();
    // The peer's end may have come first, and a result beats the close.
    callers.forEach(Caller::thrown);
  }

  @Test
  void whoWaitsForASlotGetsTheNextOneThatComesFree() throws IOException {
    Pair pair = Connections.pair(uring);
    List<Caller> callers = fillTable(pair.server());
    List<Caller> waiting = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      waiting.add(Caller.virtual(() -> {
        uring.nop();
        return null;
      }));
    }
    waiting.forEach(caller -> Await.untilParked(caller.thread()));
    assertTrue(waiting.stream().noneMatch(Caller::isDone));
    pair.server().close();
    callers.forEach(caller -> caller.thrown(DescriptorClosedException.class));
    waiting.forEach(Caller::value);
    pair.client().close();
  }

  @Test
  void aBurstThatOverflowsTheCompletionQueueLosesNothing() throws IOException {
    Pair pair = Connections.pair(uring);
    for (int round = 0; round < 20; round++) {
      Await.until("slots are free", () -> uring.stats().slotsInUse() == 2);
      List<Caller> callers = take(pair.server(), SLOTS - 3);
      uring.send(pair.client(), new byte[1], 0, 1);
      callers.forEach(caller -> assertEquals(Constants.POLLIN, caller.value()));
      assertEquals(1, uring.recv(pair.server(), new byte[1], 0, 1));
    }
    pair.close();
  }
}
