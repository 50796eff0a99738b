package io.loomring.poller;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.BooleanSupplier;

/**
 * Whether a driver sleeps, and how, so that it can be woken when something comes in.
 *
 * <pre>
 *  AWAKE -> any other -> AWAKE    announced by the driver; changed back by it, or by whoever wakes it
 * </pre>
 *
 * <p>The sleeper announces itself, and then looks once more at what there is to do. Whoever brings something adds it, and
 * then looks at the sleeper. One of the two sees the other.
 */
final class Sleeper {
  static final int AWAKE = 0;
  /** For a driver that has one way to sleep. */
  static final int ASLEEP = 1;

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Sleeper.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile int state = AWAKE;

  /**
   * Announces that the driver is about to sleep, and looks again.
   *
   * @param hasWork the second look: whether there is something to do
   * @return false if there is something to do after all: then it is awake, and must not sleep
   */
  boolean announce(int as, BooleanSupplier hasWork) {
    state = as;
    // The write of a volatile and the reads after it do not pass each other.
    if (hasWork.getAsBoolean()) {
      state = AWAKE;
      return false;
    }
    return true;
  }

  /** Ends the sleep, by the driver, however it was to end. */
  void awake() {
    state = AWAKE;
  }

  boolean isAwake() {
    return state == AWAKE;
  }

  boolean is(int as) {
    return state == as;
  }

  /** Ends a sleep of that kind; true for one, who then has to see to it that the driver wakes. */
  boolean wake(int from) {
    return state == from && STATE.compareAndSet(this, from, AWAKE);
  }
}
