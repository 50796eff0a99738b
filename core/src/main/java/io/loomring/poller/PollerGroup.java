package io.loomring.poller;

import io.loomring.op.Counters.Counter;
import io.loomring.op.Deadline;
import io.loomring.op.OperationTable;
import io.loomring.ring.KernelRing;
import io.loomring.ring.KernelSupport;
import io.loomring.ring.Ring;
import io.loomring.ring.RingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
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
        pollers.add(start(name + "-poller-" + i, KernelRing.open(options), maxOperations));
      }
    } catch (RuntimeException | Error failed) {
      pollers.forEach(Poller::stop);
      throw failed;
    }
    return new PollerGroup(List.copyOf(pollers));
  }

  private static Poller start(String name, Ring ring, int maxOperations) {
    try {
      Poller poller = new Poller(name, ring, maxOperations, false);
      poller.start();
      return poller;
    } catch (RuntimeException | Error failed) {
      ring.closeFd();
      ring.unmap();
      throw failed;
    }
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

  /**
   * Refuses new operations, closes all descriptors, cancels the rest, and waits for the kernel to let go of everything;
   * then stops. All rings at once, since an accept on one of them holds a slot of another. What the kernel still holds
   * when the deadline passes is leaked, and said so (I-12).
   *
   * @param deadline on the clock of {@link System#nanoTime}
   */
  public void close(long deadline) {
    pollers.forEach(Poller::refuse);
    boolean interrupted = false;
    while (true) {
      pollers.forEach(Poller::endAll);
      if (pollers.stream().allMatch(Poller::isDrained) || Deadline.hasPassed(deadline)) {
        break;
      }
      LockSupport.parkNanos(this, 1_000_000);
      interrupted |= Thread.interrupted();
    }
    pollers.forEach(Poller::stop);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
