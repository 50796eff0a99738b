package io.loomring.poller;

import io.loomring.error.UringUnavailableException;
import io.loomring.sys.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ends a driver's wait in the kernel, from any thread: a descriptor of its own that the ring watches. The watch is
 * one-shot, and only there while a driver may wait.
 */
final class WakeUp {
  final int fd;
  private final MemorySegment value = Arena.ofAuto().allocate(Long.BYTES, Long.BYTES);
  private final MemorySegment one = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_LONG, 1L);

  // The driver's.
  private boolean watched;
  private long seen;

  /** Threads that are about to write; below zero once the descriptor is to be closed. */
  private final AtomicInteger signalling = new AtomicInteger();

  /** Makes one of an eventfd, which is closed with it. */
  WakeUp(int fd) {
    this.fd = fd;
  }

  /**
   * Makes one.
   *
   * @throws UringUnavailableException if its descriptor cannot be had
   */
  static WakeUp make() {
    int fd = SystemCalls.eventfd();
    if (fd < 0) {
      throw UringUnavailableException.refused("eventfd2", -fd);
    }
    return new WakeUp(fd);
  }

  /** Has the ring watch it, before a wait; false if the queue has no room for that: then the driver must not wait. */
  boolean watch(Turn turn) {
    watched = watched || turn.watch(fd);
    return watched;
  }

  /** After any turn: a signal may come late, when the driver does not wait any more, and is then spent all the same. */
  void spend(Turn turn) {
    if (turn.wakeUps() != seen) {
      seen = turn.wakeUps();
      watched = false;
      SystemCalls.read(fd, value.address(), Long.BYTES);
    }
  }

  /** Ends the wait, or the next one. Any thread may call. */
  void signal() {
    // Closed, the number may be another's.
    if (signalling.getAndIncrement() >= 0) {
      SystemCalls.write(fd, one.address(), Long.BYTES);
    }
    signalling.getAndDecrement();
  }

  /**
   * Closes it, once. Not under a lock, like everything of a loop's thread: one of its own virtual threads that waited for
   * the lock, too, could be the next to get it, and could not run before the loop's thread had had it.
   */
  void close() {
    signalling.getAndAdd(Integer.MIN_VALUE);
    while (signalling.get() != Integer.MIN_VALUE) {
      Thread.onSpinWait();
    }
    SystemCalls.close(fd);
  }
}
