package io.loomring.ring;

/**
 * A completion queue entry, 16 bytes.
 *
 * <pre>
 *  0                8        12       16
 *  +----------------+--------+--------+
 *  | user_data      | res    | flags  |
 *  +----------------+--------+--------+
 * </pre>
 */
public final class CqeLayout {
  public static final int USER_DATA = 0;
  public static final int RES = 8;
  public static final int FLAGS = 12;
  public static final int BYTES = 16;

  private CqeLayout() {}
}
