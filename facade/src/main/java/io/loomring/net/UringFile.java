package io.loomring.net;

import io.loomring.api.Uring;
import io.loomring.error.UringUnavailableException;
import io.loomring.fd.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.ScatteringByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileSystems;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file on io_uring: what a {@link FileChannel} does, without keeping the carrier of a virtual thread.
 *
 * <pre>{@code
 *  try (UringFile journal = UringFile.open(path, CREATE, READ, WRITE)) {
 *    journal.write(ByteBuffer.wrap("first entry\n".getBytes(UTF_8)), journal.size());
 *    journal.force(false);
 *    byte[] start = new byte[5];
 *    journal.read(start, 0, start.length, 0);
 *  }
 * }</pre>
 *
 * <ul>
 *   <li>Every call parks the calling thread, virtual or platform, until the kernel has done what it asks for; what is in
 *       the page cache is read at once. Any number of threads may read and write at positions of their own; what uses the
 *       file's own position excludes each other.
 *   <li>Results, positions and exceptions are those of a {@link FileChannel}: {@link java.nio.file.NoSuchFileException}
 *       and the like when opening, {@link NonReadableChannelException}, {@link NonWritableChannelException},
 *       {@link ClosedChannelException}, and {@link IOException} with the system's text, such as "No space left on
 *       device".
 *   <li>A read fills its memory unless the file ends before, or is a pipe or a device: there it brings what has come. A
 *       write writes all, unless the device is full: then what there was room for, and the next one throws.
 *   <li>{@link #close} from another thread ends every call that is under way with
 *       {@link AsynchronousCloseException}; a result beats it.
 *   <li>An interrupt never closes the file, and ends nothing that is done to a regular one: such calls wait for nobody,
 *       they finish, and the flag stays. This is where it differs from a {@link FileChannel}, which loses the file to
 *       every thread when one that uses it is interrupted. A virtual thread that waits for a pipe, a terminal or another
 *       device gets {@link io.loomring.error.OperationInterruptedException}, with the flag set; platform threads ignore
 *       it.
 *   <li>It has no locks on ranges and no mappings. For those, or where the {@code FileSystem} is not the default one, use
 *       a {@link FileChannel}.
 * </ul>
 *
 * <p>Where {@link Transport} says so, a {@link FileChannel} does all of this behind the same class, and an interrupt
 * closes it.
 *
 * @since 0.1
 */
public final class UringFile implements SeekableByteChannel, GatheringByteChannel, ScatteringByteChannel {
  private static final int TRANSFER_BYTES = 1 << 20;

  private static final int STREAM_BYTES = 256 * 1024;

  private final FileEnd end;
  private final Path path;

  private UringFile(FileEnd end, Path path) {
    this.end = end;
    this.path = path;
  }

  // ---- opening

  /**
   * Opens or makes a file with the options of {@link FileChannel#open}, for reading where there are none, on
   * {@link Uring#getDefault}.
   *
   * @throws java.nio.file.NoSuchFileException if there is none, and none is to be made
   * @throws java.nio.file.FileAlreadyExistsException if there is one, and a new one is to be made
   * @throws java.nio.file.AccessDeniedException if it may not be opened for that
   * @throws IllegalArgumentException for options that exclude each other
   * @throws UnsupportedOperationException for an option that is not known
   * @throws ProviderMismatchException for a path of another file system than the default one
   */
  public static UringFile open(Path path, OpenOption... options) throws IOException {
    Set<OpenOption> all = new HashSet<>();
    for (OpenOption option : options) {
      all.add(Objects.requireNonNull(option));
    }
    return open(null, path, all);
  }

  /**
   * The same with attributes of a file that is made: {@link java.nio.file.attribute.PosixFilePermissions}, less the
   * process's mask, and no others.
   */
  public static UringFile open(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return open(null, path, options, attributes);
  }

  /** The same on {@code uring}, or on the default where that is null. */
  public static UringFile open(
      @Nullable Uring uring, Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    if (path.getFileSystem() != FileSystems.getDefault()) {
      throw new ProviderMismatchException();
    }
    FileOptions parsed = FileOptions.of(options, attributes);
    try {
      boolean onRing = uring != null || Transport.current() == Transport.URING && hasName(path);
      FileEnd end = onRing
          ? RingFileEnd.open(uring == null ? Uring.getDefault() : uring, path, parsed)
          : new JdkFileEnd(FileChannel.open(path, options, attributes), parsed);
      return new UringFile(end, path);
    } catch (UringUnavailableException unavailable) {
      throw new IOException(unavailable.getMessage(), unavailable);
    }
  }

  /** Whether the path can be told in characters: a directory may list names that are not of its encoding. */
  private static boolean hasName(Path path) {
    String name = path.toString();
    return name.indexOf('\uFFFD') < 0 && name.indexOf('?') < 0 || Path.of(name).equals(path);
  }

  // ---- reading

  /**
   * Reads into what remains of the buffer, whose position advances as the file's does.
   *
   * @return how many bytes; -1 at the end of the file; 0 where nothing remains
   * @throws IllegalArgumentException if the buffer is read-only
   */
  @Override
  public int read(ByteBuffer into) throws IOException {
    return advanced(into, end.read(MemorySegment.ofBuffer(into)));
  }

  /**
   * The same from {@code position} on; the file's own stays.
   *
   * @throws IllegalArgumentException if the position is negative, or the buffer read-only
   */
  public int read(ByteBuffer into, long position) throws IOException {
    Objects.requireNonNull(into);
    requirePosition(position);
    return advanced(into, end.read(MemorySegment.ofBuffer(into), position));
  }

  /** Reads into a range of an array, at the file's position. */
  public int read(byte[] into, int offset, int length) throws IOException {
    return (int) end.read(range(into, offset, length));
  }

  /** The same from {@code position} on; the file's own stays. */
  public int read(byte[] into, int offset, int length, long position) throws IOException {
    MemorySegment range = range(into, offset, length);
    requirePosition(position);
    return (int) end.read(range, position);
  }

  /** Reads into a segment, at the file's position. */
  public long read(MemorySegment into) throws IOException {
    UringSocket.requireUsable(into);
    return end.read(into);
  }

  /** The same from {@code position} on; the file's own stays. */
  public long read(MemorySegment into, long position) throws IOException {
    UringSocket.requireUsable(into);
    requirePosition(position);
    return end.read(into, position);
  }

  /** Reads into what remains of all the buffers: see {@link #read(ByteBuffer[], int, int)}. */
  @Override
  public long read(ByteBuffer[] into) throws IOException {
    return read(into, 0, into.length);
  }

  /**
   * Reads into what remains of {@code length} buffers from {@code offset} on, one after the other, at the file's
   * position; all positions advance.
   *
   * @return how many bytes; -1 at the end of the file; 0 where nothing remains in any of them
   * @throws IndexOutOfBoundsException if the range is not one of the array
   * @throws IllegalArgumentException if a buffer is read-only
   */
  @Override
  public long read(ByteBuffer[] into, int offset, int length) throws IOException {
    return advanced(into, offset, end.read(segments(into, offset, length)));
  }

  // ---- writing

  /**
   * Writes what remains of the buffer, whose position advances as the file's does; a file that was opened to append to is
   * written at its end.
   *
   * @return how many bytes: all, or fewer where an error, such as a full device, came in between
   */
  @Override
  public int write(ByteBuffer from) throws IOException {
    return advanced(from, end.write(MemorySegment.ofBuffer(from)));
  }

  /**
   * The same from {@code position} on; the file's own stays.
   *
   * @throws IllegalArgumentException if the position is negative
   */
  public int write(ByteBuffer from, long position) throws IOException {
    Objects.requireNonNull(from);
    requirePosition(position);
    return advanced(from, end.write(MemorySegment.ofBuffer(from), position));
  }

  /** Writes a range of an array, at the file's position. */
  public int write(byte[] from, int offset, int length) throws IOException {
    return (int) end.write(range(from, offset, length));
  }

  /** The same from {@code position} on; the file's own stays. */
  public int write(byte[] from, int offset, int length, long position) throws IOException {
    MemorySegment range = range(from, offset, length);
    requirePosition(position);
    return (int) end.write(range, position);
  }

  /** Writes a segment, at the file's position. */
  public long write(MemorySegment from) throws IOException {
    UringSocket.requireUsable(from);
    return end.write(from);
  }

  /** The same from {@code position} on; the file's own stays. */
  public long write(MemorySegment from, long position) throws IOException {
    UringSocket.requireUsable(from);
    requirePosition(position);
    return end.write(from, position);
  }

  /** Writes what remains of all the buffers: see {@link #write(ByteBuffer[], int, int)}. */
  @Override
  public long write(ByteBuffer[] from) throws IOException {
    return write(from, 0, from.length);
  }

  /**
   * Writes what remains of {@code length} buffers from {@code offset} on, one after the other, at the file's position;
   * all positions advance. Up to 1024 buffers of up to 100 KiB together are one write, which nobody else's comes between.
   *
   * @return how many bytes: all, or fewer where an error came in between
   * @throws IndexOutOfBoundsException if the range is not one of the array
   */
  @Override
  public long write(ByteBuffer[] from, int offset, int length) throws IOException {
    return advanced(from, offset, end.write(segments(from, offset, length)));
  }

  private static void requirePosition(long position) {
    if (position < 0) {
      throw new IllegalArgumentException("Negative position");
    }
  }

  private static MemorySegment range(byte[] array, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, array.length);
    return MemorySegment.ofArray(array).asSlice(offset, length);
  }

  private static List<MemorySegment> segments(ByteBuffer[] buffers, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, buffers.length);
    List<MemorySegment> segments = new ArrayList<>(length);
    for (int i = offset; i < offset + length; i++) {
      segments.add(MemorySegment.ofBuffer(buffers[i]));
    }
    return segments;
  }

  private static int advanced(ByteBuffer buffer, long count) {
    if (count > 0) {
      buffer.position(buffer.position() + (int) count);
    }
    return (int) count;
  }

  private static long advanced(ByteBuffer[] buffers, int offset, long count) {
    long left = count;
    for (int i = offset; left > 0; i++) {
      int here = (int) Math.min(left, buffers[i].remaining());
      buffers[i].position(buffers[i].position() + here);
      left -= here;
    }
    return count;
  }

  // ---- position and size

  /** The file's own position, in bytes; of one that was opened to append to, its size. */
  @Override
  public long position() throws IOException {
    return end.position();
  }

  /**
   * Sets the file's own position, in bytes; it may be behind the end: what is read there is the end of the file, and what
   * is written there leaves a hole.
   *
   * @throws IllegalArgumentException if it is negative
   */
  @Override
  public UringFile position(long newPosition) throws IOException {
    end.position(newPosition);
    return this;
  }

  /** How many bytes the file has. */
  @Override
  public long size() throws IOException {
    return end.size();
  }

  /**
   * Cuts the file off at {@code size} bytes, where it has more; the position is there, at most.
   *
   * @throws IllegalArgumentException if it is negative
   */
  @Override
  public UringFile truncate(long size) throws IOException {
    end.truncate(size);
    return this;
  }

  /**
   * Has what was written reach the device.
   *
   * @param metaData whether all that is known of the file is to, or only as much as it takes to read it again
   */
  public void force(boolean metaData) throws IOException {
    end.force(metaData);
  }

  // ---- transfers

  /**
   * Writes what the file has from {@code position} on, {@code count} bytes at most, into a channel; the file's own
   * position stays. For a {@link UringSocket} see its {@code transferFrom}.
   *
   * @return how many bytes were written: fewer than asked for where the file has no more, or an error or a channel that
   *     does not block came in between
   * @throws IllegalArgumentException if one of both is negative
   * @throws ClosedChannelException if one of both channels is closed
   * @throws AsynchronousCloseException if one is closed meanwhile
   */
  public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
    ensureOpen(target);
    if (!end.isReadable()) {
      throw new NonReadableChannelException();
    }
    if (target instanceof UringFile other && !other.end.isWritable()) {
      throw new NonWritableChannelException();
    }
    requireRange(position, count);
    try {
      long size = size();
      if (position > size) {
        return 0;
      }
      // Some files, such as those of /proc, tell no size.
      long most = size > 0 ? Math.min(count, size - position) : count;
      return copy((into, done) -> read(into, position + done), (from, done) -> target.write(from), most);
    } catch (ClosedChannelException closed) {
      throw meanwhile(closed);
    }
  }

  /**
   * Writes what a channel has, {@code count} bytes at most, to {@code position} on; the file's own position stays.
   *
   * @return how many bytes were written: fewer than asked for where the channel has no more, or an error came in between
   * @throws IllegalArgumentException if one of both is negative
   * @throws ClosedChannelException if one of both channels is closed
   * @throws AsynchronousCloseException if one is closed meanwhile
   */
  public long transferFrom(ReadableByteChannel source, long position, long count) throws IOException {
    ensureOpen(source);
    if (source instanceof UringFile other && !other.end.isReadable()) {
      throw new NonReadableChannelException();
    }
    if (!end.isWritable()) {
      throw new NonWritableChannelException();
    }
    requireRange(position, count);
    try {
      return copy((into, done) -> source.read(into), (from, done) -> write(from, position + done), count);
    } catch (ClosedChannelException closed) {
      throw meanwhile(closed);
    }
  }

  private void ensureOpen(Channel other) throws ClosedChannelException {
    if (!end.isOpen() || !other.isOpen()) {
      throw new ClosedChannelException();
    }
  }

  private static void requireRange(long position, long count) {
    if (position < 0 || count < 0) {
      throw new IllegalArgumentException();
    }
  }

  private interface Step {
    int move(ByteBuffer bytes, long done) throws IOException;
  }

  private static long copy(Step source, Step target, long count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(count, TRANSFER_BYTES));
    long done = 0;
    try {
      while (done < count) {
        buffer.clear().limit((int) Math.min(count - done, buffer.capacity()));
        int got = source.move(buffer, done);
        if (got <= 0) {
          break;
        }
        int put = target.move(buffer.flip(), done);
        done += put;
        if (put != got) {
          break;
        }
      }
      return done;
    } catch (IOException failed) {
      if (done > 0) {
        return done;
      }
      throw failed;
    }
  }

  private static AsynchronousCloseException meanwhile(ClosedChannelException closed) {
    if (closed instanceof AsynchronousCloseException known) {
      return known;
    }
    AsynchronousCloseException during = new AsynchronousCloseException();
    during.addSuppressed(closed);
    return during;
  }

  // ---- streams

  /** The bytes from the file's position on, which advances; closing it closes the file. */
  public InputStream getInputStream() {
    return new Input();
  }

  /** Writes at the file's position, which advances; closing it closes the file. */
  public OutputStream getOutputStream() {
    return new Output();
  }

  private final class Input extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return UringFile.this.read(one, 0, 1) > 0 ? one[0] & 0xFF : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      return UringFile.this.read(into, offset, length);
    }

    @Override
    public long transferTo(OutputStream out) throws IOException {
      byte[] some = new byte[STREAM_BYTES];
      long done = 0;
      for (int n = read(some, 0, some.length); n >= 0; n = read(some, 0, some.length)) {
        out.write(some, 0, n);
        done += n;
      }
      return done;
    }

    @Override
    public int available() throws IOException {
      return end.available();
    }

    @Override
    public void close() throws IOException {
      UringFile.this.close();
    }
  }

  private final class Output extends OutputStream {
    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, from.length);
      int done = 0;
      while (done < length) {
        done += UringFile.this.write(from, offset + done, length - done);
      }
    }

    @Override
    public void close() throws IOException {
      UringFile.this.close();
    }
  }

  // ---- the rest

  /**
   * The descriptor, for operations of {@link io.loomring.api.FileOperations} and {@link UringSocket#transferFrom}. Its own
   * position is not the file's, and it is closed with the file.
   *
   * @throws UnsupportedOperationException where a channel of the JDK's is behind this file
   */
  public Descriptor descriptor() {
    Descriptor descriptor = end.descriptor();
    if (descriptor == null) {
      throw new UnsupportedOperationException("the transport is jdk: see " + Transport.PROPERTY);
    }
    return descriptor;
  }

  @Override
  public boolean isOpen() {
    return end.isOpen();
  }

  /**
   * Closes the file, and waits until every call on it that is under way has been ended. An interrupt does not end the
   * wait. The second close does nothing.
   */
  @Override
  public void close() throws IOException {
    end.close();
  }

  @Override
  public String toString() {
    return "UringFile[" + path + ", " + end + "]";
  }
}
