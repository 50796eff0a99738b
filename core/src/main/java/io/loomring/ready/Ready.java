package io.loomring.ready;

import io.loomring.fd.Descriptor;
import io.loomring.sys.Constants;
import org.jspecify.annotations.Nullable;

/**
 * A descriptor that became ready, and for whom.
 *
 * @since 0.1
 */
public final class Ready {
  private final Registration registration;
  private final int events;

  Ready(Registration registration, int events) {
    this.registration = registration;
    this.events = events;
  }

  /** The number of the descriptor; of a direct one the index in its ring's table, which is no number of the process. */
  public int id() {
    return registration.id;
  }

  /** The descriptor, where it is one of this library that was waited for as such; null where it was a number. */
  public @Nullable Descriptor descriptor() {
    return registration.on;
  }

  /** What was waited for. */
  public Interest interest() {
    return registration.interest;
  }

  /** Who was registered; a waiter that does nothing where a thread waited. */
  public Waiter waiter() {
    return registration.waiter;
  }

  /** The events of poll(2) that were there: what was waited for, POLLERR, POLLHUP. */
  public int events() {
    return events;
  }

  /** Whether what was waited for is there, and not only an error or a hang-up. */
  public boolean isReady() {
    return (events & registration.interest.event()) != 0;
  }

  /** Whether there is an error, which the next operation on the descriptor tells. */
  public boolean isError() {
    return (events & Constants.POLLERR) != 0;
  }

  /** Whether the other side has hung up; there may still be something to read. */
  public boolean isHangUp() {
    return (events & Constants.POLLHUP) != 0;
  }

  /** Whether its waiter was unregistered since. */
  boolean isDropped() {
    return registration.isDropped();
  }

  @Override
  public String toString() {
    return registration + " is ready, events 0x" + Integer.toHexString(events);
  }
}
