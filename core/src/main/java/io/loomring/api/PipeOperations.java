package io.loomring.api;

import io.loomring.error.Call;
import io.loomring.fd.Descriptor;
import io.loomring.fd.ExpectedPipe;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.op.SlotLayout;
import io.loomring.op.SlotSet;
import io.loomring.ring.OpFlags;
import io.loomring.ring.Opcode;
import io.loomring.ring.Sqe;
import io.loomring.sys.Constants;
import io.loomring.sys.SystemCalls;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Pipes, and moving bytes through them inside the kernel, from {@link Uring#pipes}. What all calls share, these share as
 * well: see {@link Uring}.
 *
 * <p>Splices and tees are done by workers of the kernel, also where they need not wait (K-64). Each submitting thread has
 * few of those: splices that wait long keep others waiting. The close of either descriptor ends them, and returns when
 * they are back.
 *
 * <pre>{@code
 * try (PipeEnds pipe = uring.pipes().open(CallOptions.NONE)) {
 *   int count = uring.pipes().splice(
 *       socket, NO_OFFSET, pipe.sink(), NO_OFFSET, 64 * 1024, CallOptions.NONE);
 *   int saved = uring.pipes().splice(pipe.source(), NO_OFFSET, file, 0, count, CallOptions.NONE);
 * }
 * }</pre>
 *
 * @since 0.1
 */
public final class PipeOperations {
  /** The offset of what has none: a pipe, a socket; or of a file whose own position is to move. */
  public static final long NO_OFFSET = -1;

  private final Uring uring;

  PipeOperations(Uring uring) {
    this.uring = uring;
  }

  /** Makes a pipe, close-on-exec: through the ring where the kernel can (6.16), else with a plain system call. */
  public PipeEnds open(CallOptions options) throws IOException {
    Made made = new Made();
    int result = pipe(made, options.deadlineFromNow(), options.isInterruptible(), options.handle());
    uring.checked(Call.OTHER, result, null);
    return made.ends();
  }

  /**
   * Moves bytes from one descriptor to the other without copying them; one of them has to be a pipe. It waits for the
   * first byte, and for room. Ended early it answers what it has moved, and what it has not moved stays in the pipe (K-62):
   * a pipe with a rest is to be closed, or the rest goes to whom it was not for.
   *
   * @param fromOffset where in a file; {@link #NO_OFFSET} for a pipe or a socket
   * @param toOffset the same of the other
   * @return how many bytes, at least one and not always all; 0 at the end of what is read from
   * @throws IllegalArgumentException if bytes is negative, or the descriptors belong to different Urings
   */
  public int splice(
      Descriptor from, long fromOffset, Descriptor to, long toOffset, int bytes, CallOptions options)
      throws IOException {
    long deadline = options.deadlineFromNow();
    int result =
        splice(from, fromOffset, to, toOffset, bytes, 0, deadline, options.isInterruptible(), options.handle());
    return uring.checked(Call.OTHER, result, to);
  }

  /**
   * Copies what is in one pipe to the other without taking it out of the first.
   *
   * @return how many bytes; 0 where the first one is empty and nobody will write to it
   */
  public int tee(Descriptor from, Descriptor to, int bytes, CallOptions options) throws IOException {
    int result = tee(from, to, bytes, 0, options.deadlineFromNow(), options.isInterruptible(), options.handle());
    return uring.checked(Call.OTHER, result, to);
  }

  // ---- as the kernel answers them

  /** The splice as the kernel answers it: a count, {@code -errno}, or an {@link Outcome}. */
  public int splice(
      Descriptor from,
      long fromOffset,
      Descriptor to,
      long toOffset,
      int bytes,
      int flags,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    requireCount(bytes);
    Objects.requireNonNull(from);
    Objects.requireNonNull(to);
    return new Request(uring, OperationKind.SPLICE)
        .on(to)
        .with(from)
        .until(deadline, interruptible, handle)
        .issue((sqe, at, op) -> Sqe.prepSplice(
            sqe, at, from.sqeFd(), fromOffset, to.sqeFd(), toOffset, bytes, flags | secondFlags(from)));
  }

  /** The tee as the kernel answers it: a count, {@code -errno}, or an {@link Outcome}. */
  public int tee(
      Descriptor from,
      Descriptor to,
      int bytes,
      int flags,
      long deadline,
      boolean interruptible,
      @Nullable OperationHandle handle) {
    requireCount(bytes);
    Objects.requireNonNull(from);
    Objects.requireNonNull(to);
    return new Request(uring, OperationKind.TEE)
        .on(to)
        .with(from)
        .until(deadline, interruptible, handle)
        .issue((sqe, at, op) ->
            Sqe.prepTee(sqe, at, from.sqeFd(), to.sqeFd(), bytes, flags | secondFlags(from)));
  }

  private static int secondFlags(Descriptor from) {
    return from.isDirect() ? OpFlags.SPLICE_FD_IN_FIXED : 0;
  }

  private static void requireCount(int bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("a count of " + bytes + " bytes is negative");
    }
  }

  /**
   * Makes a pipe. Both ends have an owner in the turn in which they come (I-9): where the result is zero they are in
   * {@code made.ends()}.
   */
  public int pipe(Made made, long deadline, boolean interruptible, @Nullable OperationHandle handle) {
    return pipe(made, uring.support().has(Opcode.PIPE), deadline, interruptible, handle);
  }

  /** The same through the ring or not. */
  int pipe(
      Made made, boolean throughRing, long deadline, boolean interruptible, @Nullable OperationHandle handle) {
    Request request = new Request(uring, OperationKind.PIPE).until(deadline, interruptible, handle);
    return pipe(made, request, throughRing, false);
  }

  /** The same as the request has it: with a plain system call, it says for how long slots are waited for. */
  int pipe(Made made, Request request, boolean throughRing, boolean direct) {
    OperationTable table = uring.nextTable();
    SlotSet slots = new SlotSet(Collections.nCopies(throughRing ? 3 : 2, table));
    int refused = request.take(slots);
    if (refused != 0) {
      return refused;
    }
    try {
      ExpectedPipe pipe = ExpectedPipe.of(table, slots.take(0), slots.take(1), direct);
      return pipe == null ? Outcome.NO_SLOT : pipe(made, pipe, throughRing ? request.in(table) : null, direct);
    } finally {
      slots.release();
    }
  }

  private static int pipe(Made made, ExpectedPipe pipe, @Nullable Request request, boolean direct) {
    int result = Outcome.CLOSED;
    try {
      result = request == null
          ? make(pipe)
          : request.deliveringTo(pipe).issue((sqe, at, op) -> {
            pipe.madeBy(op);
            Sqe.prepPipe(sqe, at, op.addressOf(SlotLayout.DATA), direct ? 0 : Constants.O_CLOEXEC);
          });
    } finally {
      if (result < 0) {
        pipe.discard();
      }
    }
    if (result >= 0) {
      made.ends = new PipeEnds(pipe.source(), pipe.sink());
    }
    return result;
  }

  private static int make(ExpectedPipe pipe) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment fds = arena.allocate(2 * Integer.BYTES, Integer.BYTES);
      int result = SystemCalls.pipe(fds.address(), Constants.O_CLOEXEC);
      if (result >= 0) {
        pipe.receive(fds, 0);
      }
      return result;
    }
  }

  /** The pipe that an operation made. */
  public static final class Made {
    private @Nullable PipeEnds ends;

    /**
     * Both ends.
     *
     * @throws IllegalStateException if the operation made none
     */
    public PipeEnds ends() {
      if (ends == null) {
        throw new IllegalStateException("the operation made no pipe");
      }
      return ends;
    }
  }
}
