package io.loomring.op;

import io.loomring.buffer.IndexStack;
import io.loomring.ring.UserData;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The slots of one ring. A slot is taken by the thread that starts an operation and given back by the thread that takes
 * its result; in between it is the kernel's (I-4).
 *
 * <p>Taking and giving back touch one word that all operations of the ring share, with one CAS each and no lock. Where
 * no slot is free callers wait, nothing is thrown away.
 */
public final class OperationTable {
  /** How long a caller that waits for a slot sleeps before it looks at its deadline and descriptor again. */
  static final long SLOT_WAIT_NANOS = 10_000_000;

  private final Submitter submitter;
  private final int capacity;
  private final long clockOffsetNanos;
  private final Timings timings = new Timings();
  private final InlineReads inlineReads = new InlineReads();
  private final MemorySegment memory;
  private final IndexStack free;
  // Filled on first use of a slot by whoever popped it; read by the baton's holder after the node was published.
  private final @Nullable Operation[] operations;
  private final AtomicInteger used = new AtomicInteger();

  private final ConcurrentLinkedQueue<Thread> slotWaiters = new ConcurrentLinkedQueue<>();
  private final AtomicInteger slotWaiterCount = new AtomicInteger();
  private final ReentrantLock gathering = new ReentrantLock();

  private final DirectSlots directSlots;
  // The baton's holder's.
  private boolean gap;

  private final Map<Integer, Mailbox> mailboxes = new ConcurrentHashMap<>();
  private volatile @Nullable Throwable closedCause;
  private volatile List<OperationTable> siblings = List.of(this);

  /**
   * Makes a table of {@code capacity} slots.
   *
   * @param memory zeroed native memory of {@link SlotLayout#BYTES} a slot
   * @param clockOffsetNanos what to add to {@link System#nanoTime} for the kernel's monotonic clock
   * @param tracksAge whether operations note when they began
   */
  public OperationTable(
      Submitter submitter, MemorySegment memory, int capacity, long clockOffsetNanos, boolean tracksAge) {
    this(submitter, memory, capacity, clockOffsetNanos, tracksAge, 0);
  }

  /** The same for a ring whose table of direct descriptors has {@code directDescriptors} slots. */
  public OperationTable(
      Submitter submitter,
      MemorySegment memory,
      int capacity,
      long clockOffsetNanos,
      boolean tracksAge,
      int directDescriptors) {
    if (capacity < 2 || capacity > UserData.MESSAGE_SLOT) {
      throw new IllegalArgumentException("operation table of " + capacity + " slots: from 2 to "
          + UserData.MESSAGE_SLOT);
    }
    this.submitter = submitter;
    this.capacity = capacity;
    this.clockOffsetNanos = clockOffsetNanos;
    timings.set(tracksAge);
    this.memory = memory;
    this.free = new IndexStack(capacity, true);
    this.operations = new Operation[capacity];
    this.directSlots = new DirectSlots(directDescriptors);
  }

  /** Says which tables operations on a descriptor of this one may be in: those of the same Uring, this one included. */
  public void setSiblings(List<OperationTable> all) {
    siblings = List.copyOf(all);
  }

  /** Whether the two are of one Uring. */
  public boolean isSibling(OperationTable table) {
    return siblings.contains(table);
  }

  /** Held by who waits for a slot of a Uring with another one in hand: see {@link SlotSet}. */
  ReentrantLock gathering() {
    return siblings.getFirst().gathering;
  }

  /** The slots of the ring's table of direct descriptors. */
  public DirectSlots directSlots() {
    return directSlots;
  }

  /** The kernel has lost completions, and the ring is about to die of that: what comes behind them is no stream's next. */
  public void gap() {
    gap = true;
  }

  boolean hasGap() {
    return gap;
  }

  /** What is read of files without a park. */
  public InlineReads inlineReads() {
    return inlineReads;
  }

  /** Slots in all. */
  public int capacity() {
    return capacity;
  }

  Submitter submitter() {
    return submitter;
  }

  /** What time it is, for who looks at deadlines in a turn. */
  public long nanoTime() {
    return submitter.nanoTime();
  }

  boolean submitted(InboxNode node) {
    submitter.submit(node);
    return true;
  }

  /** How long operations take, and whether they note when they begin. */
  public Timings timings() {
    return timings;
  }

  /** What is in flight, as it comes by. */
  public List<InFlight> look() {
    return snapshot().stream().map(Operation::look).filter(Objects::nonNull).toList();
  }

  long toKernelNanos(long deadline) {
    return deadline == Deadline.NONE ? Long.MAX_VALUE : deadline + clockOffsetNanos;
  }

