package io.loomring.ring;

/** Flags that the kernel sets in the SQ ring. */
public final class SqRingFlags {
  /** IORING_SQ_NEED_WAKEUP, kernel 5.1. */
  public static final int NEED_WAKEUP = 1 << 0;
  /** IORING_SQ_CQ_OVERFLOW, kernel 5.8. */
  public static final int CQ_OVERFLOW = 1 << 1;
  /** IORING_SQ_TASKRUN, kernel 5.19. */
  public static final int TASKRUN = 1 << 2;

  private SqRingFlags() {}
}
