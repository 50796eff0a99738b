package io.loomring.samples;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * What one stream says: words of eight bytes, each of which carries the stream's number and its own place in it, mixed so
 * that no two streams have a word in common. So a byte that is wrong can be told whose it is, and where it belongs.
 *
 * @param number the stream's, up to 2^32
 */
record SoakStream(long number) {
  private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int WORD_BYTES = Long.BYTES;
  private static final long FACTOR = 0x9E3779B97F4A7C15L;
  private static final long INVERSE = inverse(FACTOR);

  private static long inverse(long odd) {
    long x = odd;
    for (int i = 0; i < 6; i++) {
      // Newton's step doubles the bits that are right.
      x *= 2 - odd * x;
    }
    return x;
  }

  private static long mixed(long plain) {
    long x = plain * FACTOR;
    return (x ^ x >>> 32) * FACTOR;
  }

  private static long unmixed(long word) {
    long x = word * INVERSE;
    return (x ^ x >>> 32) * INVERSE;
  }

  private long word(long offset) {
    return mixed(number << 32 | offset / WORD_BYTES);
  }

  private byte at(long offset) {
    return (byte) (word(offset) >>> Byte.SIZE * (offset % WORD_BYTES));
  }

  /** Writes what the stream says from {@code offset} on. */
  void fill(byte[] bytes, int count, long offset) {
    int i = 0;
    while (i < count && (offset + i) % WORD_BYTES != 0) {
      bytes[i] = at(offset + i);
      i++;
    }
    MemorySegment memory = MemorySegment.ofArray(bytes);
    for (; i + WORD_BYTES <= count; i += WORD_BYTES) {
      memory.set(WORD, i, word(offset + i));
    }
    for (; i < count; i++) {
      bytes[i] = at(offset + i);
    }
  }

  /** Looks whether {@code bytes} are what the stream says from {@code offset} on; null, or what is there instead. */
  @Nullable String wrong(byte[] bytes, int count, long offset) {
    byte[] expected = new byte[count];
    fill(expected, count, offset);
    int at = Arrays.mismatch(expected, 0, count, bytes, 0, count);
    return at < 0 ? null : "stream " + number + " at byte " + (offset + at) + ": there is " + whose(bytes, at, count);
  }

  /** Whose the bytes from {@code from} on are: two words of a stream in a row are no coincidence. */
  private static String whose(byte[] bytes, int from, int count) {
    MemorySegment memory = MemorySegment.ofArray(bytes);
    for (int i = Math.max(0, from - WORD_BYTES + 1); i + 2 * WORD_BYTES <= count; i++) {
      long first = unmixed(memory.get(WORD, i));
      if (unmixed(memory.get(WORD, i + WORD_BYTES)) == first + 1) {
        long offset = (first & 0xFFFF_FFFFL) * WORD_BYTES;
        return "stream " + (first >>> 32) + " from its byte " + offset + " on, " + (i - from) + " bytes further";
      }
    }
    return "no stream's: " + HexFormat.of().formatHex(bytes, from, Math.min(count, from + 16));
  }
}
