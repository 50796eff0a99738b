package io.loomring.samples;

import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** {@code soak}: everything that ends calls, mixed at random for minutes, with every byte checked and all counted after. */
final class Soak implements Loomring.Command {
  private static final int MOST_MINUTES = 7 * 24 * 60;
  private static final int DEFAULT_SECONDS = 60;
  private static final long SAMPLE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long LINE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long STALL_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final Duration END_LIMIT = Duration.ofSeconds(60);
  private static final Duration CENSUS_LIMIT = Duration.ofSeconds(10);
  /** What the threads of the rings are called. */
  private static final String THREADS = "soak-";
  /** How often the live heap is looked at. */
  private static final int COLLECTIONS = 16;
  private static final int LOOPS = 2;

  @Override
  public String help() {
    return """
        Usage: ./loomring soak [flags]

        Churns connections, files and timers, and ends calls before their time in every way: timeouts, cancels,
        interrupts, wake-ups for nothing, closes. Every byte that arrives is checked: each stream's bytes carry its
        number and their place, so that one that is lost, or another's, is named. Before and after it counts what the
        process holds: descriptors, slots of operations, buffers, threads. A line every 10 s says how far it is.

          --minutes N  how long, with --seconds; a minute by default
          --seconds N  the same in seconds
          --seed S     of the random choices, so that they can be made again; another each time by default
          --driver D   poller, loops, or both at once, which is the default

        Memory is flat if the median of the last quarter of the run is not above that of the second quarter by more than
        a twentieth and 16 MiB: of resident memory, of the memory of buffers, and of the live heap.

        Exit status: 0 if no byte was wrong, nothing is left over and memory is flat; 1 otherwise; 2 for wrong arguments.
        """;
  }

  @Override
  public Set<String> flags() {
    return Set.of("--minutes", "--seconds", "--seed", "--driver");
  }

  @Override
  public int run(Arguments arguments) throws UsageException {
    int seconds = arguments.number("--minutes", 0, MOST_MINUTES, 0) * 60 + arguments.number("--seconds", 0, 59, 0);
    long seed = seed(arguments.text("--seed", Long.toString(System.nanoTime())));
    String driver = arguments.text("--driver", "both");
    List<Boolean> loops = switch (driver) {
      case "poller" -> List.of(false);
      case "loops" -> List.of(true);
      case "both" -> List.of(false, true);
      default -> throw new UsageException("--driver " + driver + ": there are poller, loops and both");
    };
    Uring.ensureAvailable();
    try {
      return new Run(loops, seed).play(Duration.ofSeconds(seconds == 0 ? DEFAULT_SECONDS : seconds));
    } catch (IOException e) {
      Loomring.complain("soak", String.valueOf(e));
      return Loomring.FAILED;
    }
  }

