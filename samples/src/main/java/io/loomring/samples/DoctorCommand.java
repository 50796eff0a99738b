package io.loomring.samples;

import io.loomring.diagnosis.Diagnosis;
import io.loomring.diagnosis.Doctor;
import java.io.Console;
import java.util.Set;

/** {@code doctor}: whether io_uring works here, what stands in its way, and what to do about that. */
final class DoctorCommand implements Loomring.Command {
  @Override
  public String help() {
    return """
        Usage: ./loomring doctor [--json]

        Looks at what io_uring needs on this machine, tries it, and prints one line for each check: how it is (ok, note,
        warn, fault, or skipped), what was looked at, and what was found. Below a warning or a fault stands its remedy.

          --json    prints the same as one JSON object

        Colours are for terminals, unless the environment has NO_COLOR or TERM=dumb. LOOMRING_JAVA_OPTS=-Dloomring...
        examines another configuration.

        Exit status: 0 if io_uring is available, 1 if it is not, 2 for wrong arguments.
        """;
  }

  @Override
  public Set<String> flags() {
    return Set.of();
  }

  @Override
  public Set<String> switches() {
    return Set.of("--json");
  }

  @Override
  public int run(Arguments arguments) {
    Diagnosis diagnosis = Doctor.examine();
    if (arguments.has("--json")) {
      System.out.print(diagnosis.json());
    } else {
      System.out.print(isColourful() ? diagnosis.colouredText() : diagnosis.text());
    }
    return diagnosis.isAvailable() ? Loomring.OK : Loomring.FAILED;
  }

  private static boolean isColourful() {
    Console console = System.console();
    return console != null
        && console.isTerminal()
        && System.getenv().getOrDefault("NO_COLOR", "").isEmpty()
        && !System.getenv().getOrDefault("TERM", "dumb").equals("dumb");
  }
}
