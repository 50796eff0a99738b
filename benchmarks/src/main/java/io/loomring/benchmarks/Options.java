package io.loomring.benchmarks;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Command line options of the form {@code --name value}. */
final class Options {
  private final Map<String, String> values = new HashMap<>();

  /**
   * Takes the arguments apart.
   *
   * @throws IllegalArgumentException naming what is wrong, and what there is
   */
  Options(String[] args, int from, Set<String> known) {
    for (int i = from; i < args.length; i += 2) {
      String name = args[i];
      if (!known.contains(name)) {
        throw new IllegalArgumentException("unknown option '" + name + "': there is " + String.join(", ", known));
      }
      if (i + 1 == args.length) {
        throw new IllegalArgumentException("option " + name + " needs a value");
      }
      values.put(name, args[i + 1]);
    }
  }

  String text(String name, String otherwise) {
    return values.getOrDefault(name, otherwise);
  }

  int number(String name, int otherwise) {
    String value = values.get(name);
    try {
      return value == null ? otherwise : Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("option " + name + " " + value + ": a whole number", e);
    }
  }

  int[] numbers(String name, String otherwise) {
    String[] words = text(name, otherwise).split(",");
    int[] numbers = new int[words.length];
    for (int i = 0; i < words.length; i++) {
      try {
        numbers[i] = Integer.parseInt(words[i].trim());
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException("option " + name + " " + words[i] + ": a whole number", e);
      }
    }
    return numbers;
  }
}
