package io.loomring.ready;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.CallOptions;
import io.loomring.api.FullTable;
import io.loomring.api.UringConfig;
import io.loomring.api.UringStats;
import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.error.PrematureCloseException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Deadline;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Foreign;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Direct descriptors are waited for as others are, and a wait is cancelled by a handle. */
class DirectReadinessTest extends UringTest {
  private static final Waiter NOTHING = ready -> { };
  private static final int SLOTS = 16;

  private final Foreign foreign = new Foreign();
  private final List<Descriptor> opened = new ArrayList<>();
  private ReadinessQueue queue;

  @Override
  protected UringConfig config() {
    return super.config().withMaxOperations(SLOTS).withDirectDescriptors(4);
  }

  @BeforeEach
  void openQueue() throws IOException {
    queue = uring.polling().readinessQueue();
  }

  @AfterEach
  void closeAll() throws IOException {
    queue.close();
    foreign.close();
    for (Descriptor descriptor : opened) {
      descriptor.close();
    }
  }

  /** The number of a peer, and a direct descriptor. */
  private record Two(int peer, Descriptor direct) {}

  private Descriptor own(Descriptor descriptor) {
    opened.add(descriptor);
    return descriptor;
  }

  private Two two() throws IOException {
    Foreign.Two sockets = foreign.sockets();
    try (Descriptor borrowed = uring.borrow(sockets.second())) {
      return new Two(sockets.first(), own(uring.direct().filesUpdate(borrowed, CallOptions.NONE)));
    }
  }

  private static List<Descriptor> descriptors(List<Ready> found) {
    return found.stream().map(Ready::descriptor).toList();
  }

  // ---- direct descriptors

  @Test
  void aThreadIsParkedUntilADirectDescriptorIsReadable() throws IOException {
    Two two = two();
    Caller waiter = Caller.virtual(() -> queue.await(two.direct(), Interest.READABLE));
    Await.untilInFlight(uring, OperationKind.POLL, 1);
    Await.untilParked(waiter.thread());
    foreign.write(two.peer(), 3);
    Ready ready = (Ready) waiter.value();
    assertTrue(ready.isReady());
    assertSame(two.direct(), ready.descriptor());
    assertEquals(two.direct().sqeFd(), ready.id());
    assertTrue(ready.toString().startsWith("direct descriptor " + ready.id() + " READABLE"), ready::toString);
    assertTrue(queue.await(two.direct(), Interest.WRITABLE, Duration.ZERO).isReady());
    assertEquals(3, uring.recv(two.direct(), new byte[9], 0, 9));
    assertThrows(
        OperationTimeoutException.class, () -> queue.await(two.direct(), Interest.READABLE, Duration.ofMillis(5)));
  }

  @Test
  void twoDescriptorsThatHaveTheSameIndexInTheirRingsAreToldFromEachOtherAndFromNumbers() throws IOException {
    Two one = two();
    Two other = two();
    while (other.direct().sqeFd() != one.direct().sqeFd() && uring.direct().capacity() > uring.direct().inUse()) {
      other = two();
    }
    int event = foreign.eventfd();
    queue.register(one.direct(), Interest.READABLE, NOTHING);
    queue.register(other.direct(), Interest.READABLE, NOTHING);
    queue.register(event, Interest.READABLE, NOTHING);
    assertEquals(3, queue.size());
    foreign.write(other.peer(), 1);
    List<Ready> found = queue.poll();
    assertEquals(List.of(other.direct()), descriptors(found));
    foreign.write(one.peer(), 1);
    assertEquals(List.of(one.direct()), descriptors(queue.poll()));
    Foreign.signal(event);
    Ready number = queue.poll().getFirst();
    assertEquals(event, number.id());
    assertNull(number.descriptor());
    assertTrue(queue.isEmpty());
  }

