package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** While every carrier is busy the platform half runs the turns; afterwards the virtual thread does again. */
@RunsOnce("the platform half is the poller's, and loops have none")
class BusyCarrierTest {
  private static final int ECHOES = 300;

  static final class Main {
    private static volatile boolean stop;
    private static volatile boolean spinning;

    public static void main(String[] args) throws Exception {
      long spinNanos = Long.parseLong(args[0]) * 1_000_000_000L;
      Uring uring = Uring.open(UringConfig.defaults().withName("busy"));
      Pair pair = Connections.pair(uring);
      Pair idle = Connections.pair(uring);
      Caller spinner = Caller.virtual(() -> {
        long until = System.nanoTime() + spinNanos;
        spinning = true;
        while (!stop && System.nanoTime() - until < 0) {
          Thread.onSpinWait();
        }
        return stop;
      });
      Await.until("the only carrier is busy", () -> spinning);
      Caller server = Caller.platform(() -> serve(uring, pair.server(), ECHOES));
      Caller client = Caller.platform(() -> ping(uring, pair.client(), ECHOES));
      // A timeout and a cancel go on, too.
      CallOptions soon = CallOptions.timeout(Duration.ofMillis(100));
      Caller.platform(() -> uring.recv(idle.client(), MemorySegment.ofArray(new byte[1]), soon))
          .thrown(OperationTimeoutException.class);
      client.value();
      server.value();
      idle.client().close();
      assertTrue(!spinner.isDone(), "the echoes took longer than the spinning");
      assertTrue(uring.stats().takeovers() > 0);
      System.out.println(uring.stats());
      stop = true;
      assertEquals(true, spinner.value());
      for (int i = 0; i < 3; i++) {
        Caller virtualServer = Caller.virtual(() -> serve(uring, pair.server(), ECHOES));
        Caller virtualClient = Caller.virtual(() -> ping(uring, pair.client(), ECHOES));
        virtualClient.value();
        virtualServer.value();
      }
      pair.close();
      idle.close();
      UringTest.awaitNothingLeft(uring);
      uring.close();
    }
  }

  private static Object serve(Uring uring, Descriptor socket, int times) throws IOException {
    byte[] bytes = new byte[8];
    for (int i = 0; i < times; i++) {
      assertEquals(8, uring.recv(socket, bytes, 0, 8));
      uring.send(socket, bytes, 0, 8);
    }
    return null;
  }

  private static Object ping(Uring uring, Descriptor socket, int times) throws IOException {
    for (int i = 0; i < times; i++) {
      byte[] bytes = {1, 2, 3, 4, 5, 6, (byte) (i >> 8), (byte) i};
      uring.send(socket, bytes.clone(), 0, 8);
      byte[] back = new byte[8];
      assertEquals(8, uring.recv(socket, back, 0, 8));
      assertArrayEquals(bytes, back);
    }
    return null;
  }

  @Test
  void platformThreadsAreServedWhileTheOnlyCarrierSpins() {
    ChildJvm.of(Main.class, "20").oneCarrier().run().succeeded();
  }

  @Tag("long")
  @Test
  void overAndOver() {
    for (int i = 0; i < 20; i++) {
      ChildJvm.of(Main.class, "20").oneCarrier().run().succeeded();
    }
  }
}
