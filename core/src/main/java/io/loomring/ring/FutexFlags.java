package io.loomring.ring;

/** Flags of FUTEX_WAIT, FUTEX_WAKE and FUTEX_WAITV. */
public final class FutexFlags {
  /** FUTEX2_SIZE_U32: the word has 32 bits; the kernel has no others. */
  public static final int SIZE_U32 = 2;
  /** FUTEX2_PRIVATE: waiters and wakers are of one process. */
  public static final int PRIVATE = 128;

  /** FUTEX_BITSET_MATCH_ANY: every waiter fits every waker. */
  public static final long MATCH_ANY = 0xFFFFFFFFL;

  private FutexFlags() {}
}