  /** Takes a slot, or answers null where none is free or the table is closed. */
  public @Nullable Operation tryAcquire() {
    int slot = free.pop();
    if (slot < 0) {
      return null;
    }
    if (closedCause != null) {
      // Looked at after the pop: whoever closes the table counts the free slots after that (see isEmpty).
      free.push(slot);
      return null;
    }
    Operation operation = operations[slot];
    if (operation == null) {
      operation = create(slot);
    }
    operation.begin();
    return operation;
  }

  private Operation create(int slot) {
    Operation operation = new Operation(this, slot, memory);
    operations[slot] = operation;
    used.accumulateAndGet(slot + 1, Math::max);
    return operation;
  }

  /**
   * Takes a slot, waiting for one where all are in use. Interrupts do not end the wait. It ends with null when the
   * deadline passes, the endpoint closes or the table does; {@link #refusal} then tells which.
   *
   * @throws IllegalStateException if called by the poller itself, which would wait for itself
   */
  public @Nullable Operation acquire(@Nullable Endpoint endpoint, long deadline) {
    ensureMayWait();
    Operation operation = tryAcquire();
    return operation != null || refusal(endpoint, deadline) != 0 ? operation : acquireSlowly(endpoint, deadline);
  }

  /**
   * Refuses a call that waits to the poller itself, which would be the one to end the wait.
   *
   * @throws IllegalStateException if called by the poller itself
   */
  public void ensureMayWait() {
    if (isPollerThread()) {
      throw new IllegalStateException("a blocking call from the poller's own thread would wait for itself for ever");
    }
  }

  private @Nullable Operation acquireSlowly(@Nullable Endpoint endpoint, long deadline) {
    Thread me = Thread.currentThread();
    boolean interrupted = false;
    slotWaiterCount.incrementAndGet();
    try {
      while (true) {
        slotWaiters.add(me);
        Operation operation = tryAcquire();
        if (operation != null || refusal(endpoint, deadline) != 0) {
          if (!slotWaiters.remove(me)) {
            // A release chose us, and we need no slot any more: the next in line gets the call.
            wakeSlotWaiter();
          }
          return operation;
        }
        if (!submitter.turnIfPinned()) {
          LockSupport.parkNanos(
              slotWaiters, Math.min(SLOT_WAIT_NANOS, Math.max(1, Deadline.remainingNanos(deadline))));
        }
        interrupted |= Thread.interrupted();
        slotWaiters.remove(me);
      }
    } finally {
      slotWaiterCount.decrementAndGet();
      if (interrupted) {
        me.interrupt();
      }
    }
  }

  /** Until when to wait for a slot at a time, for a caller that looks in between whether anybody still wants it. */
  public static long slotBy(long deadline) {
    return Math.min(deadline, System.nanoTime() + SLOT_WAIT_NANOS);
  }

  /** Why {@link #acquire} answered null: an {@link Outcome}, or 0 where nothing forbids the operation. */
  public int refusal(@Nullable Endpoint endpoint, long deadline) {
    if (closedCause != null) {
      return Outcome.RING_DEAD;
    }
    if (endpoint != null && !endpoint.isOpen()) {
      return Outcome.CLOSED;
    }
    return Deadline.hasPassed(deadline) ? Outcome.TIMED_OUT : 0;
  }

  /** Gives a slot back: after the result was read, or for an operation that was never submitted. */
  public void release(Operation operation) {
    operation.end();
    free.push(operation.slot());
    if (slotWaiterCount.get() != 0) {
      wakeSlotWaiter();
    }
  }

  private void wakeSlotWaiter() {
    LockSupport.unpark(slotWaiters.poll());
  }

  /** The operation that has the slot, or null if the slot was never used. For the baton's holder. */
  @Nullable Operation at(int slot) {
    return slot < capacity ? operations[slot] : null;
  }

  void open(Mailbox box) {
    mailboxes.put(box.id(), box);
  }

  void shut(Mailbox box) {
    mailboxes.remove(box.id());
  }

  /** The mailbox of that identity, or null if it was closed. For the baton's holder. */
  @Nullable Mailbox mailbox(int id) {
    return mailboxes.get(id);
  }

  /** Refuses new operations from now on; the first cause stays. */
  public void close(Throwable cause) {
    if (closedCause == null) {
      closedCause = cause;
    }
    mailboxes.values().forEach(Mailbox::close);
  }

  /** Why the table takes no more operations, or null while it does. */
  public @Nullable Throwable closedCause() {
    return closedCause;
  }

  /** Operations that have been submitted and have not seen their last completion. Counts slot by slot. */
  public int inFlight() {
    return snapshot().size();
  }

