package io.loomring.poller;

import io.loomring.error.UringUnavailableException;
import io.loomring.op.Counters;
import io.loomring.op.Counters.Counter;
import io.loomring.op.Dispatch;
import io.loomring.op.Endpoint;
import io.loomring.op.OperationTable;
import io.loomring.op.Timings;
import io.loomring.ring.CompletionBatch;
import io.loomring.ring.CompletionQueue;
import io.loomring.ring.EnterFlags;
import io.loomring.ring.Features;
import io.loomring.ring.Ring;
import io.loomring.ring.SqRingFlags;
import io.loomring.ring.Sqe;
import io.loomring.ring.SubmissionQueue;
import io.loomring.ring.UserData;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import java.util.List;

/**
 * What is done in one turn, whoever drives it: take the inbox in order, encode, enter, copy completions out, give the
 * queue's entries back, act on them, unpark. It never blocks, runs no user code, and allocates nothing (I-10). For the
 * baton's holder alone (I-1).
 */
final class Turn {
  /** Completions copied out at once. */
  private static final int BATCH_MAX = 1024;
  /** Batches in one turn at most, so that waiters are resumed, and submissions flow, under any load. */
  private static final int BATCHES_PER_TURN_MAX = 4;
  /** How long a turn goes on submitting what one enter did not take: a read of a file may be 30 us of computing. */
  private static final long SUBMITTING_NANOS_MAX = 500_000;

  private final Ring ring;
  private final SubmissionQueue sq;
  private final CompletionQueue cq;
  private final Inbox inbox;
  private final Dispatch dispatch;
  private final Counters counters;
  private final CompletionBatch batch;
  private final int enterFlags;

  private final boolean owned;
  private final OperationTable table;
  private final int carriers;

  /** Threads that the latest turns have resumed together. */
  private int sharers;

  /** Makes the turns of a ring that any thread may submit to. */
  Turn(Ring ring, OperationTable table, Inbox inbox, Counters counters) {
    this(ring, table, inbox, counters, false);
  }

  /**
   * Makes the turns of a ring.
   *
   * @param owned whether the ring has one issuer and deferred task work, so that it may be waited on in the kernel
   */
  Turn(Ring ring, OperationTable table, Inbox inbox, Counters counters, boolean owned) {
    this.owned = owned;
    this.table = table;
    this.carriers = owned ? 1 : Carriers.parallelism();
    this.ring = ring;
    this.sq = ring.sq();
    this.cq = ring.cq();
    this.inbox = inbox;
    this.counters = counters;
    int batchMax = Math.min(BATCH_MAX, cq.entries());
    this.batch = new CompletionBatch(batchMax);
    this.dispatch = new Dispatch(table, sq, counters, batchMax);
    this.enterFlags = (ring.features() & Features.NO_IOWAIT) != 0 ? EnterFlags.NO_IOWAIT : 0;
  }

  /** Runs one turn, and never waits. */
  boolean run() {
    return run(false);
  }

  /**
   * Runs one turn.
   *
   * @param waits whether to wait in the kernel until a completion comes, on a ring that its one thread owns
   * @return whether anything moved
   * @throws RingFailure if the ring can no longer be trusted
   */
  boolean run(boolean waits) {
    Timings timings = table.timings();
    if (!timings.isOn()) {
      return runUntimed(waits);
    }
    long begin = System.nanoTime();
    timings.endAt(begin);
    boolean moved = runUntimed(waits);
    // A turn that waits says nothing of how long turns take.
    if (moved && !waits) {
      long nanos = System.nanoTime() - begin;
      timings.addTurn(nanos);
      counters.add(Counter.TIMED_TURNS, 1);
      counters.add(Counter.TURN_NANOS, nanos);
      counters.max(Counter.LONGEST_TURN_NANOS, nanos);
    }
    return moved;
  }

  private boolean runUntimed(boolean waits) {
    boolean moved = inbox.drainTo(dispatch);
    moved |= owned ? submitAndFetch(waits) : submit();
    moved |= reap();
    if (moved) {
      counters.add(Counter.TURNS, 1);
    }
    return moved;
  }

  /** Encodes what fits and enters, until all is in, the kernel takes no more just now, or others are to be let in. */
  private boolean submit() {
    boolean moved = false;
    long begun = 0;
    while (true) {
      dispatch.encode();
      int waiting = sq.publish();
      if (waiting == 0) {
        fetch();
        return moved;
      }
      moved = true;
      if (enter(waiting, 0, 0) <= 0 || dispatch.isBacklogEmpty() && sq.publish() == 0) {
        return true;
      }
      // Only where an enter did not take all: a clock for each turn would cost more than it tells.
      if (begun == 0) {
        begun = table.nanoTime();
      } else if (table.nanoTime() - begun > SUBMITTING_NANOS_MAX) {
        return true;
      }
    }
  }

  /**
   * The same on a ring with deferred task work, where completions are made inside this very call (K-02): so it is made
   * with nothing to submit too, where the kernel has something, or to wait.
   */
  private boolean submitAndFetch(boolean waits) {
    dispatch.encode();
    int waiting = sq.publish();
    boolean moved = waiting > 0;
    boolean late = false;
    long begun = dispatch.isBacklogEmpty() ? 0 : table.nanoTime();
    while (!dispatch.isBacklogEmpty() && !late && enter(waiting, 0, 0) > 0) {
      dispatch.encode();
      waiting = sq.publish();
      late = table.nanoTime() - begun > SUBMITTING_NANOS_MAX;
    }
    boolean idle = waits && !late && cq.isEmpty();
    if (waiting > 0 || idle || hasTaskWork()) {
      enter(waiting, idle ? 1 : 0, EnterFlags.GETEVENTS);
    }
    return moved;
  }

