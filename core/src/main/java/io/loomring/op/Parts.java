package io.loomring.op;

import io.loomring.ring.Opcode;
import io.loomring.ring.Sqe;
import io.loomring.ring.SqeFlags;
import io.loomring.ring.SqeLayout;
import io.loomring.sys.Errno;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The parts of an operation that has an entry for each: a chain, submitted whole or not at all (I-6). They are staged in
 * the slot one behind the other ({@link SlotLayout#part}), linked by their own flags, and each has a result.
 *
 * <p>The caller's until it is submitted, the baton holder's until it has an outcome, and the caller's again from
 * then on; the slot is given back without the caller.
 */
public final class Parts {
  /** How many there is room for. */
  public static final int MAX = 1 + SlotLayout.DATA_BYTES / SqeLayout.BYTES;

  /** No part of its own has the timeout: it is for the whole chain. */
  public static final int WHOLE = -1;

  final int timed;
  private final int[] results;
  private final int[] flags;
  private final boolean[] ended;
  private final List<Endpoint> held;
  private final @Nullable DescriptorReceiver[] receivers;
  /** What comes before it is through: an interrupted chain is taken up again here (K-34). */
  int first;

  // Each side writes its own and then reads the other's: either the baton's holder sees who waits, or that sees the end.
  private volatile int outcome = Operation.NO_RESULT;
  private volatile @Nullable Thread waiter;

  /**
   * Makes the parts.
   *
   * @param count how many, from 1 to {@link #MAX}
   * @param timed the one that a timeout ends, or {@link #WHOLE}
   * @param held every descriptor that a part names; each is let go of in the turn in which the chain ends
   * @param receivers for each part who owns the descriptor that it makes, or null (I-9)
   */
  public Parts(int count, int timed, List<? extends Endpoint> held, @Nullable DescriptorReceiver[] receivers) {
    if (count < 1 || count > MAX || receivers.length != count || timed < WHOLE || timed >= count) {
      throw new IllegalArgumentException(count + " parts, of which " + timed + " is timed");
    }
    this.timed = timed;
    this.results = new int[count];
    this.flags = new int[count];
    this.ended = new boolean[count];
    this.held = List.copyOf(held);
    this.receivers = receivers.clone();
    Arrays.fill(results, Operation.NO_RESULT);
  }

  public int count() {
    return results.length;
  }

  /**
   * Waits for the last completion of them all, as {@link Operation#await} does, and answers how the chain ended: zero, or
   * one of {@link Outcome}. For one thread, any.
   *
   * @param operation the one that was submitted with these parts, under {@code generation}
   */
  public int await(Operation operation, int generation, boolean interruptible) {
    Thread me = Thread.currentThread();
    boolean asks = interruptible && me.isVirtual();
    boolean interrupted = false;
    waiter = me;
    while (outcome == Operation.NO_RESULT) {
      if (me.isInterrupted()) {
        if (asks && !interrupted) {
          operation.requestCancel(generation, Outcome.INTERRUPTED);
        }
        // Cleared, since a thread with the flag set does not park.
        interrupted |= Thread.interrupted();
      }
      operation.park(this);
    }
    if (interrupted) {
      me.interrupt();
    }
    return outcome;
  }

  /** Whether the last completion of them all is in. */
  public boolean isDone() {
    return outcome != Operation.NO_RESULT;
  }

  /** Ends the wait, and answers who waits, to be unparked. */
  @Nullable Thread end(int how) {
    outcome = how;
    return waiter;
  }

  /** What the kernel said first of the part: a result, or {@code -errno}. */
  public int result(int part) {
    return results[part];
  }

  /** The flags of the completion that {@link #result} came with. */
  public int flags(int part) {
    return flags[part];
  }

  int left() {
    return results.length - first;
  }

  boolean isEnded(int part) {
    return ended[part];
  }

  /** The part that runs, or will be the next to; {@link #count} where all have ended. */
  int running() {
    int part = first;
    while (part < ended.length && ended[part]) {
      part++;
    }
    return part;
  }

  boolean allEnded() {
    return running() == ended.length;
  }

  /** Takes a completion; a part may have several, and the first has the result. */
  void completed(int part, int result, int cqeFlags, boolean last) {
    if (results[part] == Operation.NO_RESULT) {
      results[part] = result;
      flags[part] = cqeFlags;
      DescriptorReceiver receiver = receivers[part];
      if (receiver != null && result >= 0) {
        receiver.receive(result);
      }
    }
    ended[part] = last;
  }

  /** Ends those that will not be issued. */
  void refuse() {
    for (int part = first; part < results.length; part++) {
      completed(part, -Errno.ECANCELED, 0, true);
    }
  }

  /** Has the chain taken up again at {@code part}. */
  void takeUpAt(int part) {
    first = part;
    for (int i = part; i < results.length; i++) {
      results[i] = Operation.NO_RESULT;
      ended[i] = false;
    }
  }

  /** The first part that came to nothing, or {@link #count}. */
  int firstFailed() {
    int part = 0;
    while (part < results.length && results[part] >= 0) {
      part++;
    }
    return part;
  }

  /** How the chain ended, where it ended early; 0 where its results, or errors of its own, are those of its parts. */
  int ended() {
    int failed = firstFailed();
    return failed < results.length && Outcome.isInterruption(results[failed]) ? results[failed] : 0;
  }

  /**
   * Whether a part was interrupted although nobody asked for it (K-34), and nothing behind it has run, so that the chain
   * can be taken up again there.
   *
   * @param slot the memory of the slot, of which {@code base} is the offset
   */
  boolean isUnasked(MemorySegment slot, long base) {
    int failed = firstFailed();
    if (failed == results.length || failed > 0 && mayBreakShort(slot, base + SlotLayout.part(failed - 1))) {
      return false;
    }
    for (int part = failed; part < results.length; part++) {
      if (!Outcome.isInterruption(results[part])) {
        return false;
      }
    }
    return true;
  }

  /** Whether the part's link breaks where it moves less than it was asked to (K-25); for an open it is the mode there. */
  private static boolean mayBreakShort(MemorySegment slot, long at) {
    boolean hard = (Sqe.flags(slot, at) & SqeFlags.IO_HARDLINK) != 0;
    int opcode = slot.get(ValueLayout.JAVA_BYTE, at + SqeLayout.OPCODE);
    if (opcode == Opcode.OPENAT.code() || opcode == Opcode.OPENAT2.code()) {
      return false;
    }
    return !hard && slot.get(ValueLayout.JAVA_INT, at + SqeLayout.LEN) != 0;
  }

  boolean isOn(Endpoint endpoint) {
    return held.contains(endpoint);
  }

  boolean isOnOpen() {
    for (int i = 0; i < held.size(); i++) {
      if (!held.get(i).isOpen()) {
        return false;
      }
    }
    return true;
  }

  List<Endpoint> held() {
    return held;
  }
}
