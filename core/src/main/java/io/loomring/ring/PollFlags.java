package io.loomring.ring;

/** Flags of POLL_ADD and POLL_REMOVE. */
public final class PollFlags {
  /** IORING_POLL_ADD_MULTI, kernel 5.13. */
  public static final int ADD_MULTI = 1 << 0;
  /** IORING_POLL_UPDATE_EVENTS, kernel 5.13. */
  public static final int UPDATE_EVENTS = 1 << 1;
  /** IORING_POLL_UPDATE_USER_DATA, kernel 5.13. */
  public static final int UPDATE_USER_DATA = 1 << 2;
  /** IORING_POLL_ADD_LEVEL, kernel 6.0. */
  public static final int ADD_LEVEL = 1 << 3;

  private PollFlags() {}
}
