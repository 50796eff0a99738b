package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DemoTest {
  private static final List<String> ROWS = List.of(
      "transport +uring, Linux \\S+",
      "JDK +25.*",
      "connections +41, .*",
      "echoes +[1-9][\\d,]*, [\\d,]+ a second",
      "bytes verified +[1-9][\\d,]*",
      "errors +0",
      "latency +p50 [\\d.]+ (us|ms), p99 [\\d.]+ (us|ms)",
      "closed in mid-read +21 by the client, 20 by the server",
      "cancelled by close +\\d+ operations of the client, \\d+ of the server",
      "descriptors, client +(\\d+) before, \\d+ after, 0 of them on the ring",
      "descriptors, server +(\\d+) before, \\d+ after, 0 of them on the ring");

  @Test
  void itVerifiesEveryByteClosesInMidReadAndShowsATable() {
    ChildJvm.Result result = ChildJvm.of(Loomring.class, "demo", "--connections", "41", "--seconds", "1").run();
    String out = result.succeeded();
    for (String row : ROWS) {
      assertTrue(Pattern.compile("(?m)^  " + row + "$").matcher(out).find(), () -> row + " in\n" + out);
    }
    assertTrue(out.endsWith("\nOK: all bytes came back, all blocked reads ended by the close, nothing is left\n"),
        out);
    assertTrue(out.lines().allMatch(line -> line.length() < 80), out);
    assertTrue(!out.contains("\r"), "what is written over belongs on a terminal only");
    assertEquals("", result.err());
  }

  @Test
  void itWorksOnASmallRingAndOneCarrierToo() {
    ChildJvm.of(Loomring.class, "demo", "--connections", "100", "--seconds", "1")
        .options("-Dloomring.sqEntries=8", "-Dloomring.cqEntries=16")
        .oneCarrier()
        .run()
        .succeeded();
  }

  @Test
  @Tag("interop")
  void onATerminalItIsOneLineThatCtrlCEnds() throws IOException {
    try (ChildJvm.Running running = ScriptTerminal.start(
        ChildJvm.of(Loomring.class, "demo", "--connections", "4", "--seconds", "20"))) {
      Await.until(() -> "no progress: " + running.outSoFar(), () -> running.outSoFar().contains("bytes verified"));
      ScriptTerminal.type(running, ScriptTerminal.CTRL_C);
      ChildJvm.Result result = running.await();
      assertEquals(130, result.exitCode(), result::toString);
      // The line may be drawn once more while the program ends.
      String line = "\r[^\r\n]* verified";
      assertTrue(result.out().matches(
          "(?s).* 4 connections, 20 s\r\n(" + line + ")+\\^C(" + line + ")*\r\n\\S+\r\n"), result::toString);
    }
  }

  @Test
  @Tag("long")
  void itWorksAsItIsAndWithManyConnections() {
    ChildJvm.of(Loomring.class, "demo").run().succeeded();
    ChildJvm.of(Loomring.class, "demo", "--connections", "2000", "--seconds", "10").run().succeeded();
  }
}
