package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Plays every scenario on the JDK's file channels and on our files, and compares the notes: the JDK says what is right. */
class FileContractTest {
  private static final List<Class<?>> SCENARIOS =
      List.of(FileOpenScenarios.class, FileDataScenarios.class, FileTransferScenarios.class);

  @TempDir
  private Path directory;

  static Stream<Arguments> scenarios() {
    return SCENARIOS.stream()
        .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
        .filter(FileContractTest::isScenario)
        .sorted(Comparator.comparing(Method::getName))
        .flatMap(method -> Stream.of(
            Arguments.of(method.getName(), "a platform thread", method),
            Arguments.of(method.getName(), "a virtual thread", method)));
  }

  private static boolean isScenario(Method method) {
    return !Modifier.isPrivate(method.getModifiers()) && !method.isSynthetic()
        && Arrays.equals(method.getParameterTypes(), new Class<?>[] {FileScene.class});
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("scenarios")
  void ourFilesDoWhatTheJdksChannelsDo(String name, String kind, Method scenario) throws IOException {
    compare(kind.contains("virtual"), scene -> play(scenario, scene));
  }

  @RunsOnce("opening is the same on any driver")
  @Test
  void smallSetsOfOptionsOpenTheSame() throws IOException {
    compare(true, scene -> FileOpenScenarios.openWithUpTo(scene, 3));
  }

  @Tag("long")
  @Test
  void anySetOfOptionsOpensTheSame() throws IOException {
    compare(true, scene -> FileOpenScenarios.openWithUpTo(scene, 12));
  }

  private void compare(boolean virtual, FileScene.Script script) throws IOException {
    List<String> expected = played(FileSubject.JDK, virtual, script);
    List<String> actual = played(FileSubject.URING, virtual, script);
    assertFalse(expected.isEmpty());
    assertEquals(String.join("\n", expected), String.join("\n", actual));
  }

  private List<String> played(FileSubject subject, boolean virtual, FileScene.Script script) throws IOException {
    Path own = Files.createDirectory(directory.resolve(subject.name()));
    return FileScene.play(subject, virtual, own, script);
  }

  private static void play(Method scenario, FileScene scene) throws Exception {
    try {
      scenario.invoke(null, scene);
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof Exception failed ? failed : e;
    }
  }
}
