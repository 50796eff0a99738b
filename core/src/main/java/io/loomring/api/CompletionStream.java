package io.loomring.api;

import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.op.Arrivals;
import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.sys.Errno;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What an operation of the kernel brings that completes again and again, as something to take from:
 *
 * <pre>{@code
 * try (CompletionStream<Descriptor> connections = uring.multishot().accept(listener)) {
 *   Descriptor connection = connections.next();                 // the next one, and the next
 * }
 * }</pre>
 *
 * <p>Nothing is lost. The kernel may end such an operation at any time, and it is begun again, by the next call that
 * finds nothing to take; what the last completion brought counts like any other. Where the taker falls behind, the
 * operation is ended until it has caught up, and what comes meanwhile waits where it would wait anyway: in the backlog of
 * a listener, in the buffer of a socket. An error is thrown after all that came before it was taken, and so is the close
 * of the descriptor; the call after an error tries again.
 *
 * <p>Any thread may take, one at a time; others wait. {@link #close} may come from any thread.
 *
 * @param <T> what each completion brings
 * @since 0.1
 */
public final class CompletionStream<T> implements AutoCloseable {
  /** What makes streams differ. */
  interface Source<T> {
    OperationKind kind();

    /** Writes the entry. */
    void encode(Operation op);

    /** What is lent for as long as the operation is in flight (I-3). */
    @Nullable Object lent();

    /** Gets what {@link #take}, which follows at once, needs for a completion; false where there is none just now. */
    default boolean tryPrepare() throws IOException {
      return true;
    }

    /** The same, waiting for it until {@code deadline}. */
    default boolean prepare(long deadline) throws IOException {
      return true;
    }

    /** Makes of a completion what is handed out; null ends the stream. */
    @Nullable T take(Arrivals from) throws IOException;

    /** Disposes of a completion that nobody takes. */
    void discard(Arrivals from);

    /** What becomes of a result of the kernel's that says why the operation ended. */
    default int outcome(int result) {
      return result;
    }

    /** Whether the operation may begin now; if not, {@code waiter} is unparked when it may. */
    default boolean mayBegin(Thread waiter) {
      return true;
    }

    /** Ends what {@link #mayBegin} began. */
    default void begins(Thread waiter) {}

    /** Whether all has been taken that there will ever be. */
    default boolean isOver() {
      return false;
    }

    /** The ring has died with the operation in flight: the kernel may still write to what was lent (I-12). */
    default void ringDied() {}

    /** The stream is closed, and its operation has ended. */
    default void closed() {}
  }

  /** Times that an operation may end and bring nothing, in a row, before that is an error. */
  private static final int MAX_FRUITLESS = 10_000;

  private final Uring uring;
  private final OperationTable table;
  private final @Nullable Descriptor on;
  private final Source<T> source;
  private final Arrivals arrivals;
  /** For who takes. */
  private final ReentrantLock lock = new ReentrantLock();

  // Under the lock.
  private boolean begun;
  private boolean finished;
  private boolean needsRoom;
  private boolean disposed;
  private int fruitless;

  // Each side writes its own and then reads the other's: a taker that begins the operation, and a closer.
  private volatile @Nullable OperationHandle handle;
  private volatile boolean closed;

  CompletionStream(
      Uring uring, OperationTable table, @Nullable Descriptor on, Source<T> source, Arrivals arrivals) {
    this.uring = uring;
    this.table = table;
    this.on = on;
    this.source = source;
    this.arrivals = arrivals;
  }

  /** Takes the next one, waiting for it; null where the stream has come to its end. */
  public @Nullable T next() throws IOException {
    return next(CallOptions.NONE);
  }

  /**
   * Takes the next one, waiting for it; null where the stream has come to its end, which not all have. A timeout and an
   * interrupt end the call, and not the stream.
   *
   * @throws IllegalArgumentException if the options have a handle: it is the stream that is cancelled, by {@link #close}
   * @throws IllegalStateException if the stream is closed
   * @throws OperationCancelledException if it is closed while this waits
   */
  public @Nullable T next(CallOptions options) throws IOException {
    if (options.handle() != null) {
      throw new IllegalArgumentException("no handle cancels a call that takes: close() ends the stream");
    }
    long deadline = options.deadlineFromNow();
    lock(deadline);
    try {
      if (closed) {
        throw new IllegalStateException("the stream is closed");
      }
      return take(deadline);
    } finally {
      lock.unlock();
    }
  }

  /** How many can be taken without waiting. */
  public int available() {
    return arrivals.size();
  }

  private void lock(long deadline) throws IOException {
    if (lock.tryLock()) {
      return;
    }
    boolean interrupted = false;
    try {
      while (true) {
        try {
          if (lock.tryLock(Math.max(0, Deadline.remainingNanos(deadline)), TimeUnit.NANOSECONDS)) {
            return;
          }
          throw new OperationTimeoutException("timed out: waiting for another taker of the stream");
        } catch (InterruptedException e) {
          interrupted = true;
          if (Thread.currentThread().isVirtual()) {
            throw new OperationInterruptedException("interrupted: waiting for another taker of the stream");
          }
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private @Nullable T take(long deadline) throws IOException {
    while (!finished && !source.isOver()) {
      // First the end, then what came: the baton's holder writes them the other way round.
      boolean ended = begun && arrivals.isEnded();
      if (!arrivals.isEmpty()) {
        prepare(deadline);
        arrivals.take();
        fruitless = 0;
        T taken = source.take(arrivals);
        finished = taken == null;
        return taken;
      }
      if (closed) {
        throw new OperationCancelledException("cancelled: the stream was closed");
      }
      if (ended) {
        begun = false;
        endedBecause(source.outcome(arrivals.outcome()));
      } else if (begun) {
        await(deadline);
      } else if (needsRoom && !source.mayBegin(Thread.currentThread())) {
        await(deadline);
      } else {
        begin(deadline);
      }
    }
    return null;
  }

  /**
   * Who has to wait for it lets go of the operation's slot before, or takers that fill a table would wait for each other.
   * What came stays for the next call, where this one ends.
   */
  private void prepare(long deadline) throws IOException {
    if (source.tryPrepare()) {
      return;
    }
    pause();
    while (!source.prepare(OperationTable.slotBy(deadline))) {
      if (closed) {
        throw new OperationCancelledException("cancelled: the stream was closed");
      }
      throwIfOver(deadline);
    }
  }

  private void throwIfOver(long deadline) throws IOException {
    if (Deadline.hasPassed(deadline)) {
      throw uring.failure(source.kind().call(), Outcome.TIMED_OUT, on);
    }
    Thread me = Thread.currentThread();
    if (me.isVirtual() && me.isInterrupted()) {
      throw uring.failure(source.kind().call(), Outcome.INTERRUPTED, on);
    }
  }

  /** Ends the operation, for the next call that finds nothing to take. Why it ended by itself is still to be said. */
  private void pause() {
    OperationHandle current = handle;
    if (begun && current != null) {
      current.cancel();
      awaitEnd();
      begun = arrivals.outcome() != Outcome.CANCELLED;
    }
  }

  /** Returns where the operation is to begin again. */
  private void endedBecause(int outcome) throws IOException {
    if (outcome == -Errno.ENOBUFS) {
      needsRoom = true;
    } else if (outcome < 0 && outcome != Outcome.PAUSED && !Outcome.isInterruption(outcome)) {
      if (outcome == Outcome.RING_DEAD) {
        source.ringDied();
      }
      throw uring.failure(source.kind().call(), outcome, on);
    } else if (++fruitless > MAX_FRUITLESS) {
      throw new IOException(source.kind() + " ended " + fruitless + " times and brought nothing");
    }
  }

  private void begin(long deadline) throws IOException {
    needsRoom = false;
    source.begins(Thread.currentThread());
    OperationHandle fresh = new OperationHandle();
    Operation op = RawOperations.begin(table, on, deadline, fresh);
    if (op == null) {
      throw uring.failure(source.kind().call(), RawOperations.refusal(table, on, deadline, fresh), on);
    }
    source.encode(op);
    op.describe(source.kind(), on, source.lent());
    op.deliverTo(arrivals);
    arrivals.begin();
    begun = true;
    op.submit(Deadline.NONE, false);
    handle = fresh;
    if (closed) {
      fresh.cancel();
    }
  }

  /** Waits until something has come, the operation has ended, the stream is closed, or there is room. */
  private void await(long deadline) throws IOException {
    Thread me = Thread.currentThread();
    boolean interrupted = false;
    arrivals.waiter(me);
    try {
      while (isQuiet(me)) {
        throwIfOver(deadline);
        interrupted |= !me.isVirtual() && Thread.interrupted();
        table.park(arrivals, deadline);
      }
    } finally {
      arrivals.waiter(null);
      if (interrupted) {
        me.interrupt();
      }
    }
  }

  private boolean isQuiet(Thread me) {
    return arrivals.isEmpty() && !closed && (begun ? !arrivals.isEnded() : needsRoom && !source.mayBegin(me));
  }

  /**
   * Ends the stream: the operation is cancelled and has seen its last completion when this returns, and what it brought
   * and nobody took is disposed of: connections are closed, buffers are given back. Whoever waits in {@link #next} is
   * ended. An interrupt does not end the wait. The second close does nothing.
   */
  @Override
  public void close() {
    closed = true;
    OperationHandle current = handle;
    if (current != null) {
      current.cancel();
    }
    Thread taker = arrivals.waiter();
    if (taker != null) {
      LockSupport.unpark(taker);
    }
    lock.lock();
    try {
      if (!disposed) {
        awaitEnd();
        if (begun && arrivals.outcome() == Outcome.RING_DEAD) {
          source.ringDied();
        }
        begun = false;
        while (arrivals.take()) {
          source.discard(arrivals);
        }
        source.closed();
        disposed = true;
      }
    } finally {
      lock.unlock();
    }
  }

  private void awaitEnd() {
    Thread me = Thread.currentThread();
    boolean interrupted = false;
    arrivals.waiter(me);
    while (begun && !arrivals.isEnded()) {
      table.park(arrivals, Deadline.NONE);
      interrupted |= Thread.interrupted();
    }
    arrivals.waiter(null);
    if (interrupted) {
      me.interrupt();
    }
  }
}
