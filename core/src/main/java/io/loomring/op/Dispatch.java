package io.loomring.op;

import io.loomring.op.Counters.Counter;
import io.loomring.op.Operation.AttendNode;
import io.loomring.op.Operation.CancelNode;
import io.loomring.ring.CompletionBatch;
import io.loomring.ring.CqeFlags;
import io.loomring.ring.Sqe;
import io.loomring.ring.SqeFlags;
import io.loomring.ring.SqeLayout;
import io.loomring.ring.SubmissionQueue;
import io.loomring.ring.TimeoutFlags;
import io.loomring.ring.UserData;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * What a turn does with operations: turns nodes into entries, and completions into ends of operations. For the baton's
 * holder alone; it runs no user code, and allocates nothing (I-10).
 *
 * <p>An operation ends when the last completion of each of its entries is in: the work, its timeout, its cancel. So a
 * slot, and what it holds, is never the kernel's and the caller's at the same time (I-3).
 */
public final class Dispatch {
  /** Misses of a chain, whose parts may be behind a slow one; a single operation is tried until it is found. */
  private static final int MAX_CHAIN_CANCELS = 1_000;
  /** Transfers of files in one enter: some 30 us each where the page cache has nothing of it, or they are large. */
  private static final int TRANSFERS_MAX = 16;

  private final OperationTable table;
  private final SubmissionQueue sq;
  private final MemorySegment sqes;
  private final Counters counters;
  private final NodeQueue backlog = new NodeQueue();
  private final DeadlineWheel wheel;
  private final Resumptions resumed;
  private long wakeUps;

  /** Makes one that notes up to {@code resumedMax} threads before it has to unpark them in mid-turn. */
  public Dispatch(OperationTable table, SubmissionQueue sq, Counters counters, int resumedMax) {
    this.table = table;
    this.sq = sq;
    this.sqes = sq.memory();
    this.counters = counters;
    this.wheel = new DeadlineWheel(table);
    this.resumed = new Resumptions(resumedMax);
  }

  /** Takes a node over, behind those that are there. */
  public void enqueue(InboxNode node) {
    backlog.add(node);
  }

  /** Whether all nodes have become entries. */
  public boolean isBacklogEmpty() {
    return backlog.isEmpty();
  }

  /** Turns nodes into entries, in order, until none is left, the next one's do not fit, or one enter's work is full. */
  public void encode() {
    int transfers = 0;
    for (InboxNode node = backlog.peek(); node != null && transfers < TRANSFERS_MAX; node = backlog.peek()) {
      if (!sq.hasRoom(node.entries())) {
        return;
      }
      transfers += node.isFileTransfer() ? 1 : 0;
      // Out of the queue first: handling it may queue it again.
      backlog.removeHead();
      handle(node);
    }
  }

  private void handle(InboxNode node) {
    if (node instanceof Operation operation) {
      issue(operation);
    } else if (node instanceof CancelNode cancel) {
      cancelRequested(cancel.target);
    } else if (node instanceof AttendNode attended) {
      attend(attended.target);
    } else if (node instanceof RegisterNode register) {
      register.run();
    } else {
      wheel.arm(sqes, sq.reserve());
    }
  }

  // ---- from nodes to entries

  private void issue(Operation op) {
    if (op.kind.endsDescriptor()) {
      issueClose(op);
    } else if (op.cancelSeen || !op.isOnOpen()) {
      // Cancelled before it came here; or the descriptor's number may be somebody else's by now, and no entry names it
      // any more (I-5).
      op.mainDone = true;
      op.mainResult = -Errno.ECANCELED;
      if (op.parts != null) {
        op.parts.refuse();
      }
      settle(op);
    } else if (op.parts != null) {
      issueChain(op, op.parts);
    } else {
      issueWork(op);
    }
  }

