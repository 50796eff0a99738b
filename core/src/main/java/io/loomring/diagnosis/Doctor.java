package io.loomring.diagnosis;

import io.loomring.api.UringConfig;
import java.nio.file.Path;

/**
 * Finds out whether io_uring works in this process, what stands in its way, and what to do about that; {@code ./loomring
 * doctor} prints it. It looks at the platform, the JDK and its native access, the kernel, its switch and the filters of
 * containers, the limits that rings meet, and what the kernel can do; then it sends bytes over loopback, with both
 * drivers.
 *
 * <pre>{@code
 * Diagnosis diagnosis = Doctor.examine();
 * if (!diagnosis.isAvailable()) {
 *   log.warn(diagnosis.text());
 * }
 * }</pre>
 *
 * <p>It changes nothing, opens rings of its own and closes them, and throws nothing whatever it finds. It may be called
 * by any thread, takes a fraction of a second where all is well, and under a minute in any case; an interrupt ends what it
 * is trying, and is in what it found.
 *
 * @since 0.1
 */
public final class Doctor {
  private static final Path PROC = Path.of("/proc");

  private Doctor() {}

  /** Examines this process for the rings that the system properties ask for. */
  public static Diagnosis examine() {
    ProcessFacts facts = new ProcessFacts(PROC);
    try {
      return new Examination(facts, UringConfig.fromSystemProperties(), null).run();
    } catch (IllegalArgumentException wrongProperty) {
      return new Examination(facts, UringConfig.defaults(), String.valueOf(wrongProperty.getMessage())).run();
    }
  }

  /** Examines this process for rings of that configuration. */
  public static Diagnosis examine(UringConfig config) {
    return new Examination(new ProcessFacts(PROC), config, null).run();
  }
}
