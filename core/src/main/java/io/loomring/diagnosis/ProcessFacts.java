package io.loomring.diagnosis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What /proc says of this process, and of what its kernel allows; nothing native is needed for that. */
final class ProcessFacts {
  static final int CAP_IPC_LOCK = 14;
  static final int CAP_SYS_ADMIN = 21;
  static final long UNLIMITED = Long.MAX_VALUE;
  /** Of {@code kernel.io_uring_disabled} where the kernel has no such switch. */
  static final int NO_SWITCH = -1;

  private static final int LIMIT_NAME_CHARS = 26;

  private final Path proc;
  private final Map<String, String> status = new HashMap<>();

  /** Reads below {@code proc}, which is {@code /proc} outside of tests. */
  ProcessFacts(Path proc) {
    this.proc = proc;
    for (String line : lines("self/status")) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        status.put(line.substring(0, colon), line.substring(colon + 1).strip());
      }
    }
  }

  private List<String> lines(String file) {
    try {
      return Files.readAllLines(proc.resolve(file));
    } catch (IOException absent) {
      return List.of();
    }
  }

  private long number(String file, long otherwise) {
    List<String> lines = lines(file);
    try {
      return lines.isEmpty() ? otherwise : Long.parseLong(lines.getFirst().strip());
    } catch (NumberFormatException other) {
      return otherwise;
    }
  }

  /** 0: everybody may have rings; 1: the privileged and a group; 2: nobody; or {@link #NO_SWITCH}. */
  int uringDisabled() {
    return (int) number("sys/kernel/io_uring_disabled", NO_SWITCH);
  }

  /** The group that may have rings where only the privileged may, or -1 for none. */
  long uringGroup() {
    return number("sys/kernel/io_uring_group", -1);
  }

  /** Whether the switch lets this process have rings. */
  boolean mayHaveRings() {
    return switch (uringDisabled()) {
      case 1 -> hasCapability(CAP_SYS_ADMIN) || isInGroup(uringGroup());
      case 2 -> false;
      default -> true;
    };
  }

  private boolean isInGroup(long group) {
    return Stream.of(status.getOrDefault("Gid", ""), status.getOrDefault("Groups", ""))
        .flatMap(groups -> Arrays.stream(groups.split("\\s+")))
        .anyMatch(Long.toString(group)::equals);
  }

  /** Whether a capability is effective. */
  boolean hasCapability(int capability) {
    String effective = status.getOrDefault("CapEff", "0");
    return (Long.parseUnsignedLong(effective, 16) >>> capability & 1) == 1;
  }

  /** 0: none; 1: strict; 2: a filter. */
  int seccompMode() {
    return Integer.parseInt(status.getOrDefault("Seccomp", "0"));
  }

  /** How many filters of seccomp there are, or an empty string where the kernel does not say. */
  String seccompFilters() {
    return status.getOrDefault("Seccomp_filters", "");
  }

  /** The soft limit on memory that may be locked, in bytes, or {@link #UNLIMITED}. */
  long lockedBytes() {
    return softLimit("Max locked memory");
  }

  /** The soft limit on open files, or {@link #UNLIMITED}. */
  long openFiles() {
    return softLimit("Max open files");
  }

  private long softLimit(String name) {
    for (String line : lines("self/limits")) {
      if (line.startsWith(name) && line.length() > LIMIT_NAME_CHARS) {
        String soft = line.substring(LIMIT_NAME_CHARS).strip().split("\\s+")[0];
        return soft.equals("unlimited") ? UNLIMITED : Long.parseLong(soft);
      }
    }
    return UNLIMITED;
  }
}
