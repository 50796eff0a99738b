package io.loomring.poller;

import io.loomring.op.Counters.Counter;
import io.loomring.op.Deadline;
import io.loomring.op.InFlight;
import io.loomring.op.OperationTable;
import io.loomring.ring.KernelRing;
import io.loomring.ring.KernelSupport;
import io.loomring.ring.Ring;
import io.loomring.ring.RingOptions;
import io.loomring.ring.SetupFlags;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Some rings, each with its poller. A descriptor gets one of them, in turn, and keeps it for life (I-13). */
public final class PollerGroup {
  /** How long drivers that are told to stop are waited for, at least. */
  private static final long STOP_NANOS = 1_000_000_000L;

  private final List<RingDriver> pollers;
  private final AtomicInteger next = new AtomicInteger();

  private PollerGroup(List<RingDriver> pollers) {
    this.pollers = pollers;
    List<OperationTable> tables = pollers.stream().map(RingDriver::table).toList();
    tables.forEach(table -> table.setSiblings(tables));
  }

  /**
   * Sets the rings up and starts their pollers; all or none.
   *
   * @throws io.loomring.error.UringUnavailableException if a ring cannot be had
   */
  public static PollerGroup start(
      String name, int rings, RingOptions options, int maxOperations, boolean loops, long spinNanos) {
    String whyNoLoops = LoopThreads.whyNot();
    boolean looping = loops && whyNoLoops == null;
    if (loops && !looping) {
      RingDriver.LOG.log(
          System.Logger.Level.WARNING, name + " has no loops, and runs on the JDK's scheduler: " + whyNoLoops);
    }
    List<RingDriver> pollers = new ArrayList<>();
    try {
      for (int i = 0; i < rings; i++) {
        pollers.add(looping
            ? LoopPoller.start(name + "-loop-" + i, options, maxOperations, spinNanos)
            : start(name + "-poller-" + i, KernelRing.open(ofAnyThread(options)), maxOperations, spinNanos));
      }
    } catch (RuntimeException | Error failed) {
      stop(pollers, Deadline.NONE);
      throw failed;
    }
    return new PollerGroup(List.copyOf(pollers));
  }

  /** Takes over drivers that run already, all of one sort. */
  public static PollerGroup of(List<? extends RingDriver> drivers) {
    return new PollerGroup(List.copyOf(drivers));
  }

  /**
   * Sets up one ring that the calling thread drives, by {@link #drive}.
   *
   * @throws io.loomring.error.UringUnavailableException if the ring cannot be had
   * @throws IllegalStateException if the calling thread is virtual
   */
  public static PollerGroup driven(String name, RingOptions options, int maxOperations) {
    return new PollerGroup(List.of(CallerDriver.open(name + "-driven", options, maxOperations)));
  }

  /**
   * Runs a turn, on a ring that its maker drives, and by that thread.
   *
   * @param waitNanos how long to wait for something to happen, where nothing does at once
   * @return whether anything did
   */
  public boolean drive(long waitNanos) {
    return driver().turn(waitNanos);
  }

  /** Whether nothing is in the kernel, nor about to be, on a ring that its maker drives. */
  public boolean isIdle() {
    return driver().isIdle();
  }

  /** Refuses whoever may not run turns of a ring that its maker drives; anybody may close another. */
  public void requireDriver() {
    pollers.forEach(RingDriver::requireDriver);
  }

  private CallerDriver driver() {
    return (CallerDriver) pollers.getFirst();
  }

  /**
   * On the one carrier that there is, a completion that interrupts a computing thread finds nobody who could go on with
   * it: it may as well wait until the carrier enters the kernel, and need not send it an interrupt each time. With more
   * carriers it must not wait (K-41).
   */
  private static int setupFlags() {
    return Carriers.parallelism() == 1 ? SetupFlags.COOP_TASKRUN | SetupFlags.TASKRUN_FLAG : 0;
  }

  /** For a ring that is entered by whichever carrier its poller runs on. */
  private static RingOptions ofAnyThread(RingOptions options) {
    return options.with(setupFlags()).withRegistered(false);
  }

  private static Poller start(String name, Ring ring, int maxOperations, long spinNanos) {
    try {
      Poller poller = new Poller(name, ring, maxOperations, false, spinNanos);
      poller.start();
      return poller;
    } catch (RuntimeException | Error failed) {
      ring.closeFd();
      ring.unmap();
      throw failed;
    }
  }

