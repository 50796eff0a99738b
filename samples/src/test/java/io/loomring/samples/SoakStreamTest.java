package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SoakStreamTest {
  private static final SoakStream OWN = new SoakStream(7);

  private static byte[] said(SoakStream stream, int count, long offset) {
    byte[] bytes = new byte[count];
    stream.fill(bytes, count, offset);
    return bytes;
  }

  @Test
  void whatItSaysIsRightFromAnyPlaceOn() {
    for (int offset = 0; offset < 20; offset++) {
      assertNull(OWN.wrong(said(OWN, 100, offset), 100, offset));
    }
  }

  @Test
  void itSaysTheSameInPiecesOfAnySize() {
    byte[] whole = said(OWN, 100, 0);
    for (int offset = 0; offset < 100; offset++) {
      byte[] piece = said(OWN, 1, offset);
      assertEquals(whole[offset], piece[0]);
    }
  }

  @Test
  void aForeignByteIsNamedWithItsStreamAndPlace() {
    byte[] bytes = said(OWN, 200, 1000);
    System.arraycopy(said(new SoakStream(12), 64, 333), 0, bytes, 50, 64);
    String wrong = OWN.wrong(bytes, 200, 1000);
    assertTrue(wrong.startsWith("stream 7 at byte 1050: there is stream 12 from its byte 336 on, 3 bytes further"), wrong);
  }

  @Test
  void aLostByteIsNamedByWhatCameInItsPlace() {
    byte[] bytes = new byte[199];
    System.arraycopy(said(OWN, 100, 0), 0, bytes, 0, 100);
    System.arraycopy(said(OWN, 99, 101), 0, bytes, 100, 99);
    String wrong = OWN.wrong(bytes, 199, 0);
    assertTrue(wrong.startsWith("stream 7 at byte 100: there is stream 7 from its byte "), wrong);
  }

  @Test
  void aByteOfNobodyIsShown() {
    byte[] bytes = said(OWN, 32, 0);
    Arrays.fill(bytes, 16, 32, (byte) 0x5A);
    String wrong = OWN.wrong(bytes, 32, 0);
    assertTrue(wrong.endsWith("no stream's: " + "5a".repeat(16)), wrong);
  }
}
