package io.loomring.ring;

/** Flags of an SQE. */
public final class SqeFlags {
  /** IOSQE_FIXED_FILE, kernel 5.1. */
  public static final int FIXED_FILE = 1 << 0;
  /** IOSQE_IO_DRAIN, kernel 5.2. */
  public static final int IO_DRAIN = 1 << 1;
  /** IOSQE_IO_LINK, kernel 5.3. */
  public static final int IO_LINK = 1 << 2;
  /** IOSQE_IO_HARDLINK, kernel 5.5. */
  public static final int IO_HARDLINK = 1 << 3;
  /** IOSQE_ASYNC, kernel 5.6. */
  public static final int ASYNC = 1 << 4;
  /** IOSQE_BUFFER_SELECT, kernel 5.7. */
  public static final int BUFFER_SELECT = 1 << 5;
  /** IOSQE_CQE_SKIP_SUCCESS, kernel 5.17. */
  public static final int CQE_SKIP_SUCCESS = 1 << 6;

  private SqeFlags() {}
}
