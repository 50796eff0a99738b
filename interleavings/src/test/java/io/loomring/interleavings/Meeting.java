package io.loomring.interleavings;

import java.util.concurrent.ThreadLocalRandom;

/**
 * Has the two sides of a test come together within it, and then go on one behind the other by a time of chance, another
 * in each meeting: a window of a few instructions, which two that only run side by side never hit, is hit now and then.
 */
public final class Meeting {
  /** A step of a wait is a few processor cycles. */
  private static final int STEPS = 256;
  /** From so many looks on the other one is not on a processor, and may need this one. */
  private static final int LOOKS = 2_000;

  private final int oneWaits;
  private final int otherWaits;
  private volatile boolean oneIsHere;
  private volatile boolean otherIsHere;
  /** What the steps have come to, so that they are not for nothing. */
  private volatile int sink;

  /** One where neither has a way before its window. */
  public Meeting() {
    this(STEPS, STEPS);
  }

  /** One whose sides wait up to so many steps; who has less of a way before its window waits longer. */
  public Meeting(int one, int other) {
    int lead = ThreadLocalRandom.current().nextInt(-other, one + 1);
    this.oneWaits = Math.max(0, lead);
    this.otherWaits = Math.max(0, -lead);
  }

  /** For the one. */
  public void one() {
    oneIsHere = true;
    for (int looks = 0; !otherIsHere; looks++) {
      lookAgain(looks);
    }
    step(oneWaits);
  }

  /** For the other. */
  public void other() {
    otherIsHere = true;
    for (int looks = 0; !oneIsHere; looks++) {
      lookAgain(looks);
    }
    step(otherWaits);
  }

  private static void lookAgain(int looks) {
    if (looks < LOOKS) {
      Thread.onSpinWait();
    } else {
      Thread.yield();
    }
  }

  private void step(int steps) {
    int value = steps;
    for (int i = 0; i < steps; i++) {
      value = value * 31 + i;
    }
    if (value == 1) {
      sink = value;
    }
  }
}
