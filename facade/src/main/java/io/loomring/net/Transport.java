package io.loomring.net;

import io.loomring.api.Uring;
import io.loomring.error.UringUnavailableException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whose sockets and files those of this package are: io_uring's, or the JDK's where that cannot be had or is not wanted.
 * It is decided once in a JVM, before the first of them, by {@link #use} or the system property
 * {@code loomring.transport}; without either it is {@link #AUTO}. What is made for a {@link Uring} of its own is on that in
 * any case.
 *
 * @since 0.1
 */
public enum Transport {
  /**
   * io_uring, or the JDK's sockets where the system refuses it: another operating system, an old kernel, a container's
   * seccomp profile, the sysctl {@code kernel.io_uring_disabled}. One line of the log says so. A shortage, such as of
   * descriptors or of memory that may be locked, is no refusal: it is an error.
   */
  AUTO,

  /** io_uring, and an error with cause and remedy where it cannot be had. */
  URING,

  /** The JDK's sockets. */
  JDK;

  /** The system property that chooses: {@code auto}, {@code uring} or {@code jdk}. */
  static final String PROPERTY = "loomring.transport";

  private static final Object LOCK = new Object();

  // Under LOCK.
  private static @Nullable Transport chosen;

  // Written once, under LOCK.
  private static volatile @Nullable Transport decided;

  /**
   * The one that is in use, {@link #URING} or {@link #JDK}; the first call decides.
   *
   * @throws UringUnavailableException if io_uring is required and cannot be had, or if it is short of something just
   *     now; nothing is decided then
   * @throws IllegalArgumentException if the system property names none
   */
  public static Transport current() {
    Transport current = decided;
    return current != null ? current : decide(true);
  }

  /** The same; the caller says in the log's place what was decided. */
  static Transport currentUnlogged() {
    return decide(false);
  }

  private static Transport decide(boolean logged) {
    synchronized (LOCK) {
      Transport current = decided;
      if (current == null) {
        current = (chosen != null ? chosen : configured()).resolved(logged);
        decided = current;
      }
      return current;
    }
  }

  private Transport resolved(boolean logged) {
    if (this == JDK) {
      return JDK;
    }
    UringUnavailableException cause = Uring.unavailabilityCause();
    if (cause == null) {
      return URING;
    }
    if (this == URING || !cause.isRefusal()) {
      throw cause.again();
    }
    if (logged) {
      System.getLogger("io.loomring").log(System.Logger.Level.INFO, "sockets are the JDK's: " + cause.getMessage());
    }
    return JDK;
  }

  /** What the system property names. */
  static Transport configured() {
    String name = System.getProperty(PROPERTY);
    if (name == null) {
      return AUTO;
    }
    for (Transport transport : values()) {
      if (transport.toString().equals(name.strip())) {
        return transport;
      }
    }
    throw new IllegalArgumentException("-D" + PROPERTY + "=" + name + " is none of auto, uring and jdk");
  }

  /**
   * Chooses, in place of the system property.
   *
   * @throws IllegalStateException if another one is in use already
   */
  public static void use(Transport transport) {
    synchronized (LOCK) {
      Transport current = decided;
      if (current != null && transport != AUTO && transport != current) {
        throw new IllegalStateException(
            "the transport is " + current + " already, since sockets were made: choose it before the first");
      }
      chosen = transport;
    }
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
