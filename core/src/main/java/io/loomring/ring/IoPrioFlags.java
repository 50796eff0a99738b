package io.loomring.ring;

/** Flags that socket operations carry in {@code ioprio}. */
public final class IoPrioFlags {
  /** IORING_RECVSEND_POLL_FIRST, kernel 5.19. */
  public static final int RECVSEND_POLL_FIRST = 1 << 0;
  /** IORING_RECV_MULTISHOT, kernel 6.0. */
  public static final int RECV_MULTISHOT = 1 << 1;
  /** IORING_RECVSEND_FIXED_BUF, kernel 6.0. */
  public static final int RECVSEND_FIXED_BUF = 1 << 2;
  /** IORING_SEND_ZC_REPORT_USAGE, kernel 6.2. */
  public static final int SEND_ZC_REPORT_USAGE = 1 << 3;
  /** IORING_RECVSEND_BUNDLE, kernel 6.10. */
  public static final int RECVSEND_BUNDLE = 1 << 4;
  /** IORING_SEND_VECTORIZED, kernel 6.17. */
  public static final int SEND_VECTORIZED = 1 << 5;
  /** IORING_ACCEPT_MULTISHOT, kernel 5.19. */
  public static final int ACCEPT_MULTISHOT = 1 << 0;
  /** IORING_ACCEPT_DONTWAIT, kernel 6.10. */
  public static final int ACCEPT_DONTWAIT = 1 << 1;
  /** IORING_ACCEPT_POLL_FIRST, kernel 6.10. */
  public static final int ACCEPT_POLL_FIRST = 1 << 2;

  private IoPrioFlags() {}
}
