package io.loomring.testkit;

import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Which of the two drivers the tests run over: the build runs them twice, with {@code -Dloomring.test.driver=poller} and
 * with {@code -Dloomring.test.driver=loops}, and JVMs that tests start run over the one of the test. The first is the
 * one without the property.
 */
public enum TestDriver {
  /** A poller virtual thread on the JDK's scheduler. */
  POLLER,
  /** Two loops, which carry every other virtual thread that a test starts. */
  LOOPS;

  /** Opens what loops need. */
  public static final String OPENS = "--add-opens=java.base/java.lang=ALL-UNNAMED";

  private static final String PROPERTY = "loomring.test.driver";
  private static final int LOOP_COUNT = 2;
  private static final TestDriver CURRENT =
      valueOf(System.getProperty(PROPERTY, POLLER.name()).toUpperCase(Locale.ROOT));

  private static final AtomicInteger started = new AtomicInteger();
  private static volatile @Nullable Uring latest;

  /** The one of this JVM. */
  public static TestDriver current() {
    return CURRENT;
  }

  /** The defaults on this driver. */
  public static UringConfig config(String name) {
    UringConfig config = UringConfig.defaults().withName(name);
    return CURRENT == LOOPS ? config.withLoops(true).withRings(LOOP_COUNT) : config;
  }

  /** Opens a Uring, whose loops, if it has any, carry virtual threads of {@link #virtual} from now on. */
  public static Uring open(UringConfig config) {
    Uring uring = Uring.open(config);
    if (uring.hasLoops() != (CURRENT == LOOPS)) {
      throw new AssertionError(CURRENT + " was asked for, and is not what " + uring + " has");
    }
    started.set(0);
    latest = uring;
    return uring;
  }

  /**
   * A virtual thread, not started. Over loops every other one is a loop's: the first, the third and so on since the
   * Uring was opened last; and so is the rest where loops' threads make them, since those inherit the loop.
   */
  public static Thread virtual(String name, Runnable body) {
    if (CURRENT == LOOPS && started.getAndIncrement() % 2 == 0) {
      Uring uring = latest == null ? Uring.getDefault() : latest;
      if (uring.isSound()) {
        Thread thread = uring.threadFactory().newThread(body);
        thread.setName(name);
        return thread;
      }
    }
    return Thread.ofVirtual().name(name).unstarted(body);
  }

  /** The same, started. */
  public static Thread startVirtual(Runnable body) {
    Thread thread = virtual("", body);
    thread.start();
    return thread;
  }

  /** The options of a JVM that runs over this driver too. */
  static List<String> options() {
    return CURRENT == POLLER
        ? List.of()
        : List.of(OPENS, "-D" + PROPERTY + "=loops", "-Dloomring.loops=true", "-Dloomring.rings=" + LOOP_COUNT);
  }
}
