package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.op.Outcome;
import io.loomring.ring.Sqe;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.UringTest;
import org.junit.jupiter.api.Test;

/** The way of operations off the data path: what becomes of one whose second descriptor is closed, or that is refused. */
class RequestTest extends UringTest {
  @Test
  void closingTheSecondDescriptorEndsTheOperation() throws Exception {
    try (Connections.Pair pair = Connections.pair(uring); Connections.Pair other = Connections.pair(uring)) {
      Descriptor second = other.client();
      Caller waiting = Caller.virtual(() -> waitForInput(pair.server(), second));
      Await.untilInFlight(uring, OperationKind.POLL, 1);
      second.close();
      assertEquals(Outcome.CLOSED, waiting.value());
    }
  }

  @Test
  void anOperationWhoseSecondDescriptorIsClosedIsRefused() throws Exception {
    try (Connections.Pair pair = Connections.pair(uring); Connections.Pair other = Connections.pair(uring)) {
      other.client().close();
      assertEquals(Outcome.CLOSED, waitForInput(pair.server(), other.client()));
    }
  }

  @Test
  void anEncoderThatThrowsLeavesNothingBehind() throws Exception {
    try (Connections.Pair pair = Connections.pair(uring)) {
      long slots = uring.stats().slotsInUse();
      assertThrows(ArithmeticException.class, () -> new Request(uring, OperationKind.NOP)
          .on(pair.server())
          .issue((sqe, at, op) -> {
            throw new ArithmeticException("of the encoder");
          }));
      assertEquals(slots, uring.stats().slotsInUse());
      assertEquals(0, pair.server().inFlight());
    }
  }

  @Test
  void aDescriptorWhoseMakerFailsAfterItHasComeIsClosed() throws Exception {
    int sockets = Descriptors.sockets();
    long slots = uring.stats().slotsInUse();
    assertThrows(OutOfMemoryError.class, () -> new Request(uring, OperationKind.SOCKET)
        .reading((op, result) -> {
          throw new OutOfMemoryError("of the reader");
        })
        .make(new RawOperations.Accepted(), (sqe, at, op) ->
            Sqe.prepSocket(sqe, at, Constants.AF_INET, Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC, 0)));
    Descriptors.awaitSockets(sockets);
    Await.until("its slots are back", () -> uring.stats().slotsInUse() == slots);
  }

  @Test
  void descriptorsOfTwoUringsAreRefused() throws Exception {
    try (Uring stranger = Uring.open(UringConfig.defaults().withName("stranger"));
        Connections.Pair pair = Connections.pair(uring);
        Descriptor theirs = stranger.tcpSocket()) {
      assertThrows(IllegalArgumentException.class, () -> waitForInput(pair.server(), theirs));
    }
  }

  private int waitForInput(Descriptor on, Descriptor second) {
    return new Request(uring, OperationKind.POLL).on(on).with(second).until(CallOptions.NONE).issue(
        (sqe, at, op) -> Sqe.prepPollAdd(sqe, at, on.fd(), Constants.POLLIN));
  }
}
