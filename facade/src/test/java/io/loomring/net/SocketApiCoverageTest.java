package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No public method and no constructor of the classes that ours stand in for goes without a scenario that calls it. */
@RunsOnce("it looks at class files")
class SocketApiCoverageTest {
  /** What the scenarios call: from their constant pools, method references included. */
  private static final Set<String> CALLED = called();

  /** What makes the sockets of the JDK; scenarios make others for the other side. */
  private static final Set<String> MADE = calledBy(Stream.of(Subject.Makers.PLAIN.getClass()));

  /** Factories are set once in a JVM: SocketContractInOtherJvmsTest and MigrationGuideTest do. */
  private static final Set<String> STATIC =
      Set.of("setSocketImplFactory", "setSocketFactory", "setDatagramSocketImplFactory");

  private static Set<String> called() {
    return calledBy(Stream.concat(SocketContractTest.SCENARIOS.stream(), Stream.of(SlowScenarios.class)));
  }

  private static Set<String> calledBy(Stream<Class<?>> types) {
    Set<String> called = new TreeSet<>();
    types.flatMap(type -> Stream.concat(Stream.of(type), Arrays.stream(type.getDeclaredClasses())))
        .forEach(type -> calledBy(type, called));
    return called;
  }

  private static void calledBy(Class<?> type, Set<String> into) {
    String file = type.getName().substring(type.getName().lastIndexOf('.') + 1) + ".class";
    try (InputStream bytes = type.getResourceAsStream(file)) {
      ClassFile.of().parse(bytes.readAllBytes()).constantPool().forEach(entry -> {
        if (entry instanceof MemberRefEntry member && member.type().stringValue().startsWith("(")) {
          into.add(signature(
              member.owner().asInternalName().replace('/', '.'),
              member.name().stringValue(),
              parameters(member.type().stringValue())));
        }
      });
    } catch (IOException e) {
      throw new AssertionError(type.getName(), e);
    }
  }

  private static List<String> parameters(String descriptor) {
    return MethodTypeDesc.ofDescriptor(descriptor).parameterList().stream().map(type -> type.displayName()).toList();
  }

  private static String signature(String owner, String name, List<String> parameters) {
    return owner + "." + name + "(" + String.join(", ", parameters) + ")";
  }

  private static String signature(Executable of) {
    return signature(
        of.getDeclaringClass().getName(),
        of instanceof Constructor<?> ? "<init>" : of.getName(),
        Arrays.stream(of.getParameterTypes()).map(Class::getSimpleName).toList());
  }

  @ParameterizedTest
  @ValueSource(classes = {Socket.class, ServerSocket.class, DatagramSocket.class})
  void everyPublicMethodIsInAScenario(Class<?> type) {
    assertEquals(
        List.of(),
        Arrays.stream(type.getMethods())
            .filter(method -> method.getDeclaringClass() == type && !method.isBridge())
            .filter(method -> !Modifier.isStatic(method.getModifiers()) || !STATIC.contains(method.getName()))
            .map((Method method) -> signature(method))
            .filter(method -> !CALLED.contains(method))
            .sorted()
            .toList());
  }

  @ParameterizedTest
  @ValueSource(classes = {Socket.class, ServerSocket.class, DatagramSocket.class})
  void everyPublicConstructorThatIsToStayIsInAScenario(Class<?> type) {
    assertEquals(
        List.of(),
        Arrays.stream(type.getConstructors())
            .filter(constructor -> !isForRemoval(constructor))
            .map((Constructor<?> constructor) -> signature(constructor))
            .filter(constructor -> !MADE.contains(constructor))
            .sorted()
            .toList());
  }

  private static boolean isForRemoval(Constructor<?> constructor) {
    Deprecated deprecated = constructor.getAnnotation(Deprecated.class);
    return deprecated != null && deprecated.forRemoval();
  }

  @Test
  void socketsHaveTheOptionsThatScenariosGoThrough() throws IOException {
    try (UringSocket client = new UringSocket();
        UringServerSocket server = new UringServerSocket()) {
      assertEquals(13, client.supportedOptions().size());
      assertEquals(9, server.supportedOptions().size());
    }
  }
}
