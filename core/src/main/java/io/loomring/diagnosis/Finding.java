package io.loomring.diagnosis;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What one check of the {@link Doctor} found.
 *
 * @param title what was looked at; the titles and their order are always the same
 * @param status how it is
 * @param found what was found, in a few words
 * @param remedy what to do about it, in one line; never null for a warning or a fault
 * @param details more of what was found, a line each
 * @since 0.1
 */
public record Finding(String title, Status status, String found, @Nullable String remedy, List<String> details) {
  /** How something is. */
  public enum Status {
    /** As it should be. */
    OK,
    /** Nothing is wrong; the remedy, where there is one, says how to have more. */
    NOTE,
    /** It works, and could fail or be slower than it need be. */
    WARN,
    /** It does not work. */
    FAULT,
    /** Not looked at, since something else has to work first. */
    SKIPPED;

    /** As reports have it. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public Finding {
    if (remedy == null && (status == Status.WARN || status == Status.FAULT)) {
      throw new IllegalArgumentException(title + " has a " + status.word() + " and no remedy");
    }
    details = List.copyOf(details);
  }

  Finding(String title, Status status, String found, @Nullable String remedy) {
    this(title, status, found, remedy, List.of());
  }

  static Finding ok(String title, String found) {
    return new Finding(title, Status.OK, found, null);
  }

  static Finding skipped(String title, String why) {
    return new Finding(title, Status.SKIPPED, why, null);
  }

  static Finding fault(String title, String found, String remedy) {
    return new Finding(title, Status.FAULT, found, remedy);
  }

  boolean isFault() {
    return status == Status.FAULT;
  }
}
