package io.loomring.op;

import io.loomring.ring.SqeLayout;

/**
 * The native memory of one slot of the operation table, 256 bytes: what the kernel reads and writes on behalf of the
 * operation beside the user's data. It belongs to the operation until its last completion (I-3).
 *
 * <pre>
 *  0            64          80             208           212      256
 *  +------------+-----------+--------------+-------------+--------+
 *  | staged SQE | timespec  | sockaddr     | its length  | unused |
 *  +------------+-----------+--------------+-------------+--------+
 * </pre>
 */
public final class SlotLayout {
  public static final int SQE = 0;
  public static final int TIMESPEC = SqeLayout.BYTES;
  public static final int ADDRESS = 80;
  public static final int ADDRESS_BYTES = 128;
  public static final int ADDRESS_LENGTH = ADDRESS + ADDRESS_BYTES;
  public static final int BYTES = 256;

  private SlotLayout() {}
}
