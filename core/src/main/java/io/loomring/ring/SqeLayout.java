package io.loomring.ring;

/**
 * A submission queue entry, 64 bytes.
 *
 * <pre>
 *  0        1        2            4                8                16               24       28
 *  +--------+--------+------------+----------------+----------------+----------------+--------+----------+
 *  | opcode | flags  | ioprio     | fd             | off / addr2    | addr           | len    | op flags |
 *  +--------+--------+------------+----------------+----------------+----------------+--------+----------+
 *  32                40           42               44               48               56               64
 *  +-----------------+------------+----------------+----------------+----------------+
 *  | user_data       | buf_index  | personality    | file_index     | addr3          | pad            |
 *  +-----------------+------------+----------------+----------------+----------------+
 * </pre>
 */
public final class SqeLayout {
  public static final int OPCODE = 0;
  public static final int FLAGS = 1;
  public static final int IOPRIO = 2;
  public static final int FD = 4;
  public static final int OFF = 8;
  public static final int ADDR = 16;
  public static final int LEN = 24;
  public static final int OP_FLAGS = 28;
  public static final int USER_DATA = 32;
  public static final int BUF_INDEX = 40;
  public static final int PERSONALITY = 42;
  public static final int FILE_INDEX = 44;
  public static final int ADDR3 = 48;
  public static final int BYTES = 64;

  private SqeLayout() {}
}
