package io.loomring.api;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.error.Call;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.op.Outcome;
import io.loomring.ring.OpFlags;
import io.loomring.ring.Sqe;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.InlineFiles;
import io.loomring.sys.StatxLayout;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Operations on files, for code that blocks: each parks the calling thread, virtual or platform, until the kernel has
 * done what it asks for, and none keeps its carrier. What all calls of {@link Uring} share, these share as well: timeout,
 * cancel, interrupt, close, and that a result beats them all.
 *
 * <p>Errors of calls that name a file are those of {@code java.nio.file} ({@link java.nio.file.NoSuchFileException} and
 * the like); of calls on a descriptor, an {@link IOException} with the system's text.
 *
 * <p>Opening, syncing and asking for a status are done by workers of the kernel, of which each submitting thread has few
 * (by default four times as many as processors). Those that wait long, such as syncs of a slow device, keep others
 * waiting. A close of the descriptor ends those that wait, and returns when all are back.
 *
 * <p>A read of what is in the page cache is done at once, by the caller itself, without waiting; everything else goes
 * through the ring.
 *
 * <p>A named pipe is opened without waiting for its other end: for reading with nobody there, and for writing not at all
 * (ENXIO). With {@code O_CREAT} among the flags the kernel waits (K-45).
 *
 * <pre>{@code
 * try (Descriptor journal = uring.files().open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
 *   int count = uring.files().write(journal, ByteBuffer.wrap(entry), 0, CallOptions.NONE);
 *   uring.files().fdatasync(journal, CallOptions.timeout(Duration.ofSeconds(10)));
 * }
 * uring.files().renameat(null, path.toString(), null, target.toString(), 0, CallOptions.NONE);
 * }</pre>
 *
 * @since 0.1
 */
public final class FileOperations extends PathOperations {
  /** Whoever may read and write by the process's mask: what files are made with unless told otherwise. */
  public static final int DEFAULT_MODE = 0666;

  /** What O_DIRECT wants of addresses at most: no device's blocks, and no page, is larger here. */
  private static final int DIRECT_ALIGNMENT = 4096;
  /** What a read without waiting needs behind the bytes, from a multiple of 8 on. */
  private static final int INLINE_SLACK = InlineFiles.SCRATCH_BYTES + 7;
  /** Bytes of {@code struct open_how}. */
  private static final int OPEN_HOW_BYTES = 24;

  private final RawOperations raw;

  FileOperations(Uring uring, RawOperations raw, BufferPool buffers) {
    super(uring, buffers);
    this.raw = raw;
  }

  // ---- opening

  /**
   * Opens or makes a file, with the options of {@link java.nio.channels.FileChannel#open}; without any, for reading.
   *
   * @throws UnsupportedOperationException for an option that is not known, such as DELETE_ON_CLOSE
   * @throws IllegalArgumentException for options that exclude each other
   */
  public Descriptor open(Path path, OpenOption... options) throws IOException {
    return open(path, Set.of(options), DEFAULT_MODE, CallOptions.NONE);
  }

  /**
   * The same with the mode that a new file gets, less the process's mask. A call that ends early leaves no descriptor
   * behind; where it was to make the file it may have made it.
   *
   * @throws UnsupportedOperationException for an option that is not known, such as DELETE_ON_CLOSE
   * @throws IllegalArgumentException for options that exclude each other
   */
  public Descriptor open(Path path, Set<? extends OpenOption> options, int mode, CallOptions call)
      throws IOException {
    if (path.getFileSystem() != FileSystems.getDefault()) {
      throw new ProviderMismatchException();
    }
    return openat(null, path.toString(), OpenFlags.of(options), mode, call);
  }

  /**
   * Opens or makes a file. The arguments are those of openat(2); O_CLOEXEC is added.
   *
   * @param directory what a relative path is relative to; null for the process's own directory
   * @throws InvalidPathException for a path that has no name in bytes, or one of 4096 or more
   */
  public Descriptor openat(@Nullable Descriptor directory, String path, int flags, int mode, CallOptions call)
      throws IOException {
    return openat(new Request(uring, OperationKind.OPENAT), Constants.O_CLOEXEC, directory, path, flags, mode, call);
  }

