package io.loomring.net;

import io.loomring.api.CallOptions;
import io.loomring.api.FileOperations;
import io.loomring.api.Uring;
import io.loomring.buffer.BufferPool;
import io.loomring.error.DescriptorClosedException;
import io.loomring.error.ErrorTable;
import io.loomring.error.RingDeadException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.FileCalls;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Outcome;
import io.loomring.ring.Opcode;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A file on the ring.
 *
 * <p>Of a regular file the position is kept here, and nothing ends what is under way but a close: neither reads nor
 * writes wait for anybody. What else there is, pipes, terminals and other devices, keeps its own position, if it has one,
 * and may wait for ever: there an interrupt ends the wait of a virtual thread.
 */
final class RingFileEnd implements FileEnd {
  private static final CallOptions STEADY = CallOptions.NONE.withoutInterrupts();
  private static final int PATH_MAX = 4096;
  /** As many as the kernel takes at once (UIO_MAXIOV), and what each of them takes of the room in a buffer. */
  private static final int MAX_VECTOR = 1024;
  private static final int VECTOR_ENTRY_BYTES = 16;
  /** The descriptor's own position. */
  private static final long OWN_POSITION = -1;

  private final Uring uring;
  private final FileOperations files;
  private final Descriptor file;
  private final FileOptions options;
  /** Whether the position is kept here. */
  private final boolean positioned;
  private final CallOptions call;
  private final Cleaner.Cleanable cleanable;

  private final ReentrantLock positionLock = new ReentrantLock();
  // Under positionLock, where it is kept here at all.
  private long position;

  private volatile boolean closed;

  private RingFileEnd(Uring uring, Descriptor file, FileOptions options) {
    this.uring = uring;
    this.files = uring.files();
    this.file = file;
    this.options = options;
    int type = FileCalls.type(file);
    this.positioned = type == Constants.S_IFREG || type == Constants.S_IFDIR || type == Constants.S_IFBLK;
    this.call = positioned ? STEADY : CallOptions.NONE;
    // The last close of a file that has been deleted gives its blocks back, which may take long.
    file.closeAsynchronously();
    this.cleanable = Closing.whenForgotten(this, file);
  }

  static RingFileEnd open(Uring uring, Path path, FileOptions options) throws IOException {
    String shown = path.toString();
    String name = shown.isEmpty() ? "." : shown;
    if (options.createsNew() && options.writable() && (name.equals(".") || name.endsWith("/."))) {
      throw new FileAlreadyExistsException(shown);
    }
    if (name.length() >= PATH_MAX || name.length() > PATH_MAX / 4 && UnixSockets.pathBytes(name).length >= PATH_MAX) {
      throw ErrorTable.fileException(Errno.ENAMETOOLONG, shown);
    }
    Descriptor file;
    try {
      file = uring.files().openat(null, name, options.flags(), options.mode(), STEADY);
    } catch (FileSystemException failed) {
      throw failureOfOpen(failed, shown, options);
    }
    if (options.deletesOnClose()) {
      // At once, as the JDK does it here: what is deleted later could be another file.
      try {
        uring.files().unlinkat(null, name, 0, STEADY);
      } catch (IOException goesOnWithItsName) {
        // Nobody is promised more than an attempt.
      }
    }
    return new RingFileEnd(uring, file, options);
  }

  private static IOException failureOfOpen(FileSystemException failed, String shown, FileOptions options) {
    String reason = String.valueOf(failed.getReason());
    if (!options.followsLinks() && reason.startsWith(Errno.text(Errno.ELOOP))) {
      return new IOException(Errno.text(Errno.ELOOP) + " (NOFOLLOW_LINKS specified)");
    }
    if (options.createsNew() && reason.equals(Errno.text(Errno.EISDIR))) {
      return new FileAlreadyExistsException(shown);
    }
    return shown.isEmpty() ? new FileSystemException(shown, null, failed.getReason()) : failed;
  }

  // ---- checks and failures

  @Override
  public boolean isOpen() {
    return !closed;
  }

  @Override
  public boolean isReadable() {
    return options.readable();
  }

  @Override
  public boolean isWritable() {
    return options.writable();
  }

  @Override
  public Descriptor descriptor() {
    return file;
  }

  private void ensureOpen() throws ClosedChannelException {
    if (closed) {
      throw new ClosedChannelException();
    }
  }

  private void ensureReadable() throws ClosedChannelException {
    ensureOpen();
    if (!options.readable()) {
      throw new NonReadableChannelException();
    }
  }

  private void ensureWritable() throws ClosedChannelException {
    ensureOpen();
    if (!options.writable()) {
      throw new NonWritableChannelException();
    }
  }

