package io.loomring.api;

import io.loomring.buffer.Lend;
import io.loomring.buffer.LentMemory;
import io.loomring.buffer.RegisteredMemory;
import io.loomring.buffer.Resource;
import io.loomring.error.Call;
import io.loomring.error.RingDeadException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.ring.RegisterOps;
import io.loomring.ring.Sqe;
import io.loomring.sys.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Buffers that the kernel knows beforehand: their pages are looked up and kept once, not with each read and write. That
 * pays with O_DIRECT and with large transfers. A ring has one set of them at a time.
 *
 * <pre>{@code
 * try (RegisteredBuffers buffers = RegisteredBuffers.of(uring, 16, 64 * 1024);
 *     RegisteredBuffers.Lease lease = buffers.lease()) {
 *   int count = buffers.read(file, lease, 0, 64 * 1024, 0, CallOptions.NONE);
 *   use(lease.segment().asSlice(0, count));
 * }
 * }</pre>
 *
 * <p>The memory counts against {@code ulimit -l} (memlock), in each ring that uses it. What a call fills is lent to the
 * kernel alone until it returns; what calls write from, several may share. A call returns when the kernel has let go,
 * whatever ends it: a timeout, a cancel, an interrupt of a virtual thread, a close of the descriptor.
 *
 * @since 0.1
 */
public final class RegisteredBuffers implements AutoCloseable {
  private static final int IOVEC_BYTES = 16;
  private static final int MAX_PARTS = 1024;
  private static final int FILLED = -1;

  private final Uring uring;
  private final int count;
  private final int bufferBytes;
  private final RegisteredMemory memory;

  // Under the lock of this.
  private final Deque<Integer> free = new ArrayDeque<>();
  private final Set<OperationTable> rings = new HashSet<>();
  private boolean closed;

  private RegisteredBuffers(Uring uring, int count, int bufferBytes) {
    this.uring = uring;
    this.count = count;
    this.bufferBytes = bufferBytes;
    this.memory = new RegisteredMemory(count, bufferBytes);
    for (int i = 0; i < count; i++) {
      free.add(i);
    }
  }

  /**
   * Makes {@code count} buffers of {@code bufferBytes} each. A ring is told of them when a call first uses them there.
   *
   * @throws IllegalArgumentException for more than 16,384 buffers, or 1 GiB together, or none
   */
  public static RegisteredBuffers of(Uring uring, int count, int bufferBytes) {
    return new RegisteredBuffers(uring, count, bufferBytes);
  }

  /** The size of each, in bytes. */
  public int bufferBytes() {
    return bufferBytes;
  }

  /** How many can be leased just now. */
  public synchronized int available() {
    return free.size();
  }

  /** A stretch of a buffer, from {@code offset} on, in bytes. */
  public record Part(int offset, int bytes) {}

  /**
   * One buffer, for one user at a time, until it is closed. As a {@link Resource} it can be lent to what does not know of
   * registered buffers too.
   */
  public final class Lease implements Resource, AutoCloseable {
    private final int index;
    private final MemorySegment segment;
    // Under the lock of the set: calls that write from it, or FILLED.
    private int calls;
    private int lends;
    private boolean returned;

    private Lease(int index) {
      this.index = index;
      this.segment = memory.buffer(index);
    }

    /** Its memory. Not to be used any more once the lease is closed: it is another's then. */
    public MemorySegment segment() {
      return segment;
    }

    /**
     * Gives the buffer back. The second close does nothing.
     *
     * @throws IllegalStateException if a call uses it: nothing has changed then
     */
    @Override
    public void close() {
      synchronized (RegisteredBuffers.this) {
        if (returned) {
          return;
        }
        if (calls != 0 || lends != 0) {
          throw new IllegalStateException("a call uses the buffer: give it back when that has returned");
        }
        returned = true;
        free.addFirst(index);
      }
    }

    @Override
    public long address() {
      return segment.address();
    }

    @Override
    public long byteSize() {
      return bufferBytes;
    }

