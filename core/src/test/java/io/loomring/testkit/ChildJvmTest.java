package io.loomring.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

@RunsOnce(RunsOnce.NO_DRIVER)
class ChildJvmTest {
  static final class Echo {
    public static void main(String[] args) {
      System.out.print(args[0] + System.getProperty("loomring.test.word"));
      System.err.print("aside");
      System.exit(3);
    }
  }

  static final class Stuck {
    public static void main(String[] args) throws InterruptedException {
      CountDownLatch never = new CountDownLatch(1);
      Thread.ofVirtual().name("stuck-virtual").start(() -> {
        try {
          never.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      });
      System.out.print("begun");
      never.await();
    }
  }

  @Test
  void whatItWritesAndHowItEndsIsCaptured() {
    ChildJvm.Result result = ChildJvm.of(Echo.class, "hello ").options("-Dloomring.test.word=world").run();
    assertEquals(new ChildJvm.Result(3, "hello world", "aside"), result);
  }

  @Test
  void oneThatDoesNotEndIsKilledAndItsThreadsAreShown() {
    ChildJvm stuck = ChildJvm.of(Stuck.class).limit(Duration.ofMillis(200));
    try (ChildJvm.Running running = stuck.start()) {
      Await.until("it has begun", () -> running.outSoFar().equals("begun"));
      String message = assertThrows(AssertionError.class, running::await).getMessage();
      assertTrue(message.contains("begun"), message);
      assertTrue(message.contains("Stuck.main"), message);
      assertTrue(message.contains("stuck-virtual"), message);
      assertTrue(!running.process().isAlive());
    }
  }
}
