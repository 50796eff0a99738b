package io.loomring.api;

import io.loomring.error.Call;
import io.loomring.error.DescriptorClosedException;
import io.loomring.op.Mailbox;
import io.loomring.op.OperationKind;
import io.loomring.ring.Sqe;
import java.io.IOException;

/**
 * Messages between rings, of one Uring or several of this process, from {@link Uring#rings}; needs Linux 5.18. A message is
 * a number; it wakes the other ring as a completion of its own does, without a system call on that side.
 *
 * <pre>{@code
 * RingMailbox box = worker.rings().mailbox(64);      // a thread of the worker waits: box.take(CallOptions.NONE)
 * acceptor.rings().send(box, 42, CallOptions.NONE);
 * }</pre>
 *
 * @since 0.1
 */
public final class RingOperations {
  private static final int MAX_MESSAGES = 1 << 20;

  private final Uring uring;

  RingOperations(Uring uring) {
    this.uring = uring;
  }

  /**
   * Opens a mailbox on a ring of this Uring.
   *
   * @param capacity how many messages it holds that nobody has taken yet, from 1 to 1048576
   */
  public RingMailbox mailbox(int capacity) {
    if (capacity < 1 || capacity > MAX_MESSAGES) {
      throw new IllegalArgumentException("capacity " + capacity + ": from 1 to " + MAX_MESSAGES);
    }
    return new RingMailbox(uring, new Mailbox(uring.nextTable(), capacity));
  }

  /**
   * Sends a message from a ring of this Uring.
   *
   * @return false, at once, if the mailbox is full: nothing was sent; who tries again lets others run first
   * @throws DescriptorClosedException if it is closed
   */
  public boolean send(RingMailbox to, int message, CallOptions options) throws IOException {
    Mailbox box = to.box();
    if (!box.isOpen()) {
      throw new DescriptorClosedException("closed: mailbox");
    }
    if (!box.reserve()) {
      return false;
    }
    int result = -1;
    try {
      result = new Request(uring, OperationKind.MSG_RING).lending(box).until(options).issue(
          (sqe, at, op) -> Sqe.prepMsgRing(sqe, at, box.ringFd(), message, box.userData(), 0));
    } finally {
      if (result < 0) {
        box.unreserve();
      }
    }
    uring.checked(Call.OTHER, result, null);
    return true;
  }
}
