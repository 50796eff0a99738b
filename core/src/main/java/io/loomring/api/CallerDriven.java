package io.loomring.api;

import io.loomring.error.UringUnavailableException;
import io.loomring.poller.PollerGroup;
import java.time.Duration;

/**
 * A {@link Uring} without threads of its own: the platform thread that opened it runs its turns, with the methods here,
 * and whenever it waits for one of its operations itself. For programs that have a loop already, and for tests that want
 * to say when something happens.
 *
 * <pre>{@code
 * try (CallerDriven driven = CallerDriven.open(UringConfig.defaults())) {
 *   // Others call driven.uring() meanwhile, and this thread between two turns.
 *   while (!caller.isDone()) {
 *     driven.runOnce(Duration.ofMillis(100));
 *   }
 * }
 * }</pre>
 *
 * <p>Any thread may call the operations of {@link #uring}; those of other threads wait for a turn. The driving thread must
 * not wait for other threads in any other way than by operations: for a lock that a thread holds which waits for the
 * ring, it would wait for ever.
 *
 * @since 0.1
 */
public final class CallerDriven implements AutoCloseable {
  private final Uring uring;
  private final PollerGroup group;

  private CallerDriven(Uring uring, PollerGroup group) {
    this.uring = uring;
    this.group = group;
  }

  /**
   * Opens one ring for the calling thread to drive.
   *
   * @throws UringUnavailableException if io_uring cannot be had here; the message says why, and what to do
   * @throws IllegalArgumentException for a configuration with loops, or with a spin
   * @throws IllegalStateException if the calling thread is virtual
   */
  public static CallerDriven open(UringConfig config) {
    if (config.loops() || !config.spin().isZero()) {
      throw new IllegalArgumentException("a ring that its caller drives has no loops, and no poller that could spin");
    }
    Availability.requirePlatform();
    PollerGroup group = PollerGroup.driven(config.name(), config.ringOptions(), config.maxOperations());
    return new CallerDriven(new Uring(config.withRings(1), group), group);
  }

  /** What the operations are called on, by any thread. {@link Uring#close} is for the driving thread, as {@link #close}. */
  public Uring uring() {
    return uring;
  }

  /**
   * Hands in what waits for that, acts on the completions that are there, and never waits.
   *
   * @return whether there was anything to do
   * @throws IllegalStateException if another thread drives it, or it is closed
   */
  public boolean runOnce() {
    return run(0);
  }

  /**
   * The same; where there is nothing to do, waits until there is, or the time is over. An interrupt does not end the wait.
   *
   * @param atMost how long to wait; zero: not at all
   * @return whether there was anything to do
   * @throws IllegalArgumentException if {@code atMost} is negative
   * @throws IllegalStateException if another thread drives it, or it is closed
   */
  public boolean runOnce(Duration atMost) {
    if (atMost.isNegative()) {
      throw new IllegalArgumentException("atMost " + atMost + " is negative");
    }
    boolean forEver = atMost.compareTo(Duration.ofNanos(Long.MAX_VALUE)) >= 0;
    return run(forEver ? Long.MAX_VALUE : atMost.toNanos());
  }

  /**
   * Runs turns until nothing is in flight, and waits between them; returns at once where nothing is. What a thread is about
   * to ask for, and has not handed in yet, is not in flight.
   *
   * @throws IllegalStateException if operations are left that nothing could ever end, since the kernel has none of them;
   *     or if another thread drives it, or it is closed
   */
  public void runUntilEmpty() {
    run(0);
    while (!group.isIdle()) {
      run(Long.MAX_VALUE);
    }
    int left = uring.stats().inFlight();
    if (left > 0 && group.isIdle()) {
      throw new IllegalStateException(left + " operations of " + uring
          + " are left, and the kernel has none of them: nothing that this thread could wait for would end them");
    }
  }

  private boolean run(long waitNanos) {
    group.requireDriver();
    if (!uring.isSound()) {
      throw new IllegalStateException(uring + " runs no turns any more: it was closed, or its ring died", group.failure());
    }
    return group.drive(waitNanos);
  }

  /**
   * Closes the {@link Uring}, as {@link Uring#close} does, and runs the turns that this takes.
   *
   * @throws IllegalStateException if another thread drives it
   */
  @Override
  public void close() {
    uring.close();
  }
}
