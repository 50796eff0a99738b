package io.loomring.op;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Figures that one thread at a time writes and any thread reads. Conservation holds at every turn's end: entries
 * submitted = completions seen + entries in the kernel (I-4).
 */
public final class Counters {
  /** What is counted. */
  public enum Counter {
    /** Entries that went into the submission queue. */
    SUBMITTED,
    /** Entries whose last completion is in. */
    COMPLETED,
    /** Operations handed to their waiter. */
    OPERATIONS_ENDED,
    /** Operations submitted again because nobody had asked for their end (K-34). */
    RESUBMITTED,
    /** Deadlines that the poller had to enforce itself (K-35). */
    DEADLINES_MENDED,
    /** Operations that ended at their deadline. */
    TIMED_OUT,
    /** Cancel requests sent, other than by close. */
    CANCELS,
    /** Close chains through. */
    CLOSES,
    /** Operations that close chains cancelled, as the kernel counts them. */
    CANCELLED_BY_CLOSE,
    /** Turns in which the completion queue had overflowed. */
    CQ_OVERFLOWS,
    /** Completions for nobody: above zero is a defect. */
    STRAY_COMPLETIONS,
    /** Turns that did something. */
    TURNS,
    /** Calls of {@code io_uring_enter}. */
    ENTERS,
    /** Times the platform half took over because no carrier came free. */
    TAKEOVERS,
    /** Batches of completions copied out. */
    BATCHES,
    /** Completions in those. */
    BATCHED,
    /** The most completions in one of those. */
    LARGEST_BATCH,
    /** Turns whose time was taken. */
    TIMED_TURNS,
    /** The time of those, in nanoseconds. */
    TURN_NANOS,
    /** The longest of those, in nanoseconds. */
    LONGEST_TURN_NANOS
  }

  private static final VarHandle VALUE = MethodHandles.arrayElementVarHandle(long[].class);
  private final long[] values = new long[Counter.values().length];

  /** Adds, for the one writer. */
  public void add(Counter counter, long amount) {
    int i = counter.ordinal();
    // Opaque: one writer at a time, handed over with the baton; readers want a figure, not an order.
    VALUE.setOpaque(values, i, values[i] + amount);
  }

  /** Keeps the highest, for the one writer. */
  public void max(Counter counter, long value) {
    if (value > values[counter.ordinal()]) {
      VALUE.setOpaque(values, counter.ordinal(), value);
    }
  }

  public long get(Counter counter) {
    return (long) VALUE.getOpaque(values, counter.ordinal());
  }
}