  @Test
  void aPersistentRegistrationOfADirectDescriptorReportsEachArrivalUntilItIsUnregistered() throws IOException {
    Two two = two();
    queue.registerPersistent(two.direct(), Interest.READABLE, NOTHING);
    IllegalStateException refused = assertThrows(
        IllegalStateException.class, () -> queue.register(two.direct(), Interest.READABLE, NOTHING));
    assertTrue(refused.getMessage().contains("direct descriptor"), refused.getMessage());
    for (int i = 0; i < 100; i++) {
      foreign.write(two.peer(), 1);
      assertEquals(List.of(two.direct()), descriptors(queue.poll(Await.LIMIT)));
      assertEquals(List.of(), queue.poll(Duration.ZERO), "one arrival is reported once");
    }
    assertTrue(queue.unregister(two.direct(), Interest.READABLE));
    assertFalse(queue.unregister(two.direct(), Interest.READABLE));
    assertEquals(0, uring.inFlight(OperationKind.POLL));
    assertEquals(100, uring.recv(two.direct(), new byte[200], 0, 200));
  }

  @Test
  void theCloseOfADirectDescriptorIsToldToWhoeverWaitsForIt() throws IOException {
    Two one = two();
    Caller waiter = Caller.virtual(() -> queue.await(one.direct(), Interest.READABLE));
    Await.untilInFlight(uring, OperationKind.POLL, 1);
    one.direct().close();
    PrematureCloseException thrown = waiter.thrown(PrematureCloseException.class);
    assertTrue(thrown.getMessage().contains("direct descriptor " + thrown.id()), thrown.getMessage());
    assertThrows(DescriptorClosedException.class, () -> queue.await(one.direct(), Interest.READABLE));
    Two polled = two();
    queue.registerPersistent(polled.direct(), Interest.READABLE, NOTHING);
    Caller poller = Caller.virtual(queue::poll);
    Await.untilParked(poller.thread());
    polled.direct().close();
    assertEquals(polled.direct().sqeFd(), poller.thrown(PrematureCloseException.class).id());
    Two dropped = two();
    assertNotSame(polled.direct(), dropped.direct());
    queue.register(dropped.direct(), Interest.READABLE, NOTHING);
    dropped.direct().close();
    assertThrows(PrematureCloseException.class, () -> queue.unregister(dropped.direct(), Interest.READABLE));
    assertTrue(queue.isEmpty());
    assertEquals(List.of(), queue.poll());
    assertEquals(0, uring.direct().inUse());
  }

  @Test
  void urgentDataWakesWhoWaitsForPriorityOfADirectDescriptorAndOtherDataDoesNot() throws IOException {
    try (Pair pair = Connections.pair(uring)) {
      Descriptor direct = own(uring.direct().filesUpdate(pair.server(), CallOptions.NONE));
      Caller waiter = Caller.virtual(() -> queue.await(direct, Interest.PRIORITY).isReady());
      Await.untilInFlight(uring, OperationKind.POLL, 1);
      uring.send(pair.client(), new byte[1], 0, 1);
      assertEquals(1, uring.recv(direct, new byte[1], 0, 1));
      assertFalse(waiter.isDone());
      foreign.urge(pair.client().fd());
      assertEquals(true, waiter.value());
    }
  }

  @Test
  void aDirectDescriptorThatIsAlwaysReadyIsRefusedWithAWordWhy(@TempDir Path directory) throws IOException {
    Descriptor file = own(uring.direct().open(Files.createFile(directory.resolve("file"))));
    for (Interest interest : Interest.values()) {
      IOException refused = assertThrows(IOException.class, () -> queue.register(file, interest, NOTHING));
      assertTrue(refused.getMessage().contains("always ready"), refused.getMessage());
      assertThrows(IOException.class, () -> queue.await(file, interest, Duration.ZERO));
    }
    assertTrue(queue.isEmpty());
  }

  // ---- handles

  @Test
  void aHandleCancelsAThreadThatWaits() throws IOException {
    int event = foreign.eventfd();
    Two two = two();
    // The first wait for a direct descriptor looks whether it can be waited for, with a poll of its own.
    assertThrows(
        OperationTimeoutException.class, () -> queue.await(two.direct(), Interest.READABLE, Duration.ZERO));
    OperationHandle first = new OperationHandle();
    Caller number = Caller.virtual(() -> queue.await(event, Interest.READABLE, Deadline.NONE, first));
    OperationHandle second = new OperationHandle();
    Caller direct = Caller.platform(() -> queue.await(two.direct(), Interest.READABLE, Deadline.NONE, second));
    Await.untilInFlight(uring, OperationKind.POLL, 2);
    assertEquals(OperationHandle.Answer.CANCELLED, first.cancel());
    assertEquals(1, uring.inFlight(OperationKind.POLL), "the kernel has let go");
    assertEquals(OperationHandle.Answer.CANCELLED, second.cancel());
    number.thrown(OperationCancelledException.class);
    direct.thrown(OperationCancelledException.class);
    assertEquals(0, uring.inFlight(OperationKind.POLL));
    assertEquals(OperationHandle.Answer.CANCELLED, first.cancel());
  }

