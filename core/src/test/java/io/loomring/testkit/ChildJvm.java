package io.loomring.testkit;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * A JVM of its own for what must not happen in this one: other options, a filter on system calls, an end by crash. It has
 * this JVM's class path, native access, driver and compilers, and one that does not end in time is killed, with its threads
 * in the failure.
 *
 * <pre>{@code
 *  ChildJvm.Result result = ChildJvm.of(Main.class, "argument").options("-Dname=value").run();
 * }</pre>
 */
public final class ChildJvm {
  private static final Duration LIMIT = Patience.seconds(60);

  private final Class<?> main;
  private final List<String> arguments;
  private final List<String> options = new ArrayList<>();
  private String path = classPath();
  private UnaryOperator<List<String>> wrapper = UnaryOperator.identity();
  private Duration limit = LIMIT;

  private ChildJvm(Class<?> main, List<String> arguments) {
    this.main = main;
    this.arguments = arguments;
  }

  /** One that runs {@code main} with {@code arguments}. */
  public static ChildJvm of(Class<?> main, String... arguments) {
    return new ChildJvm(main, List.of(arguments));
  }

  /** Adds options of the JVM. */
  public ChildJvm options(String... more) {
    options.addAll(List.of(more));
    return this;
  }

  /** Gives it another class path than this JVM's. */
  public ChildJvm classPath(String newPath) {
    path = newPath;
    return this;
  }

  /** Leaves virtual threads one carrier, and never more. */
  public ChildJvm oneCarrier() {
    return options("-Djdk.virtualThreadScheduler.parallelism=1", "-Djdk.virtualThreadScheduler.maxPoolSize=1");
  }

  /** Allows it so many open descriptors, and no more. */
  public ChildJvm maxDescriptors(int count) {
    return options("-XX:-MaxFDLimit").wrappedBy(command -> {
      List<String> limited = new ArrayList<>(List.of("sh", "-c", "ulimit -n " + count + "; exec \"$@\"", "sh"));
      limited.addAll(command);
      return limited;
    });
  }

  /** Refuses {@code calls} with {@code errno}, such as EPERM. */
  public ChildJvm denying(String errno, Integer... calls) {
    return wrappedBy(command -> DeniedSystemCalls.command(errno, List.of(calls), command));
  }

  /** Runs it under a seccomp profile. */
  public ChildJvm under(Path profile) {
    return wrappedBy(command -> SeccompProfile.command(profile, command));
  }

  /** Has another command start it, in the same process: {@code wrapper} makes one command line of the other. */
  public ChildJvm wrappedBy(UnaryOperator<List<String>> outer) {
    UnaryOperator<List<String>> inner = wrapper;
    wrapper = command -> outer.apply(inner.apply(command));
    return this;
  }

  /** How long it may run; a minute unless told otherwise, and more in long tests. */
  public ChildJvm limit(Duration newLimit) {
    limit = newLimit;
    return this;
  }

  /** Runs it to its end, and fails if it does not come to one in time. */
  public Result run() {
    try (Running running = start()) {
      return running.await();
    }
  }

  /** Starts it. */
  public Running start() {
    try {
      return new Running(new ProcessBuilder(wrapper.apply(commandLine())).start(), main.getSimpleName(), limit);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> commandLine() {
    List<String> line = new ArrayList<>(List.of(javaExecutable(), "--enable-native-access=ALL-UNNAMED", "-ea"));
    line.add(Patience.option());
    line.addAll(compilers());
    line.addAll(TestDriver.options());
    line.addAll(options);
    line.addAll(List.of("-cp", path, main.getName()));
    line.addAll(arguments);
    return line;
  }

  private static List<String> compilers() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("-XX:TieredStopAtLevel="))
        .toList();
  }

  static String javaExecutable() {
    return tool("java");
  }

  private static String tool(String name) {
    return Path.of(System.getProperty("java.home"), "bin", name).toString();
  }

