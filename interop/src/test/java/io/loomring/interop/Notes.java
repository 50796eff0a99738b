package io.loomring.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;

/** What scenarios noted, for tests to look at. */
final class Notes {
  private Notes() {}

  /** What was noted about something: the same, as often as it was noted. */
  static String about(List<String> notes, String what) {
    List<String> found = notes.stream()
        .filter(note -> note.startsWith(what + ": "))
        .map(note -> note.substring(what.length() + 2))
        .distinct()
        .toList();
    assertEquals(1, found.size(), notes::toString);
    return found.getFirst();
  }

  static void assertStarts(String start, String note) {
    assertTrue(note.startsWith(start), note);
  }
}
