package io.loomring.ring;

/** Flags of a CQE. */
public final class CqeFlags {
  /** IORING_CQE_F_BUFFER, kernel 5.7. */
  public static final int BUFFER = 1 << 0;
  /** IORING_CQE_F_MORE, kernel 5.13. */
  public static final int MORE = 1 << 1;
  /** IORING_CQE_F_SOCK_NONEMPTY, kernel 5.19. */
  public static final int SOCK_NONEMPTY = 1 << 2;
  /** IORING_CQE_F_NOTIF, kernel 6.0. */
  public static final int NOTIF = 1 << 3;
  /** IORING_CQE_F_BUF_MORE, kernel 6.12. */
  public static final int BUF_MORE = 1 << 4;
  /** IORING_CQE_F_SKIP, kernel 6.18. */
  public static final int SKIP = 1 << 5;
  /** IORING_CQE_F_32, kernel 6.18. */
  public static final int F_32 = 1 << 15;

  /** IORING_CQE_BUFFER_SHIFT: where the number of the picked buffer begins. */
  public static final int BUFFER_SHIFT = 16;

  private CqeFlags() {}
}
