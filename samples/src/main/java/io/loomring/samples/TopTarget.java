package io.loomring.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import com.sun.tools.attach.VirtualMachineDescriptor;
import io.loomring.api.UringMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.UndeclaredThrowableException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.JMX;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.jspecify.annotations.Nullable;

/** A running process that has Urings, and shows them to JMX: it is attached to, and asked over its local connector. */
final class TopTarget implements AutoCloseable {
  private static final String SHOWN_BY = "start it with -Dloomring.jmx=true, or have it call"
      + " uring.monitoring().register()";
  private static final long END_SECONDS = 2;
  private static final String URINGS = "io.loomring:type=Uring,*";

  /** What a process may be that can be attached to. */
  record Candidate(String pid, String name, boolean isShown) {}

  /** Why a process cannot be watched, or no longer; the message is all that its user needs. */
  static final class UnwatchableException extends Exception {
    private static final long serialVersionUID = 1;

    UnwatchableException(String message) {
      super(message);
    }
  }

  private final long pid;
  private final String name;
  private final JMXConnector connector;
  private final MBeanServerConnection server;

  private TopTarget(long pid, String name, JMXConnector connector, MBeanServerConnection server) {
    this.pid = pid;
    this.name = name;
    this.connector = connector;
    this.server = server;
  }