  static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  /** What it left: its exit code, and all that it wrote. */
  public record Result(int exitCode, String out, String err) {
    /** Fails, with all that it wrote, unless it ended with 0; answers what it wrote to its standard output. */
    public String succeeded() {
      if (exitCode != 0) {
        fail("the JVM ended with " + exitCode + ", standard output:\n" + out + "\nstandard error:\n" + err);
      }
      return out;
    }
  }

  /** One that runs; closing it kills it. */
  public static final class Running implements AutoCloseable {
    private final Process process;
    private final String name;
    private final Duration limit;
    private final StringBuffer outSoFar = new StringBuffer();
    private final StringBuffer errSoFar = new StringBuffer();
    private final CompletableFuture<String> out;
    private final CompletableFuture<String> err;

    private Running(Process process, String name, Duration limit) {
      this.process = process;
      this.name = name;
      this.limit = limit;
      this.out = capture(process.getInputStream(), name + "-out", outSoFar);
      this.err = capture(process.getErrorStream(), name + "-err", errSoFar);
    }

    private static CompletableFuture<String> capture(InputStream from, String threadName, StringBuffer soFar) {
      CompletableFuture<String> text = new CompletableFuture<>();
      Thread.ofPlatform().daemon(true).name(threadName).start(() -> {
        try (Reader reader = new InputStreamReader(from, StandardCharsets.UTF_8)) {
          char[] chars = new char[4096];
          for (int count = reader.read(chars); count >= 0; count = reader.read(chars)) {
            soFar.append(chars, 0, count);
          }
          text.complete(soFar.toString());
        } catch (IOException e) {
          text.complete("(not read: " + e + ")");
        }
      });
      return text;
    }

    /** The process, to write to it or to kill it. */
    public Process process() {
      return process;
    }

    /** What it has written to its standard output until now. */
    public String outSoFar() {
      return outSoFar.toString();
    }

    /** What it has written to its standard error until now. */
    public String errSoFar() {
      return errSoFar.toString();
    }

    /** Waits for its end, and fails if that does not come in time. */
    public Result await() {
      try {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
          String threads = threadDump();
          process.destroyForcibly().waitFor();
          fail(name + " did not end within " + limit + ", standard output:\n" + out.join() + "\nstandard error:\n"
              + err.join() + "\nthreads:\n" + threads);
        }
        return new Result(process.exitValue(), out.join(), err.join());
      } catch (InterruptedException e) {
        process.destroyForcibly();
        throw new IllegalStateException("interrupted while " + name + " ran", e);
      }
    }

    /** Its platform threads with their locks, and then all threads, the virtual ones among them. */
    public String threadDump() {
      try {
        Path file = Files.createTempFile("threads", ".txt");
        try {
          String platform = jcmd("Thread.print", "-l");
          String how = jcmd("Thread.dump_to_file", "-overwrite", file.toString());
          return platform + "\n" + how + "\n" + Files.readString(file);
        } finally {
          Files.deleteIfExists(file);
        }
      } catch (IOException e) {
        return "(no thread dump: " + e + ")";
      }
    }

    private String jcmd(String... command) throws IOException {
      List<String> line = new ArrayList<>(List.of(tool("jcmd"), String.valueOf(process.pid())));
      line.addAll(List.of(command));
      Process jcmd = new ProcessBuilder(line).redirectErrorStream(true).start();
      try {
        CompletableFuture<String> text = capture(jcmd.getInputStream(), "jcmd-out", new StringBuffer());
        return jcmd.waitFor(20, TimeUnit.SECONDS) ? text.join() : "(jcmd did not come back)";
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return "(interrupted)";
      } finally {
        jcmd.destroyForcibly();
      }
    }

    /** Waits until its pipes are gone too: they are this process's descriptors, which tests count. */
    @Override
    public void close() {
      try {
        process.destroyForcibly().waitFor();
        out.join();
        err.join();
        process.getOutputStream().close();
        process.getInputStream().close();
        process.getErrorStream().close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
