package io.loomring.interleavings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jcstress.JCStress;
import org.openjdk.jcstress.Options;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.StateCase;
import org.openjdk.jcstress.infra.TestInfo;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.runners.ForkedTestConfig;
import org.openjdk.jcstress.infra.runners.Runner;
import org.openjdk.jcstress.infra.runners.SpinLoopStyle;
import org.openjdk.jcstress.infra.runners.TestList;

/**
 * What two threads do at once in core, as jcstress has them meet: a moment of each test in this process, and with the
 * tests tagged {@code long} all of them in processes of their own, with each of the two compiled in each way.
 */
class InterleavingsTest {
  private static final int TESTS = 65;
  private static final int MOMENT_MILLIS = 20;
  private static final int STRIDE = 16;
  private static final int FOOTPRINT_MIB = 64;

  @Test
  void allTestsAreThere() {
    assertEquals(TESTS, TestList.tests().size(), () -> TestList.tests().toString());
  }

  @TestFactory
  Stream<DynamicTest> nothingForbiddenShowsInAMoment() {
    return TestList.tests().stream().sorted()
        .map(name -> DynamicTest.dynamicTest(shortName(name), () -> runForAMoment(TestList.getInfo(name))));
  }

  @Test
  @Tag("long")
  void nothingForbiddenShowsHoweverTheyAreCompiled(@TempDir Path reports) throws Exception {
    Options options = new Options(new String[] {
        "-r", reports.toString(), "-jvmArgs", "-Xmx512m --enable-native-access=ALL-UNNAMED",
        "-f", "1", "-iters", "3", "-time", "200", "-strideSize", "64"});
    assertTrue(options.parse());
    // It throws what it has found.
    new JCStress(options).run();
  }

  private static String shortName(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private static void runForAMoment(TestInfo test) throws Exception {
    ForkedTestConfig config = config(test);
    TestResult result = ((Runner<?>) Class.forName(test.generatedRunner())
        .getConstructor(ForkedTestConfig.class).newInstance(config)).run();
    assertEquals(Status.NORMAL, result.status(), () -> result.getMessages().toString());
    TreeMap<String, Long> seen = new TreeMap<>();
    for (String state : result.getStateKeys()) {
      seen.put(state, result.getCount(state));
    }
    System.out.println(shortName(test.name()) + ": " + seen);
    List<String> forbidden = seen.keySet().stream().filter(state -> isForbidden(test, state)).toList();
    assertEquals(List.of(), forbidden, () -> "of " + seen);
    assertTrue(result.getTotalCount() > 0, "they never met");
  }

  private static boolean isForbidden(TestInfo test, String state) {
    StateCase found = test.cases().stream().filter(known -> known.matches(state)).findFirst().orElse(test.unmatched());
    return found.expect() == Expect.FORBIDDEN || found.expect() == Expect.UNKNOWN;
  }

  /** What a forked run is told; there is no other way to make one without a fork. */
  private static ForkedTestConfig config(TestInfo test) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(SpinLoopStyle.THREAD_YIELD.ordinal());
      out.writeInt(MOMENT_MILLIS);
      out.writeInt(1);
      out.writeUTF(test.generatedRunner());
      out.writeInt(FOOTPRINT_MIB);
      out.writeInt(STRIDE);
      out.writeInt(STRIDE);
      out.writeBoolean(false);
    }
    return new ForkedTestConfig(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
  }
}
