package io.loomring.testkit;

import io.loomring.api.Uring;
import io.loomring.op.OperationKind;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** Waits for what has to be so before a test goes on: parked threads, operations in flight. Never for a time. */
public final class Await {
  /** Long enough for any machine; reached only where the test fails. Long tests, which do more, have ten times as long. */
  public static final Duration LIMIT = Patience.seconds(30);

  private Await() {}

  /** Waits until {@code condition} holds. */
  public static void until(String what, Callable<Boolean> condition) {
    until(() -> what, condition);
  }

  /** The same, with what to say where it does not come to hold. */
  public static void until(Supplier<String> what, Callable<Boolean> condition) {
    try {
      Awaitility.await()
          .pollInSameThread()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(1))
          .atMost(LIMIT)
          .until(condition);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("waited for " + LIMIT + " in vain: " + what.get(), e);
    }
  }

  /** Waits until {@code thread}, virtual or platform, waits: with or without a limit, in a park, a monitor or a join. */
  public static void untilParked(Thread thread) {
    until(() -> thread + " is " + thread.getState() + " and does not wait:\n" + stack(thread), () -> {
      Thread.State state = thread.getState();
      return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
    });
  }

  /** Waits until {@code thread} has ended. */
  public static void untilEnded(Thread thread) {
    until(() -> thread + " is " + thread.getState() + " and has not ended:\n" + stack(thread),
        () -> thread.getState() == Thread.State.TERMINATED);
  }

  /** Waits until exactly {@code count} operations of {@code kind} are in flight. */
  public static void untilInFlight(Uring uring, OperationKind kind, int count) {
    until(() -> uring.inFlight(kind) + " and not " + count + " of " + kind + " are in flight: " + uring.stats(),
        () -> uring.inFlight(kind) == count);
  }

  /** Waits until nothing is in flight. */
  public static void untilIdle(Uring uring) {
    until(() -> "something is in flight: " + uring.stats(), () -> uring.stats().inFlight() == 0);
  }

  private static String stack(Thread thread) {
    return Arrays.stream(thread.getStackTrace()).map(frame -> "  at " + frame).collect(Collectors.joining("\n"));
  }
}
