package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Plays every scenario on the JDK's sockets and on ours, and compares the notes: the JDK says what is right.
 *
 * <p>Where the behaviours of each operation are, in the classes {@code *Scenarios}; (slow) is {@link SlowScenarios}:
 *
 * <pre>
 *                     connect       accept        read, skip    write         available     close
 *  does not wait      Connection    Connection    Read          Write         Read          End
 *  waits              (slow)        Meeting       Read          Write         never         (slow)
 *  timed              Connection    Connection    Read          no limit      never         (slow)
 *  peer closes        (slow)        Meeting       Read          Write         Read          Meeting
 *  peer resets        Connection    Meeting       Read, Data    Data          Read          Data
 *  closed meanwhile   End, Meeting  End, Meeting  End, Read     End, Write    Data          Meeting
 *  interrupt before   End, Meeting  End           End, Read     End, Write    Read          Meeting
 *  interrupt meanwhile End, Meeting End, Meeting  End, Read     End           never         (slow)
 *  several threads    Meeting       Meeting       Read          Write         Read          Meeting
 * </pre>
 *
 * <p>Asking for what is available never waits, so nothing happens meanwhile; SO_TIMEOUT is no limit of a write, and the
 * limit of a close is its linger. A peer that "resets" a connect refuses it.
 */
class SocketContractTest {
  static final List<Class<?>> SCENARIOS =
      List.of(
          DataScenarios.class,
          EndScenarios.class,
          ConstructorScenarios.class,
          ConnectionScenarios.class,
          ReadScenarios.class,
          WriteScenarios.class,
          MeetingScenarios.class,
          ProxyScenarios.class,
          OptionScenarios.class,
          DatagramScenarios.class,
          DatagramOptionScenarios.class);

  static Stream<Arguments> scenarios() {
    return scenarios(SCENARIOS);
  }

  private static Stream<Arguments> scenarios(List<Class<?>> types) {
    return types.stream()
        .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
        .filter(SocketContractTest::isScenario)
        .sorted(Comparator.comparing(Method::getName))
        .flatMap(method -> Stream.of(
            Arguments.of(method.getName(), "a platform thread", method),
            Arguments.of(method.getName(), "a virtual thread", method)));
  }

  private static boolean isScenario(Method method) {
    return !Modifier.isPrivate(method.getModifiers()) && !method.isSynthetic()
        && Arrays.equals(method.getParameterTypes(), new Class<?>[] {Scene.class});
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("scenarios")
  void ourSocketsDoWhatTheJdksDo(String name, String kind, Method scenario) {
    Arguments arguments = Arguments.of(name, kind, scenario);
    List<String> expected = Expected.JDKS.notes(arguments);
    List<String> actual = play(Subject.URING, arguments);
    assertFalse(expected.isEmpty());
    assertEquals(String.join("\n", expected), String.join("\n", actual));
  }

  @Test
  void ourSocketsDoWhatTheJdksDoWhereThatTakesLong() {
    Plays expected = Plays.slow(Subject.JDK);
    Plays actual = Plays.slow(Subject.URING);
    assertEquals(expected.all(), actual.all());
  }

  /** What the JDK's sockets do, played while ours are. */
  private static final class Expected {
    static final Plays JDKS = Plays.ofTheJdks();
  }

  /** The plays of many scenarios, several at a time. */
  static final class Plays {
    /** More would only wait for the processors. */
    private static final int MAX_AT_A_TIME = 6;

    private final Map<String, Future<List<String>>> notes = new TreeMap<>();

    private Plays(Subject subject, List<Arguments> scenarios, int atATime) {
      ExecutorService threads = Executors.newFixedThreadPool(atATime, Thread.ofPlatform().daemon().factory());
      scenarios.forEach(scenario -> notes.put(title(scenario), threads.submit(() -> play(subject, scenario))));
      threads.shutdown();
    }

    /** All scenarios on the JDK's sockets, which share nothing. */
    static Plays ofTheJdks() {
      return new Plays(Subject.JDK, scenarios().toList(), MAX_AT_A_TIME);
    }

    /** The scenarios that take long, all at the same time. */
    static Plays slow(Subject subject) {
      List<Arguments> slow = scenarios(List.of(SlowScenarios.class)).toList();
      return new Plays(subject, slow, slow.size());
    }

    private static String title(Arguments scenario) {
      return scenario.get()[0] + " on " + scenario.get()[1];
    }

    /** The notes of one, at its end. */
    List<String> notes(Arguments scenario) {
      return notes(title(scenario));
    }

    private List<String> notes(String title) {
      try {
        return notes.get(title).get();
      } catch (ExecutionException | InterruptedException e) {
        throw new AssertionError(title, e);
      }
    }

    /** The notes of all, at their end, as one text. */
    String all() {
      return notes.keySet().stream().map(title -> title + ": " + notes(title)).collect(Collectors.joining("\n"));
    }
  }

  /** Plays a scenario out of {@link #scenarios}. */
  static List<String> play(Subject subject, Arguments scenario) {
    Method method = (Method) scenario.get()[2];
    return Scene.play(subject, isVirtual((String) scenario.get()[1]), scene -> play(method, scene));
  }

  private static boolean isVirtual(String kind) {
    return kind.contains("virtual");
  }

  private static void play(Method scenario, Scene scene) throws Exception {
    try {
      scenario.invoke(null, scene);
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof Exception failed ? failed : e;
    }
  }
}