    @Override
    public void lent() {
      synchronized (RegisteredBuffers.this) {
        requireOut();
        lends++;
      }
    }

    @Override
    public void returned() {
      synchronized (RegisteredBuffers.this) {
        lends--;
      }
    }

    @Override
    public void recycle() {
      close();
    }

    private void requireOut() {
      if (returned) {
        throw new IllegalStateException("the lease was given back: take another one");
      }
    }

    private void take(boolean toFill) {
      synchronized (RegisteredBuffers.this) {
        requireOut();
        if (calls == FILLED) {
          throw new IllegalStateException("another call fills the buffer: wait until that has returned");
        }
        if (toFill && calls > 0) {
          throw new IllegalStateException("another call writes from the buffer: wait until that has returned");
        }
        calls = toFill ? FILLED : calls + 1;
      }
    }

    private void letGo() {
      synchronized (RegisteredBuffers.this) {
        calls = calls == FILLED ? 0 : calls - 1;
      }
    }
  }

  /** Takes a buffer, or answers null where all are out. */
  public synchronized @Nullable Lease tryLease() {
    if (closed) {
      throw new IllegalStateException("the buffers are closed");
    }
    Integer index = free.poll();
    return index == null ? null : new Lease(index);
  }

  /**
   * Takes a buffer.
   *
   * @throws IllegalStateException if all are out, or the set is closed
   */
  public Lease lease() {
    Lease lease = tryLease();
    if (lease == null) {
      throw new IllegalStateException("all " + count + " buffers are out: close a lease, or make more");
    }
    return lease;
  }

  // ---- reading and writing

  /**
   * Reads into a buffer.
   *
   * @param offset where in the buffer the bytes go to
   * @param position in the file, in bytes; -1 for the current one, and for what has none
   * @return how many bytes; -1 at the end
   * @throws IndexOutOfBoundsException if offset and bytes leave the buffer
   * @throws IllegalStateException if another call uses the buffer, or the ring has other registered buffers
   */
  public int read(Descriptor from, Lease into, int offset, int bytes, long position, CallOptions options)
      throws IOException {
    return ended(transfer(OperationKind.READ_FIXED, from, into, List.of(new Part(offset, bytes)), position, options));
  }

  /** The same into several parts of the buffer, one after the other; from Linux 6.15 on. */
  public int readv(Descriptor from, Lease into, List<Part> parts, long position, CallOptions options)
      throws IOException {
    return ended(transfer(OperationKind.READV_FIXED, from, into, parts, position, options));
  }

  private static int ended(int result) {
    return result == 0 ? -1 : result;
  }

  /**
   * Writes from a buffer.
   *
   * @param offset where in the buffer the bytes begin
   * @param position in the file, in bytes; -1 for the current one, and for what has none
   * @return how many bytes, which may be fewer than were asked for
   * @throws IndexOutOfBoundsException if offset and bytes leave the buffer
   * @throws IllegalStateException if another call fills the buffer, or the ring has other registered buffers
   */
  public int write(Descriptor to, Lease from, int offset, int bytes, long position, CallOptions options)
      throws IOException {
    return transfer(OperationKind.WRITE_FIXED, to, from, List.of(new Part(offset, bytes)), position, options);
  }

  /** The same from several parts of the buffer, one after the other; from Linux 6.15 on. */
  public int writev(Descriptor to, Lease from, List<Part> parts, long position, CallOptions options)
      throws IOException {
    return transfer(OperationKind.WRITEV_FIXED, to, from, parts, position, options);
  }

