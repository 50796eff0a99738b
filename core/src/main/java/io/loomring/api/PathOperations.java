package io.loomring.api;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.error.Call;
import io.loomring.error.ErrorTable;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.op.Outcome;
import io.loomring.ring.Sqe;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.InvalidPathException;
import org.jspecify.annotations.Nullable;

/**
 * Operations on names of files: the part of {@link FileOperations} that makes, removes, links and renames them, and that
 * keeps extended attributes. The arguments are those of the system calls of the same names; a directory of null is the
 * process's own, and paths are relative to it where they do not begin with a slash.
 *
 * <p>They are done by workers of the kernel, and wait only where the file system does; a timeout, cancel or interrupt
 * reaches one that waits for a worker, and one that a worker is at only where the file system can be interrupted, so it
 * may have been done all the same. Each may be ended by a close of a directory that it was given.
 *
 * <p>What all calls share is said in {@link Uring} and {@link FileOperations}. All throw {@link InvalidPathException} for
 * a path that has no name in bytes, or one of 4096 or more, and {@link UnsupportedOperationException} where the kernel is
 * too old for them.
 *
 * @since 0.1
 */
public abstract sealed class PathOperations permits FileOperations {
  private static final int PATH_MAX = 4096;
  private static final int XATTR_SIZE_MAX = 65_536;
  private static final Charset NAMES =
      Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"), StandardCharsets.UTF_8);

  final Uring uring;
  final BufferPool buffers;

  PathOperations(Uring uring, BufferPool buffers) {
    this.uring = uring;
    this.buffers = buffers;
  }

  // ---- names

  /** Makes a directory, with {@code mode} less the process's mask; needs Linux 5.15. */
  public void mkdirat(@Nullable Descriptor directory, String path, int mode, CallOptions options) throws IOException {
    onOneName(
        OperationKind.MKDIRAT, directory, path, options,
        (sqe, at, name) -> Sqe.prepMkdirat(sqe, at, numberOf(directory), name, mode));
  }

  /**
   * Removes a name; needs Linux 5.11.
   *
   * @param flags 0, or {@link #REMOVE_DIRECTORY} for an empty directory
   * @throws DirectoryNotEmptyException for a directory that has something in it
   */
  public void unlinkat(@Nullable Descriptor directory, String path, int flags, CallOptions options)
      throws IOException {
    onOneName(
        OperationKind.UNLINKAT, directory, path, options,
        (sqe, at, name) -> Sqe.prepUnlinkat(sqe, at, numberOf(directory), name, flags));
  }

  /** For {@link #unlinkat}: the name is a directory's (AT_REMOVEDIR). */
  public static final int REMOVE_DIRECTORY = 0x200;

  /** For {@link #renameat}: fail where the new name exists (RENAME_NOREPLACE). */
  public static final int RENAME_NOREPLACE = 1;

  /** For {@link #renameat}: swap the two (RENAME_EXCHANGE). */
  public static final int RENAME_EXCHANGE = 2;

  /** Makes a symbolic link at {@code path} that leads to {@code target}; needs Linux 5.15. */
  public void symlinkat(String target, @Nullable Descriptor directory, String path, CallOptions options)
      throws IOException {
    onTwoNames(
        OperationKind.SYMLINKAT, directory, target, null, path, options,
        (sqe, at, first, second) -> Sqe.prepSymlinkat(sqe, at, first, numberOf(directory), second));
  }

  /**
   * Gives a file one more name; needs Linux 5.15.
   *
   * @param flags as of linkat(2)
   */
  public void linkat(
      @Nullable Descriptor oldDirectory,
      String oldPath,
      @Nullable Descriptor newDirectory,
      String newPath,
      int flags,
      CallOptions options)
      throws IOException {
    onTwoNames(
        OperationKind.LINKAT, oldDirectory, oldPath, newDirectory, newPath, options,
        (sqe, at, first, second) ->
            Sqe.prepLinkat(sqe, at, numberOf(oldDirectory), first, numberOf(newDirectory), second, flags));
  }

