package io.loomring.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.RunsOnce;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What moves bytes of files goes in by parts: the kernel does it inside the enter, on the carrier of the driver. */
@RunsOnce(RunsOnce.NO_DRIVER)
class TransferShareTest {
  private static final int PART = 16;

  private final Undriven driven = new Undriven(128, 128);

  @AfterEach
  void close() {
    driven.close();
  }

  private int encoded() {
    driven.dispatch.encode();
    int entries = driven.ring.sq().publish();
    assertEquals(entries, driven.ring.enter(entries, 0, 0));
    return entries;
  }

  @Test
  void readsOfFilesAndWhatIsBehindThemWaitForTheNextEnter() {
    for (int i = 0; i < 2 * PART + 1; i++) {
      driven.handedIn(i % 2 == 0 ? OperationKind.READ : OperationKind.WRITEV);
    }
    driven.handedIn(OperationKind.RECV);
    assertEquals(PART, encoded());
    assertEquals(PART, encoded());
    assertEquals(2, encoded());
    assertTrue(driven.dispatch.isBacklogEmpty());
  }

  @Test
  void socketsGoInTogetherHoweverMany() {
    for (int i = 0; i < PART - 1; i++) {
      driven.handedIn(OperationKind.READ_FIXED);
    }
    for (int i = 0; i < 3 * PART; i++) {
      driven.handedIn(OperationKind.SEND);
    }
    assertEquals(4 * PART - 1, encoded());
    assertTrue(driven.dispatch.isBacklogEmpty());
  }
}