  /**
   * The processes of this user that have Loomring, as far as their command lines, environments and open files tell: who
   * lists them attaches to none.
   */
  static List<Candidate> candidates() {
    List<Candidate> found = new ArrayList<>();
    String self = Long.toString(ProcessHandle.current().pid());
    for (VirtualMachineDescriptor one : VirtualMachine.list()) {
      if (!one.id().equals(self)) {
        Path process = Path.of("/proc", one.id());
        String options = text(process.resolve("cmdline")) + text(process.resolve("environ"));
        boolean isShown = options.contains("-Dloomring.jmx=true");
        if (isShown || text(process.resolve("cmdline")).contains("loomring") || hasOpen(process, "loomring")) {
          found.add(new Candidate(one.id(), one.displayName(), isShown));
        }
      }
    }
    return found;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, ISO_8859_1);
    } catch (IOException goneOrNotOurs) {
      return "";
    }
  }

  private static boolean hasOpen(Path process, String part) {
    try (Stream<Path> open = Files.list(process.resolve("fd"))) {
      return open.anyMatch(one -> {
        try {
          return Files.readSymbolicLink(one).toString().contains(part);
        } catch (IOException closed) {
          return false;
        }
      });
    } catch (IOException | UncheckedIOException goneOrNotOurs) {
      return false;
    }
  }

  /** The process whose main class, or jar, has {@code part} in its name. */
  static long named(String part) throws UnwatchableException {
    String self = Long.toString(ProcessHandle.current().pid());
    List<VirtualMachineDescriptor> found = VirtualMachine.list().stream()
        .filter(one -> !one.id().equals(self) && one.displayName().contains(part))
        .toList();
    if (found.isEmpty()) {
      throw new UnwatchableException("no JVM of this user has " + part + " in its main class or arguments");
    }
    if (found.size() > 1) {
      StringBuilder text = new StringBuilder(found.size() + " JVMs have " + part + " in their main class or arguments:");
      found.forEach(one -> text.append("\n  ").append(one.id()).append("  ").append(one.displayName()));
      throw new UnwatchableException(text.toString());
    }
    return Long.parseLong(found.getFirst().id());
  }

  /** Attaches to a process. */
  static TopTarget attach(long pid) throws UnwatchableException {
    ProcessHandle process = ProcessHandle.of(pid)
        .orElseThrow(() -> new UnwatchableException("there is no process " + pid));
    if (pid == ProcessHandle.current().pid()) {
      throw new UnwatchableException("process " + pid + " is this one");
    }
    if (isNoJvm(pid)) {
      throw new UnwatchableException("process " + pid + " is no JVM");
    }
    try {
      VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
      String name;
      String address;
      try {
        name = machine.getSystemProperties().getProperty("sun.java.command", "");
        address = machine.startLocalManagementAgent();
      } finally {
        machine.detach();
      }
      return connect(pid, name, address);
    } catch (AttachNotSupportedException | IOException e) {
      throw new UnwatchableException(whyNot(process, e));
    }
  }

  /** Told at once: to try to attach would take its time. */
  private static boolean isNoJvm(long pid) {
    try (Stream<String> maps = Files.lines(Path.of("/proc", Long.toString(pid), "maps"), ISO_8859_1)) {
      return maps.noneMatch(line -> line.endsWith("/libjvm.so") || line.endsWith("/libjvm.so (deleted)"));
    } catch (IOException | UncheckedIOException notOurs) {
      return false;
    }
  }

  private static TopTarget connect(long pid, String name, String address) throws IOException, UnwatchableException {
    JMXConnector connector = JMXConnectorFactory.connect(new JMXServiceURL(address));
    TopTarget target = new TopTarget(pid, name, connector, connector.getMBeanServerConnection());
    try {
      if (target.urings().isEmpty()) {
        throw new UnwatchableException(target.whyNone());
      }
      return target;
    } catch (UnwatchableException | IOException e) {
      connector.close();
      throw e;
    }
  }

  private static String whyNot(ProcessHandle process, Exception thrown) {
    long pid = process.pid();
    Optional<String> owner = process.info().user();
    String me = System.getProperty("user.name");
    if (owner.isPresent() && !owner.get().equals(me)) {
      return "process " + pid + " is " + owner.get() + "'s: run top as that user, not as " + me;
    }
    if (!process.isAlive()) {
      return "process " + pid + " has ended";
    }
    return "process " + pid + " cannot be attached to: it has -XX:+DisableAttachMechanism, or does not answer ("
        + thrown.getMessage() + ")";
  }

  /** Whether it does not show what it has, or has nothing. */
  private String whyNone() {
    String answer = "";
    try {
      answer = (String) server.invoke(
          new ObjectName("com.sun.management:type=DiagnosticCommand"),
          "vmClassHierarchy",
          new Object[] {new String[] {"io.loomring.api.Uring"}},
          new String[] {String[].class.getName()});
    } catch (JMException | IOException e) {
      // Then the answer is the more cautious one.
    }
    return answer.contains("io.loomring.api.Uring")
        ? "process " + pid + " uses Loomring, and does not show it: " + SHOWN_BY
        : "process " + pid + " (" + name + ") has no Uring: it does not use Loomring, or not yet";
  }

  long pid() {
    return pid;
  }

  /** Main class or jar, and arguments. */
  String name() {
    return name;
  }

  private Map<String, UringMXBean> urings() throws IOException {
    Map<String, UringMXBean> found = new TreeMap<>();
    try {
      for (ObjectName one : server.queryNames(new ObjectName(URINGS), null)) {
        found.put(ObjectName.unquote(one.getKeyProperty("name")), JMX.newMXBeanProxy(server, one, UringMXBean.class));
      }
    } catch (JMException impossible) {
      throw new IllegalStateException(impossible);
    }
    return found;
  }

  /**
   * Asks all of its Urings.
   *
   * @param timedMillis for how long they are to be timed from now; 0 leaves that as it is
   */
  TopSample sample(long timedMillis) throws UnwatchableException {
    try {
      Map<String, TopSample.Reading> readings = new TreeMap<>();
      for (Map.Entry<String, UringMXBean> one : urings().entrySet()) {
        try {
          if (timedMillis > 0) {
            one.getValue().timeFor(timedMillis);
          }
          readings.put(one.getKey(), TopSample.Reading.of(one.getValue()));
        } catch (UndeclaredThrowableException e) {
          if (!(e.getCause() instanceof InstanceNotFoundException)) {
            throw e;
          }
          // Closed meanwhile.
        }
      }
      return new TopSample(System.nanoTime(), readings);
    } catch (IOException e) {
      throw new UnwatchableException(whyLost(e));
    } catch (UndeclaredThrowableException e) {
      throw new UnwatchableException(
          e.getCause() instanceof IOException lost ? whyLost(lost) : whyNotUnderstood(e.getCause()));
    } catch (RuntimeException e) {
      throw new UnwatchableException(whyNotUnderstood(e));
    }
  }

  private String whyLost(IOException thrown) {
    return hasEnded() ? "process " + pid + " has ended" : "process " + pid + " does not answer: " + thrown.getMessage();
  }

  /** Whether it has, or does in a moment: its connections are closed first. */
  private boolean hasEnded() {
    try {
      Optional<ProcessHandle> process = ProcessHandle.of(pid);
      if (process.isPresent()) {
        process.get().onExit().get(END_SECONDS, TimeUnit.SECONDS);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    }
  }

  private String whyNotUnderstood(@Nullable Throwable thrown) {
    return "process " + pid + " says other things of its Urings: it has another version of Loomring (" + thrown + ")";
  }

  /** Whether one of its Urings is timed just now. */
  boolean isTimed() throws IOException {
    return urings().values().stream().anyMatch(UringMXBean::isTimed);
  }

  /** Has nobody time them any more, unless they are timed for good. */
  void endTiming() {
    try {
      urings().values().forEach(one -> one.timeFor(0));
    } catch (IOException | RuntimeException gone) {
      // It ends by itself.
    }
  }

  @Override
  public void close() {
    try {
      connector.close();
    } catch (IOException gone) {
      // That is what was wanted.
    }
  }
}