  /**
   * Renames a file, in place of what has the new name; needs Linux 5.11.
   *
   * @param flags 0, {@link #RENAME_NOREPLACE} or {@link #RENAME_EXCHANGE}
   */
  public void renameat(
      @Nullable Descriptor oldDirectory,
      String oldPath,
      @Nullable Descriptor newDirectory,
      String newPath,
      int flags,
      CallOptions options)
      throws IOException {
    onTwoNames(
        OperationKind.RENAMEAT, oldDirectory, oldPath, newDirectory, newPath, options,
        (sqe, at, first, second) ->
            Sqe.prepRenameat(sqe, at, numberOf(oldDirectory), first, numberOf(newDirectory), second, flags));
  }

  private interface OneName {
    void encode(MemorySegment sqe, long at, long name);
  }

  private interface TwoNames {
    void encode(MemorySegment sqe, long at, long first, long second);
  }

  private void onOneName(
      OperationKind kind, @Nullable Descriptor directory, String path, CallOptions options, OneName encoder)
      throws IOException {
    byte[] name = bytesOf(path);
    long deadline = options.deadlineFromNow();
    Buffer lent = buffers.acquire(name.length + 1);
    int result = 0;
    try {
      stagePath(name, lent, 0);
      long address = lent.address();
      result = new Request(uring, kind)
          .on(directory)
          .lending(lent)
          .until(deadline, options.isInterruptible(), options.handle())
          .issue((sqe, at, op) -> encoder.encode(sqe, at, address));
    } finally {
      uring.giveBack(lent, result);
    }
    if (result < 0) {
      throw nameFailure(kind, result, directory, path);
    }
  }

  private void onTwoNames(
      OperationKind kind,
      @Nullable Descriptor oldDirectory,
      String oldPath,
      @Nullable Descriptor newDirectory,
      String newPath,
      CallOptions options,
      TwoNames encoder)
      throws IOException {
    byte[] oldName = bytesOf(oldPath);
    byte[] newName = bytesOf(newPath);
    long deadline = options.deadlineFromNow();
    Buffer lent = buffers.acquire(oldName.length + newName.length + 2);
    int result = 0;
    try {
      stagePath(oldName, lent, 0);
      stagePath(newName, lent, oldName.length + 1);
      long first = lent.address();
      long second = first + oldName.length + 1;
      result = new Request(uring, kind)
          .on(oldDirectory)
          .with(newDirectory)
          .lending(lent)
          .until(deadline, options.isInterruptible(), options.handle())
          .issue((sqe, at, op) -> encoder.encode(sqe, at, first, second));
    } finally {
      uring.giveBack(lent, result);
    }
    if (result < 0) {
      throw nameFailure(kind, result, oldDirectory, oldPath + " -> " + newPath);
    }
  }

  private IOException nameFailure(OperationKind kind, int result, @Nullable Descriptor on, String file) {
    return kind == OperationKind.UNLINKAT && (result == -Errno.ENOTEMPTY || result == -Errno.EEXIST)
        ? new DirectoryNotEmptyException(file)
        : failure(Call.OTHER, result, on, file);
  }

  // ---- extended attributes

  /**
   * The value of an extended attribute of the file that a path names, of what it links to where it is a symbolic link;
   * null where it has none of that name. Needs Linux 5.19.
   *
   * @param path absolute, or relative to the process's own directory
   * @param name with its name space, such as {@code user.origin}
   */
  public byte @Nullable [] getxattr(String path, String name, CallOptions options) throws IOException {
    byte[] named = bytesOf(path);
    return attribute(null, named, path, name, options);
  }

  /** The same of an open file. */
  public byte @Nullable [] fgetxattr(Descriptor file, String name, CallOptions options) throws IOException {
    return attribute(file, new byte[0], null, name, options);
  }

  private byte @Nullable [] attribute(
      @Nullable Descriptor file, byte[] named, @Nullable String path, String name, CallOptions options)
      throws IOException {
    byte[] key = bytesOf(name);
    long deadline = options.deadlineFromNow();
    Buffer lent = buffers.acquire(XATTR_SIZE_MAX + key.length + named.length + 2);
    int result = 0;
    try {
      Names names = new Names(lent, XATTR_SIZE_MAX, key, named);
      result = request(file, file == null ? OperationKind.GETXATTR : OperationKind.FGETXATTR, lent)
          .until(deadline, options.isInterruptible(), options.handle())
          .issue((sqe, at, op) -> {
            if (file == null) {
              Sqe.prepGetxattr(sqe, at, names.key, lent.address(), names.path, XATTR_SIZE_MAX);
            } else {
              Sqe.prepFgetxattr(sqe, at, file.sqeFd(), names.key, lent.address(), XATTR_SIZE_MAX);
            }
          });
      if (result >= 0) {
        return lent.segment().asSlice(0, result).toArray(ValueLayout.JAVA_BYTE);
      }
    } finally {
      uring.giveBack(lent, result);
    }
    if (result == -Errno.ENODATA) {
      return null;
    }
    throw failure(Call.OTHER, result, file, path);
  }