  /** How many of {@code kind} are in flight. Counts slot by slot. */
  public int inFlight(OperationKind kind) {
    return (int) snapshot().stream().filter(operation -> operation.kind == kind).count();
  }

  /** The operations in flight as they come by; each may end at any moment. */
  List<Operation> snapshot() {
    List<Operation> found = new ArrayList<>();
    for (int i = 0; i < used.get(); i++) {
      Operation operation = operations[i];
      if (operation != null && operation.isInFlight()) {
        found.add(operation);
      }
    }
    return found;
  }

  /** What is in flight, one line each, as it comes by. */
  public List<String> describeInFlight() {
    return snapshot().stream().map(Operation::toString).toList();
  }

  /** No slot from this one on has been used so far. */
  int slotsEverUsed() {
    return used.get();
  }

  /** Slots in use: of operations, and kept for the closing of descriptors. Counts slot by slot. */
  public int slotsInUse() {
    return capacity - free.size();
  }

  /** Whether no slot is in use; once true of a closed table, it stays true. While slots come and go it may say no. */
  public boolean isEmpty() {
    return free.isFull();
  }

  /** The endpoints that keep a slot for their closing: the open descriptors of the ring. */
  public List<Endpoint> endpoints() {
    List<Endpoint> found = new ArrayList<>();
    for (int i = 0; i < used.get(); i++) {
      Operation operation = operations[i];
      if (operation != null && operation.state() != Operation.FREE && operation.kind.endsDescriptor()) {
        Endpoint endpoint = operation.endpoint;
        if (endpoint != null) {
          found.add(endpoint);
        }
      }
    }
    return found;
  }

  /**
   * Registers something with the ring, in a turn of it, and waits for that; an interrupt does not end the wait.
   *
   * @return the result, {@code -errno}, or {@link Outcome#RING_DEAD}
   */
  public int register(int operation, long argument, int count) {
    if (closedCause != null) {
      return Outcome.RING_DEAD;
    }
    RegisterNode node = new RegisterNode(submitter, operation, argument, count);
    submitter.submit(node);
    await(node.answered);
    return node.result;
  }

  /** Parks as {@link Submitter#park} does, until a deadline at most. */
  public void park(Object blocker, long deadline) {
    if (deadline == Deadline.NONE) {
      submitter.park(blocker);
    } else if (!submitter.turnIfPinned()) {
      LockSupport.parkNanos(blocker, Math.max(1, Deadline.remainingNanos(deadline)));
    }
  }

  /** For who is about to wait for another thread: see {@link Submitter#turnIfPinned}. */
  public boolean turnIfPinned() {
    return submitter.turnIfPinned();
  }

  /** Whether the calling thread runs the turns, and so must not wait. */
  public boolean isPollerThread() {
    return submitter.isPollerThread();
  }

  /** Waits for what a turn of the ring counts down; an interrupt does not end the wait. */
  public void await(CountDownLatch latch) {
    while (latch.getCount() > 0 && submitter.turnIfPinned()) {
      // Each time round a turn has been run.
    }
    Waiting.uninterruptibly(latch);
  }

  /** Asks for the cancel of everything in flight on {@code endpoint}, for its closer, whichever ring it is in. */
  public void cancelAll(Endpoint endpoint) {
    int ignored = cancelAll(endpoint, Outcome.CLOSED);
  }

  /** The same with the {@link Outcome} that they are to have; answers how many were asked. */
  public int cancelAll(Endpoint endpoint, int cause) {
    int asked = 0;
    for (OperationTable table : siblings) {
      asked += table.cancelOwn(endpoint, cause);
    }
    return asked;
  }

  private int cancelOwn(Endpoint endpoint, int cause) {
    int asked = 0;
    for (Operation operation : snapshot()) {
      // The generation first: if the slot changes hands after the look at its endpoint, the request is refused.
      int generation = operation.generation();
      if (operation.isOn(endpoint)
          && !operation.kind.endsDescriptor()
          && operation.requestCancel(generation, cause)) {
        asked++;
      }
    }
    return asked;
  }

  /** Asks for the cancel of everything in flight that no descriptor's close takes care of. */
  public void cancelAll() {
    int ignored = cancelAll(Outcome.CLOSED);
  }

  /** The same with the {@link Outcome} that they are to have; answers how many were asked. */
  public int cancelAll(int cause) {
    int asked = 0;
    for (Operation operation : snapshot()) {
      int generation = operation.generation();
      if (!operation.kind.endsDescriptor() && operation.requestCancel(generation, cause)) {
        asked++;
      }
    }
    return asked;
  }
}
