package io.loomring.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;

/** How a server under test is watched meanwhile: what that costs is seen beside one that is not. */
enum Watched {
  /** Not at all, once more: what two that are the same differ by. */
  AGAIN,
  /** Its MXBean is read each second. */
  JMX,
  /** Latencies are counted, and read each second. */
  TIMED,
  /** A flight recording with the settings that the JDK calls default, and nothing of Loomring. */
  JFR,
  /** The same with Loomring's events, as they are by default: operations from 10 ms on. */
  EVENTS,
  /** The same with every operation. */
  ALLEVENTS,
  /** The same without where it was called from. */
  STACKLESS;

  private static final List<String> EVENT_TYPES = List.of(
      "loomring.Operation",
      "loomring.Close",
      "loomring.Resubmission",
      "loomring.PollerStall",
      "loomring.InFlight",
      "loomring.Overflow");
  private static final String[] ATTRIBUTES =
      {"Stats", "Rings", "InFlightByKind", "Latencies"};

  static Watched of(String word) {
    for (Watched one : values()) {
      if (one.toString().equals(word)) {
        return one;
      }
    }
    throw new IllegalArgumentException(
        "server with +" + word + ": one of timeout, again, jmx, timed, jfr, events, allevents, stackless");
  }

  /** Whether what is begun has to be ended in the JVM's own way. */
  boolean leavesFiles() {
    return this == JFR || this == EVENTS || this == ALLEVENTS || this == STACKLESS;
  }

  /** Begins, before there is a ring. */
  void begin() throws IOException, ParseException {
    switch (this) {
      case AGAIN -> { }
      case JMX, TIMED -> {
        System.setProperty("loomring.jmx", "true");
        System.setProperty("loomring.timed", Boolean.toString(this == TIMED));
        Thread.ofPlatform().daemon().name("watcher").start(Watched::readEachSecond);
      }
      case JFR, EVENTS, ALLEVENTS, STACKLESS -> {
        // The periodic event is of those that are shown.
        System.setProperty("loomring.jmx", "true");
        Recording recording = new Recording(Configuration.getConfiguration("default"));
        if (this != JFR) {
          EVENT_TYPES.forEach(recording::enable);
        }
        if (this == STACKLESS) {
          recording.enable("loomring.Operation").withThreshold(Duration.ZERO).withoutStackTrace();
        }
        if (this == ALLEVENTS) {
          recording.enable("loomring.Operation").withThreshold(Duration.ZERO);
        }
        recording.setMaxSize(64 << 20);
        recording.start();
      }
    }
  }

  private static void readEachSecond() {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    try {
      while (true) {
        TimeUnit.SECONDS.sleep(1);
        for (ObjectName one : server.queryNames(new ObjectName("io.loomring:type=Uring,*"), null)) {
          if (server.getAttributes(one, ATTRIBUTES).size() != ATTRIBUTES.length) {
            throw new IllegalStateException("an attribute is missing");
          }
        }
      }
    } catch (JMException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String toString() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