  /**
   * Waits in the kernel until a completion comes, {@code nanos} at most, and acts on what came. On a ring that any thread
   * may submit to.
   *
   * @return whether anything moved
   */
  boolean waitBriefly(long nanos) {
    int waiting = sq.publish();
    if (cq.isEmpty() && inbox.isEmpty()) {
      counters.add(Counter.ENTERS, 1);
      checked(ring.enterAndWait(waiting, nanos, enterFlags));
    }
    boolean moved = reap();
    if (moved) {
      counters.add(Counter.TURNS, 1);
    }
    return moved;
  }

  /** Has the kernel make the completions that it holds back until this thread comes by, where the ring is told of any. */
  private void fetch() {
    if (hasTaskWork()) {
      enter(0, 0, EnterFlags.GETEVENTS);
    }
  }

  private boolean reap() {
    if ((sq.flags() & SqRingFlags.CQ_OVERFLOW) != 0) {
      flushOverflow();
    }
    boolean moved = false;
    int resumed = 0;
    for (int i = 0; i < BATCHES_PER_TURN_MAX && cq.drainTo(batch) > 0; i++) {
      moved = true;
      table.timings().look();
      if (cq.lost() != 0) {
        table.gap();
      }
      counters.add(Counter.BATCHES, 1);
      counters.add(Counter.BATCHED, batch.size());
      counters.max(Counter.LARGEST_BATCH, batch.size());
      dispatch.complete(batch);
      resumed += dispatch.resumptions().all();
    }
    // Operations can end without a completion: on descriptors that are being closed.
    resumed += dispatch.resumptions().all();
    if (resumed > 0) {
      moved = true;
      // A round may be seen in parts: so the largest counts, for a while.
      sharers = Math.max(resumed, sharers - (sharers >> 3));
      beginRound();
    }
    if (cq.lost() != 0) {
      throw new RingFailure("the kernel lost " + cq.lost() + " completions of the ring");
    }
    return moved || !dispatch.isBacklogEmpty();
  }

  /** Completions wait in a list of the kernel's: an enter moves them into the queue, as far as they fit (K-07). */
  private void flushOverflow() {
    counters.add(Counter.CQ_OVERFLOWS, 1);
    enter(0, 0, EnterFlags.GETEVENTS);
  }

  /** Enters, and answers the entries taken, or 0 where the kernel wants to be asked again. */
  private int enter(int toSubmit, int minComplete, int flags) {
    counters.add(Counter.ENTERS, 1);
    return checked(ring.enter(toSubmit, minComplete, flags == 0 ? 0 : flags | enterFlags));
  }

  private static int checked(int taken) {
    if (taken >= 0) {
      return taken;
    }
    return switch (-taken) {
      // K-03: reap, and ask again in the next turn.
      case Errno.EINTR, Errno.EAGAIN, Errno.EBUSY, Errno.ETIME, Errno.ENOMEM -> 0;
      // Set-up was allowed and this is not: a filter that knows only some of the calls (K-27).
      case Errno.EPERM, Errno.ENOSYS, Errno.EACCES ->
          throw UringUnavailableException.refused("io_uring_enter", -taken);
      case Errno.EBADR -> throw new RingFailure("the kernel dropped completions of the ring (EBADR)");
      default -> throw new RingFailure("io_uring_enter answered " + Errno.name(-taken));
    };
  }

  /**
   * Has a descriptor's readiness end the next wait: its completion bears {@link UserData#WAKE_UP}, and belongs to no
   * operation.
   *
   * @return false if there is no room for the entry just now: then the driver must not wait
   */
  boolean watch(int fd) {
    if (!sq.hasRoom(1)) {
      return false;
    }
    long at = sq.reserve();
    Sqe.prepPollAdd(sq.memory(), at, fd, Constants.POLLIN);
    Sqe.setUserData(sq.memory(), at, UserData.WAKE_UP);
    return true;
  }

  /** How many completions of {@link #watch} have come. */
  long wakeUps() {
    return dispatch.wakeUps();
  }

  /** Has threads that read what is cached, and so need not wait, park all the same, until {@link #beginRound}. */
  void endRound() {
    table.inlineReads().endRound();
  }

  /** Whether threads have read without a park in this round. */
  boolean hasInlineReads() {
    return table.inlineReads().any();
  }

  /** Lets them read on, each as much as there is time for between two turns. */
  void beginRound() {
    table.inlineReads().share(sharers / carriers);
  }

  /** How many virtual threads were ever resumed. */
  long virtualThreadsResumed() {
    return dispatch.resumptions().virtualThreads();
  }

  /** Whether the kernel holds completions back; only on rings that are told. */
  boolean hasTaskWork() {
    return (sq.flags() & SqRingFlags.TASKRUN) != 0;
  }

  /** Whether completions wait. */
  boolean hasCompletions() {
    return !cq.isEmpty();
  }

  /** Whether the last turn left something to the next: nodes, entries, or completions that the kernel holds back. */
  boolean isUnfinished() {
    return !dispatch.isBacklogEmpty() || sq.publish() != 0 || (sq.flags() & SqRingFlags.CQ_OVERFLOW) != 0;
  }

  /** Ends everything in flight: the ring is dead (I-11). */
  List<Endpoint> failAll() {
    inbox.drainTo(dispatch);
    return dispatch.failAll();
  }
}
