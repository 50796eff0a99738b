package io.loomring.net;

import io.loomring.api.FileOperations;
import io.loomring.sys.Constants;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Objects;
import java.util.Set;

/**
 * What a file is to be opened for, from the options and attributes of {@code java.nio.file}, as
 * {@link java.nio.channels.FileChannel#open} reads them.
 *
 * @param mode the permissions of a file that is made, before the process's mask
 * @param flags as of openat(2)
 */
record FileOptions(
    boolean readable, boolean writable, boolean append, boolean createsNew, boolean deletesOnClose, int mode, int flags) {

  static FileOptions of(Set<? extends OpenOption> options, FileAttribute<?>... attributes) {
    int mode = mode(attributes);
    boolean direct = false;
    for (OpenOption option : options) {
      direct |= isDirect(Objects.requireNonNull(option));
    }
    boolean append = options.contains(StandardOpenOption.APPEND);
    boolean truncate = options.contains(StandardOpenOption.TRUNCATE_EXISTING);
    boolean writable = append || options.contains(StandardOpenOption.WRITE);
    boolean readable = !writable || options.contains(StandardOpenOption.READ);
    if (readable && append) {
      throw new IllegalArgumentException("READ + APPEND not allowed");
    }
    if (append && truncate) {
      throw new IllegalArgumentException("APPEND + TRUNCATE_EXISTING not allowed");
    }
    boolean createsNew = options.contains(StandardOpenOption.CREATE_NEW);
    boolean deletesOnClose = options.contains(StandardOpenOption.DELETE_ON_CLOSE);
    int flags = readable && writable ? Constants.O_RDWR : writable ? Constants.O_WRONLY : Constants.O_RDONLY;
    if (writable) {
      flags |= truncate ? Constants.O_TRUNC : 0;
      flags |= append ? Constants.O_APPEND : 0;
      flags |= createsNew ? Constants.O_CREAT | Constants.O_EXCL : 0;
      flags |= options.contains(StandardOpenOption.CREATE) ? Constants.O_CREAT : 0;
    }
    if (!createsNew && (deletesOnClose || options.contains(LinkOption.NOFOLLOW_LINKS))) {
      flags |= Constants.O_NOFOLLOW;
    }
    flags |= options.contains(StandardOpenOption.SYNC) ? Constants.O_SYNC : 0;
    flags |= options.contains(StandardOpenOption.DSYNC) ? Constants.O_DSYNC : 0;
    flags |= direct ? Constants.O_DIRECT : 0;
    return new FileOptions(readable, writable, append, createsNew, deletesOnClose, mode, flags);
  }

  /** Whether it is the option for O_DIRECT. */
  private static boolean isDirect(OpenOption option) {
    if (option instanceof StandardOpenOption || option == LinkOption.NOFOLLOW_LINKS) {
      return false;
    }
    // By name: its class is in a module that need not be there.
    if (option instanceof Enum<?> named && named.name().equals("DIRECT")) {
      return true;
    }
    throw new UnsupportedOperationException(option + " not supported");
  }

  private static int mode(FileAttribute<?>... attributes) {
    int mode = FileOperations.DEFAULT_MODE;
    for (FileAttribute<?> attribute : attributes) {
      String name = attribute.name();
      if (!name.equals("posix:permissions") && !name.equals("unix:permissions")) {
        throw new UnsupportedOperationException("'" + name + "' not supported as initial attribute");
      }
      mode = 0;
      for (Object permission : (Set<?>) attribute.value()) {
        // The bits are in the order of the constants, the owner's right to read being the highest.
        mode |= 0400 >> ((PosixFilePermission) permission).ordinal();
      }
    }
    return mode;
  }

  boolean followsLinks() {
    return (flags & Constants.O_NOFOLLOW) == 0;
  }
}