  /** The same as the request has it, a regular descriptor or a direct one, with {@code more} flags. */
  Descriptor openat(
      Request request, int more, @Nullable Descriptor directory, String path, int flags, int mode, CallOptions call)
      throws IOException {
    byte[] name = bytesOf(path);
    long deadline = call.deadlineFromNow();
    RawOperations.Accepted made = new RawOperations.Accepted();
    Buffer lent = buffers.acquire(name.length + 1);
    int result = 0;
    try {
      stagePath(name, lent, 0);
      result = request
          .on(directory)
          .lending(lent)
          .until(deadline, call.isInterruptible(), call.handle())
          .make(
              made,
              (sqe, at, op) -> Sqe.prepOpenat(
                  sqe, at, numberOf(directory), lent.address(), flags | more, mode));
    } finally {
      uring.giveBack(lent, result);
    }
    if (result < 0) {
      throw failure(Call.OPEN, result, directory, path);
    }
    return opened(made, flags);
  }

  /** For {@link #openat2}: nothing above the directory (RESOLVE_BENEATH). */
  public static final long RESOLVE_BENEATH = 8;

  /** For {@link #openat2}: the directory is the root (RESOLVE_IN_ROOT). */
  public static final long RESOLVE_IN_ROOT = 16;

  /** For {@link #openat2}: no symbolic links on the way (RESOLVE_NO_SYMLINKS). */
  public static final long RESOLVE_NO_SYMLINKS = 4;

  /**
   * Opens or makes a file, and says how its path may lead there. The arguments are those of openat2(2); O_CLOEXEC is
   * added.
   *
   * @param mode 0 unless a file may be made
   * @param resolve {@link #RESOLVE_BENEATH}, {@link #RESOLVE_IN_ROOT}, {@link #RESOLVE_NO_SYMLINKS} and others
   */
  public Descriptor openat2(
      @Nullable Descriptor directory, String path, int flags, int mode, long resolve, CallOptions call)
      throws IOException {
    Request request = new Request(uring, OperationKind.OPENAT2);
    return openat2(request, Constants.O_CLOEXEC, directory, path, flags, mode, resolve, call);
  }

  /** The same as the request has it, a regular descriptor or a direct one, with {@code more} flags. */
  Descriptor openat2(
      Request request,
      int more,
      @Nullable Descriptor directory,
      String path,
      int flags,
      int mode,
      long resolve,
      CallOptions call)
      throws IOException {
    byte[] name = bytesOf(path);
    long deadline = call.deadlineFromNow();
    RawOperations.Accepted made = new RawOperations.Accepted();
    Buffer lent = buffers.acquire(OPEN_HOW_BYTES + name.length + 1);
    int result = 0;
    try {
      MemorySegment how = lent.segment();
      how.set(ValueLayout.JAVA_LONG, 0, flags | more);
      how.set(ValueLayout.JAVA_LONG, 8, mode);
      how.set(ValueLayout.JAVA_LONG, 16, resolve);
      stagePath(name, lent, OPEN_HOW_BYTES);
      long address = lent.address();
      result = request
          .on(directory)
          .lending(lent)
          .until(deadline, call.isInterruptible(), call.handle())
          .make(
              made,
              (sqe, at, op) -> Sqe.prepOpenat2(
                  sqe, at, numberOf(directory), address + OPEN_HOW_BYTES, address, OPEN_HOW_BYTES));
    } finally {
      uring.giveBack(lent, result);
    }
    if (result < 0) {
      throw failure(Call.OPEN, result, directory, path);
    }
    return opened(made, flags);
  }

  private static Descriptor opened(RawOperations.Accepted made, int flags) {
    Descriptor file = made.descriptor();
    if ((flags & Constants.O_DIRECT) != 0) {
      file.requireBufferAlignment(DIRECT_ALIGNMENT);
    }
    return file;
  }

  // ---- data

