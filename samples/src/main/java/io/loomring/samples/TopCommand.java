package io.loomring.samples;

import io.loomring.samples.TopTarget.Candidate;
import io.loomring.samples.TopTarget.UnwatchableException;
import java.io.IOException;
import java.time.Duration;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** {@code top}: a running process with Urings, watched. */
final class TopCommand implements Loomring.Command {
  private static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(1);
  private static final Duration MIN_INTERVAL = Duration.ofMillis(100);
  private static final Duration MAX_INTERVAL = Duration.ofMinutes(1);
  private static final int PLAIN_WIDTH = 80;
  private static final int NO_LIMIT = 10_000;
  private static final long LEASE_MIN_MILLIS = 10_000;
  private static final long GOODBYE_MILLIS = 1_000;
  private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss");

  @Override
  public String help() {
    return """
        Usage: ./loomring top [PID | --name PART] [flags]

        Shows what a running process does with its rings: connections, operations and how long they take, batches.
        The process shows itself to JMX: start it with -Dloomring.jmx=true. Without a process, lists those there are.

          --name PART    the one JVM of this user that has PART in its main class, jar or arguments
          --interval T   from one look to the next (500ms, 1s, 1m), %ds by default
          --once         looks twice, prints what changed in between, and ends
          --plain        prints one look below the other, as it does where the output is no terminal
          --untimed      does not have latencies taken, which costs the process little, but not nothing

        Latencies are those of what began and ended since the last look. The process takes them as long as it is
        watched, and stops that by itself if top is killed; with -Dloomring.timed=true it always does. q or Ctrl-C
        ends top, and Ctrl-Z stops it for a while.

        Exit status: 0 if it was ended, 130 by Ctrl-C; 1 if there is no such process, it cannot be watched, or it
        has ended; 2 for wrong arguments.
        """.formatted(DEFAULT_INTERVAL.toSeconds());
  }

  @Override
  public Set<String> flags() {
    return Set.of("--name", "--interval");
  }

  @Override
  public Set<String> switches() {
    return Set.of("--once", "--plain", "--untimed");
  }

  @Override
  public int maxOperands() {
    return 1;
  }

  @Override
  public int run(Arguments arguments) throws UsageException {
    Duration interval = arguments.duration("--interval", DEFAULT_INTERVAL);
    if (interval.compareTo(MIN_INTERVAL) < 0 || interval.compareTo(MAX_INTERVAL) > 0) {
      throw new UsageException("--interval " + arguments.text("--interval", "") + ": from 100ms to 1m");
    }
    String name = arguments.text("--name", "");
    List<String> operands = arguments.operands();
    if (!operands.isEmpty() && !name.isEmpty()) {
      throw new UsageException("a process, or --name: not both");
    }
    try {
      if (operands.isEmpty() && name.isEmpty()) {
        return list();
      }
      long pid = operands.isEmpty() ? TopTarget.named(name) : pid(operands.getFirst());
      return new Watch(TopTarget.attach(pid), interval, arguments).run();
    } catch (UnwatchableException e) {
      Loomring.complain("top", String.valueOf(e.getMessage()));
      return Loomring.FAILED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Loomring.FAILED;
    }
  }

  private static long pid(String word) throws UsageException {
    try {
      long pid = Long.parseLong(word);
      if (pid > 0) {
        return pid;
      }
    } catch (NumberFormatException e) {
      // The same answer as for a number out of range.
    }
    throw new UsageException(word + ": the number of a process; its name goes with --name");
  }

  private static int list() {
    List<Candidate> all = TopTarget.candidates();
    if (all.isEmpty()) {
      System.out.println("No JVM of this user seems to have Loomring.");
      return Loomring.OK;
    }
    for (Candidate one : all) {
      String name = one.name().isEmpty() ? "(no name)" : one.name();
      System.out.printf("%8s  %s%s%n", one.pid(), name, one.isShown() ? "" : "  (loomring.jmx is not set)");
    }
    return Loomring.OK;
  }

  /** What is waited for: a sample, a key, a change of the window, or the end. */
  private sealed interface Event {
    /** What the process said. */
    record Sampled(TopSample sample) implements Event {}

    /** It cannot be asked any more. */
    record Ended(String why) implements Event {}

    /** A key was pressed. */
    record Key(int key) implements Event {}

    /** What is shown has to be shown again. */
    record Redraw() implements Event {}
  }

  private static final class Watch {
    private final TopTarget target;
    private final Duration interval;
    private final long leaseMillis;
    private final boolean once;
    private final boolean live;
    private final boolean colourful;
    private final String title;
    private final AtomicBoolean left = new AtomicBoolean();
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

