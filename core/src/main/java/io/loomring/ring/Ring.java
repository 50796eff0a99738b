package io.loomring.ring;

import io.loomring.sys.SystemCalls;

/**
 * A ring: two queues and the call that moves them. The seam behind which a test may put a kernel of its own.
 *
 * <p>One thread at a time uses it (I-1); who that is, is its user's affair.
 */
public interface Ring {
  /** The ring's descriptor, readable while completions wait. */
  int fd();

  SubmissionQueue sq();

  CompletionQueue cq();

  /** Feature bits, of {@link Features}. */
  int features();

  /**
   * Submits up to {@code toSubmit} entries and, with GETEVENTS, waits for {@code minComplete} completions.
   *
   * @return how many entries were taken, or {@code -errno}
   */
  int enter(int toSubmit, int minComplete, int flags);

  /**
   * The same with GETEVENTS and an end: waits for one completion, {@code nanos} at most.
   *
   * @return how many entries were taken, or {@code -errno}; {@code -ETIME} where none were given and none completed
   */
  int enterAndWait(int toSubmit, long nanos, int flags);

  /**
   * Registers something with the ring: see {@link RegisterOps}.
   *
   * @return the result, or {@code -errno}
   */
  default int register(int operation, long argument, int count) {
    return SystemCalls.ioUringRegister(fd(), operation, argument, count);
  }

  /** Slots of its table of direct descriptors; 0 where it has none. */
  default int directDescriptors() {
    return 0;
  }

  /** What the kernel can do. */
  KernelSupport support();

  /** Closes the descriptor: the kernel cancels what is in flight, some time later. Memory stays mapped. */
  void closeFd();

  /** Unmaps the ring's memory. The last thing done to a ring, by whoever owns it then (I-12, K-33). */
  void unmap();
}