  /**
   * Issues the parts that are left. A timeout linked to one of them stands between it and the next, to which the chain
   * goes on; one for the whole chain is an entry of its own.
   */
  private void issueChain(Operation op, Parts parts) {
    boolean timed = op.deadline != Deadline.NONE;
    boolean linked = timed && parts.timed >= parts.first;
    for (int part = parts.first; part < parts.count(); part++) {
      long at = sq.reserve();
      Sqe.copy(op.memory(), op.base() + SlotLayout.part(part), sqes, at);
      enter(op, at, UserData.ofPart(part));
      if (linked && part == parts.timed) {
        int links = Sqe.flags(sqes, at) & (SqeFlags.IO_LINK | SqeFlags.IO_HARDLINK);
        if (links == 0) {
          Sqe.setFlags(sqes, at, Sqe.flags(sqes, at) | SqeFlags.IO_LINK);
        }
        long timeoutAt = sq.reserve();
        Sqe.prepLinkTimeout(sqes, timeoutAt, op.addressOf(SlotLayout.TIMESPEC), TimeoutFlags.TIMEOUT_ABS);
        Sqe.setFlags(sqes, timeoutAt, links);
        enter(op, timeoutAt, UserData.TIMEOUT);
      }
    }
    if (timed && parts.timed == Parts.WHOLE) {
      armPlainTimeout(op);
    }
    op.issued();
  }

  private void issueWork(Operation op) {
    boolean timed = op.deadline != Deadline.NONE && !watch(op);
    long at = sq.reserve();
    if (op.connectWaits) {
      // A connect that was cut off goes on in the kernel: wait until it is decided, then ask again.
      Sqe.prepPollAdd(sqes, at, op.memory().get(ValueLayout.JAVA_INT, op.base() + SqeLayout.FD), Constants.POLLOUT);
      Sqe.setFlags(sqes, at, Sqe.flags(op.memory(), op.base()) & SqeFlags.FIXED_FILE);
    } else {
      Sqe.copy(op.memory(), op.base(), sqes, at);
    }
    boolean linked = timed && !op.kind.isWorkers();
    if (linked) {
      Sqe.setFlags(sqes, at, Sqe.flags(sqes, at) | SqeFlags.IO_LINK);
    }
    enter(op, at, UserData.MAIN);
    if (timed && !linked) {
      armPlainTimeout(op);
    } else if (linked) {
      long timeoutAt = sq.reserve();
      // Absolute, so that a resubmission keeps the deadline.
      Sqe.prepLinkTimeout(sqes, timeoutAt, op.addressOf(SlotLayout.TIMESPEC), TimeoutFlags.TIMEOUT_ABS);
      enter(op, timeoutAt, UserData.TIMEOUT);
    }
    op.issued();
  }

  /** Whether the deadline is so far off that the operation needs no timeout of its own yet. */
  private boolean watch(Operation op) {
    op.watched = wheel.watch(op, table.nanoTime());
    armWheel();
    return op.watched;
  }

  private void armWheel() {
    InboxNode arming = wheel.arming();
    if (arming != null) {
      backlog.add(arming);
    }
  }

  /** Gives the operations whose deadlines have come near timeouts of their own. */
  private void lookAtDeadlines() {
    wheel.expired();
    long now = table.nanoTime();
    for (Operation op = wheel.next(now); op != null; op = wheel.next(now)) {
      // Not issued: it has ended, or is asked to, or is yet to be issued, with a look at its deadline.
      if (op.isIssued() && op.watched && op.pending > 0 && !op.mainDone && !wheel.watch(op, now)) {
        attendLater(op);
      }
    }
    wheel.lookedThrough();
    armWheel();
  }

  /**
   * The close chain: cancel what is pending on the descriptor, then close it, in one submit (K-13). The link is a hard
   * one and the cancel is by descriptor and for all, so that nothing it finds, or does not find, keeps the close from
   * running (K-12).
   */
  private void issueClose(Operation op) {
    boolean chained = op.kind == OperationKind.CLOSE && op.reissues == 0;
    if (chained) {
      long cancelAt = sq.reserve();
      Sqe.prepCancelOf(sqes, cancelAt, op.memory(), op.base());
      Sqe.setFlags(sqes, cancelAt, SqeFlags.IO_HARDLINK);
      enter(op, cancelAt, UserData.CANCEL);
    }
    long at = sq.reserve();
    Sqe.copy(op.memory(), op.base(), sqes, at);
    enter(op, at, UserData.MAIN);
    op.issued();
  }

  private void enter(Operation op, long at, int part) {
    Sqe.setUserData(sqes, at, UserData.of(op.slot(), op.generation(), part));
    op.pending++;
    counters.add(Counter.SUBMITTED, 1);
  }

