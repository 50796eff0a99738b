package io.loomring.ready;

import io.loomring.sys.Constants;

/**
 * What a waiter waits for. Errors and hang-ups end each of these waits too.
 *
 * @since 0.1
 */
public enum Interest {
  /** There is something to read, or the end of it; for a listener, a connection to accept. */
  READABLE(Constants.POLLIN, 0),
  /** There is room to write; for a socket that connects, it is decided. */
  WRITABLE(Constants.POLLOUT, 0),
  /** There is something out of the ordinary to read, such as urgent data of TCP. */
  PRIORITY(Constants.POLLPRI, Constants.POLLRDBAND);

  private final int event;
  private final int helper;

  Interest(int event, int helper) {
    this.event = event;
    this.helper = helper;
  }

  /** The event of poll(2). */
  public int event() {
    return event;
  }

  /** What the kernel is asked for: a poll for POLLPRI alone is not woken by sockets (K-74). */
  int asked() {
    return event | helper;
  }

  /** Whether events that were reported may not be true: what is asked for beside the event comes with ordinary data too. */
  boolean isUnsure(int events) {
    return (events & helper) != 0;
  }

  /**
   * What is true of such events (K-74).
   *
   * @param now what a look at the event alone has found, or negative where nobody could look: then it is an error or a
   *     hang-up only that is true for certain
   */
  int confirmed(int events, int now) {
    return now < 0 ? events & ~asked() : now;
  }
}
