package io.loomring.op;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.event.Recordings;
import io.loomring.ring.Sqe;
import io.loomring.ring.UserData;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * One operation in flight, for the life of its slot: the object is used again under the next generation.
 *
 * <p>Legal transitions of {@link #word}, which holds the generation above the state:
 *
 * <pre>
 *  FREE -> NEW                        acquire: the acquiring thread alone knows the slot
 *  NEW -> QUEUED                      submit: the caller, before the node goes into the inbox
 *  NEW -> FREE                        release: given up unsubmitted
 *  QUEUED -> ISSUED                   CAS, baton's holder: its SQE is in the queue
 *  QUEUED|ISSUED -> CANCEL_REQUESTED  CAS, anyone: at most one cancel a generation, a node follows in the inbox
 *  QUEUED|ISSUED -> TERMINAL          CAS, baton's holder: all its completions are in
 *  CANCEL_REQUESTED -> TERMINAL       baton's holder, when the cancel's node has been seen too
 *  ISSUED|CANCEL_REQUESTED -> DETACHED  CAS, baton's holder: the result is in, and the kernel still holds what was lent
 *  DETACHED -> LEFT                   CAS, release: the waiter has its result; whoever comes last gives the slot back
 *  DETACHED -> TERMINAL               CAS, baton's holder: the kernel has let go before the waiter left
 *  LEFT -> FREE                       baton's holder: the kernel has let go
 *  TERMINAL -> FREE                   release: the waiter, or the baton's holder where nobody waits; generation + 1
 * </pre>
 *
 * <p>An operation that nobody asked to end, and that ended all the same, goes back from ISSUED into the queue without a
 * transition (K-34): for its waiter nothing has happened.
 *
 * <p>The waiter's side has one field, {@link #waiter}: absent (null), waiting (the thread). It is written before the
 * node is published and read by the baton's holder before TERMINAL; a waiter never leaves before that, so there is no
 * abandoned state to race with (I-3).
 */
public final class Operation extends InboxNode {
  static final int FREE = 0;
  static final int NEW = 1;
  static final int QUEUED = 2;
  static final int ISSUED = 3;
  static final int CANCEL_REQUESTED = 4;
  static final int DETACHED = 5;
  static final int LEFT = 6;
  static final int TERMINAL = 7;

  /** No result of this part yet; no kernel result looks like it. */
  static final int NO_RESULT = Integer.MIN_VALUE;

  private static final int STATE_BITS = 8;
  private static final long STATE_MASK = (1L << STATE_BITS) - 1;
  private static final VarHandle WORD;

  static {
    try {
      WORD = MethodHandles.lookup().findVarHandle(Operation.class, "word", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // Identity, fixed.
  private final OperationTable table;
  private final int slot;
  private final MemorySegment memory;

  // Made when first needed, since most slots never need them: the first by whoever wins the CAS to CANCEL_REQUESTED,
  // the second by the same and by who submits what may need it.
  private @Nullable CancelNode cancelNode;
  private @Nullable AttendNode attendNode;

  private volatile long word;

  // The request: written by the caller in NEW, published with the node, read by the baton's holder.
  OperationKind kind = OperationKind.NOP;
  @Nullable Endpoint endpoint;
  /** A second descriptor, held by the waiter as long as the operation lasts; it counts no operation. */
  @Nullable Endpoint other;
  /** Where it has an entry for each of several parts. */
  @Nullable Parts parts;
  /** Where it has many completions. */
  @Nullable CompletionSink arrivals;
  @Nullable OperationHandle handle;
  @Nullable Thread waiter;
  /** Takes over a descriptor that comes as the result, in the turn that it comes in (I-9). */
  @Nullable DescriptorReceiver receiver;
  /** Keeps lent things reachable until the last completion (I-3). */
  @Nullable Object lent;
  /** What it carries until its last completion. */
  @Nullable Extension extension;
  /** Whether the waiter comes back at the result, although the kernel holds on to what was lent. */
  boolean detaches;
  long deadline = Deadline.NONE;
  /** The waiter's: an event of a flight recording, where one asks for it. */
  private @Nullable Object recording;

  // Written by whoever wins the CAS to CANCEL_REQUESTED, before the cancel's node is published.
  int cancelCause;

  // The baton's holder's only, between QUEUED and TERMINAL.
  int pending;
  boolean mainDone;
  /** Another completion is to say that the kernel has let go of what was lent. */
  boolean noticeDue;
  boolean detached;
  int mainResult;
  int timeoutResult;
  int cancelResult;
  boolean cancelSeen;
  /** A cancel is in the kernel: the next one, which would bear the same user data (I-2), waits for its answer. */
  boolean cancelUnderWay;
  boolean cancelWanted;
  boolean attendQueued;
  /** Whether the deadline is far off, and in the care of the {@link DeadlineWheel}. */
  boolean watched;
  boolean plainTimeout;
  boolean timeoutRemoved;
  boolean connectWaits;
  int reissues;
  int cancelAttempts;
  boolean pauseUnderWay;
  long begunNanos;

  // The wheel's, and so the baton's holder's: they belong to the slot, and outlive its generations.
  @Nullable Operation wheelNext;
  @Nullable Operation wheelPrevious;
  long wheelTick = DeadlineWheel.NOWHERE;

  // The outcome: written before TERMINAL, read after it.
  int result;

  Operation(OperationTable table, int slot, MemorySegment memory) {
    this.table = table;
    this.slot = slot;
    this.memory = memory;
  }

  OperationTable table() {
    return table;
  }

  public int slot() {
    return slot;
  }

  public int generation() {
    return (int) (word >>> STATE_BITS);
  }

  int state() {
    return (int) (word & STATE_MASK);
  }

  /** The slot's memory, of {@link SlotLayout} from {@link #base} on. */
  public MemorySegment memory() {
    return memory;
  }

  public long base() {
    return (long) slot * SlotLayout.BYTES;
  }

  /** The native address of a field of {@link SlotLayout}. */
  public long addressOf(int field) {
    return memory.address() + base() + field;
  }

  public OperationKind kind() {
    return kind;
  }

  /** Takes the slot into use. The caller popped it, so nobody else writes. */
  void begin() {
    kind = OperationKind.NOP;
    endpoint = null;
    other = null;
    parts = null;
    handle = null;
    waiter = null;
    lent = null;
    receiver = null;
    arrivals = null;
    extension = null;
    detaches = false;
    deadline = Deadline.NONE;
    cancelCause = 0;
    pending = 0;
    mainDone = false;
    noticeDue = false;
    detached = false;
    mainResult = NO_RESULT;
    timeoutResult = NO_RESULT;
    cancelResult = NO_RESULT;
    cancelSeen = false;
    cancelUnderWay = false;
    cancelWanted = false;
    attendQueued = false;
    watched = false;
    plainTimeout = false;
    timeoutRemoved = false;
    connectWaits = false;
    reissues = 0;
    cancelAttempts = 0;
    pauseUnderWay = false;
    // Release suffices: the slot becomes known to others with the node, or through the table's scans, which check.
    WORD.setRelease(this, word + (NEW - FREE));
  }

  /** Frees the slot's identity: whoever still knows the old generation finds it gone. */
  void end() {
    endpoint = null;
    other = null;
    parts = null;
    handle = null;
    waiter = null;
    lent = null;
    arrivals = null;
    extension = null;
    receiver = null;
    WORD.setRelease(this, (word >>> STATE_BITS) + 1 << STATE_BITS | FREE);
  }

  /** Makes what submitting it may take, so that it takes no memory then. */
  public void makeNodes() {
    attendNode();
  }

  /** Names what is to be done, and to what; the staged SQE is already written. */
  public void describe(OperationKind what, @Nullable Endpoint on, @Nullable Object keep) {
    kind = what;
    endpoint = on;
    lent = keep;
  }

  /** Names a second descriptor, which the caller holds until it is back from {@link #await}. */
  public void alsoOn(@Nullable Endpoint second) {
    other = second;
  }

  /** Names the parts, whose entries are staged; it holds their descriptors, until it is ended. */
  public void chain(Parts all) {
    parts = all;
  }

  boolean isOn(Endpoint descriptor) {
    Parts chain = parts;
    return endpoint == descriptor || other == descriptor || chain != null && chain.isOn(descriptor);
  }

  /** Whether what it acts on is open, and its entries may name it (I-5). */
  boolean isOnOpen() {
    Endpoint first = endpoint;
    Endpoint second = other;
    Parts chain = parts;
    return (first == null || first.isOpen())
        && (second == null || second.isOpen())
        && (chain == null || chain.isOnOpen());
  }

  /**
   * Has a buffer of {@code pool} go back by itself, whatever becomes of the operation, when the kernel has let go of it;
   * the waiter gets its result as soon as there is one, which may be long before.
   */
  public void transfer(BufferPool pool, Buffer buffer) {
    carry(new TransferredBuffer(pool, buffer));
    detaches = true;
  }

  /** Has the operation carry something until its last completion, when it is told; nobody waits for the operation then. */
  public void carry(Extension with) {
    with.attach(this);
    extension = with;
  }

  /** Names where its completions go, for an operation that has many; nobody waits for its last one. */
  public void deliverTo(CompletionSink sink) {
    arrivals = sink;
  }

  /** Names who owns the descriptor that is the operation's result. */
  public void deliverDescriptorTo(DescriptorReceiver to) {
    receiver = to;
  }

  /**
   * Ties a handle to the operation; before anything that would have to be undone.
   *
   * @return false if the handle was cancelled before: then the operation must not be submitted
   * @throws IllegalStateException if the handle has served an operation before
   */
  public boolean bind(OperationHandle cancelHandle) {
    if (!cancelHandle.bind(this, generation())) {
      return false;
    }
    handle = cancelHandle;
    return true;
  }

  /** Tells a bound handle that the operation ended without being submitted. */
  public void unbind(int outcome) {
    OperationHandle bound = handle;
    if (bound != null) {
      bound.finished(outcome);
    }
  }

  /**
   * Gives the operation to the poller. With {@code waits}, the calling thread is the one that {@link #await} will park;
   * otherwise the slot is given back at the last completion.
   *
   * @param until the deadline on the clock of {@link Deadline}, or {@link Deadline#NONE}
   */
  public void submit(long until, boolean waits) {
    deadline = until;
    waiter = waits ? Thread.currentThread() : null;
    if (until != Deadline.NONE) {
      stageTimespec(until);
    }
    if (endpoint != null && parts == null && !kind.endsDescriptor()) {
      // Here alone, behind whatever wrote the entry; a CLOSE names its slot in another way (K-21).
      nameAsItIs(endpoint);
    }
    if (arrivals != null) {
      cancelNode();
    }
    if (until != Deadline.NONE || parts != null || arrivals != null || kind.endsDescriptor()) {
      // Here, so that a turn does not have to (I-10).
      attendNode();
    }
    begunNanos = table.timings().isOn() ? System.nanoTime() : 0;
    recording = waits ? Recordings.beginOperation() : null;
    WORD.setRelease(this, word + (QUEUED - NEW));
    table.submitter().submit(this);
  }

  private void nameAsItIs(Endpoint on) {
    int flags = on.sqeFlags();
    if (flags != 0) {
      assert kind.opcode().takesDirect() : this;
      Sqe.addFlags(memory, base(), flags);
    }
  }

  /** Writes {@code until} as an absolute time of the kernel's monotonic clock, so that it outlives a resubmission. */
  public void stageTimespec(long until) {
    stageTimespec(SlotLayout.TIMESPEC, until);
  }

  /** The same into another field of the slot, for a time that is not the operation's timeout. */
  public void stageTimespec(int field, long until) {
    long nanos = Math.max(0, table.toKernelNanos(until));
    memory.set(ValueLayout.JAVA_LONG, base() + field, nanos / 1_000_000_000L);
    memory.set(ValueLayout.JAVA_LONG, base() + field + 8, nanos % 1_000_000_000L);
  }

  /**
   * Waits for the last completion and answers the result: the kernel's, or one of {@link Outcome}. Returns in no other
   * case: an interrupt of a virtual thread asks for a cancel, if {@code interruptible}, and the wait goes on; platform
   * threads ignore it. The flag is set again on return.
   */
  public int await(boolean interruptible) {
    Thread me = Thread.currentThread();
    boolean asks = interruptible && me.isVirtual();
    boolean interrupted = false;
    while ((int) ((long) WORD.getAcquire(this) & STATE_MASK) < DETACHED) {
      if (me.isInterrupted()) {
        if (asks && !interrupted) {
          requestCancel(generation(), Outcome.INTERRUPTED);
        }
        // Cleared, since a thread with the flag set does not park.
        interrupted |= Thread.interrupted();
      }
      try {
        table.submitter().park(this);
      } catch (OutOfMemoryError noRoomToPark) {
        // Whoever left now would take back what the kernel still writes to (I-3): the next try may find memory.
        Thread.onSpinWait();
      }
    }
    if (interrupted) {
      me.interrupt();
    }
    Object recorded = recording;
    if (recorded != null || reissues > 0) {
      record(recorded);
    }
    return result;
  }

  private void record(@Nullable Object recorded) {
    recording = null;
    if (recorded != null && Recordings.isWorthTelling(recorded)) {
      Recordings.tell(recorded, kind.name(), descriptor(), kind.movesBytes(), result, Outcome.name(result));
    }
    if (reissues > 0) {
      Recordings.tellResubmission(kind.name(), descriptor(), reissues);
    }
  }

  private int descriptor() {
    Endpoint on = endpoint;
    return on == null ? -1 : on.sqeFd();
  }

  /** The operation as it is, or null if it is not in flight; it may end while it is looked at. */
  @Nullable InFlight look() {
    int generation = generation();
    int state = state();
    InFlight seen = new InFlight(kind, descriptor(), waiter, begunNanos, stateName(state));
    // What was read of it is cleared after TERMINAL, and written anew in the next generation: it is neither yet.
    VarHandle.loadLoadFence();
    long now = word;
    boolean still = (int) (now >>> STATE_BITS) == generation && (now & STATE_MASK) < TERMINAL;
    return state >= QUEUED && state < TERMINAL && still ? seen : null;
  }

  private static String stateName(int state) {
    return switch (state) {
      case QUEUED -> "queued";
      case CANCEL_REQUESTED -> "cancelling";
      case DETACHED, LEFT -> "lent";
      default -> "in kernel";
    };
  }

  void park(Object blocker) {
    table.submitter().park(blocker);
  }

  /** Waits for what the poller counts down when it ends the operation, or is through with cancelling it. */
  void await(CountDownLatch latch) {
    table.await(latch);
  }

  /**
   * Asks the poller to cancel the operation, if it is still {@code ofGeneration} and nobody asked before.
   *
   * @return whether this request is the one that counts
   */
  boolean requestCancel(int ofGeneration, int cause) {
    return requestCancelQuietly(ofGeneration, cause) && table.submitted(cancelNode());
  }

  /** Whether the slot is in its caller's hands, not submitted yet. */
  boolean isNew(int ofGeneration) {
    long seen = word;
    return (int) (seen >>> STATE_BITS) == ofGeneration && (seen & STATE_MASK) == NEW;
  }

  /** The same for the baton's holder, which queues the node itself. */
  boolean requestCancelQuietly(int ofGeneration, int cause) {
    while (true) {
      long seen = word;
      int state = (int) (seen & STATE_MASK);
      if ((int) (seen >>> STATE_BITS) != ofGeneration || state != QUEUED && state != ISSUED) {
        return false;
      }
      if (WORD.compareAndSet(this, seen, seen + (CANCEL_REQUESTED - state))) {
        // No reader before the node: the slot is not let go until the node has been seen.
        cancelCause = cause;
        attendNode();
        return true;
      }
    }
  }

  /** Writes the entry that cancels it, or the part of it that runs. */
  void prepCancel(MemorySegment sqes, long at) {
    Parts chain = parts;
    int part = chain == null ? UserData.MAIN : UserData.ofPart(Math.min(chain.running(), chain.count() - 1));
    long userData = UserData.of(slot, generation(), part);
    switch (kind) {
      // Each has a remover of its own, which does the same and answers the same.
      case POLL -> Sqe.prepPollRemove(sqes, at, userData);
      case TIMEOUT -> Sqe.prepTimeoutRemove(sqes, at, userData);
      default -> Sqe.prepCancel(sqes, at, userData);
    }
    cancelUnderWay = true;
    cancelAttempts++;
  }

  /** Writes the entry that the next cancel stands behind, and answers where. */
  long prepPause(MemorySegment sqes, long at) {
    CancelPause.stage(sqes, at);
    pauseUnderWay = true;
    cancelAttempts = 0;
    return at;
  }

  /** Whether a cancel has waited for the end of the pause: its completion need not come before the cancel's (K-09). */
  boolean pauseEnded() {
    pauseUnderWay = false;
    return cancelWanted && !mainDone;
  }

  CancelNode cancelNode() {
    CancelNode node = cancelNode;
    if (node == null) {
      node = new CancelNode(this);
      cancelNode = node;
    }
    return node;
  }

  AttendNode attendNode() {
    AttendNode node = attendNode;
    if (node == null) {
      node = new AttendNode(this);
      attendNode = node;
    }
    return node;
  }

  /** QUEUED to ISSUED, unless a cancel was asked for meanwhile: then it is issued all the same, and cancelled next. */
  void issued() {
    long seen = word;
    if ((seen & STATE_MASK) == QUEUED) {
      WORD.compareAndSet(this, seen, seen + (ISSUED - QUEUED));
    }
  }

  /** Tries the last transition of the kernel's side; false while a cancel's node is still on its way. */
  boolean terminate() {
    while (true) {
      long seen = word;
      int state = (int) (seen & STATE_MASK);
      if (state == CANCEL_REQUESTED && !cancelSeen) {
        return false;
      }
      if (WORD.compareAndSet(this, seen, seen + (TERMINAL - state))) {
        return true;
      }
    }
  }

  /** DETACHED, unless a cancel's node is still on its way: the waiter may go, the slot stays. */
  boolean detach() {
    while (true) {
      long seen = word;
      int state = (int) (seen & STATE_MASK);
      if (state == CANCEL_REQUESTED && !cancelSeen) {
        return false;
      }
      if (WORD.compareAndSet(this, seen, seen + (DETACHED - state))) {
        return true;
      }
    }
  }

  /** DETACHED to TERMINAL, when the kernel has let go; false if the waiter has left: then the slot is to be freed. */
  boolean letGo() {
    long seen = word;
    return (seen & STATE_MASK) == DETACHED && WORD.compareAndSet(this, seen, seen + (TERMINAL - DETACHED));
  }

  /** Whether the kernel still holds what was lent, so that the last completion frees the slot. */
  private boolean leave() {
    long seen = word;
    return (seen & STATE_MASK) == DETACHED && WORD.compareAndSet(this, seen, seen + (LEFT - DETACHED));
  }

  /** Gives the slot back, after the result was read, or unsubmitted. */
  public void release() {
    if (!detaches || !leave()) {
      table.release(this);
    }
  }

  /** Whether its deadline has passed. */
  boolean isOverdue() {
    return deadline != Deadline.NONE && table.nanoTime() - deadline >= 0;
  }

  /** Whether the kernel has it, and nobody asked for its end. */
  boolean isIssued() {
    return state() == ISSUED;
  }

  @Override
  boolean isFileTransfer() {
    return kind.isFileTransfer();
  }

  @Override
  int entries() {
    int work = parts == null ? 1 : parts.left();
    return kind == OperationKind.CLOSE || deadline != Deadline.NONE ? work + 1 : work;
  }

  boolean isInFlight() {
    int state = state();
    return state >= QUEUED && state < TERMINAL;
  }

  /** The result, once {@link #await} has returned. */
  public int result() {
    return result;
  }

  @Override
  public String toString() {
    return kind + " slot " + slot + " generation " + generation() + " state " + state() + " on " + endpoint;
  }

  /** A request to cancel the operation: in the inbox at most once a generation. */
  static final class CancelNode extends InboxNode {
    final Operation target;

    CancelNode(Operation target) {
      this.target = target;
    }
  }

  /** A note of the baton's holder to itself: look at this operation again in the next turn. */
  static final class AttendNode extends InboxNode {
    final Operation target;

    AttendNode(Operation target) {
      this.target = target;
    }

    @Override
    int entries() {
      return CancelPause.isDue(target) ? 2 : 1;
    }
  }
}
