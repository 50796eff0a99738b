package io.loomring.api;

import io.loomring.buffer.RegisteredMemory;
import io.loomring.error.Call;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.ring.Sqe;
import io.loomring.sys.Errno;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A group of buffers that the kernel picks from, one for each result, handed over by operations: the older way, which
 * {@link ProvidedBuffers} does without a system call. It is for operations of a user's own ({@link CustomOperation}), by
 * {@link StagedSqe#selectBuffer}.
 *
 * <p>The group belongs to the ring of one descriptor, and to operations on descriptors of that ring. What the kernel has
 * picked it does not pick again until it is provided again. All calls block for their completion, and end early as all
 * do: by timeout, cancel, interrupt of a virtual thread.
 *
 * <pre>{@code
 * try (BufferSelection buffers = BufferSelection.of(uring, socket, 16, 4096)) {
 *   buffers.provide(0, 16, CallOptions.NONE);
 *   int picked = uring.custom().call(new ReceivePicked(socket, buffers), CallOptions.NONE);
 *   use(buffers.buffer(picked));
 * }
 * }</pre>
 *
 * @since 0.1
 */
public final class BufferSelection implements AutoCloseable {
  private static final int MAX_BUFFERS = 1 << 14;

  /** What the kernel may write to stays reachable until it is taken from it, whoever forgets it (I-3). */
  private static final Set<BufferSelection> LIVE = ConcurrentHashMap.newKeySet();

  private final Uring uring;
  private final OperationTable ring;
  private final int count;
  private final int bufferBytes;
  private final RegisteredMemory memory;
  private final int group;
  private boolean closed;

  private BufferSelection(Uring uring, Descriptor near, int count, int bufferBytes) {
    this.uring = uring;
    this.ring = near.table();
    this.count = count;
    this.bufferBytes = bufferBytes;
    this.memory = new RegisteredMemory(count, bufferBytes);
    this.group = ProvidedBuffers.takeId();
    LIVE.add(this);
  }

  /**
   * Makes buffers in the ring of a descriptor; {@link #provide} gives them to the kernel.
   *
   * @throws IllegalArgumentException for more than 16,384 buffers, or 1 GiB together, or none
   */
  public static BufferSelection of(Uring uring, Descriptor near, int count, int bufferBytes) {
    return new BufferSelection(uring, near, count, bufferBytes);
  }

  /** The group's number, for the buffer index of operations. */
  public int group() {
    return group;
  }

  /** The memory of a buffer, by its number in the group, from zero on. */
  public MemorySegment buffer(int id) {
    return memory.buffer(Objects.checkIndex(id, count));
  }

  /**
   * Gives buffers to the kernel to pick from: all at first, and later what it has picked.
   *
   * @throws IndexOutOfBoundsException if there are not so many
   * @throws IllegalStateException if it is closed
   */
  public void provide(int firstId, int howMany, CallOptions options) throws IOException {
    Objects.checkFromIndexSize(firstId, howMany, count);
    if (howMany == 0) {
      return;
    }
    synchronized (this) {
      requireOpen();
    }
    long address = memory.buffer(firstId).address();
    int result = new Request(uring, OperationKind.PROVIDE_BUFFERS)
        .in(ring)
        .lending(this)
        .until(options)
        .issue((sqe, at, op) -> Sqe.prepProvideBuffers(sqe, at, address, bufferBytes, howMany, group, firstId));
    uring.checked(Call.OTHER, result, null);
  }

  /**
   * Takes buffers from the kernel again that it has not picked.
   *
   * @return how many it had, {@code howMany} at most
   * @throws IllegalStateException if it is closed
   */
  public int remove(int howMany, CallOptions options) throws IOException {
    synchronized (this) {
      requireOpen();
    }
    return take(howMany, options);
  }

  private int take(int howMany, CallOptions options) throws IOException {
    int result = new Request(uring, OperationKind.REMOVE_BUFFERS)
        .in(ring)
        .until(options)
        .issue((sqe, at, op) -> Sqe.prepRemoveBuffers(sqe, at, howMany, group));
    return result == -Errno.ENOENT ? 0 : uring.checked(Call.OTHER, result, null);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the group of buffers is closed");
    }
  }

  /**
   * Takes all that is left from the kernel. The second close does nothing. After it no operation must name the group.
   *
   * @throws IOException if the kernel cannot be asked: then the memory stays reserved for it
   */
  @Override
  public void close() throws IOException {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    if (uring.isSound()) {
      int taken = take(MAX_BUFFERS, CallOptions.NONE);
      assert taken <= count;
      ProvidedBuffers.giveIdBack(group);
      LIVE.remove(this);
    }
  }
}
