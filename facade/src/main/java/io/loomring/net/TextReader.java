package io.loomring.net;

import io.loomring.api.Uring;
import io.loomring.fd.Descriptor;
import io.loomring.op.Deadline;
import java.io.IOException;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Reads text from any descriptor, such as a pipe, a terminal or standard input, with a timeout where one is wanted.
 *
 * <pre>{@code
 *  TextReader in = TextReader.standardInput();
 *  try {
 *    String name = in.readLine(Duration.ofSeconds(10));
 *    out.printf("Hello, %s.%n", name);
 *  } catch (OperationTimeoutException late) {
 *    // What has been typed of the line so far is still there for the next call.
 *    out.println(late.getMessage());
 *  }
 * }</pre>
 *
 * <ul>
 *   <li>Every call parks the calling thread, virtual or platform; one reads at a time, and a timeout covers the wait for
 *       another reader.
 *   <li>A timeout that passes first: {@link io.loomring.error.OperationTimeoutException} "Timed out". An interrupt of a
 *       virtual thread that waits: {@link io.loomring.error.OperationInterruptedException}, with the flag set; platform
 *       threads ignore it. Neither loses anything: what has come goes to the next call.
 *   <li>{@link #close} from another thread: {@link IOException} "Stream closed".
 *   <li>Lines end as those of {@link java.io.BufferedReader} do. Bytes that are no characters become U+FFFD, as those of
 *       {@link java.io.InputStreamReader} do, or what a decoder of one's own makes of them.
 *   <li>It reads ahead: nobody else should read from the same descriptor.
 *   <li>Where a descriptor does not block, because somebody who shares it has made it so, it waits all the same.
 * </ul>
 *
 * <p>Where {@link Transport} says so, standard input is read by the JDK's own means: a timeout is refused with an
 * {@link UnsupportedOperationException} then, and neither interrupt nor close ends a wait.
 *
 * @since 0.1
 */
public final class TextReader extends Reader {
  private static final int BUFFER_BYTES = 8192;
  private static final int STANDARD_INPUT = 0;

  private final TextEnd end;
  private final CharsetDecoder decoder;
  private final ReentrantLock readLock = new ReentrantLock();

  // Under readLock. Both buffers are ready to be taken from.
  private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER_BYTES).limit(0);
  private final CharBuffer chars = CharBuffer.allocate(BUFFER_BYTES).limit(0);
  /** What has come of a line that is not complete. */
  private final StringBuilder line = new StringBuilder();
  /** The last line ended with a carriage return: a line feed that follows belongs to it. */
  private boolean skipsLineFeed;

  private volatile boolean closed;

  private TextReader(TextEnd end, CharsetDecoder decoder) {
    this.end = end;
    this.decoder = decoder;
  }

  private static CharsetDecoder lenient(Charset charset) {
    return charset.newDecoder()
        .onMalformedInput(CodingErrorAction.REPLACE)
        .onUnmappableCharacter(CodingErrorAction.REPLACE);
  }

  /** Reads standard input, in the character set of the property {@code stdin.encoding}. */
  public static TextReader standardInput() throws IOException {
    return standardInput(TextEnd.standardCharset("stdin.encoding"));
  }

  /**
   * Reads standard input, on {@link Uring#getDefault}. Its descriptor is borrowed: {@link #close} leaves it open. What
   * {@link System#in} has read ahead is not seen here, and what is read ahead here is not seen there.
   */
  public static TextReader standardInput(Charset charset) throws IOException {
    return new TextReader(TextEnd.standard(STANDARD_INPUT), lenient(charset));
  }

  /** Reads from a descriptor, at its own position where it has one; {@link #close} closes the descriptor. */
  public static TextReader of(Uring uring, Descriptor from, Charset charset) {
    return of(uring, from, lenient(charset));
  }

  /**
   * The same with a decoder of one's own; where that reports what it cannot decode, reads throw
   * {@link java.nio.charset.CharacterCodingException}.
   */
  public static TextReader of(Uring uring, Descriptor from, CharsetDecoder decoder) {
    return new TextReader(new TextEnd.OnRing(uring, Objects.requireNonNull(from)), decoder);
  }

  // ---- lines

  /** Reads a line without its end, however long that takes; null at the end of the text. */
  public @Nullable String readLine() throws IOException {
    return readLine(Deadline.NONE);
  }

  /**
   * The same within {@code timeout}, which covers the whole line; zero takes what is there at once.
   *
   * @throws io.loomring.error.OperationTimeoutException "Timed out", if it passes first
   * @throws IllegalArgumentException if it is negative
   */
  public @Nullable String readLine(Duration timeout) throws IOException {
    return readLine(deadline(timeout));
  }

  private @Nullable String readLine(long deadline) throws IOException {
    lock(deadline);
    try {
      while (isFilled(deadline)) {
        if (hasLine()) {
          return takenLine();
        }
      }
      return line.isEmpty() ? null : takenLine();
    } finally {
      readLock.unlock();
    }
  }

  /** Moves characters into the line, and says whether it is complete. */
  private boolean hasLine() {
    while (chars.hasRemaining()) {
      char next = chars.get();
      boolean skipped = skipsLineFeed && next == '\n';
      skipsLineFeed = next == '\r';
      if (!skipped) {
        if (next == '\n' || next == '\r') {
          return true;
        }
        line.append(next);
      }
    }
    return false;
  }

  private String takenLine() {
    String taken = line.toString();
    line.setLength(0);
    return taken;
  }

  // ---- characters

  @Override
  public int read(char[] into, int offset, int length) throws IOException {
    return read(into, offset, length, Deadline.NONE);
  }

  /**
   * Reads at least one character within {@code timeout}; zero takes what is there at once.
   *
   * @return how many; -1 at the end of the text; 0 for an empty range
   * @throws io.loomring.error.OperationTimeoutException "Timed out", if it passes first
   * @throws IllegalArgumentException if it is negative
   */
  public int read(char[] into, int offset, int length, Duration timeout) throws IOException {
    return read(into, offset, length, deadline(timeout));
  }

  private int read(char[] into, int offset, int length, long deadline) throws IOException {
    Objects.checkFromIndexSize(offset, length, into.length);
    lock(deadline);
    try {
      if (length == 0) {
        return 0;
      }
      if (!line.isEmpty()) {
        // Of a line that did not come to its end in time.
        int count = Math.min(length, line.length());
        line.getChars(0, count, into, offset);
        line.delete(0, count);
        return count;
      }
      while (isFilled(deadline)) {
        int count = Math.min(length, chars.remaining());
        if (!isLineFeedSkipped()) {
          chars.get(into, offset, count);
          return count;
        }
      }
      return -1;
    } finally {
      readLock.unlock();
    }
  }

  /** Takes the line feed that belongs to a line which was read before. */
  private boolean isLineFeedSkipped() {
    boolean skipped = skipsLineFeed && chars.get(chars.position()) == '\n';
    skipsLineFeed = false;
    if (skipped) {
      chars.get();
    }
    return skipped;
  }

  /** Whether a read would not wait; of what is there it may be the beginning of a character only. */
  @Override
  public boolean ready() throws IOException {
    lock(Deadline.NONE);
    try {
      return chars.hasRemaining() || !line.isEmpty() || end.isReady();
    } finally {
      readLock.unlock();
    }
  }

  // ---- decoding

  /** Waits for a character; false at the end of the text. */
  private boolean isFilled(long deadline) throws IOException {
    boolean ended = false;
    while (!chars.hasRemaining()) {
      CoderResult result = decode(ended);
      if (ended) {
        // A terminal may go on after its end.
        decoder.reset();
      }
      if (chars.hasRemaining()) {
        break;
      }
      if (result.isError()) {
        result.throwException();
      }
      if (ended) {
        return false;
      }
      ended = !isRead(deadline);
    }
    return true;
  }

  private CoderResult decode(boolean ended) {
    chars.clear();
    CoderResult result = decoder.decode(bytes, chars, ended);
    if (ended && result.isUnderflow()) {
      decoder.flush(chars);
    }
    chars.flip();
    return result;
  }

  private boolean isRead(long deadline) throws IOException {
    bytes.compact();
    try {
      int count = end.read(bytes.array(), bytes.position(), bytes.remaining(), deadline);
      bytes.position(bytes.position() + Math.max(0, count));
      return count > 0;
    } finally {
      bytes.flip();
    }
  }

  // ---- the rest

  private static long deadline(Duration timeout) {
    if (timeout.isNegative()) {
      throw new IllegalArgumentException("timeout " + timeout + " is negative");
    }
    return Deadline.after(timeout);
  }

  private void lock(long deadline) throws IOException {
    ensureOpen();
    if (!Locks.tryLock(readLock, deadline)) {
      throw TextEnd.timedOut();
    }
    if (closed) {
      readLock.unlock();
      throw TextEnd.closed();
    }
  }

  private void ensureOpen() throws IOException {
    if (closed) {
      throw TextEnd.closed();
    }
  }

  /** Ends every read that waits, and closes the descriptor, unless it is borrowed. The second close does nothing. */
  @Override
  public void close() throws IOException {
    closed = true;
    end.close();
  }
}
