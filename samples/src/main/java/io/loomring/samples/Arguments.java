package io.loomring.samples;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The flags of a command: {@code --name value} or {@code --name=value}, or a switch {@code --name}; each at most once.
 * And its operands, where it takes any; {@code --} ends the flags.
 */
final class Arguments {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m)");
  private static final Pattern ADDRESS = Pattern.compile("([^\\[\\]:/ ]+|\\[[0-9a-fA-F:.]+\\]):(\\d{1,5})");

  private final Map<String, String> values;
  private final List<String> operands;

  private Arguments(Map<String, String> values, List<String> operands) {
    this.values = values;
    this.operands = operands;
  }

  /** Takes a command line apart that has no operands. */
  static Arguments parse(List<String> words, Set<String> flags, Set<String> switches) throws UsageException {
    return parse(words, flags, switches, 0);
  }

  /** Takes a command line apart. */
  static Arguments parse(List<String> words, Set<String> flags, Set<String> switches, int maxOperands)
      throws UsageException {
    Map<String, String> values = new HashMap<>();
    List<String> operands = new ArrayList<>();
    boolean onlyOperands = false;
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (operands.size() < maxOperands && (onlyOperands || !word.startsWith("-"))) {
        operands.add(word);
        continue;
      }
      if (maxOperands > 0 && word.equals("--")) {
        onlyOperands = true;
        continue;
      }
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
    return new Arguments(values, operands);
  }

  /** Whether a switch is given. */
  boolean has(String name) {
    return values.containsKey(name);
  }

  /** What stands beside the flags, in order. */
  List<String> operands() {
    return operands;
  }

  /** The value of a flag that has to be given. */
  String required(String flag) throws UsageException {
    String value = values.get(flag);
    if (value == null) {
      throw new UsageException(flag + " is missing");
    }
    return value;
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
    return value == null ? otherwise : time(flag + " " + value, value);
  }

  /** The time that {@code value} names; {@code what} is wrong where it names none. */
  static Duration time(String what, String value) throws UsageException {
    Matcher matcher = DURATION.matcher(value);
    if (!matcher.matches()) {
      throw new UsageException(what + ": a time such as 500ms, 10s or 2m");
    }
    long count = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(count);
      case "s" -> Duration.ofSeconds(count);
      default -> Duration.ofMinutes(count);
    };
  }

  /**
   * The address that {@code value}, such as {@code example.org:80} or {@code [::1]:80}, names; not resolved. {@code what}
   * is wrong where it names none.
   */
  static InetSocketAddress address(String what, String value) throws UsageException {
    Matcher matcher = ADDRESS.matcher(value);
    if (matcher.matches()) {
      int port = Integer.parseInt(matcher.group(2));
      if (port >= 1 && port <= 65_535) {
        return InetSocketAddress.createUnresolved(matcher.group(1).replaceAll("[\\[\\]]", ""), port);
      }
    }
    throw new UsageException(what + ": a host and a port, such as localhost:8080 or [::1]:8080");
  }
}