  @Test
  void aHandleThatWasCancelledBeforeLetsNoWaitBegin() throws IOException {
    int event = foreign.eventfd();
    Foreign.signal(event);
    OperationHandle handle = new OperationHandle();
    assertEquals(OperationHandle.Answer.CANCELLED, handle.cancel());
    long submitted = uring.stats().submitted();
    assertThrows(
        OperationCancelledException.class, () -> queue.await(event, Interest.READABLE, Deadline.NONE, handle));
    assertEquals(submitted, uring.stats().submitted());
  }

  @Test
  void aHandleOfAWaitThatIsOverSaysSoAndServesNoOther() throws IOException {
    int event = foreign.eventfd();
    Foreign.signal(event);
    OperationHandle handle = new OperationHandle();
    assertTrue(queue.await(event, Interest.READABLE, Deadline.NONE, handle).isReady());
    assertEquals(OperationHandle.Answer.ALREADY_DONE, handle.cancel());
    assertThrows(
        IllegalStateException.class, () -> queue.await(event, Interest.READABLE, Deadline.NONE, handle));
    OperationHandle late = new OperationHandle();
    Foreign.drain(event);
    assertThrows(
        OperationTimeoutException.class, () -> queue.await(event, Interest.READABLE, System.nanoTime(), late));
    assertEquals(OperationHandle.Answer.ALREADY_DONE, late.cancel());
    assertTrue(queue.isEmpty());
  }

  // ---- no slot

  @Test
  void aCancelReachesWhoWaitsForASlotAndNotYetForTheDescriptor() throws IOException {
    FullTable full = new FullTable(uring);
    int event = foreign.eventfd();
    OperationHandle handle = new OperationHandle();
    Caller waiter = Caller.virtual(() -> queue.await(event, Interest.READABLE, Deadline.NONE, handle));
    Await.untilParked(waiter.thread());
    assertEquals(OperationHandle.Answer.CANCELLED, handle.cancel());
    waiter.thrown(OperationCancelledException.class);
    full.close();
  }

  @Test
  void pollComesBackFromItsTimeoutWithoutASlotForALook() throws IOException {
    int event = foreign.eventfd();
    queue.registerPersistent(event, Interest.READABLE, NOTHING);
    FullTable full = new FullTable(uring);
    assertEquals(List.of(), Caller.virtual(() -> queue.poll(Duration.ZERO)).value());
    assertEquals(List.of(), Caller.virtual(() -> queue.poll(Duration.ofMillis(5))).value());
    Foreign.signal(event);
    List<?> found = (List<?>) Caller.virtual(() -> queue.poll(Duration.ofSeconds(30))).value();
    assertEquals(1, found.size());
    full.close();
  }

  @Test
  void whoWaitsForADirectDescriptorOfWhichNothingIsKnownYetWaitsForTheSlotNoLongerThanAsked() throws IOException {
    Two waited = two();
    Two registered = two();
    FullTable full = new FullTable(uring);
    Caller.virtual(() -> queue.await(waited.direct(), Interest.READABLE, Duration.ofMillis(5)))
        .thrown(OperationTimeoutException.class);
    OperationHandle handle = new OperationHandle();
    Caller waiter = Caller.virtual(() -> queue.await(waited.direct(), Interest.READABLE, Deadline.NONE, handle));
    Await.untilParked(waiter.thread());
    assertEquals(OperationHandle.Answer.CANCELLED, handle.cancel());
    waiter.thrown(OperationCancelledException.class);
    Caller registering = Caller.virtual(() -> {
      queue.register(registered.direct(), Interest.READABLE, NOTHING);
      return null;
    });
    Await.untilParked(registering.thread());
    queue.close();
    registering.value();
    full.close();
  }

