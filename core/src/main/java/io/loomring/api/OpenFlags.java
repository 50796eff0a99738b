package io.loomring.api;

import io.loomring.sys.Constants;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/** From the options of {@code java.nio.file} to the flags of openat(2), as {@code FileChannel.open} reads them. */
final class OpenFlags {
  private OpenFlags() {}

  static int of(Set<? extends OpenOption> options) {
    boolean append = options.contains(StandardOpenOption.APPEND);
    boolean write = append || options.contains(StandardOpenOption.WRITE);
    boolean read = options.contains(StandardOpenOption.READ) || !write;
    if (append && options.contains(StandardOpenOption.READ)) {
      throw new IllegalArgumentException("READ and APPEND exclude each other");
    }
    if (append && options.contains(StandardOpenOption.TRUNCATE_EXISTING)) {
      throw new IllegalArgumentException("APPEND and TRUNCATE_EXISTING exclude each other");
    }
    int flags = read && write ? Constants.O_RDWR : write ? Constants.O_WRONLY : Constants.O_RDONLY;
    for (OpenOption option : options) {
      flags |= flag(option, write);
    }
    return flags;
  }

  private static int flag(OpenOption option, boolean write) {
    if (option instanceof StandardOpenOption standard) {
      return switch (standard) {
        case READ, WRITE, SPARSE -> 0;
        case APPEND -> Constants.O_APPEND;
        case TRUNCATE_EXISTING -> write ? Constants.O_TRUNC : 0;
        case CREATE -> write ? Constants.O_CREAT : 0;
        case CREATE_NEW -> write ? Constants.O_CREAT | Constants.O_EXCL : 0;
        case SYNC -> Constants.O_SYNC;
        case DSYNC -> Constants.O_DSYNC;
        case DELETE_ON_CLOSE -> throw unknown(option);
      };
    }
    if (option == LinkOption.NOFOLLOW_LINKS) {
      return Constants.O_NOFOLLOW;
    }
    // By name: its class is in a module that need not be there.
    if (option instanceof Enum<?> named && named.name().equals("DIRECT")) {
      return Constants.O_DIRECT;
    }
    throw unknown(option);
  }

  private static UnsupportedOperationException unknown(OpenOption option) {
    return new UnsupportedOperationException("open option " + option);
  }
}
