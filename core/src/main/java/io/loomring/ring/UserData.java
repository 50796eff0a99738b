package io.loomring.ring;

/**
 * What an SQE carries and its CQE brings back (I-2, K-10): the operation's slot, the slot's generation, and which of
 * the operation's SQEs it is. Never a descriptor, never an address: the kernel cancels whatever bears the value.
 *
 * <pre>
 *  63    56 55                      24 23          0
 *  +-------+--------------------------+-------------+
 *  | part  | generation               | slot        |
 *  +-------+--------------------------+-------------+
 * </pre>
 */
public final class UserData {
  /** Slots that the encoding has room for. */
  public static final int MAX_SLOTS = 1 << 24;

  /** The SQE that does the operation's work. */
  public static final int MAIN = 1;
  /** The operation's timeout, linked or not. */
  public static final int TIMEOUT = 2;
  /** A request that cancels the operation, or the head of a close chain. */
  public static final int CANCEL = 3;
  /** A request that removes the operation's timeout. */
  public static final int TIMEOUT_REMOVE = 4;
  /** What a cancel waits for that is tried again. */
  public static final int PAUSE = 5;

  /** The second part of a chain; the further ones follow. The first is {@link #MAIN}. */
  public static final int SECOND_PART = 16;

  /** Of an entry that belongs to no operation: it ends a wait. Its slot is one that no table has. */
  public static final long WAKE_UP = of(MAX_SLOTS - 1, -1, 0);

  /** Of a timeout that belongs to no operation, but to the ring: deadlines are to be looked at. */
  public static final long DEADLINES = of(MAX_SLOTS - 1, -1, TIMEOUT);

  /** The slot of messages from other rings, which is one that no table has; the generation is the mailbox. */
  public static final int MESSAGE_SLOT = MAX_SLOTS - 2;

  private UserData() {}

  /** Whether it is of an entry that belongs to no operation. */
  public static boolean isOfTheRing(long userData) {
    return slot(userData) == MAX_SLOTS - 1;
  }

  public static long of(int slot, int generation, int part) {
    return (long) part << 56 | (generation & 0xFFFFFFFFL) << 24 | slot;
  }

  /** The part of {@code user_data} of a chain's part. */
  public static int ofPart(int index) {
    return index == 0 ? MAIN : SECOND_PART + index - 1;
  }

  public static int slot(long userData) {
    return (int) userData & MAX_SLOTS - 1;
  }

  public static int generation(long userData) {
    return (int) (userData >>> 24);
  }

  public static int part(long userData) {
    return (int) (userData >>> 56);
  }
}