  /**
   * Takes the lock of the position that is kept here, for a call that began on an open file. Who reads from a pipe keeps
   * nobody from writing to it.
   */
  private void lock() throws AsynchronousCloseException {
    if (positioned) {
      positionLock.lock();
    }
    if (closed) {
      unlock();
      throw new AsynchronousCloseException();
    }
  }

  private void unlock() {
    if (positioned) {
      positionLock.unlock();
    }
  }

  private static void requireWritable(MemorySegment into) {
    if (into.isReadOnly()) {
      throw new IllegalArgumentException("Read-only buffer");
    }
  }

  /** What a channel throws for what the ring throws, of a call that began on an open file. */
  private IOException failure(IOException failed) {
    if (!(failed instanceof DescriptorClosedException)) {
      return failed;
    }
    return closed ? new AsynchronousCloseException() : new RingDeadException(file.table().closedCause());
  }

  private IOException failure(long result) {
    return result == Outcome.CLOSED
        ? failure(new DescriptorClosedException("closed: " + file))
        : ErrorTable.fileException((int) -result);
  }

  private long checked(long result) throws IOException {
    if (result < 0) {
      throw failure(result);
    }
    return result;
  }

  /** Refuses positions in what has none, with the words of the system. */
  private void requireSeekable() throws IOException {
    if (!positioned) {
      checked(FileCalls.seek(file, 0, Constants.SEEK_CUR));
    }
  }

  private void advance(long count) {
    if (positioned && count > 0) {
      position += count;
    }
  }

  // ---- reading

  @Override
  public long read(MemorySegment into) throws IOException {
    ensureReadable();
    requireWritable(into);
    lock();
    try {
      long count = readAll(into, positioned ? position : OWN_POSITION);
      advance(count);
      return count;
    } finally {
      unlock();
    }
  }

  @Override
  public long read(MemorySegment into, long from) throws IOException {
    ensureReadable();
    requireWritable(into);
    if (into.byteSize() > 0) {
      requireSeekable();
    }
    return readAll(into, from);
  }

  /** Reads once, or to the end of the segment or the file where no other end can be meant. */
  private long readAll(MemorySegment into, long from) throws IOException {
    long done = 0;
    try {
      do {
        MemorySegment rest = into.asSlice(done);
        int count = from == OWN_POSITION
            ? uring.read(file, rest, OWN_POSITION, call)
            : files.read(file, rest, from + done, call);
        if (count <= 0) {
          return done > 0 ? done : count;
        }
        done += count;
      } while (positioned && done < into.byteSize());
      return done;
    } catch (IOException failed) {
      if (done > 0) {
        return done;
      }
      throw failure(failed);
    }
  }

  @Override
  public long read(List<MemorySegment> into) throws IOException {
    ensureReadable();
    into.forEach(RingFileEnd::requireWritable);
    return vectored(into, false);
  }

  // ---- writing

  @Override
  public long write(MemorySegment from) throws IOException {
    ensureWritable();
    lock();
    try {
      long count = writeAll(from, positioned ? position : OWN_POSITION);
      advance(count);
      return count;
    } finally {
      unlock();
    }
  }

  @Override
  public long write(MemorySegment from, long to) throws IOException {
    ensureWritable();
    if (from.byteSize() > 0) {
      requireSeekable();
    }
    return writeAll(from, to);
  }

  private long writeAll(MemorySegment from, long to) throws IOException {
    long done = 0;
    try {
      while (done < from.byteSize()) {
        MemorySegment rest = from.asSlice(done);
        int count = to == OWN_POSITION
            ? uring.write(file, rest, OWN_POSITION, call)
            : files.write(file, rest, to + done, call);
        if (count == 0) {
          break;
        }
        done += count;
      }
      return done;
    } catch (IOException failed) {
      if (done > 0) {
        return done;
      }
      throw failure(failed);
    }
  }

  @Override
  public long write(List<MemorySegment> from) throws IOException {
    ensureWritable();
    return vectored(from, true);
  }

  // ---- gathering and scattering

  private long vectored(List<MemorySegment> all, boolean writes) throws IOException {
    List<MemorySegment> segments = all.stream().filter(segment -> segment.byteSize() > 0).toList();
    if (segments.isEmpty()) {
      return 0;
    }
    lock();
    try {
      long count = vectored(segments, writes, positioned ? position : OWN_POSITION);
      advance(count);
      return count;
    } finally {
      unlock();
    }
  }

