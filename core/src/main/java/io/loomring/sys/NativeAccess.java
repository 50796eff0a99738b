package io.loomring.sys;

import com.sun.jna.Native;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Whether the modules that make native calls may: this library's, and JNA's. Found out when the first of them is about to
 * be made, since the JVM allows all further ones to who got away with a warning.
 */
public final class NativeAccess {
  private static final String UNNAMED = "ALL-UNNAMED";

  // The class objects alone: JNA loads its library when Native is initialized, which naming it does not do.
  private static final List<String> MISSING = Stream.of(NativeAccess.class, Native.class)
      .map(Class::getModule)
      .filter(module -> !module.isNativeAccessEnabled())
      .map(module -> Objects.requireNonNullElse(module.getName(), UNNAMED))
      .distinct()
      .toList();

  private NativeAccess() {}

  /** The modules that were not given it, as {@code --enable-native-access} names them. Makes no native call. */
  public static List<String> missing() {
    return MISSING;
  }
}