  /**
   * Reads at a position. A file opened with O_DIRECT wants position and length to be multiples of what
   * {@link FileStatus#directOffsetAlignment} says; any memory will do.
   *
   * @param position from where on, in bytes, zero or above; the descriptor's own position stays
   * @return how many bytes, at least one and not always all; -1 at or behind the end; 0 for an empty segment, at once
   */
  public int read(Descriptor from, MemorySegment into, long position, CallOptions options) throws IOException {
    requirePosition(position);
    if (into.isReadOnly()) {
      throw new IllegalArgumentException("the segment to read into is read-only");
    }
    CopiedTransfers.requireAccessible(into);
    long deadline = options.deadlineFromNow();
    int slack = Math.max(from.bufferAlignment() - 1, INLINE_SLACK);
    int size = atMost(into, slack);
    if (size == 0) {
      return 0;
    }
    Buffer buffer = buffers.acquire(size + slack);
    int at = aligned(buffer, from.bufferAlignment() - 1);
    int result = Outcome.RING_DEAD;
    try {
      // A handle is for what waits, and tells whether it has served an operation: so it goes the long way.
      result = options.handle() == null ? readNow(from, buffer, size, position) : -Errno.EAGAIN;
      if (result == -Errno.EAGAIN) {
        result = Outcome.RING_DEAD;
        result = raw.read(from, buffer, at, size, position, deadline, options.isInterruptible(), options.handle());
      }
      if (result > 0) {
        MemorySegment.copy(buffer.segment(), at, into, 0, result);
      }
    } catch (IllegalStateException refused) {
      // Of a handle that was used before, or of a segment whose arena was closed meanwhile: nothing is in flight.
      result = 0;
      throw refused;
    } finally {
      uring.giveBack(buffer, result);
    }
    int count = checked(Call.READ, result, from);
    return count == 0 ? -1 : count;
  }

  /**
   * What is in the page cache costs one system call and no park.
   */
  private static int readNow(Descriptor from, Buffer buffer, int size, long position) {
    int scratch = size + 7 & ~7;
    return from.readNow(
        buffer.address(), size, position, buffer.segment().asSlice(scratch, InlineFiles.SCRATCH_BYTES));
  }

  /** The same into what remains of a buffer, whose position advances. */
  public int read(Descriptor from, ByteBuffer into, long position, CallOptions options) throws IOException {
    CopiedTransfers.requireWritable(into);
    return CopiedTransfers.advanced(into, read(from, MemorySegment.ofBuffer(into), position, options));
  }

  /**
   * Writes at a position; where the file was opened with O_APPEND, at its end. A file opened with O_DIRECT wants position
   * and length as {@link #read} does.
   *
   * @param position from where on, in bytes, zero or above; the descriptor's own position stays
   * @return how many bytes were written, which may be fewer than the segment has; 0 for an empty segment, at once
   */
  public int write(Descriptor to, MemorySegment from, long position, CallOptions options) throws IOException {
    requirePosition(position);
    CopiedTransfers.requireAccessible(from);
    long deadline = options.deadlineFromNow();
    int slack = to.bufferAlignment() - 1;
    if (from.byteSize() > BufferPool.MAX_BYTES && slack == 0) {
      return checked(Call.WRITE, new LargeWrite(uring, from).write(to, position, deadline, options), to);
    }
    int size = atMost(from, slack);
    if (size == 0) {
      return 0;
    }
    Buffer buffer = buffers.acquire(size + slack);
    int at = aligned(buffer, slack);
    int result = Outcome.RING_DEAD;
    boolean begun = false;
    try {
      MemorySegment.copy(from, 0, buffer.segment(), at, size);
      begun = true;
      result = raw.write(to, buffer, at, size, position, deadline, options.isInterruptible(), options.handle());
    } catch (IllegalStateException refused) {
      result = 0;
      throw refused;
    } finally {
      uring.giveBack(buffer, begun ? result : 0);
    }
    return checked(Call.WRITE, result, to);
  }

  /** The same from what remains of a buffer, whose position advances by what was written. */
  public int write(Descriptor to, ByteBuffer from, long position, CallOptions options) throws IOException {
    return CopiedTransfers.advanced(from, write(to, MemorySegment.ofBuffer(from), position, options));
  }

  private static int atMost(MemorySegment memory, int slack) {
    // So that a buffer of the pool's largest size has room for the slack, too.
    int most = slack == 0 ? BufferPool.MAX_BYTES : BufferPool.MAX_BYTES - DIRECT_ALIGNMENT;
    return (int) Math.min(memory.byteSize(), most);
  }

  private static int aligned(Buffer buffer, int slack) {
    return (int) (-buffer.address() & slack);
  }

  private static void requirePosition(long position) {
    if (position < 0) {
      throw new IllegalArgumentException("position " + position + " is negative");
    }
  }

