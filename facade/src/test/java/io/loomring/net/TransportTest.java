package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import io.loomring.error.UringUnavailableException;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.DeniedSystemCalls;
import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose sockets those of this package are: each case in a JVM of its own, since it is decided once. */
@RunsOnce("whose sockets they are, not which driver's")
class TransportTest {
  private static final String LOG_LINE = "sockets are the JDK's: ";

  /** Does what its arguments say, one after the other, and says what each came to. */
  static final class Main {
    public static void main(String[] steps) {
      for (String step : steps) {
        System.out.println(step + ": " + outcome(step));
      }
    }

    private static String outcome(String step) {
      try {
        return step(step);
      } catch (SocketException e) {
        return "SocketException, cause " + (e.getCause() instanceof UringUnavailableException) + ", " + e.getMessage();
      } catch (IOException | RuntimeException e) {
        return e.getClass().getSimpleName() + ", " + e.getMessage();
      }
    }

    private static String step(String step) throws IOException {
      return switch (step) {
        case "ours" -> whose(new UringServerSocket(0, 1, InetAddress.getLoopbackAddress()), new UringSocket());
        case "plain" -> whose(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()), new Socket());
        case "install" -> UringSocketImplFactory.install().toString();
        case "open" -> Uring.open(UringConfig.defaults()).toString();
        case "current" -> Transport.current().toString();
        default -> {
          Transport.use(Transport.valueOf(step));
          yield "used";
        }
      };
    }