  private void cancelRequested(Operation op) {
    op.cancelSeen = true;
    if (op.mainDone) {
      endIfThrough(op);
    } else if (op.pending > 0) {
      issueCancel(op);
    }
    // Else the cancel has overtaken the operation on its way into the inbox: issue() finds it cancelled.
  }

  private void issueCancel(Operation op) {
    long at = sq.reserve();
    op.prepCancel(sqes, at);
    enter(op, at, UserData.CANCEL);
    counters.add(Counter.CANCELS, 1);
  }

  // ---- from completions to ends

  /** Acts on completions that were copied out. */
  public void complete(CompletionBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      complete(batch.userData(i), batch.result(i), batch.flags(i));
    }
  }

  /** Completions that belonged to no operation, but to a driver that waited. */
  public long wakeUps() {
    return wakeUps;
  }

  private void complete(long userData, int result, int flags) {
    if (UserData.isOfTheRing(userData)) {
      if (userData == UserData.DEADLINES) {
        lookAtDeadlines();
      } else {
        wakeUps++;
      }
      return;
    }
    boolean last = (flags & CqeFlags.MORE) == 0;
    if (last) {
      counters.add(Counter.COMPLETED, 1);
    }
    Operation op = table.at(UserData.slot(userData));
    if (op == null && UserData.slot(userData) == UserData.MESSAGE_SLOT) {
      // The entry is another ring's, and counted here so that it adds up (I-4). Behind a gap no message is the next.
      counters.add(Counter.SUBMITTED, 1);
      Mailbox.deliver(table.hasGap() ? null : table.mailbox(UserData.generation(userData)), result, resumed);
      return;
    }
    if (op == null || op.generation() != UserData.generation(userData) || !op.isInFlight()) {
      counters.add(Counter.STRAY_COMPLETIONS, 1);
      return;
    }
    if (last) {
      op.pending--;
    }
    int part = UserData.part(userData);
    Parts parts = op.parts;
    switch (part) {
      case UserData.MAIN -> {
        CompletionSink arrivals = op.arrivals;
        if (arrivals != null) {
          arrived(op, arrivals, result, flags, last);
        } else if (parts == null) {
          if ((flags & CqeFlags.NOTIF) == 0) {
            op.noticeDue = !last;
            mainEnded(op, result);
          }
          // Else it says that the kernel has let go of what was lent; the result came before (K-47).
        } else {
          partCompleted(op, parts, 0, result, flags);
        }
      }
      case UserData.TIMEOUT -> timeoutEnded(op, result);
      case UserData.CANCEL -> cancelEnded(op, result);
      case UserData.PAUSE -> {
        if (op.pauseEnded()) {
          attendLater(op);
        }
      }
      default -> {
        if (parts != null && part >= UserData.SECOND_PART) {
          partCompleted(op, parts, part - UserData.SECOND_PART + 1, result, flags);
        }
      }
    }
    endIfThrough(op);
  }

  private void endIfThrough(Operation op) {
    if (op.mainDone && op.pending == 0) {
      settle(op);
    } else if (op.mainDone && op.noticeDue) {
      detach(op);
    }
  }

  /** One of many; the last may bring something as well (K-08), or says why it was that. Behind a gap nothing is next. */
  private void arrived(Operation op, CompletionSink arrivals, int result, int flags, boolean last) {
    boolean brings = result >= 0 || op.kind == OperationKind.TIMEOUT && result == -Errno.ETIME;
    if (brings && (op.kind == OperationKind.ACCEPT || !table.hasGap())) {
      arrivals.add(result, flags, resumed);
    }
    if (last) {
      mainEnded(op, brings ? 0 : result);
    } else if (arrivals.isFull() && op.requestCancelQuietly(op.generation(), Outcome.PAUSED)) {
      backlog.add(op.cancelNode());
    }
  }

  private void partCompleted(Operation op, Parts parts, int part, int result, int flags) {
    parts.completed(part, result, flags, (flags & CqeFlags.MORE) == 0);
    if (parts.allEnded()) {
      mainEnded(op, 0);
    } else if (op.cancelSeen && parts.isEnded(part)) {
      // A hard link has the next one run, which is to end as well.
      attendLater(op);
    }
  }

  private void mainEnded(Operation op, int result) {
    op.mainDone = true;
    op.mainResult = result;
    if (op.plainTimeout && !op.timeoutRemoved) {
      attendLater(op);
    }
  }

  private void timeoutEnded(Operation op, int result) {
    boolean plain = op.plainTimeout;
    op.plainTimeout = false;
    op.timeoutResult = result;
    // A linked timeout that ends with ETIME has cancelled its target. Anything else while the target is in flight means
    // either that the target's own completion is right behind, or that the timeout's submitter is gone and nothing will
    // ever end the target (K-35): the next turn knows which.
    if (!op.mainDone && (plain || result != -Errno.ETIME)) {
      attendLater(op);
    }
  }

  private void cancelEnded(Operation op, int result) {
    op.cancelResult = result;
    boolean busy = result == -Errno.EALREADY;
    // A poll was woken just now, and goes on if it finds nothing, or has more to come (K-71).
    boolean again = busy && (op.arrivals != null || op.kind == OperationKind.POLL);
    if (busy && !again && op.handle != null) {
      op.handle.running();
    }
    op.cancelUnderWay = false;
    // Not found, or lost (K-78), and yet not ended: tried again, unless the target's completion is right behind.
    again |= op.cancelWanted || result == -Errno.ENOENT || busy && op.parts != null;
    if (again && !op.mainDone && !op.kind.endsDescriptor()) {
      attendLater(op);
    }
  }

  private void attendLater(Operation op) {
    if (!op.attendQueued) {
      op.attendQueued = true;
      backlog.add(op.attendNode());
    }
  }

  private void attend(Operation op) {
    op.attendQueued = false;
    if (op.kind.endsDescriptor()) {
      sweep(op);
    } else if (op.mainDone) {
      if (op.plainTimeout && !op.timeoutRemoved) {
        removeTimeout(op);
      } else if (op.pending == 0) {
        settle(op);
      }
      if (op.noticeDue && op.pending > 0) {
        detach(op);
      }
    } else if (op.cancelSeen) {
      op.cancelWanted = op.cancelUnderWay || op.pauseUnderWay;
      if (!op.cancelWanted && (op.parts == null || op.cancelAttempts < MAX_CHAIN_CANCELS)) {
        if (CancelPause.isDue(op)) {
          enter(op, op.prepPause(sqes, sq.reserve()), UserData.PAUSE);
        }
        issueCancel(op);
      }
    } else if (op.parts != null && op.parts.timed >= 0 && op.parts.isEnded(op.parts.timed)) {
      // What the timeout was for is through; the rest takes its time.
      return;
    } else if (op.isOverdue()) {
      endAtDeadline(op);
    } else if ((op.watched || op.timeoutResult != Operation.NO_RESULT) && !op.plainTimeout) {
      armPlainTimeout(op);
    }
  }

  private void endAtDeadline(Operation op) {
    if (op.requestCancelQuietly(op.generation(), Outcome.TIMED_OUT)) {
      if (!op.kind.isWorkers() && !op.watched) {
        counters.add(Counter.DEADLINES_MENDED, 1);
      }
      op.cancelSeen = true;
      issueCancel(op);
    }
  }

  /**
   * Stands in for a linked timeout that is gone before its time, or would never begin (K-44): a timeout of its own
   * outlives its submitter (K-35).
   */
  private void armPlainTimeout(Operation op) {
    long at = sq.reserve();
    Sqe.prepTimeout(sqes, at, op.addressOf(SlotLayout.TIMESPEC), 0, TimeoutFlags.TIMEOUT_ABS);
    op.plainTimeout = true;
    op.timeoutRemoved = false;
    enter(op, at, UserData.TIMEOUT);
  }

  private void removeTimeout(Operation op) {
    long at = sq.reserve();
    Sqe.prepTimeoutRemove(sqes, at, UserData.of(op.slot(), op.generation(), UserData.TIMEOUT));
    op.timeoutRemoved = true;
    enter(op, at, UserData.TIMEOUT_REMOVE);
  }

  /** Decides what an operation whose completions are all in has come to. */
  private void settle(Operation op) {
    if (op.attendQueued) {
      return;
    }
    if (op.kind.endsDescriptor()) {
      settleClose(op);
    } else if (op.detached) {
      kernelLetGo(op);
    } else if (Verdict.isUnasked(op)) {
      reissue(op);
    } else {
      op.result = Verdict.of(op, counters);
      finish(op);
    }
  }

  private void reissue(Operation op) {
    if (op.connectWaits && op.mainResult >= 0) {
      // Decided: the connect itself now answers at once.
      op.connectWaits = false;
    }
    if (op.parts != null) {
      op.parts.takeUpAt(op.parts.firstFailed());
    }
    op.mainDone = false;
    op.noticeDue = false;
    op.mainResult = Operation.NO_RESULT;
    op.timeoutResult = Operation.NO_RESULT;
    op.timeoutRemoved = false;
    op.reissues++;
    counters.add(Counter.RESUBMITTED, 1);
    backlog.add(op);
  }

  private void finish(Operation op) {
    Thread waiter = op.waiter;
    Endpoint endpoint = op.endpoint;
    OperationHandle handle = op.handle;
    DescriptorReceiver receiver = op.receiver;
    int result = op.result;
    Parts parts = op.parts;
    CompletionSink arrivals = op.arrivals;
    // A send that a cancel cut short keeps its count (K-17), and was ended by the cancel all the same.
    boolean cutShort = op.cancelCause == Outcome.CANCELLED && op.cancelResult >= 0;
    if (receiver != null && result >= 0) {
      receiver.receive(result);
      op.receiver = null;
    }
    Extension extension = Extension.letGo(op.extension);
    table.timings().ended(op);
    if (!op.terminate()) {
      return;
    }
    // From here on the slot is the waiter's: nothing of it is touched any more.
    counters.add(Counter.OPERATIONS_ENDED, 1);
    if (handle != null) {
      handle.finished(cutShort ? Outcome.CANCELLED : result);
    }
    if (parts != null || waiter == null) {
      table.release(op);
    } else {
      resumed.add(waiter);
    }
    if (endpoint != null) {
      operationEnded(endpoint);
    }
    // Last, so that nothing of the operation is left when its end is seen.
    if (parts != null) {
      parts.held().forEach(Endpoint::letGo);
      Thread joiner = parts.end(result);
      if (joiner != null) {
        resumed.add(joiner);
      }
    }
    if (arrivals != null) {
      arrivals.end(result, resumed);
    }
    Extension.end(extension, result, resumed);
  }

  /**
   * Lets go of what an operation no longer needs whose result is in, while the kernel holds on to what was lent: for as
   * long as the peer likes, and neither a deadline nor a close ends that (K-79). The descriptor is done with it. The waiter
   * gets its result, if it does not want its buffer back; the slot and what it holds stay the kernel's (I-3).
   */
  private void detach(Operation op) {
    if (op.detached || !Verdict.isFinal(op) || op.attendQueued || op.cancelUnderWay) {
      return;
    }
    if (op.detaches) {
      op.result = Verdict.of(op, counters);
      handOver(op);
    }
    Endpoint endpoint = op.endpoint;
    op.endpoint = null;
    if (endpoint != null) {
      operationEnded(endpoint);
    }
  }

  private void handOver(Operation op) {
    if (!op.detach()) {
      return;
    }
    op.detached = true;
    table.timings().resulted(op);
    OperationHandle handle = op.handle;
    Thread waiter = op.waiter;
    counters.add(Counter.OPERATIONS_ENDED, 1);
    if (handle != null) {
      boolean cutShort = op.cancelCause == Outcome.CANCELLED && op.cancelResult >= 0;
      handle.finished(cutShort ? Outcome.CANCELLED : op.result);
    }
    if (waiter != null) {
      resumed.add(waiter);
    }
  }

  private void kernelLetGo(Operation op) {
    Extension.letGo(op.extension);
    if (!op.letGo()) {
      table.release(op);
    }
  }

  private void operationEnded(Endpoint endpoint) {
    endpoint.operationEnded();
    Operation closing = endpoint.closing();
    if (closing != null && closing.mainDone && closing.pending == 0 && !closing.attendQueued && isIdle(endpoint)) {
      finishClose(closing, endpoint);
    }
  }

  private static boolean isIdle(Endpoint endpoint) {
    return endpoint.inFlight() == 0;
  }

  private void settleClose(Operation op) {
    Endpoint endpoint = op.endpoint;
    assert endpoint != null;
    if (op.kind == OperationKind.CLOSE && op.mainResult == -Errno.ECANCELED) {
      // The cancel broke the link after all: the close goes again, on its own (K-12).
      op.mainDone = false;
      op.reissues++;
      backlog.add(op);
    } else if (!isIdle(endpoint)) {
      // Their completions may just be later than the CLOSE's (K-09); what is left in the next turn was missed (K-14).
      attendLater(op);
    } else {
      finishClose(op, endpoint);
    }
  }

  private void finishClose(Operation op, Endpoint endpoint) {
    // All of it now: once released the slot may be another's.
    int result = op.kind == OperationKind.CLOSE ? op.mainResult : 0;
    int cancelled = Math.max(0, op.kind == OperationKind.CLOSE ? op.cancelResult : op.mainResult);
    op.result = op.mainResult;
    table.timings().ended(op);
    op.terminate();
    counters.add(Counter.CLOSES, 1);
    counters.add(Counter.CANCELLED_BY_CLOSE, cancelled);
    table.release(op);
    endpoint.closeEnded(result, cancelled);
  }

  /**
   * Ends what the close chain did not reach, one by one: never by descriptor, which may be another's by now (K-16). The
   * last one to end finishes the close.
   */
  private void sweep(Operation closing) {
    Endpoint endpoint = closing.endpoint;
    assert endpoint != null;
    if (isIdle(endpoint)) {
      finishClose(closing, endpoint);
    } else {
      for (int slot = 0; slot < table.slotsEverUsed(); slot++) {
        Operation op = table.at(slot);
        if (op != null && op.endpoint == endpoint && !op.kind.endsDescriptor()) {
          cancelForClose(op);
        }
      }
    }
  }

  private void cancelForClose(Operation op) {
    if (op.requestCancelQuietly(op.generation(), Outcome.CLOSED)) {
      backlog.add(op.cancelNode());
    }
  }

  /** The waiters whose operations ended, to be unparked at the end of the turn. */
  public Resumptions resumptions() {
    return resumed;
  }

  /**
   * Ends everything that is in flight, because the ring is dead: every waiter learns of it (I-11).
   *
   * @return what has to be let go of, once nobody is at work here: that may hand in closes
   */
  public List<Endpoint> failAll() {
    for (InboxNode node = backlog.peek(); node != null; node = backlog.peek()) {
      backlog.removeHead();
      if (node instanceof RegisterNode register) {
        register.answer(Outcome.RING_DEAD);
      }
    }
    List<Endpoint> held = new ArrayList<>();
    for (int slot = 0; slot < table.slotsEverUsed(); slot++) {
      Operation op = table.at(slot);
      if (op != null && op.isInFlight()) {
        fail(op, held);
      }
    }
    resumed.all();
    return held;
  }

  private void fail(Operation op, List<Endpoint> held) {
    Extension.keep(op.extension);
    if (op.detached) {
      return; // Its waiter has its result, and its slot stays the kernel's.
    }
    Endpoint endpoint = op.endpoint;
    Parts parts = op.parts;
    op.result = Outcome.RING_DEAD;
    op.cancelSeen = true;
    // The slot is not given back by us: the kernel may still write to what the operation holds (I-3).
    op.terminate();
    if (op.waiter != null && parts == null) {
      resumed.add(op.waiter);
    }
    if (endpoint != null) {
      if (op.kind.endsDescriptor()) {
        endpoint.closeEnded(Outcome.RING_DEAD, 0);
      } else {
        endpoint.operationEnded();
      }
    }
    if (op.handle != null) {
      op.handle.finished(Outcome.RING_DEAD);
    }
    if (parts != null) {
      held.addAll(parts.held());
      Thread waiter = parts.end(Outcome.RING_DEAD);
      if (waiter != null) {
        resumed.add(waiter);
      }
    }
    if (op.arrivals != null) {
      op.arrivals.end(Outcome.RING_DEAD, resumed);
    }
    Extension.end(op.extension, Outcome.RING_DEAD, resumed);
  }
}