  @Test
  void anEventThatHasToBeConfirmedIsNotLostWhereThereIsNoSlotForThatAndKeepsNobody() throws IOException {
    Pair pair = Connections.pair(uring);
    Descriptor direct = own(uring.direct().filesUpdate(pair.server(), CallOptions.NONE));
    queue.registerPersistent(direct, Interest.PRIORITY, NOTHING);
    awaitInKernel(1);
    // Ordinary data looks like it (K-74), and what comes together with that has to be confirmed as well.
    foreign.write(pair.client().fd(), 1);
    Await.until("it has come", () -> SocketCalls.available(pair.server()) == 1);
    for (int i = 0; i < 2; i++) {
      assertTrue(queue.await(direct, Interest.WRITABLE, Duration.ZERO).isReady(), "a trip to the kernel and back");
    }
    FullTable full = new FullTable(uring);
    foreign.urge(pair.client().fd());
    assertEquals(List.of(), Caller.virtual(() -> queue.poll(Duration.ofMillis(5))).value());
    Caller poller = Caller.virtual(queue::poll);
    Await.untilParked(poller.thread());
    poller.thread().interrupt();
    poller.thrown(OperationInterruptedException.class);
    Caller late = Caller.virtual(() -> descriptors(queue.poll()));
    Await.untilParked(late.thread());
    full.close();
    assertEquals(List.of(direct), late.value());
    pair.close();
  }

  @Test
  void whatIsNotConfirmedForWantOfASlotEndsNoWaitAndKeepsNone() throws IOException {
    Pair pair = Connections.pair(uring);
    Descriptor direct = own(uring.direct().filesUpdate(pair.server(), CallOptions.NONE));
    assertThrows(
        OperationTimeoutException.class, () -> queue.await(direct, Interest.PRIORITY, Duration.ofMillis(1)));
    for (int i = 0; i < 20; i++) {
      OperationHandle handle = new OperationHandle();
      long deadline = i % 2 == 0 ? Deadline.after(Duration.ofMillis(30)) : Deadline.NONE;
      Caller waiter = Caller.virtual(() -> queue.await(direct, Interest.PRIORITY, deadline, handle));
      Await.until("it waits in the kernel, or no longer", () -> {
        UringStats stats = uring.stats();
        return waiter.isDone() || stats.submitted() > stats.completed();
      });
      FullTable full = new FullTable(uring);
      // For the slot of the poll that ends now, and that of the next.
      full.takeOneMore(direct.table());
      full.takeOneMore(direct.table());
      long completed = uring.stats().completed();
      foreign.write(pair.client().fd(), 1);
      if (deadline == Deadline.NONE) {
        Await.until("the poll has ended", () -> uring.stats().completed() > completed);
        assertEquals(OperationHandle.Answer.CANCELLED, handle.cancel());
        waiter.thrown(OperationCancelledException.class);
      } else {
        waiter.thrown(OperationTimeoutException.class);
      }
      full.close();
      assertEquals(1, uring.recv(direct, new byte[1], 0, 1));
    }
    pair.close();
  }

  @Test
  void aCancelThatMeetsAnArrivalEndsTheWaitOnceEitherWay() throws IOException {
    int event = foreign.eventfd();
    int cancelled = 0;
    int rounds = 200;
    for (int i = 0; i < rounds; i++) {
      OperationHandle handle = new OperationHandle();
      Caller waiter = Caller.virtual(() -> {
        try {
          return queue.await(event, Interest.READABLE, Deadline.NONE, handle).isReady();
        } catch (OperationCancelledException e) {
          return false;
        }
      });
      Caller signaller = Caller.virtual(() -> {
        Foreign.signal(event);
        return null;
      });
      OperationHandle.Answer answer = handle.cancel();
      boolean done = (boolean) waiter.value();
      assertEquals(done ? OperationHandle.Answer.ALREADY_DONE : OperationHandle.Answer.CANCELLED, answer);
      cancelled += done ? 0 : 1;
      signaller.value();
      assertEquals(1, Foreign.drain(event));
    }
    assertTrue(cancelled <= rounds);
    assertEquals(0, uring.inFlight(OperationKind.POLL));
  }
}
