package io.loomring.api;

import io.loomring.sys.StatxLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;

/**
 * What statx(2) says of a file.
 *
 * @param mask which of the fields the file system has filled in, as of statx(2); the others are zero
 * @param mode type and permissions, as of stat(2)
 * @param size of a regular file, in bytes
 * @param blocks allocated, of 512 bytes each
 * @param blockSize the size of reads and writes that suits the file system best, in bytes
 * @param inode its number
 * @param deviceMajor of the device that holds the file
 * @param deviceMinor of the device that holds the file
 * @param links hard links
 * @param uid the owner
 * @param gid the owning group
 * @param accessed when it was last read
 * @param modified when its contents last changed
 * @param changed when its status last changed
 * @param created when it was made; the epoch where the file system does not know
 * @param directMemoryAlignment what addresses of O_DIRECT have to be a multiple of, in bytes; 0 where that is not known
 *     or not possible
 * @param directOffsetAlignment what positions and lengths of O_DIRECT have to be a multiple of, in bytes; 0 where that
 *     is not known or not possible
 * @since 0.1
 */
public record FileStatus(
    int mask,
    int mode,
    long size,
    long blocks,
    int blockSize,
    long inode,
    int deviceMajor,
    int deviceMinor,
    int links,
    int uid,
    int gid,
    Instant accessed,
    Instant modified,
    Instant changed,
    Instant created,
    int directMemoryAlignment,
    int directOffsetAlignment) {
  private static final int S_IFMT = 0xF000;
  private static final int S_IFREG = 0x8000;
  private static final int S_IFDIR = 0x4000;

  static FileStatus decode(MemorySegment statx) {
    return new FileStatus(
        intAt(statx, StatxLayout.MASK),
        statx.get(ValueLayout.JAVA_SHORT, StatxLayout.MODE) & 0xFFFF,
        statx.get(ValueLayout.JAVA_LONG, StatxLayout.SIZE),
        statx.get(ValueLayout.JAVA_LONG, StatxLayout.BLOCKS),
        intAt(statx, StatxLayout.BLKSIZE),
        statx.get(ValueLayout.JAVA_LONG, StatxLayout.INO),
        intAt(statx, StatxLayout.DEV_MAJOR),
        intAt(statx, StatxLayout.DEV_MINOR),
        intAt(statx, StatxLayout.NLINK),
        intAt(statx, StatxLayout.UID),
        intAt(statx, StatxLayout.GID),
        timeAt(statx, StatxLayout.ATIME),
        timeAt(statx, StatxLayout.MTIME),
        timeAt(statx, StatxLayout.CTIME),
        timeAt(statx, StatxLayout.BTIME),
        intAt(statx, StatxLayout.DIO_MEM_ALIGN),
        intAt(statx, StatxLayout.DIO_OFFSET_ALIGN));
  }

  private static int intAt(MemorySegment statx, int offset) {
    return statx.get(ValueLayout.JAVA_INT, offset);
  }

  private static Instant timeAt(MemorySegment statx, int offset) {
    return Instant.ofEpochSecond(
        statx.get(ValueLayout.JAVA_LONG, offset), statx.get(ValueLayout.JAVA_INT, offset + Long.BYTES));
  }

  /** Whether it is a regular file. */
  public boolean isRegularFile() {
    return (mode & S_IFMT) == S_IFREG;
  }

  /** Whether it is a directory. */
  public boolean isDirectory() {
    return (mode & S_IFMT) == S_IFDIR;
  }
}
