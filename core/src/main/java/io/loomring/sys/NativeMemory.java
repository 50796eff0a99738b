package io.loomring.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory of the kernel's pages, outside the heap, not inherited over fork (K-30).
 *
 * <p>Anonymous memory lives as long as its segment is reachable, so that Java code can never touch it too late; who
 * lends it to the kernel keeps it reachable until the kernel lets go (I-3). A mapping of a descriptor is unmapped by
 * hand, by its last owner (I-12): nothing checks that it is still there.
 */
public final class NativeMemory {
  private final MemorySegment segment;

  private NativeMemory(MemorySegment segment) {
    this.segment = segment;
  }

  /**
   * Maps anonymous memory, zeroed, which costs pages only where it is touched, and goes when it is unreachable.
   *
   * @throws OutOfMemoryError if the kernel refuses
   */
  @SuppressWarnings("restricted")
  public static MemorySegment anonymous(long bytes) {
    long address = SystemCalls.mmap(
        bytes,
        Constants.PROT_READ | Constants.PROT_WRITE,
        Constants.MAP_PRIVATE | Constants.MAP_ANONYMOUS | Constants.MAP_NORESERVE,
        -1,
        0);
    if (isFailure(address)) {
      throw new OutOfMemoryError("mmap of " + bytes + " bytes: " + Errno.name((int) -address));
    }
    SystemCalls.madvise(address, bytes, Constants.MADV_DONTFORK);
    return MemorySegment.ofAddress(address)
        .reinterpret(bytes, Arena.ofAuto(), gone -> SystemCalls.munmap(gone.address(), bytes));
  }

  /**
   * Maps a region of {@code fd}, shared.
   *
   * @throws MappingFailed with errno if the kernel refuses
   */
  @SuppressWarnings("restricted")
  public static NativeMemory ofDescriptor(int fd, long bytes, long offset) throws MappingFailed {
    long address = SystemCalls.mmap(
        bytes,
        Constants.PROT_READ | Constants.PROT_WRITE,
        Constants.MAP_SHARED | Constants.MAP_POPULATE,
        fd,
        offset);
    if (isFailure(address)) {
      throw new MappingFailed((int) -address);
    }
    // Where the kernel refuses the advice, a child merely inherits what it never looks at.
    SystemCalls.madvise(address, bytes, Constants.MADV_DONTFORK);
    return new NativeMemory(MemorySegment.ofAddress(address).reinterpret(bytes));
  }

  private static boolean isFailure(long address) {
    return address < 0 && address > -4096;
  }

  public MemorySegment segment() {
    return segment;
  }

  /** Unmaps: whoever touches it afterwards crashes the process (K-33), so only its last owner may. */
  public void unmap() {
    SystemCalls.munmap(segment.address(), segment.byteSize());
  }

  /** A mapping that the kernel refused. */
  public static final class MappingFailed extends Exception {
    private static final long serialVersionUID = 1L;
    private final int errno;

    MappingFailed(int errno) {
      super("mmap: " + Errno.name(errno), null, false, false);
      this.errno = errno;
    }

    public int errno() {
      return errno;
    }
  }
}
