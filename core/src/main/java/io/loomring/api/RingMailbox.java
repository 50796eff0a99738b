package io.loomring.api;

import io.loomring.error.Call;
import io.loomring.op.Mailbox;
import java.io.IOException;

/**
 * Takes messages that other rings send to a ring of this Uring: see {@link RingOperations}. One thread at a time waits for
 * them.
 *
 * @since 0.1
 */
public final class RingMailbox implements AutoCloseable {
  private final Uring uring;
  private final Mailbox box;

  RingMailbox(Uring uring, Mailbox box) {
    this.uring = uring;
    this.box = box;
  }

  Mailbox box() {
    return box;
  }

  /**
   * Waits for a message. Messages of one sender come in the order in which they were sent.
   *
   * @throws IllegalArgumentException if the options have a handle: {@link #close} ends the wait
   * @throws IllegalStateException if another thread waits
   * @throws IOException where a timeout, an interrupt of a virtual thread, or a close ends the wait, as with every call
   */
  public int take(CallOptions options) throws IOException {
    if (options.handle() != null) {
      throw new IllegalArgumentException("no operation of the kernel waits here: close() ends the wait, not a handle");
    }
    int[] outcome = new int[1];
    int message = box.take(options.deadlineFromNow(), outcome);
    if (outcome[0] != 0) {
      throw uring.failure(Call.OTHER, outcome[0], null);
    }
    return message;
  }

  /** Takes no more messages; those that are here are lost, and who waits is told that it is closed. */
  @Override
  public void close() {
    box.close();
  }
}