  private long vectored(List<MemorySegment> segments, boolean writes, long at) throws IOException {
    long done = 0;
    try {
      if (!writes && !positioned) {
        // Once: the next read might wait for more.
        return files.readv(file, segments, OWN_POSITION, call);
      }
      for (int begin = 0; begin < segments.size(); ) {
        List<MemorySegment> group = segments.subList(begin, groupEnd(segments, begin));
        long count = move(group, writes, at == OWN_POSITION ? at : at + done);
        if (count <= 0) {
          return done > 0 ? done : count;
        }
        done += count;
        if (count < bytes(group)) {
          break;
        }
        begin += group.size();
      }
      return done;
    } catch (IOException failed) {
      if (done > 0) {
        return done;
      }
      throw failure(failed);
    }
  }

  /** Small ones next to each other travel together, in one buffer; a large one by itself, in several. */
  private int groupEnd(List<MemorySegment> segments, int begin) {
    long bytes = 0;
    int end = begin;
    while (end < segments.size() && end - begin < MAX_VECTOR) {
      bytes += segments.get(end).byteSize() + VECTOR_ENTRY_BYTES;
      if (bytes > BufferPool.MAX_BYTES || file.bufferAlignment() > 1 && end > begin) {
        break;
      }
      end++;
    }
    return Math.max(end, begin + 1);
  }

  private static long bytes(List<MemorySegment> segments) {
    return segments.stream().mapToLong(MemorySegment::byteSize).sum();
  }

  private long move(List<MemorySegment> group, boolean writes, long at) throws IOException {
    if (group.size() == 1) {
      return writes ? writeAll(group.getFirst(), at) : readAll(group.getFirst(), at);
    }
    long count = writes ? files.writev(file, group, at, call) : files.readv(file, group, at, call);
    if (count <= 0 || count == bytes(group)) {
      return count;
    }
    long more = vectored(behind(group, count), writes, at == OWN_POSITION ? at : at + count);
    return count + Math.max(0, more);
  }

  /** What is left of segments of which {@code count} bytes were moved. */
  private static List<MemorySegment> behind(List<MemorySegment> segments, long count) {
    long skip = count;
    int i = 0;
    while (skip >= segments.get(i).byteSize()) {
      skip -= segments.get(i).byteSize();
      i++;
    }
    List<MemorySegment> rest = new ArrayList<>(segments.subList(i, segments.size()));
    rest.set(0, rest.getFirst().asSlice(skip));
    return rest;
  }

  // ---- position and size

  @Override
  public long position() throws IOException {
    ensureOpen();
    if (options.append()) {
      return size();
    }
    lock();
    try {
      return positioned ? position : checked(FileCalls.seek(file, 0, Constants.SEEK_CUR));
    } finally {
      unlock();
    }
  }

  @Override
  public void position(long newPosition) throws IOException {
    ensureOpen();
    if (newPosition < 0) {
      throw new IllegalArgumentException();
    }
    lock();
    try {
      // It knows how far the file system's files can reach.
      checked(FileCalls.seek(file, newPosition, Constants.SEEK_SET));
      if (positioned) {
        position = newPosition;
      }
    } finally {
      unlock();
    }
  }

  @Override
  public long size() throws IOException {
    ensureOpen();
    try {
      return files.size(file, STEADY);
    } catch (IOException failed) {
      throw failure(failed);
    }
  }

  @Override
  public void truncate(long newSize) throws IOException {
    ensureOpen();
    if (newSize < 0) {
      throw new IllegalArgumentException("Negative size");
    }
    ensureWritable();
    lock();
    try {
      long size = files.size(file, STEADY);
      requireSeekable();
      if (newSize < size) {
        cutOff(newSize);
      }
      if (positioned) {
        position = Math.min(position, newSize);
      }
    } catch (IOException failed) {
      throw failure(failed);
    } finally {
      unlock();
    }
  }

  private void cutOff(long newSize) throws IOException {
    if (uring.support().has(Opcode.FTRUNCATE)) {
      files.ftruncate(file, newSize, STEADY);
    } else {
      checked(FileCalls.truncate(file, newSize));
    }
  }

  @Override
  public void force(boolean metaData) throws IOException {
    ensureOpen();
    try {
      if (metaData) {
        files.fsync(file, STEADY);
      } else {
        files.fdatasync(file, STEADY);
      }
    } catch (IOException failed) {
      throw failure(failed);
    }
  }

  @Override
  public int available() throws IOException {
    ensureOpen();
    return positioned
        ? Math.clamp(size() - position(), 0, Integer.MAX_VALUE)
        : (int) checked(SocketCalls.available(file));
  }

  @Override
  public void close() throws IOException {
    closed = true;
    try {
      file.close();
    } finally {
      cleanable.clean();
    }
  }

  @Override
  public String toString() {
    return file.toString();
  }
}
