package io.loomring.net;

import io.loomring.api.Uring;
import io.loomring.fd.Descriptor;
import io.loomring.op.Deadline;
import java.io.IOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Writes text to any descriptor, such as a pipe, a terminal or standard output.
 *
 * <pre>{@code
 *  TextWriter out = TextWriter.standardOutput();
 *  out.print("Your name? ");
 * }</pre>
 *
 * <ul>
 *   <li>Every call parks the calling thread, virtual or platform, while there is no room. What one call writes stands
 *       together: others of the same writer come before or after.
 *   <li>Standard output and standard error are written at the end of each call, as {@link System#out} is. What goes to
 *       another descriptor is kept until there are 8 KiB of it, {@link #flush} or {@link #close}.
 *   <li>Unlike those of a {@link java.io.PrintWriter}, its methods throw what goes wrong: {@link IOException} with the
 *       system's text, such as "Broken pipe" or "No space left on device". What is in the buffer then is kept, and tried
 *       again with the next call.
 *   <li>Interrupts end nothing, so that who was interrupted can say so. {@link #flush(Duration)} has a timeout.
 *   <li>{@link #close} from another thread ends a call that waits: {@link IOException} "Stream closed".
 *   <li>Characters that the character set does not have become its replacement, such as a question mark.
 * </ul>
 *
 * @since 0.1
 */
public final class TextWriter extends Writer {
  private static final int BUFFER_BYTES = 8192;
  private static final int STANDARD_OUTPUT = 1;
  private static final int STANDARD_ERROR = 2;

  private final TextEnd end;
  private final boolean flushesEachCall;
  private final CharsetEncoder encoder;
  private final ReentrantLock writeLock = new ReentrantLock();

  // Under writeLock. The buffer is ready to be put to.
  private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER_BYTES);
  /** The first half of a character whose second half has not come, or 0. */
  private char firstHalf;

  private volatile boolean closed;

  private TextWriter(TextEnd end, Charset charset, boolean flushesEachCall) {
    this.end = end;
    this.flushesEachCall = flushesEachCall;
    this.encoder = charset.newEncoder()
        .onMalformedInput(CodingErrorAction.REPLACE)
        .onUnmappableCharacter(CodingErrorAction.REPLACE);
  }

  /**
   * Writes to standard output, in the character set of the property {@code stdout.encoding}, on {@link Uring#getDefault}.
   * Its descriptor is borrowed: {@link #close} leaves it open.
   */
  public static TextWriter standardOutput() throws IOException {
    return standardOutput(TextEnd.standardCharset("stdout.encoding"));
  }

  /** The same in a character set of one's own. */
  public static TextWriter standardOutput(Charset charset) throws IOException {
    return new TextWriter(TextEnd.standard(STANDARD_OUTPUT), charset, true);
  }

  /** Writes to standard error in the same way, in the character set of the property {@code stderr.encoding}. */
  public static TextWriter standardError() throws IOException {
    return new TextWriter(TextEnd.standard(STANDARD_ERROR), TextEnd.standardCharset("stderr.encoding"), true);
  }

  /** Writes to a descriptor, at its own position where it has one; {@link #close} closes the descriptor. */
  public static TextWriter of(Uring uring, Descriptor to, Charset charset) {
    return new TextWriter(new TextEnd.OnRing(uring, Objects.requireNonNull(to)), charset, false);
  }

  // ---- printing

  /** Writes what {@link String#valueOf} says of it. */
  public void print(@Nullable Object value) throws IOException {
    put(String.valueOf(value));
  }

  /** Ends a line. */
  public void println() throws IOException {
    put(System.lineSeparator());
  }

  /** Writes what {@link String#valueOf} says of it, and ends the line. */
  public void println(@Nullable Object value) throws IOException {
    put(value + System.lineSeparator());
  }

  /** Writes as {@link String#format} has it. */
  public void printf(String format, @Nullable Object... values) throws IOException {
    put(String.format(format, values));
  }

  /** The same in the words and digits of a language. */
  public void printf(Locale locale, String format, @Nullable Object... values) throws IOException {
    put(String.format(locale, format, values));
  }

  @Override
  public void write(char[] from, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, from.length);
    put(CharBuffer.wrap(from, offset, length));
  }

  @Override
  public void write(String from, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, from.length());
    put(CharBuffer.wrap(from, offset, offset + length));
  }

  @Override
  public void write(int single) throws IOException {
    put(String.valueOf((char) single));
  }

  // ---- encoding

  private void put(CharSequence text) throws IOException {
    lock();
    try {
      if (text.isEmpty()) {
        return;
      }
      CharBuffer left = firstHalf == 0 ? CharBuffer.wrap(text) : CharBuffer.wrap(firstHalf + text.toString());
      firstHalf = 0;
      encode(left);
      if (left.hasRemaining()) {
        firstHalf = left.get();
      }
      if (flushesEachCall) {
        writeAll(Deadline.NONE);
      }
    } finally {
      writeLock.unlock();
    }
  }

  private void encode(CharBuffer from) throws IOException {
    while (encoder.encode(from, bytes, false) == CoderResult.OVERFLOW) {
      writeAll(Deadline.NONE);
    }
  }

  private void writeAll(long deadline) throws IOException {
    bytes.flip();
    try {
      while (bytes.hasRemaining()) {
        int count = end.write(bytes.array(), bytes.position(), bytes.remaining(), deadline);
        bytes.position(bytes.position() + count);
      }
    } finally {
      bytes.compact();
    }
  }

  // ---- the rest

  @Override
  public void flush() throws IOException {
    flush(Deadline.NONE);
  }

  /**
   * Writes what has been kept, within {@code timeout}.
   *
   * @throws io.loomring.error.OperationTimeoutException "Timed out", if it passes first; what is left is kept
   * @throws IllegalArgumentException if it is negative
   */
  public void flush(Duration timeout) throws IOException {
    if (timeout.isNegative()) {
      throw new IllegalArgumentException("timeout " + timeout + " is negative");
    }
    flush(Deadline.after(timeout));
  }

  private void flush(long deadline) throws IOException {
    if (!Locks.tryLock(writeLock, deadline)) {
      throw TextEnd.timedOut();
    }
    try {
      ensureOpen();
      writeAll(deadline);
    } finally {
      writeLock.unlock();
    }
  }

  private void lock() throws IOException {
    writeLock.lock();
    if (closed) {
      writeLock.unlock();
      throw TextEnd.closed();
    }
  }

  private void ensureOpen() throws IOException {
    if (closed) {
      throw TextEnd.closed();
    }
  }

  /**
   * Writes what has been kept, and closes the descriptor, unless it is borrowed. Where another thread is in a call, it ends
   * that in place of writing anything. The second close does nothing.
   */
  @Override
  public void close() throws IOException {
    boolean idle = writeLock.tryLock();
    try {
      if (idle && !closed) {
        finish();
        writeAll(Deadline.NONE);
      }
    } finally {
      closed = true;
      if (idle) {
        writeLock.unlock();
      }
      end.close();
    }
  }

  /** Half a character is none, and some character sets end with a mark. */
  private void finish() throws IOException {
    CharBuffer rest = CharBuffer.wrap(firstHalf == 0 ? "" : String.valueOf(firstHalf));
    firstHalf = 0;
    while (encoder.encode(rest, bytes, true) == CoderResult.OVERFLOW) {
      writeAll(Deadline.NONE);
    }
    while (encoder.flush(bytes) == CoderResult.OVERFLOW) {
      writeAll(Deadline.NONE);
    }
  }
}
