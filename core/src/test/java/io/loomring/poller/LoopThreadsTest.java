package io.loomring.poller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.op.Deadline;
import io.loomring.ring.RingOptions;
import io.loomring.testkit.Caller;
import io.loomring.testkit.OverLoops;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Virtual threads on a loop: how the JDK's are got at, and what is said where they are others. */
@OverLoops
class LoopThreadsTest {
  private static final String BUILDER = "java.lang.ThreadBuilders$VirtualThreadBuilder";
  private static final String THREAD = "java.lang.VirtualThread";

  @Test
  void thoseOfThisJdkAreKnown() {
    assertNull(LoopThreads.find(BUILDER, THREAD, "scheduler").whyNot());
    assertNull(LoopThreads.whyNot());
  }

  @ParameterizedTest(name = "builder {0}, thread {1}, field {2}")
  @CsvSource({
      "java.lang.NoSuchBuilder, java.lang.VirtualThread, scheduler",
      "java.lang.Thread, java.lang.VirtualThread, scheduler",
      BUILDER + ", java.lang.NoSuchThread, scheduler",
      BUILDER + ", java.lang.VirtualThread, noSuchField",
      BUILDER + ", java.lang.VirtualThread, runContinuation",
      BUILDER + ", java.lang.Thread, name",
      BUILDER + ", java.lang.String, value"
  })
  void othersAreNotUsedAndTheJvmIsNamed(String builder, String thread, String field) {
    LoopThreads.Found found = LoopThreads.find(builder, thread, field);
    assertNull(found.newBuilder());
    assertNull(found.schedulerOf());
    String whyNot = found.whyNot();
    assertNotNull(whyNot);
    assertTrue(whyNot.contains("this JVM (" + Runtime.version() + ")"), whyNot);
  }

  @Test
  void aLoopKnowsItsOwnThreadsAndNoOthers() {
    LoopPoller loop = LoopPoller.start("own", new RingOptions(8, 16, 0, Set.of()), 64, 0);
    assertSame(loop, Caller.on(LoopThreads.builder(loop).factory(), LoopThreads::currentLoop).value());
    assertNull(Caller.on(Thread.ofVirtual().factory(), LoopThreads::currentLoop).value());
    assertNull(Caller.platform(LoopThreads::currentLoop).value());
    stop(loop);
  }

  @Test
  void aRunThatThrowsDoesNotEndTheLoop() {
    LoopPoller loop = LoopPoller.start("throws", new RingOptions(8, 16, 0, Set.of()), 64, 0);
    loop.execute(() -> {
      throw new IllegalStateException("a defect");
    });
    assertEquals("goes on", Caller.on(LoopThreads.builder(loop).factory(), () -> "goes on").value());
    assertNull(loop.failure());
    stop(loop);
  }

  private static void stop(LoopPoller loop) {
    loop.refuse();
    loop.stop();
    loop.awaitStopped(Deadline.NONE);
  }
}
