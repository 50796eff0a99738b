package io.loomring.ring;

/** Flags of single operations. */
public final class OpFlags {
  /** IORING_FSYNC_DATASYNC, kernel 5.1. */
  public static final int FSYNC_DATASYNC = 1 << 0;
  /** IORING_FIXED_FD_NO_CLOEXEC, kernel 6.8. */
  public static final int FIXED_FD_NO_CLOEXEC = 1 << 0;
  /** IORING_NOP_INJECT_RESULT, kernel 6.10. */
  public static final int NOP_INJECT_RESULT = 1 << 0;
  /** SPLICE_F_FD_IN_FIXED, kernel 5.7: what is read from is a slot of the ring's table. */
  public static final int SPLICE_FD_IN_FIXED = 1 << 31;
  /** URING_CMD: the buffer is a registered one. */
  public static final int URING_CMD_FIXED = 1;
  /** Zero-copy usage: the kernel copied after all, reported in the notification's result. */
  public static final int NOTIF_USAGE_ZC_COPIED = 1 << 31;
  /** NOP: use the file of the SQE. */
  public static final int NOP_FILE = 1 << 1;
  /** NOP: use a registered file. */
  public static final int NOP_FIXED_FILE = 1 << 2;
  /** NOP: use a registered buffer. */
  public static final int NOP_FIXED_BUFFER = 1 << 3;
  /** NOP: complete through task work. */
  public static final int NOP_TW = 1 << 4;

  private OpFlags() {}
}
