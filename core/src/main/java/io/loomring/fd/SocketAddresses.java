package io.loomring.fd;

import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * {@code struct sockaddr_in} and {@code sockaddr_in6}.
 *
 * <pre>
 *  in:   0 family (2)  2 port, network order (2)  4 address (4)                                          16 bytes
 *  in6:  0 family (2)  2 port, network order (2)  4 flow info (4)  8 address (16)  24 scope id (4)       28 bytes
 * </pre>
 *
 * <p>Sockets are dual-stack ({@code AF_INET6}) unless {@code java.net.preferIPv4Stack} says otherwise or the kernel has
 * no IPv6; an IPv4 address then travels as an IPv4-mapped one, and comes back as an {@link Inet4Address}.
 */
public final class SocketAddresses {
  private static final int IN_BYTES = 16;
  private static final int IN6_BYTES = 28;
  private static final ValueLayout.OfShort PORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final int FAMILY = chooseFamily();

  private SocketAddresses() {}

  private static int chooseFamily() {
    if (Boolean.getBoolean("java.net.preferIPv4Stack")) {
      return Constants.AF_INET;
    }
    int probe = SystemCalls.socket(Constants.AF_INET6, Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC, 0);
    if (probe >= 0) {
      SystemCalls.close(probe);
    }
    // Short of descriptors is not short of IPv6.
    return probe >= 0 || probe == -Errno.EMFILE || probe == -Errno.ENFILE ? Constants.AF_INET6 : Constants.AF_INET;
  }

  /** The family that internet sockets are made with. */
  public static int family() {
    return FAMILY;
  }

  /** Writes {@code address} and {@code port} for a socket of {@link #family}; answers the length in bytes. */
  public static int encode(InetAddress address, int port, MemorySegment memory, long at) {
    memory.asSlice(at, IN6_BYTES).fill((byte) 0);
    memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) FAMILY);
    memory.set(PORT, at + 2, (short) port);
    byte[] bytes = address.getAddress();
    if (FAMILY == Constants.AF_INET) {
      MemorySegment.copy(bytes, bytes.length - 4, memory, ValueLayout.JAVA_BYTE, at + 4, 4);
      return IN_BYTES;
    }
    if (address instanceof Inet6Address six) {
      MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, at + 8, 16);
      memory.set(ValueLayout.JAVA_INT_UNALIGNED, at + 24, six.getScopeId());
    } else if (!address.isAnyLocalAddress()) {
      memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 18, (short) -1);
      MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, at + 20, 4);
    }
    return IN6_BYTES;
  }

  /** Whether a socket of {@link #family} can name the address at all. */
  public static boolean isEncodable(InetAddress address) {
    return FAMILY == Constants.AF_INET6 || address instanceof Inet4Address;
  }

  /** Reads an address of either family, or answers null where it is of another one. */
  public static @Nullable InetSocketAddress decodeInet(MemorySegment memory, long at) {
    int family = memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at);
    return family == Constants.AF_INET || family == Constants.AF_INET6 ? decode(memory, at) : null;
  }

  /** Reads an address of either family. */
  public static InetSocketAddress decode(MemorySegment memory, long at) {
    int family = memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at);
    int port = memory.get(PORT, at + 2) & 0xFFFF;
    try {
      if (family == Constants.AF_INET) {
        return new InetSocketAddress(InetAddress.getByAddress(bytes(memory, at + 4, 4)), port);
      }
      byte[] six = bytes(memory, at + 8, 16);
      int scope = memory.get(ValueLayout.JAVA_INT_UNALIGNED, at + 24);
      InetAddress plain = InetAddress.getByAddress(six);
      boolean scoped = scope != 0 && plain instanceof Inet6Address;
      return new InetSocketAddress(scoped ? Inet6Address.getByAddress(null, six, scope) : plain, port);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of 4 or 16 bytes is always one", e);
    }
  }

  private static byte[] bytes(MemorySegment memory, long at, int length) {
    byte[] bytes = new byte[length];
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, at, bytes, 0, length);
    return bytes;
  }
}