  /**
   * Reads into several segments, one after the other, with one operation.
   *
   * @param position from where on, in bytes; -1 for the descriptor's own position, as pipes and terminals need it
   * @return how many bytes, at least one and not always all; -1 at the end; 0 where there is no room, at once
   */
  public long readv(Descriptor from, List<MemorySegment> into, long position, CallOptions options)
      throws IOException {
    requireStreamPosition(position);
    for (MemorySegment segment : into) {
      if (segment.isReadOnly()) {
        throw new IllegalArgumentException("a segment to read into is read-only");
      }
      CopiedTransfers.requireAccessible(segment);
    }
    try (Vector vector = new Vector(uring, into)) {
      if (vector.bytes() == 0) {
        return 0;
      }
      int result = new Request(uring, OperationKind.READV).on(from).lending(vector.lent()).until(options).issue(
          (sqe, at, op) -> Sqe.prepReadv(sqe, at, from.sqeFd(), vector.address(), vector.count(), position, 0));
      vector.ended(result);
      int count = checked(Call.READ, result, from);
      vector.scatter(count);
      return count == 0 ? -1 : count;
    }
  }

  /**
   * Writes several segments, one after the other, with one operation.
   *
   * @param position from where on, in bytes; -1 for the descriptor's own position, as pipes and terminals need it
   * @return how many bytes were written, which may be fewer than there are
   */
  public long writev(Descriptor to, List<MemorySegment> from, long position, CallOptions options)
      throws IOException {
    requireStreamPosition(position);
    from.forEach(CopiedTransfers::requireAccessible);
    try (Vector vector = new Vector(uring, from)) {
      if (vector.bytes() == 0) {
        return 0;
      }
      vector.gather();
      int result = new Request(uring, OperationKind.WRITEV).on(to).lending(vector.lent()).until(options).issue(
          (sqe, at, op) -> Sqe.prepWritev(sqe, at, to.sqeFd(), vector.address(), vector.count(), position, 0));
      vector.ended(result);
      return checked(Call.WRITE, result, to);
    }
  }

  private static void requireStreamPosition(long position) {
    if (position < -1) {
      throw new IllegalArgumentException("position " + position + " is below -1");
    }
  }

  // ---- the space of a file

  /** For {@link #fallocate}: the file's size stays (FALLOC_FL_KEEP_SIZE). */
  public static final int KEEP_SIZE = 1;

  /** For {@link #fallocate}, with {@link #KEEP_SIZE}: give the range back, it reads as zeros (FALLOC_FL_PUNCH_HOLE). */
  public static final int PUNCH_HOLE = 2;

  /**
   * Makes room for a range of a file, or takes it away.
   *
   * @param mode as of fallocate(2): 0, {@link #KEEP_SIZE}, {@link #PUNCH_HOLE}
   */
  public void fallocate(Descriptor file, int mode, long position, long bytes, CallOptions options)
      throws IOException {
    int result = new Request(uring, OperationKind.FALLOCATE).on(file).until(options).issue(
        (sqe, at, op) -> Sqe.prepFallocate(sqe, at, file.sqeFd(), mode, position, bytes));
    checked(Call.WRITE, result, file);
  }

  /** Cuts a file off at {@code bytes}, or lengthens it with zeros; needs Linux 6.9. */
  public void ftruncate(Descriptor file, long bytes, CallOptions options) throws IOException {
    int result = new Request(uring, OperationKind.FTRUNCATE).on(file).until(options).issue(
        (sqe, at, op) -> Sqe.prepFtruncate(sqe, at, file.sqeFd(), bytes));
    checked(Call.WRITE, result, file);
  }

  /** For {@link #fadvise}: it will be read soon (POSIX_FADV_WILLNEED). */
  public static final int WILL_NEED = 3;

  /** For {@link #fadvise}: the page cache need not keep it (POSIX_FADV_DONTNEED). */
  public static final int DO_NOT_NEED = 4;

  /**
   * Says how a range of a file is going to be used.
   *
   * @param bytes 0 for all that follows
   * @param advice as of posix_fadvise(2): {@link #WILL_NEED}, {@link #DO_NOT_NEED} and others
   */
  public void fadvise(Descriptor file, long position, int bytes, int advice, CallOptions options)
      throws IOException {
    int result = new Request(uring, OperationKind.FADVISE).on(file).until(options).issue(
        (sqe, at, op) -> Sqe.prepFadvise(sqe, at, file.sqeFd(), position, bytes, advice));
    checked(Call.OTHER, result, file);
  }

  /**
   * Says how mapped memory is going to be used.
   *
   * @param mapped native memory, whole pages; a mapping must not be unmapped meanwhile
   * @param advice as of madvise(2)
   */
  public void madvise(MemorySegment mapped, int advice, CallOptions options) throws IOException {
    CopiedTransfers.requireAccessible(mapped);
    if (!mapped.isNative()) {
      throw new IllegalArgumentException("only native memory can be advised on, not the heap");
    }
    int bytes = Math.toIntExact(mapped.byteSize());
    int result = new Request(uring, OperationKind.MADVISE).lending(mapped).until(options).issue(
        (sqe, at, op) -> Sqe.prepMadvise(sqe, at, mapped.address(), bytes, advice));
    checked(Call.OTHER, result, null);
  }

