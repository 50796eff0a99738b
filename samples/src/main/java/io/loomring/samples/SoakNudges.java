package io.loomring.samples;

import io.loomring.api.CallOptions;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.op.OperationHandle;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/**
 * Ends the calls of one thread before their time, now and then, in every way that leaves the descriptor open; the calls
 * are made again until they come back with a result, and nothing may be lost by that. Closed by the same thread.
 */
final class SoakNudges implements AutoCloseable {
  /** A call that is given so long and does not end has lost what it waits for. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  /** No result. */
  private static final int NONE = Integer.MIN_VALUE;
  private static final int SHORT_NANOS = 2_000_000;

  /** A call that may be ended before its time, and made again. */
  interface Call {
    int make(CallOptions options) throws IOException;
  }

  private final Thread me = Thread.currentThread();
  private final List<Thread> others = new ArrayList<>();
  private final RandomGenerator random;
  private final SoakTally tally;
  private boolean patient;

  SoakNudges(RandomGenerator random, SoakTally tally) {
    this.random = random;
    this.tally = tally;
  }

  /** Makes the call, again and again, until it comes back with a result or fails by itself. */
  int call(Call call) throws IOException {
    int result = NONE;
    while (result == NONE) {
      result = once(call, options());
    }
    return result;
  }

  /** Makes the call once, for so long at most, whatever it comes to. */
  void onceWithin(Duration limit, Call call) throws IOException {
    patient = false;
    if (random.nextInt(4) == 0) {
      later(me::interrupt);
    }
    once(call, CallOptions.timeout(limit));
  }

  private int once(Call call, CallOptions options) throws IOException {
    try {
      return call.make(options);
    } catch (OperationTimeoutException e) {
      if (patient) {
        throw new IOException("nothing came for " + PATIENCE, e);
      }
      tally.timeouts.increment();
    } catch (OperationCancelledException e) {
      tally.cancels.increment();
    } catch (OperationInterruptedException e) {
      Thread.interrupted();
      tally.interrupts.increment();
    }
    return NONE;
  }

  private CallOptions options() {
    patient = false;
    switch (random.nextInt(16)) {
      case 0, 1:
        return CallOptions.timeout(Duration.ofNanos(random.nextInt(SHORT_NANOS)));
      case 2:
        OperationHandle handle = new OperationHandle();
        later(handle::cancel);
        return CallOptions.handle(handle);
      case 3:
        later(me::interrupt);
        return CallOptions.NONE;
      case 4:
        later(() -> LockSupport.unpark(me));
        return CallOptions.NONE;
      case 5, 6, 7, 8, 9:
        patient = true;
        return CallOptions.timeout(PATIENCE);
      default:
        return CallOptions.NONE;
    }
  }

  private void later(Runnable nudge) {
    long nanos = random.nextInt(SHORT_NANOS);
    others.removeIf(other -> !other.isAlive());
    others.add(Thread.startVirtualThread(() -> {
      LockSupport.parkNanos(nanos);
      nudge.run();
    }));
  }

  /** Waits until no nudge is on its way any more. */
  @Override
  public void close() {
    others.forEach(SoakNudges::join);
    Thread.interrupted();
  }

  /** Waits for the end of a thread, interrupted or not. */
  static void join(Thread thread) {
    while (true) {
      try {
        thread.join();
        return;
      } catch (InterruptedException again) {
        // Of a nudge; it has been counted where it ended a call.
      }
    }
  }
}
