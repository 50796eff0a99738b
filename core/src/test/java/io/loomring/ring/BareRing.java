package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.sys.NativeMemory;
import io.loomring.sys.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A ring with exactly the flags that a test asks for: nothing added, probed, restricted or enabled. */
final class BareRing implements Ring {
  private final int fd;
  private final int features;
  private final NativeMemory rings;
  private final NativeMemory entries;
  private final SubmissionQueue sq;
  private final CompletionQueue cq;

  private BareRing(int fd, MemorySegment params) throws NativeMemory.MappingFailed {
    int sqEntries = params.get(ValueLayout.JAVA_INT, ParamsLayout.SQ_ENTRIES);
    int cqEntries = params.get(ValueLayout.JAVA_INT, ParamsLayout.CQ_ENTRIES);
    long array = params.get(ValueLayout.JAVA_INT, ParamsLayout.SQ_OFF_ARRAY);
    long cqes = params.get(ValueLayout.JAVA_INT, ParamsLayout.CQ_OFF_CQES);
    long bytes = Math.max(array + 4L * sqEntries, cqes + (long) CqeLayout.BYTES * cqEntries);
    this.fd = fd;
    this.features = params.get(ValueLayout.JAVA_INT, ParamsLayout.FEATURES);
    this.rings = NativeMemory.ofDescriptor(fd, bytes, SetupFlags.OFF_SQ_RING);
    this.entries = NativeMemory.ofDescriptor(fd, (long) SqeLayout.BYTES * sqEntries, SetupFlags.OFF_SQES);
    this.sq = new SubmissionQueue(
        rings.segment(),
        entries.segment(),
        sqEntries,
        params.get(ValueLayout.JAVA_INT, ParamsLayout.SQ_OFF_HEAD),
        params.get(ValueLayout.JAVA_INT, ParamsLayout.SQ_OFF_TAIL),
        params.get(ValueLayout.JAVA_INT, ParamsLayout.SQ_OFF_FLAGS),
        array);
    this.cq = new CompletionQueue(
        rings.segment(),
        cqEntries,
        params.get(ValueLayout.JAVA_INT, ParamsLayout.CQ_OFF_HEAD),
        params.get(ValueLayout.JAVA_INT, ParamsLayout.CQ_OFF_TAIL),
        params.get(ValueLayout.JAVA_INT, ParamsLayout.CQ_OFF_OVERFLOW),
        cqes);
  }

  static BareRing open(int sqEntries, int cqEntries, int setupFlags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = params(arena, cqEntries, setupFlags);
      int fd = SystemCalls.ioUringSetup(sqEntries, params.address());
      assertTrue(fd >= 0, () -> "io_uring_setup answered " + fd);
      return new BareRing(fd, params);
    } catch (NativeMemory.MappingFailed failed) {
      throw new AssertionError(failed);
    }
  }

  /** Sets a ring up and closes it at once; answers its descriptor's number, or {@code -errno}. */
  static int attempt(int sqEntries, int cqEntries, int setupFlags) {
    try (Arena arena = Arena.ofConfined()) {
      int fd = SystemCalls.ioUringSetup(sqEntries, params(arena, cqEntries, setupFlags).address());
      if (fd >= 0) {
        SystemCalls.close(fd);
      }
      return fd;
    }
  }

  private static MemorySegment params(Arena arena, int cqEntries, int setupFlags) {
    MemorySegment params = arena.allocate(ParamsLayout.BYTES, 8);
    params.set(ValueLayout.JAVA_INT, ParamsLayout.CQ_ENTRIES, cqEntries);
    params.set(ValueLayout.JAVA_INT, ParamsLayout.FLAGS, SetupFlags.CQSIZE | setupFlags);
    return params;
  }

  @Override
  public int fd() {
    return fd;
  }

  @Override
  public SubmissionQueue sq() {
    return sq;
  }

  @Override
  public CompletionQueue cq() {
    return cq;
  }

  @Override
  public int features() {
    return features;
  }

  @Override
  public int enter(int toSubmit, int minComplete, int flags) {
    return SystemCalls.ioUringEnter(fd, toSubmit, minComplete, flags, 0, 0);
  }

  @Override
  public int enterAndWait(int toSubmit, long nanos, int flags) {
    throw new UnsupportedOperationException("a bare ring waits without an end");
  }

  @Override
  public KernelSupport support() {
    throw new UnsupportedOperationException("a bare ring was not probed");
  }

  @Override
  public void closeFd() {
    SystemCalls.close(fd);
  }

  @Override
  public void unmap() {
    entries.unmap();
    rings.unmap();
  }
}