  // ---- the rest

  /** For {@link #syncFileRange}: wait for what is being written (SYNC_FILE_RANGE_WAIT_BEFORE). */
  public static final int WAIT_BEFORE = 1;

  /** For {@link #syncFileRange}: begin to write what is not yet (SYNC_FILE_RANGE_WRITE). */
  public static final int START_WRITE = 2;

  /** For {@link #syncFileRange}: and wait for that (SYNC_FILE_RANGE_WAIT_AFTER). */
  public static final int WAIT_AFTER = 4;

  /**
   * Has the data of a range reach the device; what it takes to find it there after a crash is not written, so this is no
   * {@link #fdatasync}.
   *
   * @param bytes 0 for all that follows
   * @param flags {@link #WAIT_BEFORE}, {@link #START_WRITE}, {@link #WAIT_AFTER}
   */
  public void syncFileRange(Descriptor file, long position, int bytes, int flags, CallOptions options)
      throws IOException {
    int result = new Request(uring, OperationKind.SYNC_FILE_RANGE).on(file).until(options).issue(
        (sqe, at, op) -> Sqe.prepSyncFileRange(sqe, at, file.sqeFd(), bytes, position, flags));
    checked(Call.SYNC, result, file);
  }

  /** Has what was written to the file, and all that is known of it, reach the device. */
  public void fsync(Descriptor file, CallOptions options) throws IOException {
    sync(file, 0, options);
  }

  /** The same with only as much of what is known of the file as it takes to read it again: no times. */
  public void fdatasync(Descriptor file, CallOptions options) throws IOException {
    sync(file, OpFlags.FSYNC_DATASYNC, options);
  }

  private void sync(Descriptor file, int flags, CallOptions options) throws IOException {
    int result = new Request(uring, OperationKind.FSYNC).on(file).until(options).issue(
        (sqe, at, op) -> Sqe.prepFsync(sqe, at, file.sqeFd(), flags));
    checked(Call.SYNC, result, file);
  }

  /** The status of an open file. */
  public FileStatus status(Descriptor file, CallOptions options) throws IOException {
    Objects.requireNonNull(file);
    return statx(file, "", Constants.AT_EMPTY_PATH, options);
  }

  /** The status of the file that a path names, of what it links to where it is a symbolic link. */
  public FileStatus status(Path path, CallOptions options) throws IOException {
    if (path.getFileSystem() != FileSystems.getDefault()) {
      throw new ProviderMismatchException();
    }
    return statx(null, path.toString(), 0, options);
  }

  /** How many bytes an open file has. */
  public long size(Descriptor file, CallOptions options) throws IOException {
    return status(file, options).size();
  }

  /**
   * The status of a file. Path and flags are those of statx(2); everything that {@link FileStatus} knows is asked for.
   *
   * @param directory what a relative path is relative to; null for the process's own directory
   * @throws InvalidPathException for a path that has no name in bytes, or one of 4096 or more
   */
  public FileStatus statx(@Nullable Descriptor directory, String path, int flags, CallOptions options)
      throws IOException {
    byte[] name = bytesOf(path);
    long deadline = options.deadlineFromNow();
    Buffer lent = buffers.acquire(StatxLayout.BYTES + name.length + 1);
    int result = 0;
    try {
      stagePath(name, lent, StatxLayout.BYTES);
      int mask = Constants.STATX_BASIC_STATS | Constants.STATX_BTIME | Constants.STATX_DIOALIGN;
      long status = lent.address();
      result = new Request(uring, OperationKind.STATX)
          .on(directory)
          .lending(lent)
          .until(deadline, options.isInterruptible(), options.handle())
          .issue((sqe, at, op) -> Sqe.prepStatx(
              sqe, at, numberOf(directory), status + StatxLayout.BYTES, flags, mask, status));
      if (result >= 0) {
        return FileStatus.decode(lent.segment());
      }
    } finally {
      uring.giveBack(lent, result);
    }
    throw failure(Call.STAT, result, directory, name.length == 0 ? null : path);
  }

  private int checked(Call call, int result, @Nullable Descriptor on) throws IOException {
    if (result < 0) {
      throw failure(call, result, on, null);
    }
    return result;
  }
}
