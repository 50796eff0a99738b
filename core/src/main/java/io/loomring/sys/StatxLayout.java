package io.loomring.sys;

/**
 * {@code struct statx}, 256 bytes. A time is seconds (8 bytes) and nanoseconds (4), and 4 bytes of nothing.
 *
 * <pre>
 *  0      4         8            16      20    24    28     32    40     48       56                64
 *  +------+---------+------------+-------+-----+-----+------+-----+------+--------+-----------------+
 *  | mask | blksize | attributes | nlink | uid | gid | mode | ino | size | blocks | attributes mask |
 *  +------+---------+------------+-------+-----+-----+------+-----+------+--------+-----------------+
 *  64      80      96      112     128            136           144      152             156            256
 *  +-------+-------+-------+-------+--------------+-------------+--------+---------------+--------------+
 *  | atime | btime | ctime | mtime | rdev maj min | dev maj min | mnt_id | dio mem align | dio offset.. |
 *  +-------+-------+-------+-------+--------------+-------------+--------+---------------+--------------+
 * </pre>
 */
public final class StatxLayout {
  public static final int MASK = 0;
  public static final int BLKSIZE = 4;
  public static final int NLINK = 16;
  public static final int UID = 20;
  public static final int GID = 24;
  public static final int MODE = 28;
  public static final int INO = 32;
  public static final int SIZE = 40;
  public static final int BLOCKS = 48;
  public static final int ATIME = 64;
  public static final int BTIME = 80;
  public static final int CTIME = 96;
  public static final int MTIME = 112;
  public static final int DEV_MAJOR = 136;
  public static final int DEV_MINOR = 140;
  public static final int DIO_MEM_ALIGN = 152;
  public static final int DIO_OFFSET_ALIGN = 156;
  public static final int BYTES = 256;

  private StatxLayout() {}
}