    Watch(TopTarget target, Duration interval, Arguments arguments) {
      this.target = target;
      this.interval = interval;
      this.leaseMillis =
          arguments.has("--untimed") ? 0 : Math.max(LEASE_MIN_MILLIS, 3 * interval.toMillis());
      this.once = arguments.has("--once");
      boolean terminal = TopTerminal.isThere() && !Terminals.isDumb();
      this.live = terminal && !once && !arguments.has("--plain");
      this.colourful = terminal && Terminals.wantsColour();
      this.title = TopScreen.title(target.pid(), target.name());
    }

    int run() throws UnwatchableException, InterruptedException {
      Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::takeLeave));
      try {
        return live ? runLive() : runPlain();
      } finally {
        takeLeave();
      }
    }

    /** A process that does not answer is not waited for: it stops timing by itself. */
    private void takeLeave() {
      if (!left.compareAndSet(false, true)) {
        return;
      }
      Thread last = Thread.ofPlatform().daemon().start(() -> {
        if (leaseMillis > 0) {
          target.endTiming();
        }
        target.close();
      });
      try {
        last.join(GOODBYE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    // ---- plain

    private int runPlain() throws UnwatchableException, InterruptedException {
      TopSample before = target.sample(leaseMillis);
      do {
        TimeUnit.NANOSECONDS.sleep(interval.toNanos());
        TopSample now = target.sample(leaseMillis);
        int width = TopTerminal.isThere() ? TopTerminal.size().columns() : PLAIN_WIDTH;
        StringBuilder text = new StringBuilder();
        for (TopScreen.Line line : TopScreen.lines(
            title, clock(), TopFigures.between(before, now), "", width, NO_LIMIT)) {
          text.append(TopTerminal.dressed(line, width, colourful)).append('\n');
        }
        System.out.print(once ? text : text.append('\n'));
        System.out.flush();
        before = now;
      } while (!once && !System.out.checkError());
      return Loomring.OK;
    }

    // ---- live

    private int runLive() throws UnwatchableException, InterruptedException {
      TopTerminal terminal = new TopTerminal(colourful);
      Thread leaving = Thread.ofPlatform().unstarted(terminal::leave);
      Runtime.getRuntime().addShutdownHook(leaving);
      TerminalSignals.onResize(() -> events.add(new Event.Redraw()));
      TerminalSignals.onStop(terminal::leave, () -> {
        terminal.enter();
        events.add(new Event.Redraw());
      });
      terminal.enter();
      Thread.ofPlatform().daemon().name("top-keys").start(this::readKeys);
      Thread.ofPlatform().daemon().name("top-samples").start(this::readSamples);
      try {
        showUntilEnd(terminal);
        return Loomring.OK;
      } finally {
        terminal.leave();
      }
    }

    private void showUntilEnd(TopTerminal terminal) throws UnwatchableException, InterruptedException {
      TopSample before = null;
      TopSample now = null;
      long patience = Math.max(3_000, 3 * interval.toMillis());
      while (true) {
        Event event = events.poll(patience, TimeUnit.MILLISECONDS);
        String foot = "q quits" + (leaseMillis > 0 ? "   latencies are taken while this runs" : "");
        switch (event) {
          case null -> foot = "q quits   the process does not answer";
          case Event.Sampled sampled -> {
            before = now;
            now = sampled.sample();
          }
          case Event.Ended ended -> throw new UnwatchableException(ended.why());
          case Event.Key key -> {
            if (key.key() == 'q' || key.key() == 'Q') {
              return;
            }
          }
          case Event.Redraw redraw -> { }
        }
        if (now != null) {
          show(terminal, before, now, foot);
        }
      }
    }

    private void show(TopTerminal terminal, @Nullable TopSample before, TopSample now, String foot) {
      TopTerminal.Size size = TopTerminal.size();
      TopFigures figures = TopFigures.between(before, now);
      terminal.show(
          TopScreen.lines(title, clock(), figures, foot, size.columns(), size.lines()), size.columns());
    }

    private void readKeys() {
      try {
        for (int key = System.in.read(); key >= 0; key = System.in.read()) {
          events.add(new Event.Key(key));
        }
      } catch (IOException e) {
        // No keys, then.
      }
    }

    private void readSamples() {
      try {
        long next = System.nanoTime();
        while (true) {
          events.add(new Event.Sampled(target.sample(leaseMillis)));
          next += interval.toNanos();
          long pause = next - System.nanoTime();
          if (pause < 0) {
            // It was stopped, or the process was slow to answer: no looks in a row to make up for that.
            next -= pause;
          }
          TimeUnit.NANOSECONDS.sleep(pause);
        }
      } catch (UnwatchableException | RuntimeException e) {
        events.add(new Event.Ended(String.valueOf(e.getMessage())));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private static String clock() {
      return LocalTime.now().format(CLOCK);
    }
  }
}
