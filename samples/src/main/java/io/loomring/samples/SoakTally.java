package io.loomring.samples;

import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What a soak has done so far, and what was wrong about it. */
final class SoakTally {
  private static final int MOST_WRONG = 20;

  final LongAdder connections = new LongAdder();
  final LongAdder files = new LongAdder();
  final LongAdder timers = new LongAdder();
  final LongAdder bytes = new LongAdder();
  final LongAdder closed = new LongAdder();
  final LongAdder timeouts = new LongAdder();
  final LongAdder cancels = new LongAdder();
  final LongAdder interrupts = new LongAdder();
  /** Connections that the system had no port for just then. */
  final LongAdder shortages = new LongAdder();
  private final AtomicLong numbers = new AtomicLong();
  private final AtomicLong wrongs = new AtomicLong();
  private final Queue<String> firstWrongs = new ConcurrentLinkedQueue<>();

  /** A number for a connection or a file that no other has; its streams are twice this, and one more. */
  long nextNumber() {
    return numbers.incrementAndGet();
  }

  /** Something that must not be; the first few are kept. */
  void wrong(String what) {
    if (wrongs.incrementAndGet() <= MOST_WRONG) {
      firstWrongs.add(what);
    }
  }

  long wrongs() {
    return wrongs.get();
  }

  Iterable<String> firstWrongs() {
    return firstWrongs;
  }

  /** What only grows while anything moves. */
  long progress() {
    return connections.sum() + files.sum() + timers.sum();
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "connections %,d, files %,d, verified %,d MiB; cut short by close %,d, timeout %,d, cancel %,d, interrupt %,d",
        connections.sum(),
        files.sum(),
        bytes.sum() >> 20,
        closed.sum(),
        timeouts.sum(),
        cancels.sum(),
        interrupts.sum());
  }
}
