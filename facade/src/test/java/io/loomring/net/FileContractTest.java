package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.loomring.testkit.ChildJvm;
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
import org.junit.jupiter.params.provider.ValueSource;

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
    compare(isVirtual(Arguments.of(name, kind)), scene -> play(scenario, scene));
  }

  @RunsOnce("opening is the same on any driver")
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void smallSetsOfOptionsOpenTheSame(int options) throws IOException {
    compare(true, scene -> FileOpenScenarios.openWith(scene, options));
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5, 6, 7, 8, 9, 10, 11})
  void anySetOfOptionsOpensTheSame(int options) throws IOException {
    compare(true, scene -> FileOpenScenarios.openWith(scene, options));
  }

  /** Plays all of them on the transport jdk. */
  static final class Main {
    public static void main(String[] arguments) throws IOException {
      for (Arguments scenario : scenarios().toList()) {
        Path directory = Files.createTempDirectory(Path.of(arguments[0]), "files");
        compare(directory, isVirtual(scenario), scene -> play((Method) scenario.get()[2], scene));
      }
      assertEquals(Transport.JDK, Transport.current());
      System.out.println("the same");
    }
  }

  @RunsOnce("no driver is behind the JDK's channels")
  @Test
  void soTheyDoOnTheTransportJdk() {
    ChildJvm child = ChildJvm.of(Main.class, directory.toString()).options("-Dloomring.transport=jdk");
    assertEquals("the same\n", child.run().succeeded());
  }

  private void compare(boolean virtual, FileScene.Script script) throws IOException {
    compare(directory, virtual, script);
  }

  private static void compare(Path directory, boolean virtual, FileScene.Script script) throws IOException {
    List<String> expected = played(directory, FileSubject.JDK, virtual, script);
    List<String> actual = played(directory, FileSubject.URING, virtual, script);
    assertFalse(expected.isEmpty());
    assertEquals(String.join("\n", expected), String.join("\n", actual));
  }

  private static List<String> played(Path directory, FileSubject subject, boolean virtual, FileScene.Script script)
      throws IOException {
    Path own = Files.createDirectory(directory.resolve(subject.name()));
    return FileScene.play(subject, virtual, own, script);
  }

  private static boolean isVirtual(Arguments scenario) {
    return scenario.get()[1].toString().contains("virtual");
  }

  private static void play(Method scenario, FileScene scene) throws Exception {
    try {
      scenario.invoke(null, scene);
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof Exception failed ? failed : e;
    }
  }
}
