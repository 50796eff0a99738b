package io.loomring.agent;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The agent's arguments: {@code name=value,name=value}, for the system properties {@code loomring.name}. */
final class AgentArguments {
  static final String PROPERTY_PREFIX = "loomring.";

  /** The properties that docs/CONFIGURATION.md lists. */
  static final SortedSet<String> NAMES = new TreeSet<>(List.of(
      "transport", "rings", "sqEntries", "cqEntries", "maxOperations", "maxPooledBytes", "restricted", "loops",
      "spinMicros", "largeBytes", "zeroCopyBytes", "boundedWorkers", "unboundedWorkers", "registeredRing",
      "directDescriptors", "jmx", "timed", "leakStacks", "closeTimeoutMillis"));

  private AgentArguments() {}

  /** Something that is none of them. */
  static final class WrongArgumentException extends Exception {
    private static final long serialVersionUID = 1L;

    WrongArgumentException(String message) {
      super(message);
    }
  }

  /** What is set, by name; values are for the library to judge. */
  static Map<String, String> parse(@Nullable String arguments) throws WrongArgumentException {
    Map<String, String> settings = new LinkedHashMap<>();
    if (arguments == null || arguments.isBlank()) {
      return settings;
    }
    for (String setting : arguments.split(",", -1)) {
      int equals = setting.indexOf('=');
      String name = setting.substring(0, Math.max(equals, 0)).strip();
      if (equals < 0) {
        throw new WrongArgumentException("agent argument '" + setting + "' is not of the form name=value");
      }
      if (!NAMES.contains(name)) {
        throw new WrongArgumentException("unknown agent argument '" + name + "': " + String.join(", ", NAMES));
      }
      if (settings.put(name, setting.substring(equals + 1).strip()) != null) {
        throw new WrongArgumentException("agent argument '" + name + "' is there twice");
      }
    }
    return settings;
  }
}
