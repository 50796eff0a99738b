package io.loomring.samples;

import io.loomring.api.Uring;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The table at the end of the demo, and whether all went as it should. */
final class DemoReport {
  private DemoReport() {}

  /** Numbers by name; those of the server's side begin with {@code server.}. */
  static final class Figures {
    private final Map<String, Long> values = new HashMap<>();

    void put(String name, long value) {
      values.put(name, value);
    }

    long get(String name) {
      Long value = values.get(name);
      if (value == null) {
        throw new IllegalStateException("no figure " + name);
      }
      return value;
    }
  }

  /** Prints the table and the verdict; the answer is the exit status. */
  static int show(Figures f, int connections, int seconds) {
    int half = connections / 2;
    Verdict verdict = new Verdict();
    boolean onRing = f.get("operations") >= connections && f.get("server.operations") >= connections;
    verdict.require(onRing, "the sockets did not use the ring");
    verdict.require(f.get("connections") == connections && f.get("server.connections") == connections,
        "not all connections came to stand");
    verdict.require(f.get("echoes") > 0 && f.get("bytes") == f.get("server.bytes"),
        "the server echoed " + f.get("server.bytes") + " bytes, the client verified " + f.get("bytes"));
    verdict.require(f.get("errors") == 0, "there were errors");
    verdict.require(f.get("closedHere") == connections - half && f.get("cancelled") >= connections - half,
        "not every read that the client closed ended with the close");
    verdict.require(f.get("closedByServer") == half && f.get("server.cutOff") == half
            && f.get("server.cancelled") >= half,
        "not every read that the server closed ended with the close");
    verdict.require(f.get("descriptorsAfter") <= f.get("descriptorsBefore")
            && f.get("server.descriptorsAfter") <= f.get("server.descriptorsBefore")
            && f.get("ringDescriptors") == 0 && f.get("server.ringDescriptors") == 0,
        "descriptors are left over");

    System.out.println();
    row("transport", (onRing ? "uring" : "not the ring") + ", Linux " + System.getProperty("os.version"));
    row("JDK", System.getProperty("java.runtime.version") + " " + System.getProperty("java.vendor"));
    row("scheduler", "parallelism " + Uring.schedulerParallelism() + " (of the JDK, for virtual threads)");
    row("connections", f.get("connections") + ", a virtual thread each, on both sides");
    row("echoes", count(f.get("echoes")) + ", " + count(f.get("echoes") / seconds) + " a second");
    row("bytes verified", count(f.get("bytes")));
    row("errors", count(f.get("errors")));
    row("latency", "p50 " + time(f.get("p50")) + ", p99 " + time(f.get("p99")));
    row("closed in mid-read", f.get("closedHere") + " by the client, " + f.get("server.cutOff") + " by the server");
    row("cancelled by close", f.get("cancelled") + " operations of the client, " + f.get("server.cancelled")
        + " of the server");
    row("descriptors, client", f.get("descriptorsBefore") + " before, " + f.get("descriptorsAfter") + " after, "
        + f.get("ringDescriptors") + " of them on the ring");
    row("descriptors, server", f.get("server.descriptorsBefore") + " before, " + f.get("server.descriptorsAfter")
        + " after, " + f.get("server.ringDescriptors") + " of them on the ring");
    System.out.println();
    return verdict.tell();
  }

  private static void row(String name, String value) {
    System.out.printf(Locale.ROOT, "  %-20s %s%n", name, value);
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String time(long nanos) {
    return nanos < 1_000_000
        ? String.format(Locale.ROOT, "%d us", nanos / 1000)
        : String.format(Locale.ROOT, "%.1f ms", nanos / 1e6);
  }

  /** What speaks against success. */
  private static final class Verdict {
    private final List<String> faults = new ArrayList<>();

    void require(boolean holds, String otherwise) {
      if (!holds) {
        faults.add(otherwise);
      }
    }

    int tell() {
      if (faults.isEmpty()) {
        System.out.println("OK: all bytes came back, all blocked reads ended by the close, nothing is left");
        return Loomring.OK;
      }
      System.out.println("FAILED: " + String.join("; ", faults));
      return Loomring.FAILED;
    }
  }
}
