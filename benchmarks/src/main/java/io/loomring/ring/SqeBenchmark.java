package io.loomring.ring;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What the caller writes, and what the turn copies, for each operation. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SqeBenchmark {
  private static final int ENTRIES = 1_024;

  private final MemorySegment slots = Arena.ofAuto().allocate((long) ENTRIES * SqeLayout.BYTES, 64);
  private final MemorySegment queue = Arena.ofAuto().allocate((long) ENTRIES * SqeLayout.BYTES, 64);
  private int next;

  private long at() {
    return (long) (next++ & ENTRIES - 1) * SqeLayout.BYTES;
  }

  @Benchmark
  public MemorySegment encodeRecv() {
    Sqe.prepRecv(slots, at(), 7, 0x1000, 4096, 0);
    return slots;
  }

  @Benchmark
  public MemorySegment copyIntoTheQueue() {
    long at = at();
    Sqe.copy(slots, at, queue, at);
    Sqe.setUserData(queue, at, at);
    return queue;
  }
}
