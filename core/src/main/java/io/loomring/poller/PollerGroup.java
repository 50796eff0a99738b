package io.loomring.poller;

import io.loomring.op.Counters.Counter;
import io.loomring.op.OperationTable;
import io.loomring.ring.KernelRing;
import io.loomring.ring.KernelSupport;
import io.loomring.ring.RingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Some rings, each with its poller. A descriptor gets one of them, in turn, and keeps it for life (I-13). */
public final class PollerGroup {
  private final List<Poller> pollers;
  private final AtomicInteger next = new AtomicInteger();

  private PollerGroup(List<Poller> pollers) {
    this.pollers = pollers;
  }

  /**
   * Sets the rings up and starts their pollers; all or none.
   *
   * @throws io.loomring.error.UringUnavailableException if a ring cannot be had
   */
  public static PollerGroup start(String name, int rings, RingOptions options, int maxOperations) {
    List<Poller> pollers = new ArrayList<>();
    try {
      for (int i = 0; i < rings; i++) {
        Poller poller = new Poller(name + "-poller-" + i, KernelRing.open(options), maxOperations, false);
        poller.start();
        pollers.add(poller);
      }
    } catch (RuntimeException | Error failed) {
      long now = System.nanoTime();
      pollers.forEach(poller -> poller.close(now));
      throw failed;
    }
    return new PollerGroup(List.copyOf(pollers));
  }

  /** The operations of the ring whose turn it is to get a descriptor. */
  public OperationTable nextTable() {
    return pollers.size() == 1 ? pollers.getFirst().table() : pollers.get(nextIndex()).table();
  }

  private int nextIndex() {
    return Math.floorMod(next.getAndIncrement(), pollers.size());
  }

  /** What the kernel can do. */
  public KernelSupport support() {
    return pollers.getFirst().ring().support();
  }

  /** Submission queue entries of each ring, which may be fewer than were asked for (K-26). */
  public int sqEntries() {
    return pollers.getFirst().ring().sq().entries();
  }

  /** Why a ring of these died, or null while all are sound. */
  public @Nullable Throwable failure() {
    for (Poller poller : pollers) {
      Throwable failure = poller.failure();
      if (failure != null) {
        return failure;
      }
    }
    return null;
  }

  /** A counter, over all rings. */
  public long sum(Counter counter) {
    return pollers.stream().mapToLong(poller -> poller.counters().get(counter)).sum();
  }

  /** A figure of the tables, over all rings. */
  public int sum(ToIntFunction<OperationTable> figure) {
    return pollers.stream().map(Poller::table).mapToInt(figure).sum();
  }

  /** Closes the rings one after the other, all by the same deadline. */
  public void close(long deadline) {
    pollers.forEach(poller -> poller.close(deadline));
  }
}
