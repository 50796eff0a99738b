package io.loomring.ring;

/** Flags of {@code io_uring_setup}. */
public final class SetupFlags {
  /** IORING_SETUP_IOPOLL, kernel 5.1. */
  public static final int IOPOLL = 1 << 0;
  /** IORING_SETUP_SQPOLL, kernel 5.1. */
  public static final int SQPOLL = 1 << 1;
  /** IORING_SETUP_SQ_AFF, kernel 5.1. */
  public static final int SQ_AFF = 1 << 2;
  /** IORING_SETUP_CQSIZE, kernel 5.5. */
  public static final int CQSIZE = 1 << 3;
  /** IORING_SETUP_CLAMP, kernel 5.6. */
  public static final int CLAMP = 1 << 4;
  /** IORING_SETUP_ATTACH_WQ, kernel 5.6. */
  public static final int ATTACH_WQ = 1 << 5;
  /** IORING_SETUP_R_DISABLED, kernel 5.10. */
  public static final int R_DISABLED = 1 << 6;
  /** IORING_SETUP_SUBMIT_ALL, kernel 5.18. */
  public static final int SUBMIT_ALL = 1 << 7;
  /** IORING_SETUP_COOP_TASKRUN, kernel 5.19. */
  public static final int COOP_TASKRUN = 1 << 8;
  /** IORING_SETUP_TASKRUN_FLAG, kernel 5.19. */
  public static final int TASKRUN_FLAG = 1 << 9;
  /** IORING_SETUP_SQE128, kernel 5.19. */
  public static final int SQE128 = 1 << 10;
  /** IORING_SETUP_CQE32, kernel 5.19. */
  public static final int CQE32 = 1 << 11;
  /** IORING_SETUP_SINGLE_ISSUER, kernel 6.0. */
  public static final int SINGLE_ISSUER = 1 << 12;
  /** IORING_SETUP_DEFER_TASKRUN, kernel 6.1. */
  public static final int DEFER_TASKRUN = 1 << 13;
  /** IORING_SETUP_NO_MMAP, kernel 6.5. */
  public static final int NO_MMAP = 1 << 14;
  /** IORING_SETUP_REGISTERED_FD_ONLY, kernel 6.5. */
  public static final int REGISTERED_FD_ONLY = 1 << 15;
  /** IORING_SETUP_NO_SQARRAY, kernel 6.6. */
  public static final int NO_SQARRAY = 1 << 16;
  /** IORING_SETUP_HYBRID_IOPOLL, kernel 6.13. */
  public static final int HYBRID_IOPOLL = 1 << 17;
  /** IORING_SETUP_CQE_MIXED, kernel 6.18. */
  public static final int CQE_MIXED = 1 << 18;
  /** IORING_SETUP_SQE_MIXED, kernel 6.19. */
  public static final int SQE_MIXED = 1 << 19;
  /** IORING_SETUP_SQ_REWIND, kernel 7.0. */
  public static final int SQ_REWIND = 1 << 20;
  /** mmap offset of the SQ ring (and of the CQ ring, with {@link Features#SINGLE_MMAP}). */
  public static final long OFF_SQ_RING = 0;
  /** mmap offset of the CQ ring. */
  public static final long OFF_CQ_RING = 0x8000000L;
  /** mmap offset of the SQEs. */
  public static final long OFF_SQES = 0x10000000L;
  /** mmap offset of a provided buffer ring; its group id goes in from bit {@link #OFF_PBUF_SHIFT}. */
  public static final long OFF_PBUF_RING = 0x80000000L;
  /** See {@link #OFF_PBUF_RING}. */
  public static final int OFF_PBUF_SHIFT = 16;

  private SetupFlags() {}
}