  private int transfer(
      OperationKind kind, Descriptor on, Lease lease, List<Part> parts, long position, CallOptions options)
      throws IOException {
    check(lease, parts);
    boolean fills = kind.call() == Call.READ;
    lease.take(fills);
    int result = Outcome.RING_DEAD;
    Lend lend = null;
    try {
      lend = LentMemory.lend(lease, fills, kind + " on " + on);
      registerWith(on.table());
      MemorySegment vector = vector(lease, parts);
      result = new Request(uring, kind)
          .on(on)
          .lending(vector)
          .until(options)
          .issue((sqe, at, op) -> encode(kind, sqe, at, on.sqeFd(), lease, parts, vector, position));
      return uring.checked(kind.call(), result, on);
    } finally {
      // Of a dead ring nobody knows when it lets go: its pages stay the kernel's, and nobody gets the buffer any more.
      if (result != Outcome.RING_DEAD || uring.isSound()) {
        lease.letGo();
        if (lend != null) {
          lend.giveBack();
        }
      }
    }
  }

  private void check(Lease lease, List<Part> parts) {
    if (lease.segment.address() != memory.buffer(lease.index).address()) {
      throw new IllegalArgumentException("the lease is of another set of buffers");
    }
    if (parts.isEmpty() || parts.size() > MAX_PARTS) {
      throw new IllegalArgumentException(parts.size() + " parts: from 1 to " + MAX_PARTS);
    }
    for (Part part : parts) {
      java.util.Objects.checkFromIndexSize(part.offset, part.bytes, bufferBytes);
    }
  }

  private static MemorySegment vector(Lease lease, List<Part> parts) {
    MemorySegment vector = Arena.ofAuto().allocate((long) parts.size() * IOVEC_BYTES, Long.BYTES);
    for (int i = 0; i < parts.size(); i++) {
      long at = (long) i * IOVEC_BYTES;
      vector.set(ValueLayout.JAVA_LONG, at, lease.segment.address() + parts.get(i).offset);
      vector.set(ValueLayout.JAVA_LONG, at + 8, parts.get(i).bytes);
    }
    return vector;
  }

  private static void encode(
      OperationKind kind,
      MemorySegment sqe,
      long at,
      int fd,
      Lease lease,
      List<Part> parts,
      MemorySegment vector,
      long position) {
    Part first = parts.getFirst();
    long address = lease.segment.address() + first.offset;
    switch (kind) {
      case READ_FIXED -> Sqe.prepReadFixed(sqe, at, fd, address, first.bytes, position, lease.index);
      case WRITE_FIXED -> Sqe.prepWriteFixed(sqe, at, fd, address, first.bytes, position, lease.index);
      case READV_FIXED ->
          Sqe.prepReadvFixed(sqe, at, fd, vector.address(), parts.size(), position, lease.index);
      default -> Sqe.prepWritevFixed(sqe, at, fd, vector.address(), parts.size(), position, lease.index);
    }
  }

  // ---- registering

  private synchronized void registerWith(OperationTable ring) throws IOException {
    if (closed) {
      throw new IllegalStateException("the buffers are closed");
    }
    if (rings.contains(ring)) {
      return;
    }
    int result = ring.register(RegisterOps.REGISTER_BUFFERS, memory.iovecs(), count);
    switch (result) {
      case 0 -> rings.add(ring);
      case Outcome.RING_DEAD -> throw new RingDeadException(ring.closedCause());
      case -Errno.EBUSY -> throw new IllegalStateException(
          "the ring has other registered buffers, and can have one set at a time: close that first");
      case -Errno.ENOMEM -> throw new IOException((long) count * bufferBytes
          + " bytes are more than this user may lock: raise the limit (ulimit -l), or register less");
      default -> throw new IOException("the kernel refuses to register buffers: " + Errno.name(-result));
    }
  }

  /**
   * Takes the buffers from the kernel. The second close does nothing.
   *
   * @throws IllegalStateException if a lease is out: nothing has changed then
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    if (free.size() < count) {
      throw new IllegalStateException(count - free.size() + " buffers are out: close their leases first");
    }
    closed = true;
    for (OperationTable ring : rings) {
      // A ring that is gone has taken its own leave of them.
      int ignored = ring.register(RegisterOps.UNREGISTER_BUFFERS, 0, 0);
    }
    rings.clear();
  }
}
