package io.loomring.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** There and back between two threads that park while it is the other's turn: two unparks and two parks. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ParkBenchmark {
  private static final int ROUNDS = 1_000;

  private volatile boolean secondsTurn;

  @Benchmark
  @OperationsPerInvocation(ROUNDS)
  public void virtualToVirtualAndBack() throws InterruptedException {
    Thread[] second = new Thread[1];
    Thread first = Thread.ofVirtual().unstarted(() -> play(false, second));
    Thread[] opponent = {first};
    second[0] = Thread.ofVirtual().unstarted(() -> play(true, opponent));
    second[0].start();
    first.start();
    first.join();
    second[0].join();
  }

  @Benchmark
  @OperationsPerInvocation(ROUNDS)
  public void platformToVirtualAndBack() throws InterruptedException {
    Thread[] opponent = {Thread.currentThread()};
    Thread second = Thread.ofVirtual().unstarted(() -> play(true, opponent));
    second.start();
    play(false, new Thread[] {second});
    second.join();
  }

  private void play(boolean asSecond, Thread[] opponent) {
    for (int i = 0; i < ROUNDS; i++) {
      while (secondsTurn != asSecond) {
        LockSupport.park(this);
      }
      secondsTurn = !asSecond;
      LockSupport.unpark(opponent[0]);
    }
  }
}
