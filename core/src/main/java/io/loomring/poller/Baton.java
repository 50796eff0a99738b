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
 */
final class Baton {
  static final int FREE = 0;
  static final int VIRTUAL = 1;
  static final int PLATFORM = 2;

  private static final VarHandle HOLDER;

  static {
    try {
      HOLDER = MethodHandles.lookup().findVarHandle(Baton.class, "holder", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile int holder = FREE;
  private volatile boolean wanted;

  boolean take(int driver) {
    return HOLDER.compareAndSet(this, FREE, driver);
  }

  boolean isHeldBy(int driver) {
    return holder == driver;
  }

  /** Gives it back; true where the virtual thread wants it, and has to be unparked. */
  boolean give() {
    holder = FREE;
    return wanted;
  }

  /** Says that the virtual thread wants it: the platform half gives it back soon. */
  void want() {
    wanted = true;
  }

  boolean isWanted() {
    return wanted;
  }

  /**
   * Parks the virtual thread until the baton is given back, or for nothing.
   *
   * @param wakesHolder run once it is said that the baton is wanted: wakes a holder that sleeps
   * @param stops whether there is nothing to wait for any more
   */
  void await(Runnable wakesHolder, BooleanSupplier stops) {
    wanted = true;
    wakesHolder.run();
    if (holder != FREE && !stops.getAsBoolean()) {
      LockSupport.park(this);
    }
    wanted = false;
  }
}
