package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Plays every scenario on the JDK's sockets and on ours, and compares the notes: the JDK says what is right. */
class SocketContractTest {
  private static final List<Class<?>> SCENARIOS =
      List.of(
          DataScenarios.class,
          EndScenarios.class,
          ConnectionScenarios.class,
          OptionScenarios.class,
          DatagramScenarios.class,
          DatagramOptionScenarios.class);

  static Stream<Arguments> scenarios() {
    return SCENARIOS.stream()
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
    boolean virtual = isVirtual(kind);
    List<String> expected = Scene.play(Subject.JDK, virtual, scene -> play(scenario, scene));
    List<String> actual = Scene.play(Subject.URING, virtual, scene -> play(scenario, scene));
    assertFalse(expected.isEmpty());
    assertEquals(String.join("\n", expected), String.join("\n", actual));
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
