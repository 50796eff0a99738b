package io.loomring.api;

import io.loomring.buffer.Lend;
import io.loomring.buffer.LentMemory;
import io.loomring.buffer.Recycler;
import io.loomring.buffer.Resource;
import io.loomring.fd.Descriptor;
import io.loomring.op.Operation;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes with memory that is lent to the kernel as it is, where the calls of {@link Uring} copy by way of
 * buffers of the library. From {@link Uring#lending}.
 *
 * <pre>{@code
 * try (UringArena arena = UringArena.open()) {
 *   MemorySegment page = arena.allocate(64 * 1024, 4096);
 *   int count = uring.lending().recv(socket, page, CallOptions.NONE);
 *   uring.lending().send(other, page.asSlice(0, count), CallOptions.NONE);
 * }
 * }</pre>
 *
 * <p>What can be lent is any {@link Resource}: a {@link io.loomring.buffer.Buffer} of the library's pool, segments of a
 * {@link io.loomring.buffer.UringArena} or of {@link java.lang.foreign.Arena#ofAuto}, direct buffers, and types of a
 * user's own. The calls that take a {@link MemorySegment} or a {@link ByteBuffer} copy where it is none of these: memory
 * of another arena could be freed under the kernel, memory of the heap moves.
 *
 * <p>There are two ways to part with memory.
 *
 * <ul>
 *   <li><em>Lend</em>: it stays its owner's, who has it back when the call returns or throws; and no call does before the
 *       kernel has let go, whatever ends it. With {@link #submit} nobody waits until {@link Loan#join}, and who leaves
 *       before that leaves the memory to the library, which {@linkplain Resource#recycle recycles} it.
 *   <li><em>Transfer</em>: it is the operation's, whose completion hands it back to whoever asks: {@link Transfer#join}.
 * </ul>
 *
 * <p>What an operation writes to, it has alone; what operations only read, any number of them may have. A lend that
 * overlaps another, where the kernel is to write to one of the two, is refused with {@link IllegalStateException}, which
 * names both. Ranges of addresses are compared, in the whole process, whatever objects stand for them. Memory that the
 * library copies to and from by itself takes no part in this.
 *
 * @since 0.1
 */
public final class Lending {
  private final Uring uring;

  Lending(Uring uring) {
    this.uring = uring;
  }

  /** How many lends are out, in the whole process; each stays so until its memory has been taken back, or recycled. */
  public static long lends() {
    return LentMemory.count();
  }

  // ---- lend, and wait

  /**
   * Lends memory to an operation, and returns when the kernel has let go of it.
   *
   * @return how many bytes were moved; -1 at the end of what is read; 0 for no memory, at once
   * @throws IllegalStateException if the memory is lent already, and one of the two is to be written to; or cannot be
   *     lent any more
   * @throws IllegalArgumentException if it is read-only, and to be read into
   * @throws UnsupportedOperationException if the kernel does not have the operation
   * @throws IOException as every call of {@link Uring}; the memory is the caller's again also then, unless the ring died
   */
  public int call(DataOperation what, Resource lent, CallOptions options) throws IOException {
    long deadline = options.deadlineFromNow();
    uring.support().require(what.kind().opcode());
    if (lent.byteSize() == 0) {
      return 0;
    }
    Lend lend = LentMemory.lend(lent, what.fills(), what);
    Operation op = begin(what, lend, deadline, options.handle());
    if (op == null) {
      throw refused(what, deadline, options.handle());
    }
    int result = Outcome.RING_DEAD;
    try {
      result = RawOperations.finish(op, what.kind(), what.on(), lend, deadline, options.isInterruptible());
    } finally {
      if (result == Outcome.RING_DEAD) {
        lend.abandon();
      } else {
        lend.giveBack();
      }
    }
    return what.answer(uring.checked(what.call(), result, what.on()));
  }

  /** Receives into lent memory, at least one byte; -1 at the end of the stream. */
  public int recv(Descriptor socket, Resource into, CallOptions options) throws IOException {
    return call(DataOperation.recv(socket), into, options);
  }

  /** Receives into a segment, which is lent if it can be, and else copied to. */
  public int recv(Descriptor socket, MemorySegment into, CallOptions options) throws IOException {
    return Resource.isLendable(into) ? recv(socket, Resource.of(into), options) : uring.recv(socket, into, options);
  }

  /** Receives into what remains of a buffer, which is lent if it can be, and else copied to; its position advances. */
  public int recv(Descriptor socket, ByteBuffer into, CallOptions options) throws IOException {
    CopiedTransfers.requireWritable(into);
    return CopiedTransfers.advanced(into, recv(socket, MemorySegment.ofBuffer(into), options));
  }

  /** Sends lent memory; answers how many bytes, which is all but where it was ended early. */
  public int send(Descriptor socket, Resource from, CallOptions options) throws IOException {
    return call(DataOperation.send(socket), from, options);
  }

  /** Sends a segment, which is lent if it can be, and else copied; answers as the other does. */
  public int send(Descriptor socket, MemorySegment from, CallOptions options) throws IOException {
    if (Resource.isLendable(from)) {
      return send(socket, Resource.of(from), options);
    }
    uring.send(socket, from, options);
    return (int) Math.min(Integer.MAX_VALUE, from.byteSize());
  }

  /** Sends what remains of a buffer, which is lent if it can be, and else copied; its position advances. */
  public int send(Descriptor socket, ByteBuffer from, CallOptions options) throws IOException {
    MemorySegment segment = MemorySegment.ofBuffer(from);
    if (Resource.isLendable(segment)) {
      return CopiedTransfers.advanced(from, send(socket, Resource.of(segment), options));
    }
    int all = from.remaining();
    uring.send(socket, from, options);
    return all;
  }

  /**
   * Sends lent memory without a copy in the kernel either, and returns when the peer's side has acknowledged it, which
   * may be never, and which no timeout hastens: {@link #submit} and {@link #transfer} need not wait for that. See
   * {@link ZeroCopy}.
   */
  public int sendZeroCopy(Descriptor socket, Resource from, CallOptions options) throws IOException {
    return call(DataOperation.sendZeroCopy(socket), from, options);
  }

  /** Reads into lent memory at a position of a file, or at the current one where that is -1; -1 at the end. */
  public int read(Descriptor file, Resource into, long position, CallOptions options) throws IOException {
    return call(DataOperation.read(file, position), into, options);
  }

  /** Reads into a segment, which is lent if it can be, and else copied to. */
  public int read(Descriptor file, MemorySegment into, long position, CallOptions options) throws IOException {
    return Resource.isLendable(into)
        ? read(file, Resource.of(into), position, options)
        : uring.read(file, into, position, options);
  }

  /** Reads into what remains of a buffer, which is lent if it can be, and else copied to; its position advances. */
  public int read(Descriptor file, ByteBuffer into, long position, CallOptions options) throws IOException {
    CopiedTransfers.requireWritable(into);
    return CopiedTransfers.advanced(into, read(file, MemorySegment.ofBuffer(into), position, options));
  }

  /** Writes lent memory at a position of a file, or at the current one where that is -1; may write less. */
  public int write(Descriptor file, Resource from, long position, CallOptions options) throws IOException {
    return call(DataOperation.write(file, position), from, options);
  }

  /** Writes a segment, which is lent if it can be, and else copied. */
  public int write(Descriptor file, MemorySegment from, long position, CallOptions options) throws IOException {
    return Resource.isLendable(from)
        ? write(file, Resource.of(from), position, options)
        : uring.write(file, from, position, options);
  }

  /** Writes what remains of a buffer, which is lent if it can be, and else copied; its position advances. */
  public int write(Descriptor file, ByteBuffer from, long position, CallOptions options) throws IOException {
    return CopiedTransfers.advanced(from, write(file, MemorySegment.ofBuffer(from), position, options));
  }

  // ---- without waiting

  /**
   * Lends memory to an operation without waiting for it, but for a free slot where there is none. A timeout of the
   * options runs from now on.
   *
   * @throws IllegalStateException as {@link #call} does; or by a poller's own thread, which would wait for itself
   * @throws IllegalArgumentException if the memory is read-only, and to be read into; or has no bytes
   * @throws UnsupportedOperationException if the kernel does not have the operation
   * @throws IOException if the descriptor is closed, the options' handle was cancelled before, or the ring is dead: then
   *     nothing is lent
   */
  public Loan submit(DataOperation what, Resource lent, CallOptions options) throws IOException {
    OperationHandle handle = handle(options);
    return begin(what, lent, options, handle, state -> new Loan(state, handle));
  }

  /**
   * Gives memory to an operation without waiting for it, but for a free slot where there is none. A timeout of the
   * options runs from now on. Where this throws, nothing is given.
   *
   * @throws IllegalStateException as {@link #call} does; or by a poller's own thread, which would wait for itself
   * @throws IllegalArgumentException if the memory is read-only, and to be read into; or has no bytes
   * @throws UnsupportedOperationException if the kernel does not have the operation
   * @throws IOException if the descriptor is closed, the options' handle was cancelled before, or the ring is dead
   */
  public <R extends Resource> Transfer<R> transfer(DataOperation what, R given, CallOptions options)
      throws IOException {
    OperationHandle handle = handle(options);
    return begin(what, given, options, handle, state -> new Transfer<>(state, given, handle));
  }

  private static OperationHandle handle(CallOptions options) {
    OperationHandle given = options.handle();
    return given == null ? new OperationHandle() : given;
  }

  /** Makes the loan before the operation is submitted: from then on somebody has to answer for the memory. */
  private <T> T begin(
      DataOperation what,
      Resource resource,
      CallOptions options,
      OperationHandle handle,
      Function<LoanState, T> maker)
      throws IOException {
    long deadline = options.deadlineFromNow();
    uring.support().require(what.kind().opcode());
    Recycler.prepare();
    Lend lend = LentMemory.lend(resource, what.fills(), what);
    Operation op = begin(what, lend, deadline, handle);
    if (op == null) {
      throw refused(what, deadline, handle);
    }
    LoanState state = new LoanState(uring, what, lend, options.isInterruptible());
    T loan = maker.apply(state);
    op.describe(what.kind(), what.on(), lend);
    op.carry(state);
    op.submit(deadline, false);
    return loan;
  }

  /** Begins an operation, and writes its entry; gives the memory back where it is refused. */
  private static @Nullable Operation begin(
      DataOperation what, Lend lend, long deadline, @Nullable OperationHandle handle) {
    Operation op = null;
    try {
      op = RawOperations.begin(what.on().table(), what.on(), deadline, handle);
    } finally {
      if (op == null) {
        lend.giveBack();
      }
    }
    if (op != null) {
      what.stage(op, lend.address(), lend.bytes());
    }
    return op;
  }

  private IOException refused(DataOperation what, long deadline, @Nullable OperationHandle handle) {
    OperationTable table = what.on().table();
    return uring.failure(what.call(), RawOperations.refusal(table, what.on(), deadline, handle), what.on());
  }
}
