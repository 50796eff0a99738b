package io.loomring.op;

import io.loomring.ring.UserData;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Where a ring's messages from other rings go: completions that bear its {@link #userData}, and belong to no operation of
 * the ring. It has an identity that no other ever has, so that a message that comes too late goes nowhere.
 */
public final class Mailbox {
  private static final AtomicInteger NEXT_ID = new AtomicInteger();

  private final OperationTable table;
  private final int id = NEXT_ID.getAndIncrement();
  private final AtomicInteger room;
  private final ConcurrentLinkedQueue<Integer> messages = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean taken = new AtomicBoolean();
  // Each side writes its own and then reads the other's: either the baton's holder sees who waits, or that sees what came.
  private volatile @Nullable Thread waiter;
  private volatile boolean closed;

  /** Makes one that holds {@code capacity} messages, and opens it. */
  public Mailbox(OperationTable table, int capacity) {
    this.table = table;
    this.room = new AtomicInteger(capacity);
    table.open(this);
  }

  int id() {
    return id;
  }

  /** What a message for it bears. */
  public long userData() {
    return UserData.of(UserData.MESSAGE_SLOT, id, 0);
  }

  /** The descriptor of its ring. */
  public int ringFd() {
    return table.submitter().ringFd();
  }

  /** Whether it takes messages. */
  public boolean isOpen() {
    return !closed && table.closedCause() == null;
  }

  /** Takes the room for a message that is about to be sent; false where there is none. */
  public boolean reserve() {
    while (true) {
      int left = room.get();
      if (left == 0) {
        return false;
      }
      if (room.compareAndSet(left, left - 1)) {
        return true;
      }
    }
  }

  /** Gives the room of a message back that was taken, or not sent. */
  public void unreserve() {
    room.incrementAndGet();
  }

  /** Takes a message from the ring, and has who waits resumed; none where it was closed. For the baton's holder. */
  static void deliver(@Nullable Mailbox box, int message, Resumptions resumed) {
    if (box != null) {
      box.messages.add(message);
      Thread waits = box.waiter;
      if (waits != null) {
        resumed.add(waits);
      }
    }
  }

  /**
   * Waits for a message.
   *
   * @return it; or, in place of it, the {@link Outcome} in {@code outcome}
   * @throws IllegalStateException if another thread waits
   */
  public int take(long deadline, int[] outcome) {
    table.ensureMayWait();
    if (!taken.compareAndSet(false, true)) {
      throw new IllegalStateException("another thread waits for this mailbox: one does at a time");
    }
    Thread me = Thread.currentThread();
    boolean interrupted = false;
    waiter = me;
    try {
      while (true) {
        Integer message = messages.poll();
        if (message != null) {
          unreserve();
          outcome[0] = 0;
          return message;
        }
        outcome[0] = end(me, deadline);
        if (outcome[0] != 0) {
          return 0;
        }
        if (!table.submitter().turnIfPinned()) {
          LockSupport.parkNanos(this, Deadline.remainingNanos(deadline));
        }
        // Platform threads ignore interrupts, but do not park with the flag set.
        interrupted |= !me.isVirtual() && Thread.interrupted();
      }
    } finally {
      waiter = null;
      taken.set(false);
      if (interrupted) {
        me.interrupt();
      }
    }
  }

  private int end(Thread me, long deadline) {
    if (closed) {
      return Outcome.CLOSED;
    }
    if (table.closedCause() != null) {
      return Outcome.RING_DEAD;
    }
    if (me.isVirtual() && me.isInterrupted()) {
      return Outcome.INTERRUPTED;
    }
    return Deadline.hasPassed(deadline) ? Outcome.TIMED_OUT : 0;
  }

  /** Takes no more messages, and ends the wait. */
  public void close() {
    closed = true;
    table.shut(this);
    LockSupport.unpark(waiter);
  }
}
