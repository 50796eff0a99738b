package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.OverLoops;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Loops: one for each ring, threads that stay on theirs, sockets that anybody uses, and the ways in and out. */
@OverLoops
class LoopsTest extends UringTest {
  private static final int ROUNDS = 500;

  /** Who makes a call on the socket of a loop. */
  enum Who {
    THE_LOOPS_OWN_THREAD, ANOTHER_LOOPS_THREAD, AN_ORDINARY_VIRTUAL_THREAD, A_PLATFORM_THREAD;

    Caller call(LoopsTest test, int loop, Callable<?> call) {
      return switch (this) {
        case THE_LOOPS_OWN_THREAD -> test.on(loop, call);
        case ANOTHER_LOOPS_THREAD -> test.on(1 - loop, call);
        case AN_ORDINARY_VIRTUAL_THREAD -> Caller.on(Thread.ofVirtual().factory(), call);
        case A_PLATFORM_THREAD -> Caller.platform(call);
      };
    }
  }

  /** The platform thread that carries the calling virtual thread, as the JDK shows it. */
  private static String carrier() {
    String shown = Thread.currentThread().toString();
    return shown.substring(shown.lastIndexOf('@') + 1);
  }

  /** Makes the call on a thread of a loop: they are given out in turn. */
  private Caller on(int loop, Callable<?> call) {
    while (true) {
      String found = (String) Caller.on(uring.threadFactory(), LoopsTest::carrier).value();
      if (found.equals("test-loop-" + (1 - loop))) {
        return Caller.on(uring.threadFactory(), () -> {
          assertEquals("test-loop-" + loop, carrier());
          return call.call();
        });
      }
    }
  }

  private Pair pairOf(int loop) {
    return (Pair) on(loop, () -> Connections.pair(uring)).value();
  }

  private Object echo(Descriptor socket) throws IOException {
    byte[] bytes = new byte[4];
    for (int i = 0; i < ROUNDS; i++) {
      assertEquals(4, uring.recv(socket, bytes, 0, 4));
      uring.send(socket, bytes, 0, 4);
    }
    return "echoed";
  }

  private Object ping(Descriptor socket) throws IOException {
    byte[] bytes = new byte[4];
    for (int i = 0; i < ROUNDS; i++) {
      uring.send(socket, new byte[] {1, 2, (byte) (i >> 8), (byte) i}, 0, 4);
      assertEquals(4, uring.recv(socket, bytes, 0, 4));
      assertEquals((byte) i, bytes[3]);
    }
    return "pinged";
  }

  // ---- one for each ring

  @Test
  void thereIsOneForEachRingAskedForAndThreadsAreSpreadOverThemInTurn() {
    try (Uring three = Uring.open(UringConfig.defaults().withName("three").withLoops(true).withRings(3))) {
      assertTrue(three.hasLoops());
      Map<String, Integer> carried = new TreeMap<>();
      for (int i = 0; i < 30; i++) {
        carried.merge((String) Caller.on(three.threadFactory(), LoopsTest::carrier).value(), 1, Integer::sum);
      }
      assertEquals(Map.of("three-loop-0", 10, "three-loop-1", 10, "three-loop-2", 10), carried);
    }
  }

  @Test
  void aThreadStaysOnItsLoopWhateverItWaitsFor() throws Exception {
    Pair pair = pairOf(0);
    Caller echo = Caller.platform(() -> echo(pair.server()));
    Caller caller = on(1, () -> {
      String mine = carrier();
      ping(pair.client());
      for (int i = 0; i < 20; i++) {
        uring.nop();
        Thread.yield();
        LockSupport.parkNanos(100_000);
        assertEquals(mine, carrier());
      }
      return mine;
    });
    assertEquals("test-loop-1", caller.value());
    echo.value();
    pair.close();
  }

  @Test
  void aSocketHasItsHomeOnTheLoopWhoseThreadMakesIt() throws Exception {
    Pair first = pairOf(0);
    Pair second = pairOf(1);
    assertSame(first.client().table(), first.server().table());
    assertSame(second.client().table(), second.server().table());
    assertNotSame(first.client().table(), second.client().table());
    first.close();
    second.close();
  }

  // ---- with others

