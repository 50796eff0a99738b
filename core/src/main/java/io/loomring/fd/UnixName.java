package io.loomring.fd;

import io.loomring.sys.Constants;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A name of a socket of the Unix domain, {@code struct sockaddr_un}: a path, or an abstract name, which begins with a
 * zero byte and lives in no file system.
 *
 * <pre>
 *  path:      0 family (2)  2 bytes, ending with a zero byte (up to 108)
 *  abstract:  0 family (2)  2 a zero byte  3 bytes, zeros among them (up to 107); the length says where they end
 * </pre>
 */
public final class UnixName {
  /** The most bytes of a path, without the zero byte behind it, or of an abstract name, without the one before it. */
  public static final int MAX_BYTES = 107;

  private static final int NAME = 2;

  private final byte[] bytes;
  private final boolean isAbstract;

  private UnixName(byte[] bytes, boolean isAbstract) {
    this.bytes = bytes;
    this.isAbstract = isAbstract;
    if (bytes.length > MAX_BYTES) {
      throw new IllegalArgumentException(bytes.length + " bytes are too long a name: at most " + MAX_BYTES);
    }
  }

  /**
   * The name of a file.
   *
   * @throws IllegalArgumentException if it is longer than {@link #MAX_BYTES}, or empty
   */
  public static UnixName ofPath(byte[] path) {
    if (path.length == 0) {
      throw new IllegalArgumentException("an empty path names no socket");
    }
    return new UnixName(path.clone(), false);
  }

  /**
   * A name in the abstract name space.
   *
   * @throws IllegalArgumentException if it is longer than {@link #MAX_BYTES}
   */
  public static UnixName ofAbstract(byte[] name) {
    return new UnixName(name.clone(), true);
  }

  /** Its bytes, without the zero byte before or behind them. */
  public byte[] bytes() {
    return bytes.clone();
  }

  public boolean isAbstract() {
    return isAbstract;
  }

  /** Writes a {@code struct sockaddr_un}; answers its length in bytes. */
  public int encode(MemorySegment memory, long at) {
    int begin = isAbstract ? NAME + 1 : NAME;
    memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) Constants.AF_UNIX);
    memory.set(ValueLayout.JAVA_BYTE, at + NAME, (byte) 0);
    MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, at + begin, bytes.length);
    if (isAbstract) {
      return begin + bytes.length;
    }
    memory.set(ValueLayout.JAVA_BYTE, at + begin + bytes.length, (byte) 0);
    return begin + bytes.length + 1;
  }

  /** Reads one of {@code length} bytes, or answers null for a socket without a name. */
  static @Nullable UnixName decode(MemorySegment memory, int length) {
    if (length <= NAME) {
      return null;
    }
    byte[] name = memory.asSlice(NAME, length - NAME).toArray(ValueLayout.JAVA_BYTE);
    if (name[0] == 0) {
      return new UnixName(Arrays.copyOfRange(name, 1, name.length), true);
    }
    int end = 0;
    while (end < name.length && name[end] != 0) {
      end++;
    }
    return new UnixName(Arrays.copyOf(name, Math.min(end, MAX_BYTES)), false);
  }
}
