package io.loomring.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The running kernel's version, of which the release string is for people and the two numbers for comparison. */
public record KernelVersion(int major, int minor, String release) implements Comparable<KernelVersion> {
  private static final Pattern NUMBERS = Pattern.compile("(\\d+)\\.(\\d+).*");
  private static final int UTSNAME_FIELD_BYTES = 65;

  /** Parses what {@code uname -r} prints; a string without numbers counts as version 0.0. */
  public static KernelVersion parse(String release) {
    Matcher m = NUMBERS.matcher(release);
    return m.matches()
        ? new KernelVersion(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)), release)
        : new KernelVersion(0, 0, release);
  }

  /** Asks the kernel. */
  public static KernelVersion current() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment utsname = arena.allocate(6 * UTSNAME_FIELD_BYTES);
      SystemCalls.uname(utsname.address());
      return parse(utsname.getString(2 * UTSNAME_FIELD_BYTES));
    }
  }

  public boolean isAtLeast(int otherMajor, int otherMinor) {
    return major > otherMajor || major == otherMajor && minor >= otherMinor;
  }

  @Override
  public int compareTo(KernelVersion other) {
    return major != other.major ? Integer.compare(major, other.major) : Integer.compare(minor, other.minor);
  }
}
