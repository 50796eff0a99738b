package io.loomring.diagnosis;

import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A diagnosis for programs: RFC 8259, of ASCII alone. */
final class JsonReport {
  private JsonReport() {}

  static String of(Diagnosis diagnosis) {
    return diagnosis.findings().stream()
        .map(JsonReport::of)
        .collect(Collectors.joining(
            ",\n", "{\n  \"available\": " + diagnosis.isAvailable() + ",\n  \"checks\": [\n", "\n  ]\n}\n"));
  }

  private static String of(Finding finding) {
    return "    {\"title\": " + quoted(finding.title())
        + ", \"status\": " + quoted(finding.status().word())
        + ", \"found\": " + quoted(finding.found())
        + ", \"remedy\": " + quoted(finding.remedy())
        + ", \"details\": " + finding.details().stream().map(JsonReport::quoted).collect(Collectors.joining(", ", "[", "]"))
        + "}";
  }

  private static String quoted(@Nullable String text) {
    if (text == null) {
      return "null";
    }
    StringBuilder quoted = new StringBuilder("\"");
    text.chars().forEach(c -> {
      if (c == '"' || c == '\\') {
        quoted.append('\\').append((char) c);
      } else if (c < ' ' || c > '~') {
        quoted.append(String.format(Locale.ROOT, "\\u%04x", c));
      } else {
        quoted.append((char) c);
      }
    });
    return quoted.append('"').toString();
  }
}
