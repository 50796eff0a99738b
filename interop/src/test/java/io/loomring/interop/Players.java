package io.loomring.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.loomring.testkit.ChildJvm;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A JVM for each way, made when it is first played in, and kept for the tests that follow: whose sockets those of
 * {@code java.net} are is decided once in a JVM. They end with this one, whose end is the end of their input.
 */
final class Players {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Map<Way, ChildJvm.Running> RUNNING = new ConcurrentHashMap<>();

  private Players() {}

  /**
   * Plays a scenario, a static method that takes a {@link Scene}, on all ways at once, and fails unless each saw the
   * same.
   *
   * @return what they saw
   */
  static List<String> same(Class<?> scenarios, String method, Object... arguments) {
    Map<Way, CompletableFuture<List<String>>> playing = new EnumMap<>(Way.class);
    try (ExecutorService threads = Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
      for (Way way : Way.values()) {
        playing.put(way, CompletableFuture.supplyAsync(() -> play(way, scenarios, method, arguments), threads));
      }
    }
    return same(method, way -> playing.get(way).join());
  }

  /** The same on one way after the other, for scenarios that the others would notice. */
  static List<String> sameInTurn(Class<?> scenarios, String method, Object... arguments) {
    return same(method, way -> play(way, scenarios, method, arguments));
  }

  private static List<String> same(String method, Function<Way, List<String>> notes) {
    List<String> expected = notes.apply(Way.JAVA_NET);
    for (Way way : Way.values()) {
      if (way != Way.JAVA_NET) {
        assertEquals(String.join("\n", expected), String.join("\n", notes.apply(way)), () -> method + " on " + way);
      }
    }
    return expected;
  }

  private static List<String> play(Way way, Class<?> scenarios, String method, Object... arguments) {
    ChildJvm.Running player = RUNNING.computeIfAbsent(way, Players::start);
    int before = player.outSoFar().length();
    List<String> command = new ArrayList<>(List.of(scenarios.getName(), method));
    List.of(arguments).forEach(argument -> command.add(argument.toString()));
    try {
      OutputStream in = player.process().getOutputStream();
      in.write((String.join("\t", command) + "\n").getBytes(StandardCharsets.UTF_8));
      in.flush();
      Awaitility.await().pollInSameThread().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(2)).atMost(LIMIT)
          .until(() -> !player.process().isAlive() || hasEnded(player.outSoFar().substring(before)));
    } catch (IOException | ConditionTimeoutException e) {
      String threads = player.threadDump();
      abandon(way, player);
      fail(method + " on " + way + " did not end, standard error:\n" + player.errSoFar() + "\nthreads:\n" + threads, e);
    }
    List<String> lines = player.outSoFar().substring(before).lines().toList();
    if (lines.isEmpty() || !lines.getLast().equals(Player.END) || !player.errSoFar().isEmpty()
        || lines.stream().anyMatch(line -> line.startsWith(Player.FAILURE))) {
      abandon(way, player);
      fail(method + " on " + way + " failed:\n" + String.join("\n", lines) + "\nstandard error:\n" + player.errSoFar());
    }
    return lines.stream()
        .filter(line -> line.startsWith(Player.NOTE))
        .map(line -> line.substring(Player.NOTE.length()))
        .collect(Collectors.toList());
  }

  private static boolean hasEnded(String answer) {
    return answer.endsWith(Player.END + "\n");
  }

  private static ChildJvm.Running start(Way way) {
    return ChildJvm.of(Player.class, way.name())
        .options(way.options().toArray(String[]::new))
        // Connections of remote calls are not kept, so that a scenario leaves none.
        .options("-Xmx512m", "-Dsun.rmi.transport.connectionTimeout=1",
            "-Djava.rmi.server.hostname=127.0.0.1")
        .start();
  }

  private static void abandon(Way way, ChildJvm.Running player) {
    player.close();
    RUNNING.remove(way);
  }
}
