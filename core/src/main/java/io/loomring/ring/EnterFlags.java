package io.loomring.ring;

/** Flags of {@code io_uring_enter}. */
public final class EnterFlags {
  /** IORING_ENTER_GETEVENTS, kernel 5.1. */
  public static final int GETEVENTS = 1 << 0;
  /** IORING_ENTER_SQ_WAKEUP, kernel 5.1. */
  public static final int SQ_WAKEUP = 1 << 1;
  /** IORING_ENTER_SQ_WAIT, kernel 5.10. */
  public static final int SQ_WAIT = 1 << 2;
  /** IORING_ENTER_EXT_ARG, kernel 5.11. */
  public static final int EXT_ARG = 1 << 3;
  /** IORING_ENTER_REGISTERED_RING, kernel 5.18. */
  public static final int REGISTERED_RING = 1 << 4;
  /** IORING_ENTER_ABS_TIMER, kernel 6.12. */
  public static final int ABS_TIMER = 1 << 5;
  /** IORING_ENTER_EXT_ARG_REG, kernel 6.13. */
  public static final int EXT_ARG_REG = 1 << 6;
  /** IORING_ENTER_NO_IOWAIT, kernel 6.15. */
  public static final int NO_IOWAIT = 1 << 7;

  private EnterFlags() {}
}
