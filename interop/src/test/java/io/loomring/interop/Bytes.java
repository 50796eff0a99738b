package io.loomring.interop;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;

/** Bytes that are the same everywhere, and their digests. */
final class Bytes {
  private static final byte[] BLOCK = random(1, 1 << 20);

  private Bytes() {}

  static byte[] random(int seed, int count) {
    byte[] bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** So many bytes, which do not repeat in step with anyone's buffers: each mebibyte is numbered. */
  static InputStream stream(int count) {
    return new InputStream() {
      private int at;

      @Override
      public int read() {
        return at == count ? -1 : byteAt(at++) & 0xFF;
      }

      @Override
      public int read(byte[] into, int offset, int length) {
        if (at == count && length > 0) {
          return -1;
        }
        int now = Math.min(Math.min(length, count - at), BLOCK.length - at % BLOCK.length);
        System.arraycopy(BLOCK, at % BLOCK.length, into, offset, now);
        if (now > 0 && at % BLOCK.length == 0) {
          into[offset] = byteAt(at);
        }
        at += now;
        return now;
      }
    };
  }

  private static byte byteAt(int position) {
    return position % BLOCK.length == 0 ? (byte) (position / BLOCK.length) : BLOCK[position % BLOCK.length];
  }

  static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  static String digest(byte[] bytes) {
    MessageDigest digest = digest();
    digest.update(bytes);
    return hex(digest);
  }

  /** How many bytes come out of a stream, and their digest. */
  static String digest(InputStream in) throws IOException {
    MessageDigest digest = digest();
    byte[] buffer = new byte[1 << 16];
    long total = 0;
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      digest.update(buffer, 0, count);
      total += count;
    }
    return total + " bytes, " + hex(digest);
  }
}
