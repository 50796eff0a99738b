package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.UringUnavailableException;
import io.loomring.sys.Errno;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.DeniedSystemCalls;
import io.loomring.testkit.RunsOnce;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Where io_uring, or one of its system calls, is refused, as containers and sandboxes do (K-27). */
@RunsOnce("the probe has no loops")
class RefusedRingTest {
  /** Says whether io_uring is available, and why not. */
  static final class Main {
    public static void main(String[] args) {
      UringUnavailableException cause = Uring.unavailabilityCause();
      System.out.println("available=" + Uring.isAvailable());
      if (cause != null) {
        System.out.println("refusal=" + cause.isRefusal());
        System.out.println("errno=" + cause.errno());
        System.out.println(cause.getMessage());
      }
    }
  }

  static Stream<Arguments> refusals() {
    return Stream.of("EPERM", "ENOSYS")
        .flatMap(errno -> Stream.of(
                DeniedSystemCalls.IO_URING_SETUP,
                DeniedSystemCalls.IO_URING_ENTER,
                DeniedSystemCalls.IO_URING_REGISTER)
            .map(call -> Arguments.of(errno, call)));
  }

  @ParameterizedTest(name = "{0} from system call {1} is seen")
  @MethodSource("refusals")
  void aRefusedCallMakesItUnavailable(String errno, int call) {
    String said = ChildJvm.of(Main.class).denying(errno, call).run().succeeded();
    assertTrue(said.contains("available=false"), said);
    assertTrue(said.contains("refusal=true"), said);
    assertTrue(said.contains(errno), said);
    assertTrue(said.contains("jdk transport"), said);
  }

  @ParameterizedTest(name = "EPERM from system call {0} names causes and remedy")
  @MethodSource("calls")
  void aForbiddenCallNamesWhoForbidsItAndTheRemedy(int call) {
    String said = ChildJvm.of(Main.class).denying("EPERM", call).run().succeeded();
    assertTrue(said.contains("seccomp"), said);
    assertTrue(said.contains("kernel.io_uring_disabled"), said);
    assertTrue(said.contains("425, 426 and 427"), said);
  }

  static Stream<Integer> calls() {
    return Stream.of(
        DeniedSystemCalls.IO_URING_SETUP, DeniedSystemCalls.IO_URING_ENTER, DeniedSystemCalls.IO_URING_REGISTER);
  }

  @Test
  void aMemoryLimitIsNoRefusal() {
    String said = ChildJvm.of(Main.class).denying("ENOMEM", DeniedSystemCalls.IO_URING_SETUP).run().succeeded();
    assertTrue(said.contains("available=false"), said);
    assertTrue(said.contains("refusal=false"), said);
    assertTrue(said.contains("RLIMIT_MEMLOCK"), said);
  }

  @Test
  void aShortageOfDescriptorsIsNoRefusal() {
    String said = ChildJvm.of(Main.class).denying("EMFILE", DeniedSystemCalls.IO_URING_SETUP).run().succeeded();
    assertTrue(said.contains("available=false"), said);
    assertTrue(said.contains("refusal=false"), said);
    assertTrue(said.contains("RLIMIT_NOFILE"), said);
  }

  /** Looks while descriptors are used up, and again once they are not. */
  static final class ShortOfDescriptorsMain {
    public static void main(String[] args) throws IOException, ClassNotFoundException {
      // Loads all that saying so takes: with no descriptor left, no class file can be opened.
      System.out.println(UringUnavailableException.refused("nothing", Errno.EMFILE).again().isRefusal());
      Class.forName(Availability.class.getName());
      Uring.open(UringConfig.defaults()).close();
      List<FileInputStream> opened = new ArrayList<>();
      List<Object> found = new ArrayList<>();
      try {
        while (true) {
          opened.add(new FileInputStream("/dev/null"));
        }
      } catch (FileNotFoundException usedUp) {
        UringUnavailableException cause = Uring.unavailabilityCause();
        found.add(cause == null ? "none" : Errno.name(cause.errno()));
      }
      for (FileInputStream stream : opened) {
        stream.close();
      }
      found.add(Uring.isAvailable());
      System.out.println(found);
    }
  }

  @Test
  void aShortageThatHasPassedIsForgotten() {
    String said = ChildJvm.of(ShortOfDescriptorsMain.class)
        .maxDescriptors(200)
        .run()
        .succeeded();
    assertEquals("false\n[EMFILE, true]\n", said);
  }

  @Test
  void withNothingRefusedTheSameChildSaysAvailable() {
    assertEquals("available=true", ChildJvm.of(Main.class).run().succeeded().strip());
  }
}
