package io.loomring.benchmarks;

import java.io.IOException;
import java.util.Arrays;
import java.util.Set;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** The parts one by one, with JMH. */
final class JmhBench {
  private static final Set<String> OPTIONS = Set.of("--forks", "--iterations", "--warmups", "--millis", "--json");

  private final ChainedOptionsBuilder options;

  JmhBench(String[] args) {
    boolean named = args.length > 2 && !args[2].startsWith("--");
    Options given = new Options(args, named ? 3 : 2, OPTIONS);
    TimeValue time = TimeValue.milliseconds(given.number("--millis", 300));
    options = new OptionsBuilder()
        .include(named ? args[2] : ".*")
        .forks(given.number("--forks", 1))
        .warmupIterations(given.number("--warmups", 2))
        .warmupTime(time)
        .measurementIterations(given.number("--iterations", 3))
        .measurementTime(time)
        .shouldFailOnError(true)
        .jvmArgsPrepend("--enable-native-access=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED");
    String json = given.text("--json", "");
    if (!json.isEmpty()) {
      options.resultFormat(ResultFormatType.JSON).result(json);
    }
  }

  void run() throws IOException {
    try {
      if (new Runner(options.build()).run().isEmpty()) {
        throw new IOException("no benchmark ran");
      }
    } catch (RunnerException failed) {
      throw new IOException(failed.getMessage() + " " + Arrays.toString(failed.getSuppressed()), failed);
    }
  }
}
