package io.loomring.op;

import io.loomring.ring.SqeLayout;

/**
 * The native memory of one slot of the operation table, 448 bytes: what the kernel reads and writes on behalf of the
 * operation, a short message included, or the further entries of a chain. It belongs to the operation until its last completion (I-3).
 *
 * <pre>
 *  0            64          80        128            256           260        448
 *  +------------+-----------+---------+--------------+-------------+----------+
 *  | staged SQE | timespec  | unused  | sockaddr     | its length  | unused   |
 *  |            |           |         +--------------+-------------+----------+
 *  |            |           |         | or the bytes of a short message       |
 *  |            |           |         | or up to five more staged SQEs        |
 *  +------------+-----------+---------+---------------------------------------+
 * </pre>
 *
 * <p>An operation touches as few lines of the cache as it needs; and a slot has an odd number of them, so that the same
 * field of many slots is spread over all of the cache's sets.
 */
public final class SlotLayout {
  public static final int SQE = 0;
  public static final int TIMESPEC = SqeLayout.BYTES;
  public static final int ADDRESS = 128;
  public static final int ADDRESS_BYTES = 128;
  public static final int ADDRESS_LENGTH = ADDRESS + ADDRESS_BYTES;
  public static final int DATA = 128;
  public static final int DATA_BYTES = 320;
  public static final int BYTES = DATA + DATA_BYTES;

  private SlotLayout() {}

  /** Where the entry of a part of {@link Parts} is staged. */
  public static int part(int index) {
    return index == 0 ? SQE : DATA + (index - 1) * SqeLayout.BYTES;
  }

}
