package io.loomring.fd;

import io.loomring.event.Recordings;
import io.loomring.op.Deadline;
import io.loomring.op.Endpoint;
import io.loomring.op.InlineReads;
import io.loomring.op.Operation;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.ring.Sqe;
import io.loomring.ring.SqeFlags;
import io.loomring.sys.Errno;
import io.loomring.sys.InlineFiles;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * An open file description that operations run on, tied to one ring for life (I-13). It is a regular one, with a number
 * in the process's own table, or a direct one, a slot of its ring's table: every operation takes either, as long as it is
 * one of the ring, and closing is the same.
 *
 * <p>Legal transitions of {@link #word}, which counts operations in flight and plain calls under way beside its phase:
 *
 * <pre>
 *  OPEN(n, c) -> OPEN(n +- 1, c)       an operation begins, ends
 *  OPEN(n, c) -> OPEN(n, c +- 1)       a plain system call, or what else holds the number, begins, ends
 *  OPEN(n, c) -> CLOSING(n, c + 1)     close(), once: from here on nothing new begins; the closer counts as a call
 *  CLOSING(n, c) -> CLOSING(n, c - 1)  a plain call ends
 *  CLOSING(n, 0) -> CLOSE_SUBMITTED(n) whoever is last out hands in the close chain (I-5)
 *  CLOSE_SUBMITTED(0) -> CLOSED        baton's holder: the chain's completions and every victim's are in
 * </pre>
 *
 * <p>The chain goes through the same inbox, behind every operation that was handed in before; one that is handed in
 * later, having begun before CLOSING, finds the descriptor not open when its turn comes and is never issued.
 */
public abstract sealed class Descriptor implements Endpoint, AutoCloseable
    permits RegularDescriptor, DirectDescriptor {
  private static final int OPEN = 0;
  private static final int CLOSING = 1;
  private static final int CLOSE_SUBMITTED = 2;
  private static final int CLOSED = 3;

  private static final long ONE_OPERATION = 1;
  private static final long OPERATIONS_MASK = (1L << 24) - 1;
  private static final long ONE_CALL = 1L << 24;
  private static final long CALLS_MASK = OPERATIONS_MASK << 24;
  private static final int PHASE_SHIFT = 48;
  private static final long ONE_PHASE = 1L << PHASE_SHIFT;
  private static final int NONE_YET = -1;
  private static final VarHandle WORD;

  static {
    try {
      WORD = MethodHandles.lookup().findVarHandle(Descriptor.class, "word", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final OperationTable table;
  /** The slot that its closing will use, taken at birth, so that a full table never keeps a descriptor open. */
  private final Operation closeOperation;
  private final boolean owned;
  private final int sqeFlags;
  // Written once, before the descriptor is handed to anybody.
  private volatile int number = NONE_YET;
  /** Made by who first waits for the closing. */
  private volatile @Nullable CountDownLatch closed;

  /** Whether a flight recording has its close; under this. */
  private boolean closeTold;

  private volatile long word;
  // Written by the closer before the chain is handed in.
  private volatile boolean closeAsync;
  private volatile boolean closeSubmitted;
  private volatile int bufferAlignment = 1;
  // What is cached may be read at once; a hint, and a count that need not be exact.
  private boolean readsInline;
  private int inlineReads;
  // For who counts connections, now or a little later.
  private boolean connection;
  private volatile boolean listening;
  // Written by the baton's holder before the latch falls.
  private int closeResult;
  private int cancelledByClose;

  /**
   * Makes a descriptor that is open.
   *
   * @param closeOperation an acquired slot, kept for the closing
   * @param owned whether closing closes the number; otherwise it only ends our operations on it
   * @param sqeFlags flags of {@link SqeFlags} that entries have to have to name it
   */
  Descriptor(OperationTable table, Operation closeOperation, boolean owned, int sqeFlags) {
    this.table = table;
    this.closeOperation = closeOperation;
    this.owned = owned;
    this.sqeFlags = sqeFlags;
    this.readsInline = sqeFlags == 0;
    // So that closing takes no memory: where there is none it would never end.
    closeOperation.makeNodes();
  }

  /** Gives it its number, and makes it known as an open descriptor of its ring: the ring's end closes it from then on. */
  final void born(int made) {
    number = made;
    closeOperation.describe(owned ? OperationKind.CLOSE : OperationKind.DETACH, this, null);
  }

  /** The operations of its home ring. */
  public OperationTable table() {
    return table;
  }

  /**
   * The number in the process's table, which plain calls name; and entries of the opcodes that take no direct descriptor.
   *
   * @throws UnsupportedOperationException if it is a direct descriptor, which has none; the message says what to do
   */
  public abstract int fd();

  /** What the field {@code fd} of an entry names it by, together with {@link #sqeFlags}. */
  @Override
  public final int sqeFd() {
    return number;
  }

  @Override
  public final int sqeFlags() {
    return sqeFlags;
  }

  /** Whether it is a slot of its ring's table, and not a number of the process. */
  public final boolean isDirect() {
    return sqeFlags != 0;
  }

  /** What the addresses of buffers have to be a multiple of, in bytes: 1 unless the file was opened with O_DIRECT. */
  public int bufferAlignment() {
    return bufferAlignment;
  }

  /** Says what the addresses of buffers have to be a multiple of, in bytes: a power of two. */
  public void requireBufferAlignment(int bytes) {
    bufferAlignment = bytes;
  }

  /**
   * Reads from a file what is in the page cache, without waiting: EAGAIN where that is nothing, now and then where the
   * caller has read so often without parking that others should get its carrier, and where many have just found nothing.
   *
   * @param into the address of native memory
   * @param scratch native memory of {@link InlineFiles#SCRATCH_BYTES}, aligned to 8 bytes, the caller's alone
   */
  public int readNow(long into, int bytes, long position, MemorySegment scratch) {
    if (!readsInline || bufferAlignment != 1) {
      return -Errno.EAGAIN;
    }
    InlineReads round = table.inlineReads();
    if (++inlineReads >= round.run() || !round.mayLook()) {
      inlineReads = 0;
      return -Errno.EAGAIN;
    }
    if (!beginCall()) {
      return Outcome.CLOSED;
    }
    int result;
    try {
      result = InlineFiles.read(fd(), into, bytes, position, scratch);
    } finally {
      endCall();
    }
    round.looked(result != -Errno.EAGAIN);
    if (result == -Errno.EOPNOTSUPP || result == -Errno.ENOSYS || result == -Errno.EPERM) {
      readsInline = false;
      return -Errno.EAGAIN;
    }
    return result;
  }

  /** Says that it is a connection: it was accepted, or connected. */
  public void connected() {
    connection = true;
  }

  /** Whether {@link #listensAlone} was called. */
  final boolean isListening() {
    return listening;
  }

  /**
   * Says, best before it listens, that nobody else has its file, such as another process that it was passed to: when its
   * close returns nobody connects to it any more (K-80). Without this the listening goes on until the kernel lets go of the
   * file, which may be a moment later. It does nothing for a direct descriptor, nor for one that is only borrowed.
   */
  public void listensAlone() {
    listening = true;
  }

  @Override
  public boolean isConnection() {
    return connection;
  }

  // ---- operations and calls

  @Override
  public boolean isOpen() {
    return phase(word) == OPEN;
  }

  private static int phase(long word) {
    return (int) (word >>> PHASE_SHIFT);
  }

  /** Counts one operation in, before it is handed to the poller; false once the descriptor is being closed. */
  public boolean beginOperation() {
    return enter(ONE_OPERATION);
  }

  /**
   * Begins a plain, short system call on the number: as long as it lasts the number stays ours, even if somebody calls
   * {@link #close}. False once the descriptor is being closed.
   *
   * <p>An operation that a worker of the kernel begins counts as a call as well, until its waiter is back: it takes the
   * file that has the number when it begins, which may be long after it was submitted (K-14).
   */
  public boolean beginCall() {
    return enter(ONE_CALL);
  }

  private boolean enter(long one) {
    while (true) {
      long seen = word;
      if (phase(seen) != OPEN) {
        return false;
      }
      if (WORD.compareAndSet(this, seen, seen + one)) {
        return true;
      }
    }
  }

  /** Ends what {@link #beginCall} began; the last one out of a descriptor that is being closed hands in the chain. */
  public void endCall() {
    long now = (long) WORD.getAndAdd(this, -ONE_CALL) - ONE_CALL;
    if (phase(now) == CLOSING && (now & CALLS_MASK) == 0) {
      submitClose();
    }
  }

  @Override
  public void letGo() {
    endCall();
  }

  @Override
  public void operationEnded() {
    WORD.getAndAdd(this, -ONE_OPERATION);
  }

  @Override
  public int inFlight() {
    return (int) (word & OPERATIONS_MASK);
  }

  // ---- close

  /**
   * Makes the descriptor invalid; the caller that gets true is the closer and counts as a call: it must
   * {@link #endCall}, after whatever it does on the number first.
   */
  public boolean beginClose() {
    while (true) {
      long seen = word;
      if (phase(seen) != OPEN) {
        return false;
      }
      if (WORD.compareAndSet(this, seen, seen + ONE_PHASE + ONE_CALL)) {
        return true;
      }
    }
  }

  /** Has the CLOSE done by a worker of the kernel, since it may block: a socket with positive linger (K-18). */
  public void closeAsynchronously() {
    closeAsync = true;
  }

  private void submitClose() {
    WORD.getAndAdd(this, ONE_PHASE);
    if (owned) {
      if (listening) {
        keepListener();
      }
      stageClose(closeOperation.memory(), closeOperation.base());
      Sqe.setFlags(closeOperation.memory(), closeOperation.base(), closeAsync ? SqeFlags.ASYNC : 0);
    } else {
      Sqe.prepCancelFd(closeOperation.memory(), closeOperation.base(), fd());
    }
    closeSubmitted = true;
    closeOperation.submit(Deadline.NONE, false);
  }

  /** Writes the entry that closes it. */
  abstract void stageClose(MemorySegment sqe, long at);

  /** Closes it where its ring is gone. */
  abstract void closePlainly();

  /** What there is to do before the chain of one that listens, so that its end can be brought about behind that. */
  void keepListener() {}

  /** Ends the listening of one that listened. */
  void endListening() {}

  abstract String name();

  @Override
  public @Nullable Operation closing() {
    return closeSubmitted ? closeOperation : null;
  }

  @Override
  public void closeEnded(int result, int cancelled) {
    if (result == Outcome.RING_DEAD && owned) {
      // No chain will ever run on a dead ring (I-14). Its descriptor was closed first, so no request of its lives on.
      closePlainly();
    }
    if (listening) {
      endListening();
    }
    closeResult = result;
    cancelledByClose = cancelled;
    closeSubmitted = false;
    // First the phase, then the look for who waits; they do it the other way round.
    word = word & ~(-1L << PHASE_SHIFT) | CLOSED * ONE_PHASE;
    CountDownLatch waited = closed;
    if (waited != null) {
      waited.countDown();
    }
  }

  /** Asks for the end of everything in flight, one by one. For a closer that has to wait before it may close. */
  public void cancelOperations() {
    table.cancelAll(this);
  }

  /**
   * Closes the descriptor, cancelling what is pending on it, and waits until the kernel is through with both; every
   * blocked call has then been ended. If another thread is closing it, waits for that one; closed already, does
   * nothing. An interrupt does not end the wait.
   *
   * @throws IOException if the number turns out to have been closed behind our back
   */
  @Override
  public void close() throws IOException {
    if (beginClose()) {
      try {
        cancelHolders();
      } finally {
        endCall();
      }
    }
    awaitClosed();
    if (closeResult == -Errno.EBADF) {
      throw new IOException(name() + " was closed behind the library's back");
    }
  }

  @Override
  public void closeWithoutWaiting() {
    if (beginClose()) {
      // Nobody has looked at its linger: done by a worker, the CLOSE holds nobody up (K-18).
      closeAsync = true;
      try {
        cancelHolders();
      } finally {
        endCall();
      }
    }
  }

  /** For a closer: operations that hold the number keep the chain from running, so they are ended before it. */
  private void cancelHolders() {
    if ((word & CALLS_MASK) != ONE_CALL) {
      cancelOperations();
    }
  }

  /** Waits, not interruptible, until whoever closes the descriptor is through. */
  public void awaitClosed() {
    table.ensureMayWait();
    Object recording = Recordings.beginClose();
    if (!isClosed()) {
      CountDownLatch latch = latch();
      if (!isClosed()) {
        table.await(latch);
      }
    }
    if (recording != null && isFirstToTell()) {
      Recordings.tellClose(recording, sqeFd(), cancelledByClose);
    }
  }

  private synchronized boolean isFirstToTell() {
    boolean first = !closeTold;
    closeTold = true;
    return first;
  }

  private synchronized CountDownLatch latch() {
    CountDownLatch latch = closed;
    if (latch == null) {
      latch = new CountDownLatch(1);
      closed = latch;
    }
    return latch;
  }

  /** Whether closing is through, and the number is not ours any more. */
  public boolean isClosed() {
    return phase(word) == CLOSED;
  }

  /** How many operations the close chain cancelled, once closed. */
  public int cancelledByClose() {
    return cancelledByClose;
  }

  /**
   * Lets it go for a maker that fails: closed where it has got its number already, since there may have been no memory for
   * what else was to be told of it, and where it has none the slot that was kept for its closing is given back.
   */
  public final void discard() {
    if (number == NONE_YET) {
      neverBorn();
      table.release(closeOperation);
    } else {
      closeWithoutWaiting();
    }
  }

  /** Gives back what else was taken for a descriptor that is never going to get a number. */
  void neverBorn() {}

  @Override
  public String toString() {
    String phase = switch (phase(word)) {
      case OPEN -> "open";
      case CLOSING, CLOSE_SUBMITTED -> "closing";
      default -> "closed";
    };
    return name() + " (" + phase + ", " + inFlight() + " in flight)";
  }
}
