package io.loomring.ready;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.ErrorTable;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.error.PrematureCloseException;
import io.loomring.error.RingDeadException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.DirectDescriptor;
import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.op.PollSink;
import io.loomring.op.SinkList;
import io.loomring.ring.Sqe;
import io.loomring.sys.Errno;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for which descriptor to be ready: beside the calls that move data, for descriptors that another library reads
 * and writes by itself. They are anybody's, by number, or descriptors of this library, regular and direct. Either a thread
 * waits:
 *
 * <pre>{@code
 * queue.await(fd, Interest.READABLE, Duration.ofSeconds(10));   // parks; fd is another library's
 * }</pre>
 *
 * or waiters are registered, and one thread asks for those whose descriptors became ready, or has them called:
 *
 * <pre>{@code
 * try (ReadinessQueue queue = uring.polling().readinessQueue()) {
 *   queue.register(client, Interest.READABLE, ready -> readReply(ready.id()));
 *   queue.registerPersistent(events, Interest.READABLE, ready -> drain(ready.id()));
 *   queue.run();                                                // until nobody waits
 * }
 * }</pre>
 *
 * <p>There is one waiter for a descriptor and an {@link Interest}; a second one is refused. A waiter is registered for
 * once, or persistently: then it is reported each time that something comes, whether what came before was read or not,
 * and nothing that comes is missed; several arrivals before somebody looks are one. An error and a hang-up are reported to
 * whoever waits.
 *
 * <p>A descriptor has to stay open until its waiter is reported or unregistered. One that was closed all the same, or
 * that means another file by now, is noticed when somebody registers, waits for or unregisters it, when {@link #poll}
 * begins to wait, and within a second while it waits: that call, or the thread that waits for the descriptor, gets a
 * {@link PrematureCloseException}. So it does where a descriptor of this library is closed.
 *
 * <p>A direct descriptor has no number: it is named by itself, and told from others by itself; {@link Ready#id} answers its
 * index. A wait is cancelled through a handle that is given to {@link #await}, a registration by {@link #unregister}, a
 * {@link #poll} by {@link #wakeUp}.
 *
 * <p>All methods may be called by any thread; {@link #poll} and {@link #run} by one at a time. An interrupt ends the wait
 * of a virtual thread, with the flag set, and not that of a platform thread. When the {@code Uring} is closed or its ring
 * dies, waits end with a {@link RingDeadException}.
 *
 * @since 0.1
 */
public final class ReadinessQueue implements AutoCloseable {
  /** Times that a poll may end and bring nothing, in a row, before that is an error. */
  private static final int MAX_FRUITLESS = 10_000;

  /** Trips to the kernel and back after which what was ready before is reported: the turn of the first may still be on. */
  private static final int LOOKS = 2;

  private static final Waiter NOBODY = ready -> { };

  private final OperationTable table;
  private final FileIdentities identities;
  private final Registry registry;
  private final AtomicBoolean running = new AtomicBoolean();

  // Of whoever polls, which one thread does at a time.
  private final AtomicBoolean polling = new AtomicBoolean();
  private final ArrayDeque<Registration> changed = new ArrayDeque<>();
  private final ArrayDeque<Registration> unarmed = new ArrayDeque<>();
  private final Set<Registration> unsure = new LinkedHashSet<>();

  // From others to whoever polls; each wakes it after.
  private final SinkList arrived = new SinkList();
  private final Queue<Ready> undelivered = new ConcurrentLinkedQueue<>();
  private final Queue<IOException> failures = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean woken = new AtomicBoolean();
  /** Rings that were given a poll. */
  private final Set<OperationTable> rings = ConcurrentHashMap.newKeySet();

  private ReadinessQueue(OperationTable table) throws IOException {
    this.table = table;
    this.identities = FileIdentities.open(table);
    this.registry = new Registry(identities, this::closedBehind);
  }

  /** Makes one whose polls of others' descriptors go to the ring of {@code table}. It holds one descriptor. */
  public static ReadinessQueue open(OperationTable table) throws IOException {
    return new ReadinessQueue(table);
  }

  // ---- threads that wait

  /**
   * Waits until a descriptor of anybody's is ready.
   *
   * @param timeout zero for: is it ready now
   * @throws OperationTimeoutException if the timeout passes first
   * @throws OperationInterruptedException if the calling virtual thread is interrupted
   * @throws OperationCancelledException if it is unregistered, or the queue is closed
   * @throws DescriptorClosedException if the number is not open; a {@link PrematureCloseException} if it was, and was
   *     closed while this waited
   * @throws IllegalStateException if it has a waiter, or the queue is closed
   */
  public Ready await(int fd, Interest interest, Duration timeout) throws IOException {
    return await(fd, null, interest, Deadline.after(timeout), null);
  }

  /** The same without a timeout. */
  public Ready await(int fd, Interest interest) throws IOException {
    return await(fd, null, interest, Deadline.NONE, null);
  }

  /**
   * The same until a deadline, for another thread to cancel.
   *
   * @param deadline on the clock of {@link System#nanoTime}, or {@link Deadline#NONE}
   * @param handle serves this call only
   * @throws OperationCancelledException also if the handle is cancelled, before the call or while it waits
   */
  public Ready await(int fd, Interest interest, long deadline, OperationHandle handle) throws IOException {
    return await(fd, null, interest, deadline, handle);
  }

  /** The same for a descriptor of this library. */
  public Ready await(Descriptor on, Interest interest, Duration timeout) throws IOException {
    return await(on.sqeFd(), on, interest, Deadline.after(timeout), null);
  }

  /** The same without a timeout. */
  public Ready await(Descriptor on, Interest interest) throws IOException {
    return await(on.sqeFd(), on, interest, Deadline.NONE, null);
  }

  /** The same until a deadline, for another thread to cancel. */
  public Ready await(Descriptor on, Interest interest, long deadline, OperationHandle handle) throws IOException {
    return await(on.sqeFd(), on, interest, deadline, handle);
  }

  private Ready await(
      int fd, @Nullable Descriptor on, Interest interest, long deadline, @Nullable OperationHandle handle)
      throws IOException {
    OperationTable home = tableOf(on);
    Registration mine =
        new Registration(fd, interest, false, NOBODY, home, on, null, Thread.currentThread(), handle);
    if (handle == null) {
      return await(mine, deadline);
    }
    if (!handle.beginWait(mine.table)) {
      throw failure(mine, Outcome.CANCELLED);
    }
    boolean cancelled = false;
    try {
      return await(mine, deadline);
    } catch (OperationCancelledException e) {
      cancelled = handle.isAsked();
      throw e;
    } finally {
      handle.endWait(cancelled);
    }
  }

  private Ready await(Registration mine, long deadline) throws IOException {
    Thread me = Thread.currentThread();
    registry.add(mine);
    boolean interrupted = false;
    int outcome = 0;
    int events = 0;
    try {
      requireWaitable(mine, deadline);
      outcome = begin(mine, deadline);
      while (outcome == 0) {
        // First the end, then what came: the baton's holder writes them the other way round.
        boolean ended = mine.isEnded();
        events = mine.takeReady(deadline);
        if (events != 0) {
          break;
        } else if (ended) {
          outcome = again(mine, deadline);
        } else if (mine.isCancelled()) {
          outcome = Outcome.CANCELLED;
        } else if (Deadline.hasPassed(deadline)) {
          outcome = Outcome.TIMED_OUT;
        } else if (me.isVirtual() && me.isInterrupted()) {
          outcome = Outcome.INTERRUPTED;
        } else if (!mine.isUnsure()) {
          park(mine, deadline);
          // Platform threads ignore interrupts, but do not park with the flag set.
          interrupted |= !me.isVirtual() && Thread.interrupted();
          if (mine.on == null && !mine.hasEvents() && !mine.isEnded()) {
            registry.check(mine.key());
          }
        }
      }
    } finally {
      registry.remove(mine);
      mine.drop(false);
      awaitEnd(mine);
      if (interrupted) {
        me.interrupt();
      }
    }
    // What came beats why the wait ended (I-8), unless it is another file's.
    events |= mine.takeReady(System.nanoTime());
    if (events != 0 && !mine.isClosedBehind()) {
      return new Ready(mine, events);
    }
    throw failure(mine, outcome);
  }

  private void park(Registration mine, long deadline) {
    if (mine.on != null) {
      // Whoever closes it ends the poll.
      mine.table.park(mine, deadline);
    } else {
      mine.table.park(mine, Math.min(deadline, System.nanoTime() + Registry.CHECK_NANOS));
    }
  }

  private static void awaitEnd(Registration mine) {
    boolean interrupted = false;
    while (mine.isBegun() && !mine.isEnded()) {
      mine.table.park(mine, Deadline.NONE);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- waiters

  /**
   * Registers who is reported once, when the descriptor is ready.
   *
   * @throws IllegalStateException if it has a waiter for that, or the queue is closed
   * @throws DescriptorClosedException if the number is not open
   * @throws IOException if the file cannot be waited for, since it is always ready: a regular file
   */
  public void register(int fd, Interest interest, Waiter waiter) throws IOException {
    register(fd, null, interest, false, waiter);
  }

  /** The same for a descriptor of this library. */
  public void register(Descriptor on, Interest interest, Waiter waiter) throws IOException {
    register(on.sqeFd(), on, interest, false, waiter);
  }

  /**
   * Registers who is reported each time that something comes, until it is unregistered; the first time is when the
   * descriptor is ready already. Exceptions are those of {@link #register}.
   */
  public void registerPersistent(int fd, Interest interest, Waiter waiter) throws IOException {
    register(fd, null, interest, true, waiter);
  }

  /** The same for a descriptor of this library. */
  public void registerPersistent(Descriptor on, Interest interest, Waiter waiter) throws IOException {
    register(on.sqeFd(), on, interest, true, waiter);
  }

  private void register(int fd, @Nullable Descriptor on, Interest interest, boolean persistent, Waiter waiter)
      throws IOException {
    Objects.requireNonNull(waiter);
    Registration fresh = new Registration(fd, interest, persistent, waiter, tableOf(on), on, arrived, null);
    registry.add(fresh);
    int outcome = Outcome.CLOSED;
    try {
      requireWaitable(fresh, Deadline.NONE);
      outcome = begin(fresh, Deadline.NONE);
    } finally {
      if (outcome != 0) {
        registry.remove(fresh);
      }
    }
    if (outcome != 0 && !fresh.isDropped()) {
      throw failure(fresh, outcome);
    }
  }

  /**
   * Drops a waiter: it is not reported after this has returned. A thread that waits is ended. The descriptor may be closed
   * then: the kernel has let go of it.
   *
   * @return false if there is none
   * @throws PrematureCloseException if there was one, and the descriptor was closed meanwhile; the waiter is dropped
   */
  public boolean unregister(int fd, Interest interest) throws PrematureCloseException {
    return drop(fd, interest);
  }

  /** The same for a descriptor of this library. */
  public boolean unregister(Descriptor on, Interest interest) throws PrematureCloseException {
    return drop(Registration.key(on.sqeFd(), on), interest);
  }

  private boolean drop(Object key, Interest interest) throws PrematureCloseException {
    Registration found = registry.remove(key, interest);
    if (found == null) {
      return false;
    }
    found.drop(false);
    wakePoller();
    if (found.isClosedBehind()) {
      throw premature(found);
    }
    return true;
  }

  /** How many waiters are registered; threads in {@link #await} do not count. */
  public int size() {
    return registry.reported();
  }

  /** Whether no waiter is registered. */
  public boolean isEmpty() {
    return registry.reported() == 0;
  }

  // ---- who became ready

  /** Waits until somebody's descriptor is ready: see {@link #poll(Duration)}. */
  public List<Ready> poll() throws IOException {
    return poll(Deadline.NONE);
  }

  /**
   * Answers who became ready, waiting where that is nobody yet. An empty queue, {@link #wakeUp} and the end of the timeout
   * are answered by an empty list. What is reported once is unregistered then.
   *
   * @param timeout how long to wait; zero for: who is ready now
   * @throws PrematureCloseException if a descriptor was closed; its waiter is unregistered, and all others stay
   * @throws OperationInterruptedException if the calling virtual thread is interrupted
   * @throws OperationCancelledException if the queue is closed while this waits
   * @throws IllegalStateException if another thread polls, or the queue is closed
   */
  public List<Ready> poll(Duration timeout) throws IOException {
    return poll(Deadline.after(timeout));
  }

  private List<Ready> poll(long deadline) throws IOException {
    registry.requireOpen();
    table.ensureMayWait();
    if (!polling.compareAndSet(false, true)) {
      throw new IllegalStateException("another thread polls this queue: one does at a time");
    }
    Thread me = Thread.currentThread();
    boolean interrupted = false;
    arrived.waiter(me);
    try {
      int looks = 0;
      while (true) {
        List<Ready> found = collect(deadline);
        if (!found.isEmpty()) {
          return found;
        }
        throwFailure();
        if (isEmpty() || woken.getAndSet(false)) {
          return found;
        }
        boolean late = Deadline.hasPassed(deadline);
        if (late && looks == LOOKS) {
          return found;
        }
        if (late) {
          looks++;
          lookNow();
        } else if (me.isVirtual() && me.isInterrupted()) {
          throw new OperationInterruptedException("interrupted: waiting for who is ready");
        }
        // Who is unsure waits for a slot, a while at a time, and not here.
        if (!registry.checkAll() && !late && arrived.isEmpty() && unsure.isEmpty()) {
          table.park(arrived, Math.min(deadline, System.nanoTime() + Registry.CHECK_NANOS));
          interrupted |= !me.isVirtual() && Thread.interrupted();
        }
      }
    } finally {
      arrived.waiter(null);
      polling.set(false);
      if (interrupted) {
        me.interrupt();
      }
    }
  }

  private void throwFailure() throws IOException {
    Throwable end = table.closedCause();
    if (end != null) {
      throw new RingDeadException(end);
    }
    if (registry.isClosed()) {
      throw new OperationCancelledException("cancelled: the readiness queue was closed");
    }
    IOException failure = failures.poll();
    if (failure != null) {
      throw failure;
    }
  }

  /**
   * Has waiters called as their descriptors become ready, by the calling thread, until none is registered, or the queue is
   * closed. What a waiter throws ends it, and so do the exceptions of {@link #poll}; a further run goes on.
   *
   * @throws IllegalStateException if it runs, or the queue is closed
   */
  public void run() throws IOException {
    if (!running.compareAndSet(false, true)) {
      throw new IllegalStateException("the queue is running");
    }
    try {
      do {
        deliver(pollOfRun());
      } while (!registry.isClosed() && !(isEmpty() && failures.isEmpty() && undelivered.isEmpty()));
    } finally {
      running.set(false);
    }
  }

  private List<Ready> pollOfRun() throws IOException {
    try {
      return poll(Deadline.NONE);
    } catch (OperationCancelledException end) {
      return List.of();
    }
  }

  private void deliver(List<Ready> found) throws IOException {
    int next = 0;
    try {
      while (next < found.size()) {
        Ready ready = found.get(next++);
        // Unregistered by one before it.
        if (!ready.isDropped()) {
          ready.waiter().ready(ready);
        }
      }
    } finally {
      undelivered.addAll(found.subList(next, found.size()));
    }
  }

  /** Whether a thread is in {@link #run}. */
  public boolean isRunning() {
    return running.get();
  }

  /** Has {@link #poll} come back at once with what there is: the one that waits, or else the next. */
  public void wakeUp() {
    woken.set(true);
    wakePoller();
  }

  /**
   * Drops all waiters and ends all waits. The kernel has let go of every descriptor when this returns. The second close
   * does nothing.
   */
  @Override
  public void close() throws IOException {
    List<Registration> all = registry.close();
    if (all == null) {
      return;
    }
    all.forEach(registration -> registration.drop(false));
    wakePoller();
    identities.close();
  }

  // ---- registrations

  private OperationTable tableOf(@Nullable Descriptor on) {
    if (on == null) {
      return table;
    }
    if (!on.table().isSibling(table)) {
      throw new IllegalArgumentException(on + " belongs to another Uring");
    }
    return on.table();
  }

  /** Refuses what is always ready, where the epoll set that refuses numbers cannot be asked: a regular file (K-76). */
  private static void requireWaitable(Registration registration, long deadline) throws IOException {
    if (registration.on instanceof DirectDescriptor direct && direct.isOpen() && !direct.isWaitable()) {
      Operation op = acquire(registration, deadline);
      if (op == null) {
        // Nor is there one for the poll, which says why.
        return;
      }
      int found = Registration.lookNow(op, direct, 0);
      if (found == -Errno.EINVAL) {
        throw Registry.alwaysReady(registration);
      }
      if (found >= 0) {
        direct.waitable();
      }
    }
  }

  /** Tells whoever it concerns that the descriptor of a registration, which is taken out, was closed. */
  private void closedBehind(Registration stale) {
    stale.drop(true);
    if (stale.thread == null) {
      failures.add(premature(stale));
      wakePoller();
    }
  }

  private void wakePoller() {
    LockSupport.unpark(arrived.waiter());
  }

  // ---- polls

  /** Begins a poll; answers 0, or the {@link Outcome} for which it did not begin. */
  private int begin(Registration registration, long deadline) {
    OperationTable home = registration.table;
    Descriptor on = registration.on;
    Operation op = acquire(registration, deadline);
    if (op == null) {
      int refusal = home.refusal(on, deadline);
      return refusal == 0 ? Outcome.CANCELLED : refusal;
    }
    OperationHandle handle = new OperationHandle();
    boolean begins = false;
    try {
      if (!registration.mayBegin(handle) || !op.bind(handle)) {
        return Outcome.CANCELLED;
      }
      if (on != null && !on.beginOperation()) {
        op.unbind(Outcome.CLOSED);
        return Outcome.CLOSED;
      }
      begins = true;
    } finally {
      if (!begins) {
        op.release();
      }
    }
    if (registration.persistent) {
      Sqe.prepMultishotPoll(op.memory(), op.base(), registration.id, registration.interest.asked());
    } else {
      Sqe.prepPollAdd(op.memory(), op.base(), registration.id, registration.interest.asked());
    }
    op.describe(OperationKind.POLL, on, null);
    op.deliverTo(registration);
    registration.begins();
    op.submit(Deadline.NONE, false);
    rings.add(home);
    return 0;
  }

  /** Takes a slot, waiting for one where all are in use; null where that is refused, or the registration is dropped. */
  private static @Nullable Operation acquire(Registration registration, long deadline) {
    OperationTable home = registration.table;
    Operation op = null;
    do {
      op = home.acquire(registration.on, OperationTable.slotBy(deadline));
    } while (op == null && home.refusal(registration.on, deadline) == 0 && !registration.isCancelled());
    return op;
  }

  /**
   * Begins a poll again that has ended: the kernel may end one at any time (K-08), and does with its submitter (K-34). It
   * looks at the descriptor first, so that nothing that came in between is missed.
   */
  private int again(Registration registration, long deadline) {
    int ended = registration.outcome();
    if (ended < 0 && ended != Outcome.PAUSED && !Outcome.isInterruption(ended)) {
      return ended;
    }
    registration.fruitless = registration.hasEvents() ? 0 : registration.fruitless + 1;
    return registration.fruitless > MAX_FRUITLESS ? -Errno.EIO : begin(registration, deadline);
  }

  /** What has come since the last time, and who was left over. */
  private List<Ready> collect(long deadline) {
    List<Ready> found = new ArrayList<>();
    long slotBy = OperationTable.slotBy(Deadline.NONE);
    for (Ready left = undelivered.poll(); left != null; left = undelivered.poll()) {
      if (!left.isDropped()) {
        found.add(left);
      }
    }
    for (int i = unarmed.size(); i > 0; i--) {
      goOn(unarmed.remove(), deadline);
    }
    List<Registration> again = List.copyOf(unsure);
    unsure.clear();
    for (Registration next : again) {
      report(next, found, slotBy);
    }
    for (PollSink sink = arrived.takeAll(); sink != null;) {
      changed.add((Registration) sink);
      sink = sink.unlist();
    }
    for (Registration next = changed.poll(); next != null; next = changed.poll()) {
      // First the end, then what came: the baton's holder writes them the other way round.
      boolean ended = next.isEnded();
      if (report(next, found, slotBy) && ended) {
        goOn(next, deadline);
      }
    }
    return found;
  }

  /** Answers whether it is registered still. */
  private boolean report(Registration from, List<Ready> found, long slotBy) {
    int events = from.takeReady(slotBy);
    boolean once = !from.persistent && events != 0;
    if (!(once ? registry.remove(from) : registry.isRegistered(from))) {
      return false;
    }
    if (events != 0) {
      found.add(new Ready(from, events));
      from.fruitless = 0;
    } else if (from.isUnsure()) {
      unsure.add(from);
    }
    return !once;
  }

  private void goOn(Registration registration, long deadline) {
    int outcome = again(registration, deadline);
    if (outcome == Outcome.TIMED_OUT) {
      // No slot in time: the next call tries again.
      unarmed.add(registration);
    } else if (outcome != 0 && !registration.isDropped()) {
      registry.remove(registration);
      failures.add(failure(registration, outcome));
    }
  }

  /**
   * Has the kernel look at every poll that was begun before this, and the driver at what has come. Where registrations have
   * all the slots there may be none for this until the caller has ended, so it is done without.
   */
  private void lookNow() {
    for (OperationTable home : rings) {
      Operation nop = home.acquire(null, OperationTable.slotBy(Deadline.NONE));
      if (nop != null) {
        Sqe.prepNop(nop.memory(), nop.base());
        nop.describe(OperationKind.NOP, null, null);
        nop.submit(Deadline.NONE, true);
        if (nop.await(false) != Outcome.RING_DEAD) {
          nop.release();
        }
      }
    }
  }

  // ---- failures

  private static PrematureCloseException premature(Registration registration) {
    return new PrematureCloseException(
        registration.id, registration.name(), "somebody waited for it to be " + registration.interest);
  }

  private static IOException failure(Registration registration, int outcome) {
    Throwable end = registration.table.closedCause();
    if (outcome == Outcome.RING_DEAD || end != null) {
      return new RingDeadException(end);
    }
    if (registration.isClosedBehind() || outcome == Outcome.CLOSED || outcome == -Errno.EBADF) {
      return premature(registration);
    }
    return switch (outcome) {
      case Outcome.TIMED_OUT -> new OperationTimeoutException("timed out: waiting for " + registration);
      case Outcome.INTERRUPTED -> new OperationInterruptedException("interrupted: waiting for " + registration);
      case Outcome.CANCELLED -> new OperationCancelledException("cancelled: waiting for " + registration);
      default -> ErrorTable.fileException(-outcome);
    };
  }
}
