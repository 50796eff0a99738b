package io.loomring.api;

import io.loomring.event.Recordings;
import io.loomring.op.InFlight;
import io.loomring.op.OperationKind;
import io.loomring.op.Timings;
import io.loomring.poller.PollerGroup;
import io.loomring.poller.RingDriver;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.management.JMException;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;

/**
 * What can be seen of a {@link Uring} from outside: its figures, and what is in flight, here and through JMX; from
 * {@link Uring#monitoring}.
 *
 * <p>Counters are always kept, by whoever runs the turns, and cost next to nothing. When operations began, and how long
 * they and turns take, is noted only where {@link #setTimed}, {@link #timeFor} or the system property
 * {@code loomring.timed} ask for it: that costs two looks at the clock for each turn, one for each batch of completions and
 * one for each operation. Events of JDK Flight Recorder depend on neither.
 *
 * @since 0.1
 */
public final class Monitoring implements UringMXBean {
  private static final System.Logger LOG = System.getLogger("io.loomring");
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final String name;
  private final PollerGroup group;
  private final Supplier<UringStats> stats;
  private final Supplier<String> description;

  // Under this.
  private @Nullable ObjectName registered;
  private @Nullable Runnable endOfEvents;
  private boolean over;

  Monitoring(String name, PollerGroup group, Supplier<UringStats> stats, Supplier<String> description) {
    this.name = name;
    this.group = group;
    this.stats = stats;
    this.description = description;
    if (Boolean.getBoolean("loomring.timed")) {
      group.setTimed(true);
    }
  }

  void registerIfAsked() {
    if (Boolean.getBoolean("loomring.jmx")) {
      try {
        register();
      } catch (IllegalStateException | LinkageError failed) {
        LOG.log(System.Logger.Level.WARNING, name + " is not seen by JMX", failed);
      }
    }
  }

  /**
   * Shows the Uring to JMX, as an MXBean of the platform's server, and has flight recordings get its periodic event, until
   * it is closed. With the system property {@code loomring.jmx=true} each Uring does that when it is opened. The second
   * call does nothing.
   *
   * @return the name of the MXBean
   * @throws IllegalStateException if the Uring is closed, or the server refuses
   */
  public synchronized String register() {
    ObjectName known = registered;
    if (known != null) {
      return known.getCanonicalName();
    }
    if (over) {
      throw new IllegalStateException(name + " is closed");
    }
    try {
      ObjectName made = new ObjectName(
          "io.loomring:type=Uring,name=" + ObjectName.quote(name + "-" + NUMBER.incrementAndGet()));
      ManagementFactory.getPlatformMBeanServer().registerMBean(this, made);
      registered = made;
    } catch (JMException refused) {
      throw new IllegalStateException(name + " cannot be shown to JMX", refused);
    }
    endOfEvents = Recordings.periodically(this::read);
    return registered.getCanonicalName();
  }

  private void read(Recordings.Reading to) {
    UringStats now = stats.get();
    to.take(name, now.inFlight(), now.openDescriptors(), now.submitted(), now.completed(), now.resubmitted(),
        now.cqOverflows());
  }

  synchronized void unregister() {
    over = true;
    ObjectName known = registered;
    if (known != null) {
      registered = null;
      try {
        ManagementFactory.getPlatformMBeanServer().unregisterMBean(known);
      } catch (JMException gone) {
        LOG.log(System.Logger.Level.DEBUG, known + " was unregistered by somebody else", gone);
      }
    }
    Runnable end = endOfEvents;
    if (end != null) {
      endOfEvents = null;
      end.run();
    }
  }

  @Override
  public String getDescription() {
    return description.get();
  }

  @Override
  public UringStats getStats() {
    return stats.get();
  }

  @Override
  public boolean isTimed() {
    return group.isTimed();
  }

  @Override
  public void setTimed(boolean on) {
    group.setTimed(on);
  }

  @Override
  public void timeFor(long millis) {
    group.leaseTimed(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  @Override
  public List<RingStats> getRings() {
    return rings();
  }

  /** The figures of each ring. */
  public List<RingStats> rings() {
    return group.drivers().stream().map(RingStats::of).toList();
  }

  @Override
  public List<LatencyCounts> getLatencies() {
    return latencies();
  }

  @Override
  public long[] getLatencyBoundsNanos() {
    return LatencyCounts.boundsNanos();
  }

  /**
   * How long operations took, by ring and kind, and turns ({@link LatencyCounts#TURN}), since it was first timed; what
   * never came up is left out, and so are streams of completions, which last as long as their users like.
   */
  public List<LatencyCounts> latencies() {
    List<LatencyCounts> found = new ArrayList<>();
    for (RingDriver driver : group.drivers()) {
      for (OperationKind kind : OperationKind.values()) {
        add(found, driver, kind.name(), kind.ordinal());
      }
      add(found, driver, LatencyCounts.TURN, Timings.TURNS);
    }
    return found;
  }

  private static void add(List<LatencyCounts> to, RingDriver driver, String kind, int row) {
    long[] counts = driver.table().timings().counts(row);
    if (counts.length > 0) {
      to.add(new LatencyCounts(driver.toString(), kind, counts));
    }
  }

  @Override
  public Map<String, Integer> getInFlightByKind() {
    Map<String, Integer> counts = new TreeMap<>();
    group.look().values().forEach(seen -> seen.forEach(one -> counts.merge(one.kind().name(), 1, Integer::sum)));
    return counts;
  }

  @Override
  public List<InFlightOperation> getInFlight() {
    return inFlight();
  }

  /** What is in flight just now, the oldest first, those whose age is not known last. */
  public List<InFlightOperation> inFlight() {
    long now = System.nanoTime();
    List<InFlightOperation> found = new ArrayList<>();
    group.look().forEach((ring, seen) -> seen.forEach(one -> found.add(new InFlightOperation(
        ring,
        one.kind().name(),
        one.descriptor(),
        nameOf(one.waiter()),
        one.begunNanos() == 0 ? -1 : Math.max(0, now - one.begunNanos()),
        one.state()))));
    found.sort(Comparator.comparingLong(InFlightOperation::ageNanos).reversed());
    return found;
  }

  private static String nameOf(@Nullable Thread thread) {
    if (thread == null) {
      return "";
    }
    String given = thread.getName();
    return given.isEmpty() ? (thread.isVirtual() ? "virtual #" : "#") + thread.threadId() : given;
  }

  /** The same as text: kind, descriptor, thread, age and state, a line each, and how many there are. */
  @Override
  public String dump() {
    StringBuilder text = new StringBuilder();
    List<InFlightOperation> all = inFlight();
    text.append(name).append(": ").append(all.size()).append(" operations in flight\n");
    for (InFlightOperation one : all) {
      text.append(String.format(
          Locale.ROOT,
          "  %-14s %-7s %-30s %14s  %-10s %s%n",
          one.kind(),
          one.descriptor() < 0 ? "-" : "fd " + one.descriptor(),
          one.thread().isEmpty() ? "-" : one.thread(),
          one.ageNanos() < 0 ? "-" : String.format(Locale.ROOT, "%,.3f ms", one.ageNanos() / 1e6),
          one.state(),
          one.ring()));
    }
    return text.toString();
  }
}
