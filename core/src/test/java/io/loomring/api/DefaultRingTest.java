package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.RingDeadException;
import io.loomring.op.OperationKind;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Descriptors;
import org.junit.jupiter.api.Test;

/** The default ring dies, and the next one takes its place (I-14). */
class DefaultRingTest {
  /** Has the default ring's descriptor closed behind its back. */
  static final class DefaultRingDies {
    public static void main(String[] args) throws Exception {
      Uring first = Uring.getDefault();
      Pair pair = Connections.pair(first);
      Caller reader = Caller.virtual(() -> first.recv(pair.client(), new byte[10], 0, 10));
      Await.untilInFlight(first, OperationKind.RECV, 1);
      first.nop();
      Descriptors.open().forEach((fd, target) -> {
        if (target.equals("anon_inode:[io_uring]")) {
          SystemCalls.close(fd);
        }
      });
      RingDeadException dead = assertThrows(RingDeadException.class, first::nop);
      assertNotNull(dead.getCause());
      assertNotNull(reader.thrown(RingDeadException.class).getCause());
      assertTrue(!first.isSound());
      assertThrows(RingDeadException.class, () -> first.recv(pair.client(), new byte[10], 0, 10));
      assertTrue(first.stats().abandonedBytes() >= 10, "the buffer of the reader is never used again");
      assertEquals(0, first.stats().buffersLent());
      Uring second = Uring.getDefault();
      assertTrue(second != first && second.isSound());
      assertSame(second, Uring.getDefault());
      try (Pair fresh = Connections.pair(second)) {
        second.send(fresh.client(), new byte[3], 0, 3);
        assertEquals(3, second.recv(fresh.server(), new byte[10], 0, 10));
      }
      int sockets = Descriptors.sockets();
      pair.close();
      Descriptors.awaitSockets(sockets - 2);
      first.close();
      second.nop();
    }
  }

  @Test
  void theDefaultOneIsFollowedByAFreshOne() {
    ChildJvm.of(DefaultRingDies.class).run().succeeded();
  }
}
