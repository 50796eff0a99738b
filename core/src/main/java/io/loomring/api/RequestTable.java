package io.loomring.api;

import io.loomring.buffer.IndexStack;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.op.Deadline;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait for an answer, for drivers of protocols: an operation table whose operations are not the kernel's.
 * Many threads share a connection; each submits a request, sends its id along, and waits, and one thread that reads the
 * replies completes them, in whatever order they come:
 *
 * <pre>{@code
 * long id = table.submit(null, options);          // waits where the table is full
 * send(id, question);
 * Reply reply = table.await(id, options);         // parks; meanwhile another thread: table.complete(replyId, reply)
 * }</pre>
 *
 * <p>An id is given out once: it has the number of a slot, the slot's generation and the number of the table. What comes
 * too late, or from somewhere else, finds that nobody waits for it, and never completes another's request.
 *
 * <p>A request may carry a resource, such as the buffer that its reply is to be read into. From submit on it is the
 * table's, and again the caller's when {@link #await} has come back, whatever ended it, or {@link #abandon}. Whoever fills
 * it calls {@link #claim} before: then neither timeout nor cancel ends the request until it is completed, as with an
 * operation that the kernel is at.
 *
 * <p>Legal transitions, for each slot:
 *
 * <pre>
 *  FREE -> RESERVED                      reserve
 *  RESERVED -> SUBMITTING -> PENDING     submit: one wins, and hands over what the request carries
 *  PENDING -> CLAIMED                    claim: who completes it is at its resource
 *  PENDING|CLAIMED -> COMPLETING         complete, fail: one wins
 *  COMPLETING -> DONE|FAILED             the result is written
 *  PENDING -> CANCELLED|CLOSED|GIVEN_UP  cancel; close; a timeout, an interrupt, abandon
 *  RESERVED -> FREE                      abandon; generation + 1
 *  DONE|FAILED|CANCELLED|CLOSED|GIVEN_UP -> FREE  await, abandon: the result is taken; generation + 1
 * </pre>
 *
 * <p>All methods may be called by any thread, and none allocates but where something fails. Platform threads ignore
 * interrupts.
 *
 * @param <T> what a request is completed with
 * @param <R> the resources that requests carry
 * @since 0.1
 */
public final class RequestTable<T, R> implements AutoCloseable {
  /** No id: what {@link #trySubmit} answers where the table is full. */
  public static final long NONE = 0;

  /** How many requests a table may hold. */
  public static final int CAPACITY_MAX = 1 << 20;

  private static final System.Logger LOG = System.getLogger("io.loomring");
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
  private static final long CLOSE_WAIT_NANOS = 1_000_000;

  private static final int FREE = 0;
  private static final int RESERVED = 1;
  private static final int SUBMITTING = 2;
  private static final int PENDING = 3;
  private static final int CLAIMED = 4;
  private static final int COMPLETING = 5;
  private static final int DONE = 6;
  private static final int FAILED = 7;
  private static final int CANCELLED = 8;
  private static final int CLOSED = 9;
  private static final int GIVEN_UP = 10;
  private static final String[] STATE_NAMES = {
    "free", "reserved", "being submitted", "pending", "claimed", "being completed", "completed and not taken",
    "failed and not taken", "cancelled and not taken", "cancelled and not taken", "given up"
  };

  // A slot's word: the generation, whether somebody has the right to take the result, and the state.
  private static final long STATE_MASK = 0x7F;
  private static final long TAKER = 0x80;
  private static final int GENERATION_SHIFT = 8;
  private static final long GENERATION_MASK = 0xFFFF_FFFFL;

  // An id: the table's number, the generation, the slot.
  private static final int SLOT_BITS = 20;
  private static final long SLOT_MASK = (1L << SLOT_BITS) - 1;
  private static final int TABLE_SHIFT = SLOT_BITS + 32;
  private static final int TABLES_MAX = (1 << 63 - TABLE_SHIFT) - 1;
  private static final AtomicInteger TABLES = new AtomicInteger();

  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle WAITER = MethodHandles.arrayElementVarHandle(Thread[].class);

  private final OperationTable home;
  private final long number = 1 + Math.floorMod(TABLES.getAndIncrement(), TABLES_MAX);
  private final int capacity;
  private final IndexStack free;
  private final Semaphore room;
  private final AtomicInteger used = new AtomicInteger();
  private final long[] words;
  // Each side writes its own and then reads the other's: who waits, and who ends the request.
  private final @Nullable Thread[] waiters;
  // Written in COMPLETING and in SUBMITTING, published with the word.
  private final @Nullable Object[] results;
  private final @Nullable Object[] resources;
  private final AtomicBoolean closing = new AtomicBoolean();
  private volatile boolean closed;

  RequestTable(OperationTable home, int capacity) {
    this.home = home;
    this.capacity = capacity;
    this.free = new IndexStack(capacity, true);
    this.room = new Semaphore(capacity);
    this.words = new long[capacity];
    this.waiters = new Thread[capacity];
    this.results = new Object[capacity];
    this.resources = new Object[capacity];
  }

  /**
   * Makes an empty one.
   *
   * @param uring on whose rings the connection is: a thread that keeps one from running while it waits runs it instead
   * @param capacity how many requests it holds, from 1 to {@link #CAPACITY_MAX}
   */
  public static <T, R> RequestTable<T, R> of(Uring uring, int capacity) {
    if (capacity < 1 || capacity > CAPACITY_MAX) {
      throw new IllegalArgumentException("capacity " + capacity + ": from 1 to " + CAPACITY_MAX);
    }
    return new RequestTable<>(uring.nextTable(), capacity);
  }

  // ---- figures

  /** How many requests it holds at most. */
  public int capacity() {
    return capacity;
  }

  /** How many it holds: reserved, in flight, and completed with a result that nobody has taken yet. */
  public int size() {
    return used.get();
  }

  public boolean isEmpty() {
    return size() == 0;
  }

  /** Whether it holds the request. */
  public boolean contains(long id) {
    return isOf(id) && holds(word(slotOf(id)), id);
  }

  // ---- submit

  /**
   * Submits a request, waiting for room where the table is full. It is in flight when this returns, so submit first, and
   * send then.
   *
   * @param resource what it carries, or null
   * @return its id, above zero
   * @throws OperationTimeoutException if there is no room in time
   * @throws OperationInterruptedException if the calling virtual thread is interrupted while it waits
   * @throws OperationCancelledException if the table is closed
   */
  public long submit(@Nullable R resource, CallOptions options) throws IOException {
    long id = reserve(options);
    submit(id, resource);
    return id;
  }

  /**
   * Submits a request if there is room.
   *
   * @return its id, or {@link #NONE}
   * @throws OperationCancelledException if the table is closed
   */
  public long trySubmit(@Nullable R resource) throws IOException {
    if (!closed && !room.tryAcquire()) {
      return NONE;
    }
    long id = takeSlot();
    submit(id, resource);
    return id;
  }

  /**
   * Takes an id for a request that is submitted later. Nothing can complete it before. Exceptions are those of
   * {@link #submit(Object, CallOptions)}.
   */
  public long reserve(CallOptions options) throws IOException {
    refuseHandle(options);
    if (!closed && !room.tryAcquire()) {
      awaitRoom(options);
    }
    return takeSlot();
  }

  /**
   * Submits a request whose id was reserved.
   *
   * @throws IllegalStateException if it was submitted before, or is not in this table
   * @throws OperationCancelledException if the table is closed; the id is given back
   */
  public void submit(long id, @Nullable R resource) throws IOException {
    int slot = slotOf(required(id));
    long seen = word(slot);
    if (!holds(seen, id)) {
      throw gone(id);
    }
    if (stateOf(seen) == RESERVED && closed) {
      abandon(id);
      throw refused();
    }
    // With a taker somebody is giving it up.
    if (stateOf(seen) != RESERVED
        || (seen & TAKER) != 0
        || !WORD.compareAndSet(words, slot, seen, with(seen, SUBMITTING))) {
      throw new IllegalStateException(name(id) + " was submitted before, or given up: an id serves one request");
    }
    resources[slot] = resource;
    WORD.setVolatile(words, slot, with(seen, PENDING));
    if (closed) {
      // Whoever closes it looks at the slots after it said so.
      end(slot, id, CLOSED);
    }
  }

  private void awaitRoom(CallOptions options) throws IOException {
    long deadline = options.deadlineFromNow();
    Thread me = Thread.currentThread();
    boolean interrupted = false;
    try {
      while (!tryRoom(deadline)) {
        if (Deadline.hasPassed(deadline)) {
          throw new OperationTimeoutException("timed out: waiting for room in " + this);
        }
        // Cleared, since a thread with the flag set does not wait.
        if (Thread.interrupted()) {
          interrupted = true;
          if (me.isVirtual() && options.isInterruptible()) {
            throw new OperationInterruptedException("interrupted: waiting for room in " + this);
          }
        }
      }
    } finally {
      if (interrupted) {
        me.interrupt();
      }
    }
  }

  /** Waits for room until the deadline or an interrupt, whose flag is set then. */
  private boolean tryRoom(long deadline) {
    if (home.turnIfPinned()) {
      return room.tryAcquire();
    }
    try {
      return room.tryAcquire(Math.max(0, Deadline.remainingNanos(deadline)), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** With a permit in hand, unless the table is closed. */
  private long takeSlot() throws IOException {
    int slot = closed ? -1 : free.pop();
    if (slot < 0) {
      throw refused();
    }
    used.incrementAndGet();
    long now = word(slot) + (RESERVED - FREE);
    WORD.setVolatile(words, slot, now);
    return number << TABLE_SHIFT | generationOf(now) << SLOT_BITS | slot;
  }

  private static OperationCancelledException refused() {
    return new OperationCancelledException("cancelled: the request table is closed");
  }

  private static void refuseHandle(CallOptions options) {
    if (options.handle() != null) {
      throw new IllegalArgumentException("no handle cancels a request: its id does, with cancel(id)");
    }
  }

  // ---- wait

  /**
   * Waits until a request is completed, and takes the result: the id is no longer of this table then. One call for each
   * request. What it carries is the caller's again when this returns or throws one of the first four.
   *
   * @throws OperationTimeoutException if the timeout or deadline passes first
   * @throws OperationCancelledException if it was cancelled, or the table was closed
   * @throws OperationInterruptedException if the calling virtual thread is interrupted
   * @throws IOException what it was failed with: the very exception
   * @throws IllegalStateException if the result was taken before, another thread waits for it, it was not submitted, or it
   *     is another table's
   * @throws IllegalArgumentException if the options have a handle: {@link #cancel} ends it
   */
  public T await(long id, CallOptions options) throws IOException {
    refuseHandle(options);
    int slot = becomeTaker(id, false);
    int outcome = untilEnded(slot, id, options.deadlineFromNow(), options.isInterruptible(), 0);
    int state = stateOf(word(slot));
    Object result = results[slot];
    giveBack(slot);
    if (state == DONE) {
      @SuppressWarnings("unchecked")
      T answer = (T) result;
      assert answer != null;
      return answer;
    }
    if (state == FAILED && result instanceof IOException failure) {
      throw failure;
    }
    throw switch (state) {
      case CANCELLED -> new OperationCancelledException("cancelled: " + name(id));
      case CLOSED -> new OperationCancelledException("cancelled: " + name(id) + ", its table was closed");
      default -> outcome == Outcome.TIMED_OUT
          ? new OperationTimeoutException("timed out: " + name(id))
          : new OperationInterruptedException("interrupted: " + name(id));
    };
  }

  /**
   * Gives a request up that nobody waits for, whether it was submitted or not: a reply that comes later is nobody's. Where
   * somebody has claimed it, this waits until that is over.
   *
   * @return what it carried
   * @throws IllegalStateException if a thread waits for it, or it is not in this table
   */
  public @Nullable R abandon(long id) {
    int slot = becomeTaker(id, true);
    if (stateOf(word(slot)) != RESERVED) {
      untilEnded(slot, id, Deadline.NONE, false, Outcome.CANCELLED);
    }
    @SuppressWarnings("unchecked")
    R resource = (R) resources[slot];
    giveBack(slot);
    return resource;
  }

  /** Gets the right to take the result, which one thread has for each request. */
  private int becomeTaker(long id, boolean unsubmitted) {
    int slot = slotOf(required(id));
    while (true) {
      long seen = word(slot);
      if (!holds(seen, id)) {
        throw gone(id);
      }
      if ((seen & TAKER) != 0) {
        throw new IllegalStateException("another thread waits for " + name(id) + ": one takes the result");
      }
      if (stateOf(seen) == SUBMITTING || stateOf(seen) == RESERVED && !unsubmitted) {
        throw new IllegalStateException(name(id) + " is " + STATE_NAMES[stateOf(seen)] + ", and not submitted yet");
      }
      if (WORD.compareAndSet(words, slot, seen, seen | TAKER)) {
        return slot;
      }
    }
  }

  /**
   * Waits for the end of a request, or brings it about.
   *
   * @param reason why to end it at once, or 0
   * @return the {@link Outcome} for which it was ended, or is to be; what came first is in the state
   */
  private int untilEnded(int slot, long id, long deadline, boolean interruptible, int reason) {
    Thread me = Thread.currentThread();
    boolean asks = interruptible && me.isVirtual();
    boolean interrupted = false;
    int outcome = reason;
    WAITER.setVolatile(waiters, slot, me);
    while (stateOf(word(slot)) < DONE) {
      if (me.isInterrupted()) {
        outcome = outcome == 0 && asks ? Outcome.INTERRUPTED : outcome;
        // Cleared, since a thread with the flag set does not park.
        interrupted |= Thread.interrupted();
      }
      if (outcome == 0 && Deadline.hasPassed(deadline)) {
        outcome = Outcome.TIMED_OUT;
      }
      // Where it is claimed, who does that has its resource, and will complete it.
      if (outcome != 0 && move(slot, id, PENDING, GIVEN_UP)) {
        break;
      }
      park(outcome == 0 ? deadline : Deadline.NONE);
    }
    if (interrupted) {
      me.interrupt();
    }
    return outcome;
  }

  private void park(long deadline) {
    if (home.turnIfPinned()) {
      return;
    }
    if (deadline == Deadline.NONE) {
      LockSupport.park(this);
    } else {
      LockSupport.parkNanos(this, Math.max(1, Deadline.remainingNanos(deadline)));
    }
  }

  private void giveBack(int slot) {
    results[slot] = null;
    resources[slot] = null;
    WAITER.setVolatile(waiters, slot, null);
    long next = generationOf(word(slot)) + 1 & GENERATION_MASK;
    WORD.setVolatile(words, slot, next << GENERATION_SHIFT | FREE);
    free.push(slot);
    used.decrementAndGet();
    room.release();
  }

  // ---- complete

  /**
   * Says that the resource of a request is about to be filled. From here on it has to be completed or failed, soon:
   * nothing else ends it.
   *
   * @return what it carries; null if it is not in flight: its caller has given up, or it is not of this table
   * @throws IllegalStateException if it carries nothing, or is claimed or completed already
   */
  public @Nullable R claim(long id) {
    if (!contains(id)) {
      return null;
    }
    int slot = slotOf(id);
    if (!begin(slot, id, CLAIMED)) {
      return null;
    }
    @SuppressWarnings("unchecked")
    R resource = (R) resources[slot];
    if (resource == null) {
      move(slot, id, CLAIMED, PENDING);
      LockSupport.unpark((Thread) WAITER.getVolatile(waiters, slot));
      throw new IllegalStateException(name(id) + " carries no resource that could be claimed");
    }
    return resource;
  }

  /**
   * Completes a request, and resumes who waits for it.
   *
   * @return false if it is not in flight: its caller has given up, or it is not of this table; then nothing happens
   * @throws IllegalStateException if it was completed before, and its result is not taken yet
   */
  public boolean complete(long id, T result) {
    return finish(id, result, DONE);
  }

  /** The same with an exception, which the waiting call throws. */
  public boolean fail(long id, IOException failure) {
    return finish(id, failure, FAILED);
  }

  /** Fails all that are in flight, and that nobody is completing; answers how many. The table stays open. */
  public int failAll(IOException failure) {
    int failed = 0;
    for (int slot = 0; slot < capacity; slot++) {
      long seen = word(slot);
      if (stateOf(seen) == PENDING && WORD.compareAndSet(words, slot, seen, with(seen, COMPLETING))) {
        publish(slot, failure, FAILED);
        failed++;
      }
    }
    return failed;
  }

  private boolean finish(long id, Object result, int state) {
    Objects.requireNonNull(result);
    if (!contains(id)) {
      return false;
    }
    int slot = slotOf(id);
    if (!begin(slot, id, COMPLETING)) {
      return false;
    }
    publish(slot, result, state);
    return true;
  }

  /** PENDING, or CLAIMED on the way to COMPLETING, to {@code next}; false if it is not in flight. */
  private boolean begin(int slot, long id, int next) {
    while (true) {
      long seen = word(slot);
      int state = stateOf(seen);
      if (!holds(seen, id) || state < PENDING || state >= CANCELLED) {
        return false;
      }
      if (state >= COMPLETING || state == next) {
        throw new IllegalStateException(name(id) + " is " + STATE_NAMES[state] + ": it is completed once");
      }
      if (WORD.compareAndSet(words, slot, seen, with(seen, next))) {
        return true;
      }
    }
  }

  private void publish(int slot, Object result, int state) {
    results[slot] = result;
    while (true) {
      long seen = word(slot);
      if (WORD.compareAndSet(words, slot, seen, with(seen, state))) {
        break;
      }
    }
    LockSupport.unpark((Thread) WAITER.getVolatile(waiters, slot));
  }

  /** Cancels a request: its call ends. False if it is not in flight, or is claimed or completed. */
  public boolean cancel(long id) {
    return contains(id) && end(slotOf(id), id, CANCELLED);
  }

  /** PENDING to an end without a result. */
  private boolean end(int slot, long id, int state) {
    if (!move(slot, id, PENDING, state)) {
      return false;
    }
    LockSupport.unpark((Thread) WAITER.getVolatile(waiters, slot));
    return true;
  }

  private boolean move(int slot, long id, int from, int to) {
    while (true) {
      long seen = word(slot);
      if (!holds(seen, id) || stateOf(seen) != from) {
        return false;
      }
      if (WORD.compareAndSet(words, slot, seen, with(seen, to))) {
        return true;
      }
    }
  }

  // ---- close

  /** The same as {@link #close(Duration)} with five seconds; what is left is logged. */
  @Override
  public void close() {
    CloseReport report = close(CLOSE_TIMEOUT);
    if (!report.isClean()) {
      LOG.log(System.Logger.Level.WARNING, "requests left in a table that was closed: " + report.left());
    }
  }

  /**
   * Refuses new requests, cancels those in flight, and waits until their callers have taken that: nothing is in the table
   * then. A request that somebody has claimed ends when it is completed; one that nobody waits for stays, until
   * {@link #await} or {@link #abandon} takes it. An interrupt does not end the wait.
   *
   * @return how many were cancelled, and what is still in the table when the time is up
   */
  public CloseReport close(Duration timeout) {
    long deadline = Deadline.after(timeout);
    closed = true;
    int cancelled = 0;
    for (int slot = 0; slot < capacity; slot++) {
      long seen = word(slot);
      if (stateOf(seen) == PENDING && end(slot, idOf(slot, seen), CLOSED)) {
        cancelled++;
      }
    }
    if (closing.compareAndSet(false, true)) {
      // Whoever waits for room finds the table closed.
      room.release(CAPACITY_MAX);
    }
    boolean interrupted = false;
    while (!isEmpty() && !Deadline.hasPassed(deadline)) {
      if (!home.turnIfPinned()) {
        LockSupport.parkNanos(this, Math.min(CLOSE_WAIT_NANOS, Math.max(1, Deadline.remainingNanos(deadline))));
      }
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return new CloseReport(cancelled, describe());
  }

  /** What is in the table, one line each. */
  private List<String> describe() {
    List<String> found = new ArrayList<>();
    for (int slot = 0; slot < capacity && found.size() < used.get(); slot++) {
      long seen = word(slot);
      if (stateOf(seen) != FREE) {
        Object waiter = WAITER.getVolatile(waiters, slot);
        found.add(name(idOf(slot, seen)) + ": " + STATE_NAMES[stateOf(seen)]
            + (waiter == null ? ", nobody waits for it" : ", " + waiter + " waits for it"));
      }
    }
    return found;
  }

  // ---- words and ids

  private long word(int slot) {
    return (long) WORD.getVolatile(words, slot);
  }

  private static int stateOf(long word) {
    return (int) (word & STATE_MASK);
  }

  private static long with(long word, int state) {
    return word & ~STATE_MASK | state;
  }

  private static long generationOf(long word) {
    return word >>> GENERATION_SHIFT & GENERATION_MASK;
  }

  private long idOf(int slot, long word) {
    return number << TABLE_SHIFT | generationOf(word) << SLOT_BITS | slot;
  }

  private static int slotOf(long id) {
    return (int) (id & SLOT_MASK);
  }

  /** Whether the id could be one of this table. */
  private boolean isOf(long id) {
    return id >>> TABLE_SHIFT == number && slotOf(id) < capacity;
  }

  private long required(long id) {
    if (!isOf(id)) {
      throw gone(id);
    }
    return id;
  }

  private static boolean holds(long word, long id) {
    return generationOf(word) == (id >>> SLOT_BITS & GENERATION_MASK) && stateOf(word) != FREE;
  }

  private static IllegalStateException gone(long id) {
    return new IllegalStateException(
        name(id) + " is not in this table: its result was taken, or it was given up, or it is another table's");
  }

  private static String name(long id) {
    return "request 0x" + Long.toHexString(id);
  }

  @Override
  public String toString() {
    return "RequestTable[" + size() + " of " + capacity + (closed ? ", closed" : "") + "]";
  }
}
