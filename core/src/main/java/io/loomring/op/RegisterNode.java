package io.loomring.op;

import java.util.concurrent.CountDownLatch;

/** A call of io_uring_register that waits for its turn. */
final class RegisterNode extends InboxNode {
  final CountDownLatch answered = new CountDownLatch(1);
  private final Submitter ring;
  private final int operation;
  private final long argument;
  private final int count;
  // Written before the latch falls.
  int result = Outcome.RING_DEAD;

  RegisterNode(Submitter ring, int operation, long argument, int count) {
    this.ring = ring;
    this.operation = operation;
    this.argument = argument;
    this.count = count;
  }

  /** For the baton's holder. */
  void run() {
    answer(ring.register(operation, argument, count));
  }

  void answer(int with) {
    result = with;
    answered.countDown();
  }
}