  private static void stop(List<RingDriver> pollers, long deadline) {
    pollers.forEach(RingDriver::stop);
    // The platform half always comes; a loop's thread may be in user code.
    pollers.forEach(poller -> poller.awaitStopped(poller instanceof LoopPoller ? deadline : Deadline.NONE));
  }

  /** Whether threads can be started on the rings' own loops. */
  public boolean hasLoops() {
    return pollers.getFirst() instanceof LoopPoller;
  }

  /** A builder of virtual threads that the next loop runs, in turn; of the JDK's scheduler where there are no loops. */
  public Thread.Builder.OfVirtual nextThreadBuilder() {
    return pollers.get(nextIndex()) instanceof LoopPoller loop ? LoopThreads.builder(loop) : Thread.ofVirtual();
  }

  /**
   * The operations of the ring that is to get a descriptor: that of the loop which runs the calling thread, or the one
   * whose turn it is.
   */
  public OperationTable nextTable() {
    if (hasLoops()) {
      LoopPoller mine = LoopThreads.currentLoop();
      if (mine != null && pollers.contains(mine)) {
        return mine.table();
      }
    }
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
    for (RingDriver poller : pollers) {
      Throwable failure = poller.failure();
      // A ring that dies refuses first, and fails then: who was refused in between is told why all the same.
      Throwable cause = failure == null ? poller.table().closedCause() : failure;
      if (cause != null) {
        return cause;
      }
    }
    return null;
  }

  /** A counter, over all rings. */
  public long sum(Counter counter) {
    return pollers.stream().mapToLong(poller -> poller.counters().get(counter)).sum();
  }

  /** The highest that a counter has in one of the rings. */
  public long max(Counter counter) {
    return pollers.stream().mapToLong(poller -> poller.counters().get(counter)).max().orElse(0);
  }

  /** Has operations note when they begin, and the time of turns taken, or not. */
  public void setTimed(boolean on) {
    pollers.forEach(poller -> poller.table().timings().set(on));
  }

  /** The same for so many nanoseconds, where it is not on for good; 0 ends that. */
  public void leaseTimed(long nanos) {
    pollers.forEach(poller -> poller.table().timings().lease(nanos));
  }

  /** Whether that is so. */
  public boolean isTimed() {
    return pollers.getFirst().table().timings().isWanted();
  }

  /** The drivers, one for each ring. */
  public List<RingDriver> drivers() {
    return pollers;
  }

  /** What is in flight on each ring, by what its driver is called. */
  public Map<String, List<InFlight>> look() {
    Map<String, List<InFlight>> seen = new LinkedHashMap<>();
    pollers.forEach(poller -> seen.put(poller.toString(), poller.table().look()));
    return seen;
  }

  /** A figure of the tables, over all rings. */
  public int sum(ToIntFunction<OperationTable> figure) {
    return pollers.stream().map(RingDriver::table).mapToInt(figure).sum();
  }

  /**
   * Refuses new operations, closes all descriptors, cancels the rest, and waits for the kernel to let go of everything;
   * then stops. All rings at once, since an accept on one of them holds a slot of another. What the kernel still holds
   * when the deadline passes is leaked, and said so (I-12). A loop whose thread does not come back to it, since what it
   * carries computes or blocks, is left behind: it ends when that lets go.
   *
   * @param deadline on the clock of {@link System#nanoTime}
   * @return what was left when the deadline passed, one line each
   */
  public List<String> close(long deadline) {
    pollers.forEach(RingDriver::refuse);
    boolean interrupted = false;
    while (true) {
      pollers.forEach(RingDriver::endAll);
      if (pollers.stream().allMatch(RingDriver::isDrained) || Deadline.hasPassed(deadline)) {
        break;
      }
      if (!pollers.getFirst().turnIfPinned()) {
        LockSupport.parkNanos(this, 1_000_000);
      }
      interrupted |= Thread.interrupted();
    }
    List<String> left =
        pollers.stream().flatMap(poller -> poller.table().describeInFlight().stream()).toList();
    long remaining = Math.max(STOP_NANOS, Deadline.remainingNanos(deadline));
    stop(pollers, Deadline.afterNanos(remaining));
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return left;
  }
}