  /**
   * Sets an extended attribute of the file that a path names. Needs Linux 5.19.
   *
   * @param value up to 65536 bytes
   * @param flags 0, XATTR_CREATE (1) to fail where it is there, XATTR_REPLACE (2) to fail where it is not
   */
  public void setxattr(String path, String name, byte[] value, int flags, CallOptions options) throws IOException {
    setAttribute(null, bytesOf(path), path, name, value, flags, options);
  }

  /** The same of an open file. */
  public void fsetxattr(Descriptor file, String name, byte[] value, int flags, CallOptions options)
      throws IOException {
    setAttribute(file, new byte[0], null, name, value, flags, options);
  }

  private void setAttribute(
      @Nullable Descriptor file,
      byte[] named,
      @Nullable String path,
      String name,
      byte[] value,
      int flags,
      CallOptions options)
      throws IOException {
    byte[] key = bytesOf(name);
    if (value.length > XATTR_SIZE_MAX) {
      throw new IllegalArgumentException(value.length + " bytes: an attribute has " + XATTR_SIZE_MAX + " at most");
    }
    long deadline = options.deadlineFromNow();
    Buffer lent = buffers.acquire(value.length + key.length + named.length + 2);
    int result = 0;
    try {
      Names names = new Names(lent, value.length, key, named);
      MemorySegment.copy(value, 0, lent.segment(), ValueLayout.JAVA_BYTE, 0, value.length);
      result = request(file, file == null ? OperationKind.SETXATTR : OperationKind.FSETXATTR, lent)
          .until(deadline, options.isInterruptible(), options.handle())
          .issue((sqe, at, op) -> {
            if (file == null) {
              Sqe.prepSetxattr(sqe, at, names.key, lent.address(), names.path, flags, value.length);
            } else {
              Sqe.prepFsetxattr(sqe, at, file.sqeFd(), names.key, lent.address(), flags, value.length);
            }
          });
    } finally {
      uring.giveBack(lent, result);
    }
    if (result < 0) {
      throw failure(Call.OTHER, result, file, path);
    }
  }

  /** Where a key and a path lie in a buffer, behind the value. */
  private static final class Names {
    private final long key;
    private final long path;

    Names(Buffer lent, int valueBytes, byte[] key, byte[] path) {
      stagePath(key, lent, valueBytes);
      stagePath(path, lent, valueBytes + key.length + 1);
      this.key = lent.address() + valueBytes;
      this.path = this.key + key.length + 1;
    }
  }

  private Request request(@Nullable Descriptor file, OperationKind kind, Object lent) {
    return new Request(uring, kind).on(file).lending(lent);
  }

  // ---- what names need

  static int numberOf(@Nullable Descriptor directory) {
    return directory == null ? Constants.AT_FDCWD : directory.fd();
  }

  static void stagePath(byte[] name, Buffer lent, int at) {
    MemorySegment.copy(name, 0, lent.segment(), ValueLayout.JAVA_BYTE, at, name.length);
    lent.segment().set(ValueLayout.JAVA_BYTE, at + (long) name.length, (byte) 0);
  }

  static byte[] bytesOf(String path) {
    if (path.indexOf('\0') >= 0) {
      throw new InvalidPathException(path, "a zero byte ends a path");
    }
    try {
      ByteBuffer encoded = NAMES.newEncoder().encode(CharBuffer.wrap(path));
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      if (bytes.length >= PATH_MAX) {
        throw new InvalidPathException(path, "longer than " + (PATH_MAX - 1) + " bytes");
      }
      return bytes;
    } catch (CharacterCodingException e) {
      throw new InvalidPathException(path, "has characters that " + NAMES + " has no bytes for");
    }
  }

  IOException failure(Call call, int result, @Nullable Descriptor on, @Nullable String file) {
    if (!Outcome.isErrno(result)) {
      return uring.failure(call, result, on);
    }
    return file == null ? ErrorTable.fileException(-result) : ErrorTable.fileException(-result, file);
  }
}