  @ParameterizedTest(name = "{0}")
  @EnumSource
  void aLoopsSocketServes(Who who) throws Exception {
    Pair pair = pairOf(0);
    for (Who other : Who.values()) {
      Caller server = who.call(this, 0, () -> echo(pair.server()));
      Caller client = other.call(this, 0, () -> ping(pair.client()));
      assertEquals("pinged", client.value());
      assertEquals("echoed", server.value());
    }
    pair.close();
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource
  void aLoopsListenerIsServedBy(Who who) throws Exception {
    Descriptor listener = (Descriptor) on(1, () -> Connections.listener(uring)).value();
    Caller acceptor = who.call(this, 1, () -> uring.accept(listener));
    Await.untilInFlight(uring, OperationKind.ACCEPT, 1);
    Descriptor client = (Descriptor) on(0, () -> Connections.connected(uring, Connections.address(listener))).value();
    Descriptor server = (Descriptor) acceptor.value();
    Caller echo = on(0, () -> echo(server));
    assertEquals("pinged", on(1, () -> ping(client)).value());
    echo.value();
    Caller another = who.call(this, 1, () -> uring.accept(listener));
    Await.untilInFlight(uring, OperationKind.ACCEPT, 1);
    on(0, () -> {
      listener.close();
      return null;
    }).value();
    another.thrown(DescriptorClosedException.class);
    server.close();
    client.close();
  }

  @Test
  void allUseAllAtOnce() throws Exception {
    List<Caller> callers = new ArrayList<>();
    List<Pair> pairs = new ArrayList<>();
    for (int loop = 0; loop < 2; loop++) {
      for (Who server : Who.values()) {
        for (Who client : Who.values()) {
          Pair pair = pairOf(loop);
          pairs.add(pair);
          callers.add(server.call(this, loop, () -> echo(pair.server())));
          callers.add(client.call(this, loop, () -> ping(pair.client())));
        }
      }
    }
    callers.forEach(Caller::value);
    for (Pair pair : pairs) {
      pair.close();
    }
  }

  // ---- in and out

  @Test
  void aThreadThatALoopsThreadStartsIsOnThatLoop() {
    Caller caller = on(1, () -> {
      List<String> found = new ArrayList<>();
      CompletableFuture<String> plain = new CompletableFuture<>();
      Thread.startVirtualThread(() -> plain.complete(carrier()));
      found.add(plain.get());
      CompletableFuture<String> built = new CompletableFuture<>();
      Thread.ofVirtual().name("built").start(() -> built.complete(carrier()));
      found.add(built.get());
      try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
        found.add(executor.submit(LoopsTest::carrier).get());
      }
      return found;
    });
    assertEquals(List.of("test-loop-1", "test-loop-1", "test-loop-1"), caller.value());
  }

  @Test
  void oneThatItsFactoryMakesIsOnTheNextLoopWhoeverAsks() {
    Caller caller = on(1, () -> {
      Map<String, Integer> carried = new TreeMap<>();
      for (int i = 0; i < 10; i++) {
        carried.merge((String) Caller.on(uring.threadFactory(), LoopsTest::carrier).value(), 1, Integer::sum);
      }
      return carried;
    });
    assertEquals(Map.of("test-loop-0", 5, "test-loop-1", 5), caller.value());
  }

  @Test
  void aPlatformThreadIsTheWayOut() {
    Caller caller = on(0, () -> {
      List<String> found = new ArrayList<>();
      CompletableFuture<Thread> started = new CompletableFuture<>();
      CompletableFuture<String> outside = new CompletableFuture<>();
      Thread.ofPlatform().start(() -> started.complete(Thread.ofVirtual().start(() -> outside.complete(carrier()))));
      started.get().join();
      found.add(outside.get());
      try (ExecutorService platform = Executors.newSingleThreadExecutor(Thread.ofPlatform().factory())) {
        found.add(platform.submit(() -> {
          try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            return executor.submit(LoopsTest::carrier).get();
          }
        }).get());
      }
      // The waits for them have not moved us.
      assertEquals("test-loop-0", carrier());
      return found;
    });
    for (Object carrier : (List<?>) caller.value()) {
      assertTrue(carrier.toString().startsWith("ForkJoinPool"), carrier::toString);
    }
  }

  @Test
  void withoutLoopsItsFactoryMakesOrdinaryThreads() {
    try (Uring poller = Uring.open(UringConfig.defaults().withName("plain"))) {
      assertFalse(poller.hasLoops());
      String carrier = (String) Caller.on(poller.threadFactory(), LoopsTest::carrier).value();
      assertTrue(carrier.startsWith("ForkJoinPool"), carrier);
    }
  }
}
