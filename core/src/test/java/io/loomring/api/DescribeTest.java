package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.ChildJvm;
import java.lang.management.ManagementFactory;
import java.util.logging.Level;
import java.util.logging.Logger;
import jdk.management.VirtualThreadSchedulerMXBean;
import org.junit.jupiter.api.Test;

/** What runs the virtual threads is told, and left as it is. */
class DescribeTest {
  static final class Main {
    public static void main(String[] args) throws Exception {
      try (Uring uring = Uring.open(UringConfig.defaults().withName("told").withLoops(args[0].equals("loops")))) {
        uring.nop();
        System.out.println(uring.describe());
      }
    }
  }

  static final class ChangesIt {
    public static void main(String[] args) {
      var scheduler = ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class);
      Logger.getLogger("io.loomring").setLevel(Level.FINE);
      Logger.getLogger("").getHandlers()[0].setLevel(Level.FINE);
      try (Uring uring = Uring.open(UringConfig.defaults().withName("told"))) {
        assertEquals(3, scheduler.getParallelism());
        scheduler.setParallelism(1);
        System.out.println(uring.describe());
      }
    }
  }

  private static String described(String driver, String... options) {
    return ChildJvm.of(Main.class, driver).options(options).run().succeeded();
  }

  @Test
  void severalCarriersAreToldWithWhatToConsider() {
    String line = described("poller", "-Djdk.virtualThreadScheduler.parallelism=3");
    assertTrue(line.contains("parallelism 3;") && line.contains("setParallelism(1)"), line);
  }

  @Test
  void oneCarrierIsToldAlone() {
    String line = described("poller", "-Djdk.virtualThreadScheduler.parallelism=1");
    assertTrue(line.strip().endsWith("parallelism 1"), line);
  }

  @Test
  void aChangeAtRunTimeIsSeenAndTheStartIsLogged() {
    ChildJvm.Result result =
        ChildJvm.of(ChangesIt.class).options("-Djdk.virtualThreadScheduler.parallelism=3").run();
    assertTrue(result.succeeded().strip().endsWith("parallelism 1"), result.out());
    assertTrue(result.err().contains("parallelism 3;"), result.err());
  }

  @Test
  void loopsAreTold() {
    String line = described("loops", "--add-opens=java.base/java.lang=ALL-UNNAMED");
    assertTrue(line.contains("loops: 1,") && !line.contains("parallelism"), line);
  }

  @Test
  void aJvmWithoutTheModuleIsToldByItsOption() {
    String line = described(
        "poller", "--limit-modules", "java.base,java.logging,java.management,jdk.unsupported",
        "-Djdk.virtualThreadScheduler.parallelism=2");
    assertTrue(line.contains("parallelism 2;"), line);
    assertFalse(line.isBlank());
  }
}
