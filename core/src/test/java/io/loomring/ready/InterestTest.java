package io.loomring.ready;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.testkit.RunsOnce;
import org.junit.jupiter.api.Test;

/** What is made of the events that a poll has reported. */
@RunsOnce(RunsOnce.NO_DRIVER)
class InterestTest {
  /** As ordinary data has it, and urgent data too (K-74). */
  private static final int URGENT_OR_NOT = Constants.POLLPRI | Constants.POLLRDBAND;

  @Test
  void onlyPriorityIsUnsure() {
    assertTrue(Interest.PRIORITY.isUnsure(URGENT_OR_NOT));
    assertFalse(Interest.PRIORITY.isUnsure(Constants.POLLPRI));
    assertFalse(Interest.PRIORITY.isUnsure(Constants.POLLHUP));
    assertFalse(Interest.READABLE.isUnsure(Constants.POLLIN));
    assertFalse(Interest.WRITABLE.isUnsure(Constants.POLLOUT));
  }

  @Test
  void whatALookHasFoundIsTrue() {
    assertEquals(0, Interest.PRIORITY.confirmed(URGENT_OR_NOT, 0));
    assertEquals(Constants.POLLPRI, Interest.PRIORITY.confirmed(URGENT_OR_NOT, Constants.POLLPRI));
  }

  @Test
  void whereNobodyCouldLookThereIsNoPriority() {
    assertEquals(0, Interest.PRIORITY.confirmed(URGENT_OR_NOT, -Errno.EBADF));
    assertEquals(Constants.POLLHUP, Interest.PRIORITY.confirmed(URGENT_OR_NOT | Constants.POLLHUP, -Errno.EBADF));
  }
}
