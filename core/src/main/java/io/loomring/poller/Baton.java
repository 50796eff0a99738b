package io.loomring.poller;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Who runs a poller's turns: one driver at a time (I-1).
 *
 * <pre>
 *  FREE -> VIRTUAL -> FREE       the poller virtual thread, for the length of one turn
 *  FREE -> PLATFORM -> FREE      the platform half, until the virtual thread is seen to run again
 * </pre>
 *
 * <p>What its holder wrote is seen by the next. The virtual thread waits for it: it says so, and then looks whether it
 * is free. Whoever gives it back does that first, and then looks whether it is waited for. One of the two sees the
 * other.
 *
 * <p>A virtual thread that was told so may find no carrier to come with. Each of its wishes has a number, so that the
 * platform half can go on in spite of one that it has answered, and still hears the next: without that it would give the
 * baton back after each turn, for as long as the carriers are busy.
 */
final class Baton {
  static final int FREE = 0;
  static final int VIRTUAL = 1;
  static final int PLATFORM = 2;

  /** In place of a wish's number. */
  static final long NO_WISH = 0;

  private static final VarHandle HOLDER;

  static {
    try {
      HOLDER = MethodHandles.lookup().findVarHandle(Baton.class, "holder", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile int holder = FREE;
  private volatile long wish = NO_WISH;
  // The virtual thread's.
  private long wishes;
  // The platform half's: one that it has answered by giving the baton back, and that nobody came for.
  private long passedOver;

  boolean take(int driver) {
    return HOLDER.compareAndSet(this, FREE, driver);
  }

  boolean isHeldBy(int driver) {
    return holder == driver;
  }

  /** Gives it back; true where the virtual thread wants it, and has to be unparked. */
  boolean give() {
    holder = FREE;
    return wish != NO_WISH;
  }

  /** Says that the virtual thread wants it: the platform half gives it back soon, once for each time that it is said. */
  void want() {
    wish = ++wishes;
  }

  /** The virtual thread's wish, or {@link #NO_WISH}. */
  long wish() {
    return wish;
  }

  /** Whether the virtual thread wants it, by another wish than the one that is passed over; for the platform half. */
  boolean isWanted() {
    long now = wish;
    return now != NO_WISH && now != passedOver;
  }

  /**
   * Goes on in spite of a wish, by the platform half.
   *
   * @param answered read before the baton was given back last, so that who had it has been unparked, and wants it anew
   *     when it is back
   */
  void passOver(long answered) {
    passedOver = answered;
  }

  /**
   * Parks the virtual thread until the baton is given back, or for nothing.
   *
   * @param wakesHolder run once it is said that the baton is wanted: wakes a holder that sleeps
   * @param stops whether there is nothing to wait for any more
   */
  void await(Runnable wakesHolder, BooleanSupplier stops) {
    want();
    wakesHolder.run();
    if (holder != FREE && !stops.getAsBoolean()) {
      LockSupport.park(this);
    }
    wish = NO_WISH;
  }
}
