package io.loomring.sys;

import java.nio.ByteOrder;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Where this library runs at all: Linux on little-endian x86-64 and aarch64. */
public final class Platform {
  private static final String OS = System.getProperty("os.name", "");
  private static final String ARCH = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);

  private Platform() {}

  /** Tells why this platform cannot have io_uring, or null where it could. */
  public static @Nullable String unsupportedReason() {
    if (!OS.equals("Linux")) {
      return "io_uring is a Linux interface, and this is " + OS;
    }
    if (!isX86() && !ARCH.equals("aarch64")) {
      return "architecture " + ARCH + " is not supported (x86-64 and aarch64 are)";
    }
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      return "big-endian machines are not supported";
    }
    return null;
  }

  static boolean isX86() {
    return ARCH.equals("amd64") || ARCH.equals("x86_64");
  }
}
