package io.loomring.agent.programs;

import java.util.Arrays;

/** Tells by its stack whose socket a thread waits on; the programs know nothing else of the library. */
final class Whose {
  private static final long LIMIT_NANOS = 30_000_000_000L;

  private Whose() {}

  /** Waits until {@code thread} is blocked on a socket, and says on whose. */
  static String socketOf(Thread thread) {
    long start = System.nanoTime();
    while (System.nanoTime() - start < LIMIT_NANOS) {
      StackTraceElement[] stack = thread.getStackTrace();
      if (isIn(stack, "io.loomring.net.UringSocketImpl")) {
        return "the ring's";
      }
      if (isIn(stack, "sun.nio.ch.NioSocketImpl")) {
        return "the JDK's";
      }
      Thread.onSpinWait();
    }
    throw new IllegalStateException(thread + " waits on no socket: " + Arrays.toString(thread.getStackTrace()));
  }

  private static boolean isIn(StackTraceElement[] stack, String type) {
    return Arrays.stream(stack).anyMatch(frame -> frame.getClassName().equals(type));
  }
}
