package io.loomring.samples;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The flags of a command: {@code --name value} or {@code --name=value}, or a switch {@code --name}; each at most once. */
final class Arguments {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m)");

  private final Map<String, String> values;

  private Arguments(Map<String, String> values) {
    this.values = values;
  }

  /** Takes a command line apart. */
  static Arguments parse(List<String> words, Set<String> flags, Set<String> switches) throws UsageException {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (switches.contains(word)) {
        if (values.put(word, "") != null) {
          throw new UsageException(word + " is given twice");
        }
        continue;
      }
      int equals = word.indexOf('=');
      String flag = equals < 0 ? word : word.substring(0, equals);
      if (!flags.contains(flag)) {
        throw new UsageException((flag.startsWith("-") ? "unknown flag " : "unexpected argument ") + flag);
      }
      if (equals < 0 && ++i == words.size()) {
        throw new UsageException(flag + " needs a value");
      }
      String value = equals < 0 ? words.get(i) : word.substring(equals + 1);
      if (value.isEmpty()) {
        throw new UsageException(flag + " needs a value");
      }
      if (values.put(flag, value) != null) {
        throw new UsageException(flag + " is given twice");
      }
    }
    return new Arguments(values);
  }

  /** Whether a switch is given. */
  boolean has(String name) {
    return values.containsKey(name);
  }

  String text(String flag, String otherwise) {
    return values.getOrDefault(flag, otherwise);
  }

  int number(String flag, int min, int max, int otherwise) throws UsageException {
    String value = values.get(flag);
    if (value == null) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(value);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // The same answer as for a number out of range.
    }
    throw new UsageException(flag + " " + value + ": a whole number from " + min + " to " + max);
  }

  /** A time such as 500ms, 10s or 2m. */
  Duration duration(String flag, Duration otherwise) throws UsageException {
    String value = values.get(flag);
    if (value == null) {
      return otherwise;
    }
    Matcher matcher = DURATION.matcher(value);
    if (!matcher.matches()) {
      throw new UsageException(flag + " " + value + ": a time such as 500ms, 10s or 2m");
    }
    long count = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(count);
      case "s" -> Duration.ofSeconds(count);
      default -> Duration.ofMinutes(count);
    };
  }
}
