package io.loomring.ring;

/** Flags of ASYNC_CANCEL. */
public final class CancelFlags {
  /** IORING_ASYNC_CANCEL_ALL, kernel 5.19. */
  public static final int ALL = 1 << 0;
  /** IORING_ASYNC_CANCEL_FD, kernel 5.19. */
  public static final int FD = 1 << 1;
  /** IORING_ASYNC_CANCEL_ANY, kernel 5.19. */
  public static final int ANY = 1 << 2;
  /** IORING_ASYNC_CANCEL_FD_FIXED, kernel 6.0. */
  public static final int FD_FIXED = 1 << 3;
  /** IORING_ASYNC_CANCEL_USERDATA, kernel 6.6. */
  public static final int USERDATA = 1 << 4;
  /** IORING_ASYNC_CANCEL_OP, kernel 6.6. */
  public static final int OP = 1 << 5;

  private CancelFlags() {}
}
