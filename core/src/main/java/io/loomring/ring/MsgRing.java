package io.loomring.ring;

/** Commands and flags of MSG_RING. */
public final class MsgRing {
  /** IORING_MSG_DATA, kernel 5.18. */
  public static final int DATA = 0;
  /** IORING_MSG_SEND_FD, kernel 6.0. */
  public static final int SEND_FD = 1;
  /** IORING_MSG_RING_CQE_SKIP, kernel 6.0. */
  public static final int CQE_SKIP = 1 << 0;
  /** IORING_MSG_RING_FLAGS_PASS, kernel 6.3. */
  public static final int FLAGS_PASS = 1 << 1;

  private MsgRing() {}
}