  private static long seed(String text) throws UsageException {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new UsageException("--seed " + text + ": a whole number");
    }
  }

  private static UringConfig config(boolean loops) {
    UringConfig config = UringConfig.defaults().withLoops(loops).withName(THREADS + (loops ? "loops" : "poller"));
    return loops ? config.withRings(LOOPS) : config;
  }

  /** One soak: a first, short part for what is made once, a count, the long part, and the count again. */
  private static final class Run {
    private final List<Boolean> loops;
    private final long seed;
    private final SoakTally tally = new SoakTally();
    private final SoakMemory memory = new SoakMemory();
    private final List<Uring> urings = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();

    Run(List<Boolean> loops, long seed) {
      this.loops = loops;
      this.seed = seed;
    }

    int play(Duration time) throws IOException {
      System.out.println("soak for " + time.toSeconds() + " s, replay with --seed " + seed);
      SoakCensus empty = SoakCensus.of(List.of());
      Path directory = Files.createTempDirectory("loomring-soak");
      try {
        for (boolean each : loops) {
          Uring uring = Uring.open(config(each));
          urings.add(uring);
          if (uring.hasLoops() != each) {
            throw new IOException("loops need --add-opens=java.base/java.lang=ALL-UNNAMED");
          }
        }
        churn(Duration.ofSeconds(Math.clamp(time.toSeconds() / 10, 1, 20)), directory, ~seed, false);
        SoakCensus before = SoakCensus.of(urings);
        churn(time, directory, seed, true);
        compare("after the churn", before);
      } finally {
        urings.forEach(Uring::close);
        urings.clear();
        Files.deleteIfExists(directory);
      }
      compareClosed(empty);
      return verdict();
    }

    private void churn(Duration time, Path directory, long from, boolean measured) throws IOException {
      List<SoakLoad> loads = new ArrayList<>();
      for (Uring uring : urings) {
        loads.add(new SoakLoad(uring, tally, directory, from + loads.size()));
      }
      List<InetSocketAddress> servers = loads.stream().map(SoakLoad::address).toList();
      loads.forEach(load -> load.start(servers));
      watch(time, measured);
      loads.forEach(SoakLoad::end);
      Census.await(() -> loads.stream().allMatch(SoakLoad::hasEnded), END_LIMIT);
      for (SoakLoad load : loads) {
        load.close();
      }
      if (!Census.await(() -> loads.stream().allMatch(load -> load.live() == 0), END_LIMIT)) {
        long left = loads.stream().mapToInt(SoakLoad::live).sum();
        faults.add(left + " threads did not come to an end: " + SoakCensus.of(urings));
      }
    }

    /** Prints and samples until the time is over, or nothing moves any more, or too much is wrong. */
    private void watch(Duration time, boolean measured) {
      long begun = System.nanoTime();
      long shown = begun;
      long moved = begun;
      long progress = -1;
      int collections = 0;
      for (long now = begun; now - begun < time.toNanos() && tally.wrongs() == 0; now = System.nanoTime()) {
        LockSupport.parkNanos(SAMPLE_NANOS);
        SoakMemory.Sample sample = SoakMemory.Sample.of(urings);
        if (measured) {
          memory.add(sample);
          if ((now - begun) / (time.toNanos() / COLLECTIONS) >= collections) {
            System.gc();
            memory.addLive(SoakMemory.Sample.of(urings).heap());
            collections++;
          }
        }
        if (tally.progress() != progress) {
          progress = tally.progress();
          moved = now;
        } else if (now - moved > STALL_NANOS) {
          faults.add("nothing moved for " + TimeUnit.NANOSECONDS.toSeconds(now - moved) + " s: " + urings.stream()
              .map(uring -> uring.stats().toString()).toList());
          return;
        }
        if (measured && now - shown >= LINE_NANOS) {
          shown = now;
          line(TimeUnit.NANOSECONDS.toSeconds(now - begun), sample);
        }
      }
      if (measured) {
        line(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun), SoakMemory.Sample.of(urings));
      }
    }

    private void line(long second, SoakMemory.Sample sample) {
      SoakCensus census = SoakCensus.of(urings);
      System.out.println(second + " s: " + tally + "; descriptors " + census.descriptorCount() + ", slots "
          + census.slots() + ", threads " + census.threadCount() + ", " + sample);
    }

    private void compare(String when, SoakCensus expected) {
      SoakCensus[] found = new SoakCensus[1];
      if (!Census.await(() -> (found[0] = SoakCensus.of(urings)).hasNoMoreThan(expected), CENSUS_LIMIT)) {
        faults.add(when + " there is " + found[0] + ", and not " + expected);
      }
    }

    private void compareClosed(SoakCensus empty) {
      SoakCensus[] found = {SoakCensus.of(urings)};
      boolean gone = Census.await(
          () -> {
            found[0] = SoakCensus.of(urings);
            return found[0].descriptors().equals(empty.descriptors())
                && found[0].threads().keySet().stream().noneMatch(name -> name.startsWith(THREADS));
          },
          CENSUS_LIMIT);
      if (!gone) {
        faults.add("with the rings closed there is " + found[0] + ", and not " + empty);
      }
    }

    private int verdict() {
      if (tally.wrongs() > 0) {
        faults.add(tally.wrongs() + " times something was wrong, first:");
        tally.firstWrongs().forEach(faults::add);
      }
      String growth = memory.growth();
      if (growth != null) {
        faults.add(growth);
      }
      if (faults.isEmpty()) {
        System.out.println("OK: " + tally + "; no byte was wrong, nothing is left over, memory is flat");
        return Loomring.OK;
      }
      faults.forEach(fault -> System.out.println("FAILED: " + fault));
      return Loomring.FAILED;
    }
  }
}