    /** Moves a byte, and tells by where an accept waits whose the sockets are. */
    private static String whose(ServerSocket server, Socket client) throws IOException {
      try (server; client) {
        client.connect(server.getLocalSocketAddress());
        try (Socket accepted = server.accept()) {
          client.getOutputStream().write(42);
          assertEquals(42, accepted.getInputStream().read());
        }
        server.setSoTimeout(1);
        server.accept();
        throw new AssertionError("nobody connected");
      } catch (SocketTimeoutException timedOut) {
        return Arrays.stream(timedOut.getStackTrace())
                .anyMatch(frame -> frame.getClassName().equals(UringSocketImpl.class.getName()))
            ? "the ring's"
            : "the JDK's";
      }
    }
  }

  private static ChildJvm.Result run(ChildJvm jvm) {
    ChildJvm.Result result = jvm.run();
    result.succeeded();
    return result;
  }

  private static void assertSays(String expected, ChildJvm.Result result) {
    assertEquals(expected, result.out().strip(), result::err);
  }

  private static long logLines(ChildJvm.Result result) {
    return result.err().lines().filter(line -> line.contains(LOG_LINE)).count();
  }

  @Test
  void withoutAChoiceTheRingIsTakenWhereItWorks() {
    ChildJvm.Result result = run(ChildJvm.of(Main.class, "plain", "ours", "current"));
    assertSays("plain: the JDK's\nours: the ring's\ncurrent: uring", result);
    assertEquals(0, logLines(result));
  }

  @ParameterizedTest(name = "{0} from system call {1}")
  @CsvSource({"EPERM, 425", "ENOSYS, 425", "EINVAL, 425", "EPERM, 426", "ENOSYS, 427"})
  void aRefusalAnywhereInTheRoundTripMeansTheJdksSocketsAndOneLineOfTheLog(String errno, int call) {
    ChildJvm.Result result = run(
        ChildJvm.of(Main.class, "ours", "ours", "install", "plain").denying(errno, call));
    assertSays("ours: the JDK's\nours: the JDK's\ninstall: jdk\nplain: the JDK's", result);
    assertEquals(1, logLines(result), result::err);
    assertTrue(result.err().contains(errno), result::err);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ENOMEM", "EMFILE"})
  void aShortageIsAnErrorAndNoReasonToFallBack(String errno) {
    ChildJvm.Result result = run(
        ChildJvm.of(Main.class, "ours", "install").denying(errno, DeniedSystemCalls.IO_URING_SETUP));
    String[] lines = result.out().split("\n");
    assertTrue(lines[0].startsWith(
        "ours: SocketException, cause true, io_uring is not available: io_uring_setup answered " + errno), result::out);
    assertTrue(lines[1].startsWith("install: UringUnavailableException, "), result::out);
    assertEquals(0, logLines(result));
  }

  @Test
  void whereTheRingIsRequiredARefusalIsAnErrorWithTheRemedy() {
    ChildJvm.Result result = run(ChildJvm.of(Main.class, "ours", "install")
        .options("-Dloomring.transport=uring")
        .denying("EPERM", DeniedSystemCalls.IO_URING_SETUP));
    String[] lines = result.out().split("\n");
    assertTrue(lines[0].startsWith("ours: SocketException, cause true, "), result::out);
    assertTrue(lines[0].contains("kernel.io_uring_disabled"), result::out);
    assertTrue(lines[1].startsWith("install: UringUnavailableException, "), result::out);
  }

  @Test
  void anotherOperatingSystemMeansTheJdksSocketsAndLoadsNothingNative() {
    // The name goes to this library alone: the JDK was built for what it runs on.
    ChildJvm.Result result = run(ChildJvm.of(Main.class, "ours")
        .options("-Dos.name=Mac OS X", "-Xlog:class+load:stdout"));
    assertEquals(1, logLines(result), result::err);
    assertTrue(result.err().contains("this is Mac OS X"), result::err);
    assertTrue(result.out().contains("\nours: the JDK's\n"), result::out);
    assertTrue(result.out().contains("io.loomring.net.JdkSocketImpl"), "loaded classes are listed");
    assertFalse(result.out().contains("com.sun.jna.Native "), "JNA was loaded");
  }

  @Test
  void aRingThatIsOpenedOnAnotherOperatingSystemIsAnErrorBeforeAnythingNativeIsLoaded() {
    ChildJvm.Result result = run(ChildJvm.of(Main.class, "open")
        .options("-Dos.name=Mac OS X", "-Xlog:class+load:stdout"));
    assertTrue(result.out().contains("\nopen: UringUnavailableException, "), result::out);
    assertTrue(result.out().contains("this is Mac OS X"), "the reason is given");
    assertFalse(result.out().contains("com.sun.jna.Native "), "JNA was loaded");
  }

  @Test
  void whereTheRingIsRequiredAnotherOperatingSystemIsAnError() {
    ChildJvm.Result result =
        run(ChildJvm.of(Main.class, "ours").options("-Dos.name=Mac OS X", "-Dloomring.transport=uring"));
    assertTrue(result.out().startsWith("ours: SocketException, cause true, "), result::out);
    assertTrue(result.out().contains("this is Mac OS X"), result::out);
  }

  @Test
  void thePropertyChoosesTheJdksSocketsWithoutARing() {
    ChildJvm.Result result = run(
        ChildJvm.of(Main.class, "ours", "install", "plain", "current").options("-Dloomring.transport=jdk"));
    assertSays("ours: the JDK's\ninstall: jdk\nplain: the JDK's\ncurrent: jdk", result);
    assertEquals(0, logLines(result));
  }

  @Test
  void aPropertyThatNamesNoTransportIsNamed() {
    ChildJvm.Result result = run(ChildJvm.of(Main.class, "ours").options("-Dloomring.transport=epoll"));
    assertSays("ours: IllegalArgumentException, -Dloomring.transport=epoll is none of auto, uring and jdk", result);
  }

  @Test
  void whatTheProgramChoosesBeatsTheProperty() {
    ChildJvm.Result result = run(ChildJvm.of(Main.class, "JDK", "URING", "JDK", "ours", "AUTO", "JDK", "URING")
        .options("-Dloomring.transport=uring"));
    assertSays("JDK: used\nURING: used\nJDK: used\nours: the JDK's\nAUTO: used\nJDK: used\n"
        + "URING: IllegalStateException, the transport is jdk already, since sockets were made: choose it before the"
        + " first", result);
  }

  @Test
  void oneCallPutsPlainSocketsOnTheRingAndTheSecondDoesNothing() {
    ChildJvm.Result result = run(ChildJvm.of(Main.class, "plain", "install", "plain", "install", "ours"));
    assertSays("plain: the JDK's\ninstall: uring\nplain: the ring's\ninstall: uring\nours: the ring's", result);
  }

  /** Another library was first. */
  static final class TakenMain {
    @SuppressWarnings("deprecation")
    public static void main(String[] arguments) throws IOException {
      Socket.setSocketImplFactory(UringSocketImplFactory.forSockets());
      try {
        UringSocketImplFactory.install();
      } catch (SocketException refused) {
        System.out.println(refused.getMessage());
      }
    }
  }

  @Test
  void whereAnotherLibraryWasFirstTheCallSaysSo() {
    ChildJvm.Result result = run(ChildJvm.of(TakenMain.class));
    assertTrue(result.out().startsWith("another library has set the factory of java.net.Socket"), result::out);
  }

  /** Moves bytes that are in no array. */
  static final class MemoryMain {
    public static void main(String[] arguments) throws IOException {
      try (UringServerSocket server = new UringServerSocket(0, 1, InetAddress.getLoopbackAddress());
          UringSocket client = new UringSocket(server.getInetAddress(), server.getLocalPort());
          UringSocket accepted = server.accept();
          Arena arena = Arena.ofConfined()) {
        MemorySegment out = arena.allocate(200_000);
        out.fill((byte) 7).set(ValueLayout.JAVA_BYTE, 199_999, (byte) 9);
        Thread writer = Thread.ofVirtual().start(() -> {
          try {
            accepted.write(ByteBuffer.wrap(new byte[200_000]));
            accepted.shutdownOutput();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
        client.write(out.asSlice(150_000));
        MemorySegment in = arena.allocate(50_000);
        long got = 0;
        while (got < in.byteSize()) {
          got += accepted.read(in.asSlice(got));
        }
        System.out.println(out.asSlice(150_000).mismatch(in));
        ByteBuffer direct = ByteBuffer.allocateDirect(300_000);
        int count = 0;
        while (count >= 0) {
          count = client.read(direct);
        }
        System.out.println(direct.position());
        writer.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Test
  void buffersAndMemoryMoveOnTheJdksSocketsToo() {
    assertSays("-1\n200000", run(ChildJvm.of(MemoryMain.class).options("-Dloomring.transport=jdk")));
  }
}
