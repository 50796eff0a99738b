package io.loomring.benchmarks;

import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Through the kernel and back, doing nothing there: from virtual threads of the driver, one alone or many at once. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class NopBenchmark {
  private static final int NOPS = 6_400;

  @Param({"poller", "loop"})
  public String driver = "poller";

  @Param({"1", "64"})
  public int threads = 1;

  private Uring uring = Uring.getDefault();

  @Setup
  public void open() {
    uring = Uring.open(UringConfig.defaults().withName("jmh").withLoops(driver.equals("loop")));
    if (uring.hasLoops() != driver.equals("loop")) {
      throw new IllegalStateException("the JVM gives no loops");
    }
  }

  @TearDown
  public void close() {
    uring.close();
  }

  @Benchmark
  @OperationsPerInvocation(NOPS)
  public void roundTrip() throws InterruptedException {
    Thread[] running = new Thread[threads];
    for (int i = 0; i < threads; i++) {
      running[i] = uring.threadFactory().newThread(() -> nops(NOPS / threads));
      running[i].start();
    }
    for (Thread thread : running) {
      thread.join();
    }
  }

  private void nops(int count) {
    try {
      for (int i = 0; i < count; i++) {
        uring.nop();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
