package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertAll;

import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.Arguments;

/** The same comparison in JVMs with other settings, and with our factories behind the plain classes. */
class SocketContractInOtherJvmsTest {
  private static final Duration LIMIT = Duration.ofSeconds(50);

  /** Plays all on the JDK's sockets first, since factories are set for good. */
  static final class Main {
    public static void main(String[] arguments) throws IOException {
      Subject ours = Subject.valueOf(arguments[0]);
      List<Arguments> scenarios = SocketContractTest.scenarios().toList();
      // In those that have other settings they would only take long.
      boolean slowToo = ours != Subject.URING;
      String slow = slowToo ? SocketContractTest.Plays.slow(Subject.JDK).all() : "";
      SocketContractTest.Plays jdks = SocketContractTest.Plays.ofTheJdks();
      List<List<String>> expected = scenarios.stream().map(jdks::notes).toList();
      if (ours == Subject.PLAIN_ON_URING) {
        if (UringSocketImplFactory.install() != Transport.URING) {
          throw new AssertionError("nothing was installed");
        }
      }
      int differences = 0;
      for (int i = 0; i < scenarios.size(); i++) {
        List<String> actual = SocketContractTest.play(ours, scenarios.get(i));
        if (!actual.equals(expected.get(i))) {
          differences++;
          System.out.println(scenarios.get(i).get()[0] + " on " + scenarios.get(i).get()[1]);
          expected.get(i).stream().filter(note -> !actual.contains(note)).forEach(System.out::println);
          System.out.println("  but was");
          List<String> wanted = expected.get(i);
          actual.stream().filter(note -> !wanted.contains(note)).forEach(System.out::println);
        }
      }
      if (slowToo) {
        String actual = SocketContractTest.Plays.slow(ours).all();
        if (!actual.equals(slow)) {
          differences++;
          System.out.println(slow + "  but was\n" + actual);
        }
      }
      System.exit(differences == 0 ? 0 : 1);
    }
  }

  /** A JVM that compares, and whose code runs too seldom to be worth the second compiler. */
  private static ChildJvm comparing(Subject ours) {
    return ChildJvm.of(Main.class, ours.name()).options("-XX:TieredStopAtLevel=1").limit(LIMIT);
  }

  /** Side by side, since most of what they do is to wait. */
  private static void succeed(ChildJvm first, ChildJvm second) {
    try (ChildJvm.Running one = first.start(); ChildJvm.Running another = second.start()) {
      assertAll(() -> one.await().succeeded(), () -> another.await().succeeded());
    }
  }

  @Test
  void plainSocketsWithOurFactoriesAndOursOnOneCarrierDoWhatTheJdksDoAndNameHostsWhereTheyDo() {
    succeed(
        comparing(Subject.PLAIN_ON_URING),
        comparing(Subject.URING).oneCarrier().options("-Djdk.includeInExceptions=hostInfo"));
  }

  @RunsOnce("the JDK's sockets do all in one, and what the other's setting changes is above the drivers")
  @Test
  void ourClassesOnTheJdksTransportAndOursWithoutVersion6OfIpDoWhatTheJdksDo() {
    succeed(
        comparing(Subject.URING_ON_JDK).options("-Dloomring.transport=jdk"),
        comparing(Subject.URING).options("-Djava.net.preferIPv4Stack=true"));
  }
}
