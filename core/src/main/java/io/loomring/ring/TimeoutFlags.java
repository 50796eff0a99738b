package io.loomring.ring;

/** Flags of TIMEOUT, LINK_TIMEOUT and TIMEOUT_REMOVE. */
public final class TimeoutFlags {
  /** IORING_TIMEOUT_ABS, kernel 5.5. */
  public static final int TIMEOUT_ABS = 1 << 0;
  /** IORING_TIMEOUT_UPDATE, kernel 5.11. */
  public static final int TIMEOUT_UPDATE = 1 << 1;
  /** IORING_TIMEOUT_BOOTTIME, kernel 5.15. */
  public static final int TIMEOUT_BOOTTIME = 1 << 2;
  /** IORING_TIMEOUT_REALTIME, kernel 5.15. */
  public static final int TIMEOUT_REALTIME = 1 << 3;
  /** IORING_LINK_TIMEOUT_UPDATE, kernel 5.15. */
  public static final int LINK_TIMEOUT_UPDATE = 1 << 4;
  /** IORING_TIMEOUT_ETIME_SUCCESS, kernel 5.16. */
  public static final int TIMEOUT_ETIME_SUCCESS = 1 << 5;
  /** IORING_TIMEOUT_MULTISHOT, kernel 6.4. */
  public static final int TIMEOUT_MULTISHOT = 1 << 6;
  /** IORING_TIMEOUT_IMMEDIATE_ARG, kernel 7.1. */
  public static final int TIMEOUT_IMMEDIATE_ARG = 1 << 7;

  private TimeoutFlags() {}
}
