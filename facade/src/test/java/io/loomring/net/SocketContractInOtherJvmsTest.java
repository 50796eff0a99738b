package io.loomring.net;

import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.Arguments;

/** The same comparison in JVMs with other settings, and with our factories behind the plain classes. */
class SocketContractInOtherJvmsTest {
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
    return ChildJvm.of(Main.class, ours.name()).options("-XX:TieredStopAtLevel=1");
  }

  @Test
  void plainSocketsWithOurFactoriesDoWhatTheJdksDo() {
    comparing(Subject.PLAIN_ON_URING).run().succeeded();
  }

  @RunsOnce("the JDK's sockets do all")
  @Test
  void ourClassesOnTheJdksTransportDoWhatTheJdksDo() {
    comparing(Subject.URING_ON_JDK).options("-Dloomring.transport=jdk").run().succeeded();
  }

  @RunsOnce("what the setting changes is above the drivers")
  @Test
  void onlyVersion4OfIpDoesWhatTheJdkDoes() {
    comparing(Subject.URING).options("-Djava.net.preferIPv4Stack=true").run().succeeded();
  }

  @Test
  void oneCarrierDoesWhatTheJdkDoesAndHostsInMessagesAreWhereTheJdkHasThem() {
    comparing(Subject.URING).oneCarrier().options("-Djdk.includeInExceptions=hostInfo").run().succeeded();
  }
}
