package io.loomring.poller;

import io.loomring.fd.RegularDescriptor;
import io.loomring.op.Counters;
import io.loomring.op.Counters.Counter;
import io.loomring.op.Deadline;
import io.loomring.op.Dispatch;
import io.loomring.op.InboxNode;
import io.loomring.op.Operation;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.SlotLayout;
import io.loomring.op.Submitter;
import io.loomring.ring.OneCompletion;
import io.loomring.ring.Opcode;
import io.loomring.ring.SqeLayout;
import io.loomring.ring.SubmissionQueue;
import io.loomring.ring.UserData;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * Core from the inbox to who waits, on memory of the heap: one for each time that two threads are to meet. Who has the
 * baton calls {@link #turn} and is the kernel as well, which completes what it is told to.
 *
 * <p>It is used again where nothing is left in it, since its deadlines' wheel has memory outside the heap.
 */
public final class Rig implements Submitter {
  static final int SLOTS = 3;
  /** A wait of this long is one that nothing ended. */
  private static final long LONG_NANOS = 30_000_000_000L;
  private static final Queue<Rig> IDLE = new ConcurrentLinkedQueue<>();
  private static final int ENTRIES = 8;
  private static final int HEAD = 0;
  private static final int ARRAY = 16;

  final Inbox inbox = new Inbox();
  public final OperationTable table = new OperationTable(this, heap(SLOTS * SlotLayout.BYTES), SLOTS, 0, false);
  private final Counters counters = new Counters();
  private final MemorySegment ring = heap(ARRAY + ENTRIES * Integer.BYTES);
  private final SubmissionQueue sq =
      new SubmissionQueue(ring, heap(ENTRIES * SqeLayout.BYTES), ENTRIES, HEAD, HEAD + 4, HEAD + 8, ARRAY);
  private final Dispatch dispatch = new Dispatch(table, sq, counters, ENTRIES);

  // The baton's holder's: entries in the order in which they came.
  private final long[] entered = new long[2 * ENTRIES];
  private final int[] opcodes = new int[2 * ENTRIES];
  private final boolean[] answered = new boolean[2 * ENTRIES];
  private int entries;
  private int head;
  private long now;
  private long endedBefore;

  private Rig() {}

  /** One that is to be closed. */
  static Rig fresh() {
    return new Rig();
  }

  public static Rig take() {
    Rig idle = IDLE.poll();
    return idle == null ? new Rig() : idle;
  }

  private static MemorySegment heap(int bytes) {
    return MemorySegment.ofArray(new long[bytes / Long.BYTES]);
  }

  @Override
  public void submit(InboxNode node) {
    inbox.push(node);
  }

  @Override
  public boolean isPollerThread() {
    return false;
  }

  @Override
  public long nanoTime() {
    return now;
  }

  /** Where nothing ends the wait it comes back all the same, for the test to say so. */
  @Override
  public void park(Object blocker) {
    LockSupport.parkNanos(blocker, LONG_NANOS);
  }

  void passes(long nanos) {
    now += nanos;
  }

  /** An operation that is to be handed in. */
  public Operation made() {
    Operation op = table.tryAcquire();
    op.describe(OperationKind.NOP, null, null);
    return op;
  }

  /** One that the kernel has, and nobody waits for. */
  public Operation issued() {
    Operation op = made();
    op.submit(Deadline.NONE, false);
    turn();
    return op;
  }

  /** Takes what was handed in, and gives the kernel the entries of it. */
  public boolean turn() {
    boolean came = inbox.drainTo(dispatch);
    dispatch.encode();
    for (int left = sq.publish(); left > 0; left--) {
      long at = (long) (head & ENTRIES - 1) * SqeLayout.BYTES;
      entered[entries] = sq.memory().get(ValueLayout.JAVA_LONG, at + SqeLayout.USER_DATA);
      opcodes[entries] = sq.memory().get(ValueLayout.JAVA_BYTE, at + SqeLayout.OPCODE);
      entries++;
      ring.set(ValueLayout.JAVA_INT, HEAD, ++head);
    }
    return came;
  }

  /** How many entries were given to the kernel. */
  int entered() {
    return entries;
  }

  /** The same of one part of operations. */
  int entered(int part) {
    int found = 0;
    for (int i = 0; i < entries; i++) {
      found += UserData.part(entered[i]) == part ? 1 : 0;
    }
    return found;
  }

  /** Where the entry is of that part and opcode, or -1. */
  int index(int part, Opcode opcode) {
    for (int i = 0; i < entries; i++) {
      if (UserData.part(entered[i]) == part && opcodes[i] == opcode.code()) {
        return i;
      }
    }
    return -1;
  }

  /** Where the work of an operation is, or -1. */
  int index(Operation op) {
    for (int i = 0; i < entries; i++) {
      if (entered[i] == UserData.of(op.slot(), op.generation(), UserData.MAIN)) {
        return i;
      }
    }
    return -1;
  }

  /** A descriptor that keeps a slot for its close; nobody closes the number, which no process has. */
  RegularDescriptor descriptor() {
    return RegularDescriptor.of(table, table.tryAcquire(), Integer.MAX_VALUE, true);
  }

  public void complete(Operation op, int part, int result) {
    long userData = UserData.of(op.slot(), op.generation(), part);
    for (int i = 0; i < entries; i++) {
      answered[i] |= entered[i] == userData;
    }
    complete(userData, result, 0);
  }

  public void complete(long userData, int result, int flags) {
    dispatch.complete(OneCompletion.of(userData, result, flags));
    dispatch.resumptions().all();
  }

  /** Completes the cancels that were given to the kernel. */
  public void answerCancels(int result) {
    for (int i = 0; i < entries; i++) {
      if (!answered[i] && UserData.part(entered[i]) == UserData.CANCEL) {
        answered[i] = true;
        complete(entered[i], result, 0);
      }
    }
  }

  /** Completes whatever was given to the kernel, as done. */
  public void completeAll() {
    for (int i = 0; i < entries; i++) {
      if (!answered[i]) {
        answered[i] = true;
        complete(entered[i], 0, 0);
      }
    }
  }

  /** How many operations have ended, where that was all; -1 where something is left. The last thing done with it. */
  public int ended() {
    boolean quiet = table.isEmpty()
        && inbox.isEmpty()
        && dispatch.isBacklogEmpty()
        && counters.get(Counter.SUBMITTED) == counters.get(Counter.COMPLETED)
        && counters.get(Counter.STRAY_COMPLETIONS) == 0;
    if (!quiet) {
      return -1;
    }
    int ended = endedSoFar();
    endedBefore += ended;
    Arrays.fill(answered, 0, entries, false);
    entries = 0;
    IDLE.add(this);
    return ended;
  }

  public int endedSoFar() {
    return (int) (counters.get(Counter.OPERATIONS_ENDED) - endedBefore);
  }
}
