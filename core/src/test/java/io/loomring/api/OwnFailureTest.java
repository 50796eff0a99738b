package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.OperationInterruptedException;
import io.loomring.fd.Descriptor;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.Seed;
import io.loomring.testkit.Smoke;
import io.loomring.testkit.TestDriver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the process does to itself: memory that runs out, threads that are poked at random. */
class OwnFailureTest {
  /** So much is sent at least, and goes on until so many reads were interrupted. */
  private static final int STORM_BYTES = 60_000;
  private static final int STORM_INTERRUPTS = 20;

  /** Fills the heap up again and again while connections echo; then all callers must end, and all must work. */
  static final class NoMemoryMain {
    private static final int CALLERS = 16;
    /** So long a thread that is run takes nowhere to begin. */
    private static final long FORGOTTEN_NANOS = 10_000_000_000L;
    private static volatile boolean over;
    private static final AtomicInteger echoes = new AtomicInteger();
    private static final AtomicInteger failures = new AtomicInteger();
    private static final AtomicReferenceArray<Uring> used = new AtomicReferenceArray<>(1 << 10);

    public static void main(String[] args) throws Exception {
      int descriptors = Descriptors.census();
      new Smoke(Uring.getDefault()).run();
      List<Thread> callers = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        callers.add(Thread.ofPlatform().daemon(true).start(NoMemoryMain::echo));
        callers.add(Thread.ofVirtual().start(NoMemoryMain::echo));
      }
      for (int i = 0; i < Integer.parseInt(args[0]); i++) {
        int before = echoes.get();
        Await.until("echoes go on", () -> echoes.get() > before + 10);
        fill();
      }
      over = true;
      long ended = System.nanoTime();
      int forgotten = 0;
      for (Thread caller : callers) {
        forgotten += endsOrIsForgotten(caller, ended) ? 1 : 0;
      }
      System.out.println("failures " + failures + ", forgotten " + forgotten);
      if (forgotten == 0) {
        closeAll(descriptors);
      }
      new Smoke(Uring.getDefault()).run();
      System.out.println("passed");
    }

    /**
     * Waits for the end of a caller, and answers whether there is none because the JDK has made it runnable and does not
     * run it: with a full heap its scheduler may lose a thread that somebody unparks, also in programs without a ring.
     */
    private static boolean endsOrIsForgotten(Thread caller, long since) {
      Await.until(() -> caller + " is " + caller.getState() + " and has not ended", () -> !caller.isAlive()
          || System.nanoTime() - since > FORGOTTEN_NANOS && caller.isVirtual()
              && caller.getState() == Thread.State.RUNNABLE && isUnmounted(caller));
      return caller.isAlive();
    }

    private static boolean isUnmounted(Thread caller) {
      StackTraceElement[] frames = caller.getStackTrace();
      return frames.length > 0 && frames[0].getClassName().equals("java.lang.VirtualThread")
          && frames[0].getMethodName().equals("park");
    }

    private static void closeAll(int descriptors) {
      // What nobody got to close, for lack of memory, goes with its Uring; which there was another of for each that died.
      for (int i = 0; i < used.length() && used.get(i) != null; i++) {
        used.get(i).close();
        System.out.println(used.get(i).stats());
      }
      Descriptors.awaitCensus(descriptors);
    }

    /** The one to use, which is remembered, without a need of memory. */
    private static Uring uring() {
      Uring uring = Uring.getDefault();
      int i = 0;
      while (i < used.length() && used.get(i) != uring && !used.compareAndSet(i, null, uring)) {
        i++;
      }
      return uring;
    }

    /** Takes all there is, in ever smaller pieces, holds it for a moment, and lets go. */
    private static void fill() {
      List<byte[]> taken = new ArrayList<>(1 << 16);
      for (int size = 1 << 20; size > 16; ) {
        try {
          taken.add(new byte[size]);
        } catch (OutOfMemoryError full) {
          size /= 4;
        }
      }
      LockSupport.parkNanos(50_000_000);
      taken.clear();
    }

    /** Both ends in one thread, so that it depends on nobody. */
    private static void echo() {
      byte[] bytes = new byte[100];
      while (!over) {
        // Nothing is outside: what there is no memory for is tried again.
        try {
          echo(uring(), bytes);
        } catch (IOException | RuntimeException | Error e) {
          failures.incrementAndGet();
        }
      }
    }

    private static void echo(Uring uring, byte[] bytes) throws IOException {
      try (Pair pair = Connections.pair(uring)) {
        while (!over) {
          uring.send(pair.client(), bytes, 0, 100);
          for (int got = 0; got < 100; ) {
            got += uring.recv(pair.server(), bytes, 0, 100 - got);
          }
          echoes.incrementAndGet();
        }
      }
    }
  }

  @RunsOnce("it takes seconds; the long one is over both")
  @Test
  void whereTheHeapIsFullNobodyWaitsForEverAndAllWorksAfterwards() {
    filled(1);
  }

  @Tag("long")
  @Test
  void soItIsWhereItIsFullAgainAndAgain() {
    filled(20);
  }

  private static void filled(int rounds) {
    String said = ChildJvm.of(NoMemoryMain.class, String.valueOf(rounds)).options("-Xmx48m", "-Xlog:disable").run().succeeded();
    assertTrue(said.endsWith("passed\n"), said);
  }

  /** A reader that is interrupted and unparked at random reads what was sent, all of it, in order. */
  @Test
  void aStormOfInterruptsAndUnparksLosesNothing() throws Exception {
    long seed = Seed.announced("storm");
    RandomGenerator random = Seed.of(seed);
    RandomGenerator weather = Seed.of(seed + 1);
    try (Uring uring = TestDriver.open(TestDriver.config("storm")); Pair pair = Connections.pair(uring)) {
      AtomicInteger interrupted = new AtomicInteger();
      Caller reader = Caller.virtual(() -> readToTheEnd(uring, pair.server(), interrupted));
      Caller storm = Caller.platform(() -> {
        while (!reader.isDone()) {
          if (weather.nextInt(4) == 0) {
            reader.thread().interrupt();
          } else {
            LockSupport.unpark(reader.thread());
          }
          LockSupport.parkNanos(weather.nextInt(50_000));
        }
        return null;
      });
      byte[] bytes = new byte[700];
      int done = 0;
      while (!reader.isDone() && (done < STORM_BYTES || interrupted.get() < STORM_INTERRUPTS)) {
        int part = 1 + random.nextInt(bytes.length);
        for (int i = 0; i < part; i++) {
          bytes[i] = at(done + i);
        }
        uring.send(pair.client(), bytes, 0, part);
        done += part;
        if (random.nextInt(3) == 0) {
          Await.until("it has read", () ->
              reader.isDone() || reader.thread().getState() == Thread.State.WAITING || interrupted.get() > 0);
        }
      }
      uring.shutdown(pair.client(), Constants.SHUT_WR);
      assertEquals(done, reader.value());
      storm.value();
    }
  }

  private static byte at(int position) {
    return (byte) (position * 31 >>> 3);
  }

  private static int readToTheEnd(Uring uring, Descriptor from, AtomicInteger interrupted) throws IOException {
    byte[] bytes = new byte[500];
    int done = 0;
    while (true) {
      try {
        int n = uring.recv(from, ByteBuffer.wrap(bytes), CallOptions.NONE);
        if (n < 0) {
          return done;
        }
        for (int i = 0; i < n; i++) {
          assertEquals(at(done + i), bytes[i], "byte " + (done + i));
        }
        done += n;
      } catch (OperationInterruptedException e) {
        interrupted.incrementAndGet();
        Thread.interrupted();
      }
    }
  }
}
