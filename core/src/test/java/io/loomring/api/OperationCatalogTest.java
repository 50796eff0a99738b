package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loomring.ring.KernelSupport;
import io.loomring.ring.Opcode;
import io.loomring.testkit.Runs;
import io.loomring.testkit.RunsOnce;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** The table of {@code ./loomring ops} says what is so. */
@RunsOnce(RunsOnce.NO_DRIVER)
class OperationCatalogTest {
  private static final String HERE = "io.loomring.api.";

  private static Class<?> type(String name) throws ClassNotFoundException {
    return Class.forName(name.startsWith("io.loomring.") ? name : HERE + name);
  }

  private static boolean hasMethod(String name) throws ClassNotFoundException {
    int dot = name.lastIndexOf('.');
    Class<?> owner = type(name.substring(0, dot));
    return Modifier.isPublic(owner.getModifiers())
        && Stream.of(owner.getMethods()).anyMatch(method -> method.getName().equals(name.substring(dot + 1)));
  }

  /** Whether it is a test of the build, says that it runs the opcode, and is left out nowhere. */
  private static boolean runs(String name, Opcode opcode) throws ClassNotFoundException {
    int hash = name.indexOf('#');
    for (Method method : type(name.substring(0, hash)).getDeclaredMethods()) {
      Runs runs = method.getAnnotation(Runs.class);
      if (method.getName().equals(name.substring(hash + 1))
          && runs != null
          && List.of(runs.value()).contains(opcode)
          && (method.isAnnotationPresent(Test.class) || method.isAnnotationPresent(ParameterizedTest.class))) {
        return true;
      }
    }
    return false;
  }

  @Test
  void thereIsOneRowForEachOpcodeInOrder() {
    assertEquals(
        List.of(Opcode.values()), OperationCatalog.rows().stream().map(OperationCatalog.Row::opcode).toList());
  }

  @Test
  void everyMethodThatItNamesIsPublicAndThere() throws ClassNotFoundException {
    List<String> missing = new ArrayList<>();
    for (OperationCatalog.Row row : OperationCatalog.rows()) {
      if (row.method() != null && !hasMethod(row.method())) {
        missing.add(row.toString());
      }
    }
    assertEquals(List.of(), missing);
  }

  @Test
  void everyTestThatItNamesRunsTheOpcode() throws ClassNotFoundException {
    List<String> untrue = new ArrayList<>();
    for (OperationCatalog.Row row : OperationCatalog.rows()) {
      if (row.test() != null && !runs(row.test(), row.opcode())) {
        untrue.add(row.toString());
      }
    }
    assertEquals(List.of(), untrue);
  }

  @Test
  void noOpcodeOfThisKernelIsWithoutMethodAndTest() {
    Set<Opcode> here = kernel().opcodes();
    assertFalse(here.isEmpty());
    List<Opcode> without = OperationCatalog.rows().stream()
        .filter(row -> here.contains(row.opcode()))
        .filter(row -> row.method() == null || row.test() == null)
        .map(OperationCatalog.Row::opcode)
        .toList();
    assertEquals(List.of(), without);
  }

  @Test
  void whatThisKernelLacksIsRefusedWithItsNameAndVersion() {
    KernelSupport kernel = kernel();
    List<Opcode> lacking =
        Arrays.stream(Opcode.values()).filter(opcode -> !kernel.has(opcode)).toList();
    for (Opcode opcode : lacking) {
      String words = assertThrows(
          UnsupportedOperationException.class, () -> kernel.require(opcode)).getMessage();
      assertEquals(
          "IORING_OP_" + opcode + " needs Linux " + opcode.since() + "; this is " + kernel.version().release(), words);
    }
  }

  private static KernelSupport kernel() {
    try (Uring uring = Uring.open(UringConfig.defaults().withName("catalog"))) {
      return uring.support();
    }
  }
}
