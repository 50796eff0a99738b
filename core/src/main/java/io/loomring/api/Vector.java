package io.loomring.api;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.op.Outcome;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** A {@code struct iovec[]} with the bytes that it points at, in one buffer; as much of the segments as that holds. */
final class Vector implements AutoCloseable {
  private static final int ENTRY_BYTES = 16;
  /** As many as the kernel takes (UIO_MAXIOV). */
  private static final int MAX_ENTRIES = 1024;

  private final Uring uring;
  private final List<MemorySegment> segments;
  private final Buffer buffer;
  private final int bytes;
  private int result;

  Vector(Uring uring, List<MemorySegment> all) {
    this.uring = uring;
    this.segments = List.copyOf(all.subList(0, Math.min(all.size(), MAX_ENTRIES)));
    long room = BufferPool.MAX_BYTES - (long) dataAt();
    this.bytes = (int) Math.min(room, segments.stream().mapToLong(MemorySegment::byteSize).sum());
    this.buffer = uring.buffers().acquire(dataAt() + bytes);
    stage();
  }

  private void stage() {
    long at = buffer.address() + dataAt();
    int left = bytes;
    for (int i = 0; i < segments.size(); i++) {
      int length = (int) Math.min(left, segments.get(i).byteSize());
      buffer.segment().set(ValueLayout.JAVA_LONG, (long) i * ENTRY_BYTES, at);
      buffer.segment().set(ValueLayout.JAVA_LONG, (long) i * ENTRY_BYTES + 8, length);
      at += length;
      left -= length;
    }
  }

  private int dataAt() {
    return segments.size() * ENTRY_BYTES;
  }

  int bytes() {
    return bytes;
  }

  int count() {
    return segments.size();
  }

  long address() {
    return buffer.address();
  }

  Object lent() {
    return buffer;
  }

  /** Copies the segments in. */
  void gather() {
    int left = bytes;
    long at = dataAt();
    for (MemorySegment segment : segments) {
      int length = (int) Math.min(left, segment.byteSize());
      MemorySegment.copy(segment, 0, buffer.segment(), at, length);
      at += length;
      left -= length;
    }
  }

  /** Copies the first {@code count} bytes out to the segments. */
  void scatter(int count) {
    int left = count;
    long at = dataAt();
    for (MemorySegment segment : segments) {
      int length = (int) Math.min(left, segment.byteSize());
      MemorySegment.copy(buffer.segment(), at, segment, 0, length);
      at += length;
      left -= length;
    }
  }

  /** Says how the operation ended, which decides whether the buffer can be given back. */
  void ended(int how) {
    result = how;
  }

  @Override
  public void close() {
    uring.giveBack(buffer, result == Outcome.RING_DEAD ? Outcome.RING_DEAD : 0);
  }
}
