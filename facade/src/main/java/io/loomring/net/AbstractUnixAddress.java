package io.loomring.net;

import io.loomring.fd.UnixName;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A name of a Unix domain socket in Linux's abstract name space: it lives in no file system, has no permissions, and goes
 * when the last socket that is bound to it is closed. Whoever is in the same network name space may connect to it.
 * Names are bytes; zero bytes count like any other. The JDK's channels know no such names.
 *
 * @since 0.1
 */
public final class AbstractUnixAddress extends SocketAddress {
  private static final long serialVersionUID = 1L;

  /** The most bytes of a name. */
  public static final int MAX_BYTES = UnixName.MAX_BYTES;

  private final byte[] name;

  private AbstractUnixAddress(byte[] name) {
    this.name = name;
  }

  /**
   * The address of a name's UTF-8 bytes, without the zero byte that some tools write as {@code @} in front of it.
   *
   * @throws IllegalArgumentException if it has more than {@link #MAX_BYTES}
   */
  public static AbstractUnixAddress of(String name) {
    return of(name.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The address of a name.
   *
   * @throws IllegalArgumentException if it has more than {@link #MAX_BYTES}
   */
  public static AbstractUnixAddress of(byte[] name) {
    if (name.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "an abstract name of " + name.length + " bytes is too long: at most " + MAX_BYTES);
    }
    return new AbstractUnixAddress(name.clone());
  }

  /** The bytes of the name. */
  public byte[] name() {
    return name.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AbstractUnixAddress that && Arrays.equals(name, that.name);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(name);
  }

  /** The name as UTF-8, behind an {@code @}. */
  @Override
  public String toString() {
    return "@" + new String(name, StandardCharsets.UTF_8);
  }
}
