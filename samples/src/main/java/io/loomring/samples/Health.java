package io.loomring.samples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** {@code health}: connects to many servers at once, each within a deadline of its own, and says which are up. */
final class Health implements Loomring.Command {
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration MAX_TIMEOUT = Duration.ofDays(1);
  private static final int MOST_CHECKS = 10_000;

  @Override
  public String help() {
    return """
        Usage: ./loomring health [flags] HOST:PORT[/TIME]...

        Connects to each server, all at once, and prints a line for each, in the order of the arguments: up, with the
        time that took, or down, with the reason. A check ends at its deadline, whatever it waits for: TIME after its
        server's name (500ms, 2s, 1m), or what --timeout says. At most %d servers.

          --timeout T    the deadline of checks that name none, %ds by default
          --transport T  uring (default), jdk, or auto: uring, or jdk where the system refuses it

        Exit status: 0 if all are up, 1 if one is down or io_uring cannot be had, 2 for wrong arguments.
        """.formatted(MOST_CHECKS, DEFAULT_TIMEOUT.toSeconds());
  }

  @Override
  public Set<String> flags() {
    return Set.of("--timeout", "--transport");
  }

  @Override
  public int maxOperands() {
    return MOST_CHECKS;
  }

  /** A server, how long it may take, and the answer, which comes from a virtual thread. */
  private record Check(String name, Duration timeout, FutureTask<Duration> answer) {}

  @Override
  public int run(Arguments arguments) throws UsageException {
    Duration timeout = valid("--timeout", arguments.duration("--timeout", DEFAULT_TIMEOUT));
    Transport transport = Transport.of(arguments);
    if (arguments.operands().isEmpty()) {
      throw new UsageException("no server to check");
    }
    List<Check> checks = new ArrayList<>();
    for (String operand : arguments.operands()) {
      int slash = operand.indexOf('/');
      String name = slash < 0 ? operand : operand.substring(0, slash);
      InetSocketAddress server = Arguments.address(operand, name);
      Duration time = slash < 0 ? timeout : valid(operand, Arguments.time(operand, operand.substring(slash + 1)));
      checks.add(new Check(name, time, new FutureTask<>(() -> connect(transport, server, time))));
    }
    warmUp(transport);
    long start = System.nanoTime();
    checks.forEach(check -> Thread.ofVirtual().name("check " + check.name()).start(check.answer()));
    int width = checks.stream().mapToInt(check -> check.name().length()).max().orElse(0);
    boolean allUp = true;
    for (Check check : checks) {
      String down = failure(check, start);
      allUp &= down == null;
      String outcome = down != null
          ? "down  " + down
          : String.format(Locale.ROOT, "up    %.1f ms", check.answer().resultNow().toNanos() / 1e6);
      System.out.println(String.format("%-" + width + "s  %s", check.name(), outcome));
    }
    return allUp ? Loomring.OK : Loomring.FAILED;
  }

  private static Duration valid(String what, Duration timeout) throws UsageException {
    if (timeout.isZero() || timeout.compareTo(MAX_TIMEOUT) > 0) {
      throw new UsageException(what + ": a time above zero, at most a day");
    }
    return timeout;
  }

  /** Connects to itself: what a first connection takes to load classes and to make a ring is no server's delay. */
  private static void warmUp(Transport transport) {
    try (ServerSocket here = transport.newServerSocket()) {
      here.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      connect(transport, (InetSocketAddress) here.getLocalSocketAddress(), DEFAULT_TIMEOUT);
    } catch (IOException e) {
      // The checks will say what is wrong.
    }
  }

  private static Duration connect(Transport transport, InetSocketAddress server, Duration timeout) throws IOException {
    long start = System.nanoTime();
    try (Socket socket = transport.newSocket()) {
      // A name may have to be asked for, which has no timeout: that is why the answer is waited for with one as well.
      socket.connect(new InetSocketAddress(server.getHostString(), server.getPort()), (int) timeout.toMillis());
      return Duration.ofNanos(System.nanoTime() - start);
    }
  }

  /** Waits until the deadline of the check; why its server is down, or null. */
  private static @Nullable String failure(Check check, long start) {
    try {
      check.answer().get(Math.max(0, start + check.timeout().toNanos() - System.nanoTime()), TimeUnit.NANOSECONDS);
      return null;
    } catch (TimeoutException e) {
      return late(check);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    } catch (ExecutionException e) {
      return switch (e.getCause()) {
        case SocketTimeoutException late -> late(check);
        case UnknownHostException unknown -> "no such host";
        case IOException failed -> String.valueOf(failed.getMessage());
        case RuntimeException failed -> throw failed;
        case null, default -> throw new IllegalStateException(e);
      };
    }
  }

  private static String late(Check check) {
    return "no answer within " + check.timeout().toMillis() + " ms";
  }
}
