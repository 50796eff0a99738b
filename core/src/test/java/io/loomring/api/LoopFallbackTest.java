package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.Caller;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.RunsOnce;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Where loops cannot be had, it says why and what to do, and the poller on the JDK's scheduler does the work. */
@RunsOnce("its JVMs have options of their own")
class LoopFallbackTest {
  private static final String[] NO_CONTINUATIONS = {"-XX:+UnlockExperimentalVMOptions", "-XX:-VMContinuations"};

  /** Asks for loops, works, and says on what. */
  static final class Main {
    public static void main(String[] args) throws Exception {
      Uring uring = args.length > 0
          ? Uring.getDefault()
          : Uring.open(UringConfig.defaults().withName("asked").withLoops(true).withRings(2));
      Pair pair = Connections.pair(uring);
      Caller reader = Caller.on(uring.threadFactory(), () -> {
        assertTrue(Thread.currentThread().isVirtual());
        return uring.recv(pair.server(), new byte[10], 0, 10);
      });
      Caller.on(uring.threadFactory(), () -> {
        uring.send(pair.client(), new byte[3], 0, 3);
        return null;
      }).value();
      assertEquals(3, reader.value());
      pair.close();
      System.out.println("loops=" + uring.hasLoops());
      if (args.length == 0) {
        uring.close();
      }
    }
  }

  @Test
  void whereThePackageIsNotOpenItSaysHowToOpenItAndDoingThatHelps() {
    ChildJvm.Result closed = ChildJvm.of(Main.class).run();
    assertEquals("loops=false", closed.succeeded().strip());
    assertTrue(closed.err().contains("asked has no loops, and runs on the JDK's scheduler"), closed.err());
    Matcher remedy = Pattern.compile("start the JVM with (\\S+)").matcher(closed.err());
    assertTrue(remedy.find(), closed.err());
    ChildJvm.Result open = ChildJvm.of(Main.class).options(remedy.group(1)).run();
    assertEquals("loops=true", open.succeeded().strip());
    assertEquals("", open.err());
  }

  @Test
  void thePropertyAsksForThemToo() {
    ChildJvm.Result closed = ChildJvm.of(Main.class, "default").options("-Dloomring.loops=true").run();
    assertEquals("loops=false", closed.succeeded().strip());
    assertTrue(closed.err().contains("--add-opens=java.base/java.lang=ALL-UNNAMED"), closed.err());
    ChildJvm.Result open = ChildJvm.of(Main.class, "default")
        .options("-Dloomring.loops=true", "--add-opens=java.base/java.lang=ALL-UNNAMED")
        .run();
    assertEquals("loops=true", open.succeeded().strip());
    assertEquals("", open.err());
  }

  @Test
  void whoDoesNotAskForThemHearsNothing() {
    ChildJvm.Result result = ChildJvm.of(Main.class, "default").run();
    assertEquals("loops=false", result.succeeded().strip());
    assertEquals("", result.err());
  }

  @Test
  void aJvmWhoseVirtualThreadsAreOthersIsNamed() {
    ChildJvm.Result result = ChildJvm.of(Main.class)
        .options(NO_CONTINUATIONS)
        .options("--add-opens=java.base/java.lang=ALL-UNNAMED")
        .run();
    assertEquals("loops=false", result.succeeded().strip());
    assertTrue(result.err().contains("has other virtual threads than are known here"), result.err());
    assertTrue(result.err().contains(Runtime.version().toString()), result.err());
  }
}
