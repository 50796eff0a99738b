package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationHandle;
import io.loomring.ring.Opcode;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operation that can wait, and every way in which it ends: done, timed out, cancelled before it was issued and after,
 * closed, interrupted. After each, slots, buffers and descriptors are as many as before.
 */
class WaysToEndTest extends UringTest {
  @TempDir private Path directory;

  /** An operation, on a regular descriptor or on a direct one. */
  private record Way(WaitingOperation operation, boolean direct) {
    @Override
    public String toString() {
      return operation + (direct ? " on a direct descriptor" : "");
    }
  }

  /** How many slots, buffers and descriptors of both kinds there are. */
  private record Census(int slots, long buffers, int descriptors, int direct) {}

  @Override
  protected UringConfig config() {
    return super.config().withDirectDescriptors(8);
  }

  /** On direct descriptors over one driver: what they are to the kernel has nothing to do with who enters it. */
  static Stream<Way> ways() {
    boolean both = TestDriver.current() == TestDriver.POLLER;
    return Arrays.stream(WaitingOperation.values()).flatMap(operation -> both && operation.actsOnDescriptor()
        ? Stream.of(new Way(operation, false), new Way(operation, true))
        : Stream.of(new Way(operation, false)));
  }

  private Census census() {
    UringStats stats = uring.stats();
    return new Census(stats.slotsInUse(), stats.buffersLent(), Descriptors.census(), uring.direct().inUse());
  }

  private void awaitCensus(WaitingOperation.Scene scene, Census expected) {
    Await.until(() -> census() + " and not " + expected, () -> {
      scene.settle.run();
      return census().equals(expected);
    });
  }

  private WaitingOperation.Scene scene(Way way) throws Exception {
    WaitingOperation.Scene scene = new WaitingOperation.Scene(uring, directory, way.direct);
    way.operation.set(scene);
    return scene;
  }

  /** A call that waits in the kernel. */
  private Caller waiting(Way way, WaitingOperation.Scene scene, CallOptions options) {
    long inKernel = uring.stats().submitted() - uring.stats().completed();
    Caller caller = Caller.virtual(() -> scene.call.with(options));
    Await.until("it has begun", () -> caller.isDone() || uring.inFlight(way.operation.kind) == 1);
    assertFalse(caller.isDone(), () -> "it did not wait: " + caller.thrown());
    Await.until("it is in the kernel", () -> {
      UringStats stats = uring.stats();
      return stats.submitted() - stats.completed() > inKernel;
    });
    Await.untilParked(caller.thread());
    return caller;
  }

  @Test
  void everyOpcodeThatWaitsIsHere() {
    Set<Opcode> expected = OperationCatalog.rows().stream()
        .filter(OperationCatalog.Row::waits)
        .map(OperationCatalog.Row::opcode)
        .collect(Collectors.toCollection(TreeSet::new));
    Stream<@Nullable Opcode> single = Arrays.stream(WaitingOperation.values()).map(operation -> operation.opcode);
    // What is only ever a stream ends in the ways of StreamsEndTest.
    Stream<@Nullable Opcode> streams = Arrays.stream(StreamsEndTest.Kind.values()).map(kind -> kind.operation.opcode());
    Set<Opcode> found = Stream.concat(single, streams)
        .filter(Objects::nonNull)
        .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(expected, found);
  }

  @ParameterizedTest
  @MethodSource("ways")
  void done(Way way) throws Exception {
    try (WaitingOperation.Scene scene = scene(way)) {
      Census before = census();
      CallOptions options = scene.handle == null ? CallOptions.NONE : CallOptions.handle(scene.handle);
      Caller caller = waiting(way, scene, options);
      Await.until("the call ends", () -> {
        // Whoever is on the way into the kernel when a pipe is opened and closed has missed it.
        scene.release.run();
        return caller.isDone();
      });
      caller.value();
      awaitCensus(scene, before);
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void timedOut(Way way) throws Exception {
    try (WaitingOperation.Scene scene = scene(way)) {
      Census before = census();
      Caller caller = Caller.virtual(() -> scene.call.with(CallOptions.timeout(Duration.ofMillis(10))));
      caller.thrown(OperationTimeoutException.class);
      awaitCensus(scene, before);
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void cancelledBeforeItIsIssued(Way way) throws Exception {
    try (WaitingOperation.Scene scene = scene(way)) {
      Census before = census();
      long submitted = uring.stats().submitted();
      OperationHandle handle = new OperationHandle();
      assertEquals(OperationHandle.Answer.CANCELLED, handle.cancel());
      Caller caller = Caller.virtual(() -> scene.call.with(CallOptions.handle(handle)));
      caller.thrown(OperationCancelledException.class);
      awaitCensus(scene, before);
      assertEquals(submitted, uring.stats().submitted());
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void cancelledAfterItIsIssued(Way way) throws Exception {
    try (WaitingOperation.Scene scene = scene(way)) {
      Census before = census();
      OperationHandle handle = new OperationHandle();
      Caller caller = waiting(way, scene, CallOptions.handle(handle));
      OperationHandle.Answer answer = handle.cancel();
      assertTrue(answer != OperationHandle.Answer.ALREADY_DONE, answer::toString);
      caller.thrown(OperationCancelledException.class);
      awaitCensus(scene, before);
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void interrupted(Way way) throws Exception {
    try (WaitingOperation.Scene scene = scene(way)) {
      Census before = census();
      Caller caller = waiting(way, scene, CallOptions.NONE);
      caller.thread().interrupt();
      caller.thrown(OperationInterruptedException.class);
      awaitCensus(scene, before);
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void closed(Way way) throws Exception {
    try (WaitingOperation.Scene scene = scene(way)) {
      Census before = census();
      Caller caller = waiting(way, scene, CallOptions.NONE);
      Descriptor on = scene.on;
      if (on == null) {
        // It acts on no descriptor: only the end of the ring closes it.
        uring.close();
        caller.thrown(IOException.class);
        Await.until("nothing is held", () -> uring.stats().slotsInUse() == 0 && uring.stats().buffersLent() == 0);
      } else {
        on.close();
        caller.thrown(DescriptorClosedException.class);
        int one = on.isDirect() ? 1 : 0;
        awaitCensus(scene,
            new Census(before.slots - 1, before.buffers, before.descriptors - 1 + one, before.direct - one));
      }
    }
  }
}
