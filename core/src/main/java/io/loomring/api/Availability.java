package io.loomring.api;

import io.loomring.error.UringUnavailableException;
import io.loomring.sys.Platform;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Whether io_uring works here: a whole round trip through a small ring does (K-27), since set-up alone proves nothing
 * and enter or register may be refused by themselves.
 *
 * <p>That it works, or is refused, is found out once. A shortage may pass, so that is looked for again each time.
 */
final class Availability {
  private static final Object LOCK = new Object();

  // Under LOCK.
  private static boolean known;
  private static @Nullable UringUnavailableException refusal;

  private Availability() {}

  /** Why it does not work, or null where it does. */
  static @Nullable UringUnavailableException cause() {
    synchronized (LOCK) {
      if (known) {
        return refusal;
      }
      UringUnavailableException found = tried();
      known = found == null || found.isRefusal();
      refusal = found;
      return found;
    }
  }

  private static @Nullable UringUnavailableException tried() {
    String reason = Platform.unsupportedReason();
    if (reason != null) {
      // Before anything native is loaded: there may be none for this platform.
      return UringUnavailableException.platform(reason);
    }
    UringConfig small = UringConfig.defaults().withName("loomring-probe").withEntries(2, 2).withMaxOperations(16)
        .withIdleTime(Duration.ZERO);
    try (Uring probe = Uring.open(small)) {
      probe.nop();
      return null;
    } catch (UringUnavailableException refused) {
      return refused;
    } catch (IOException dead) {
      return dead.getCause() instanceof UringUnavailableException refused
          ? refused
          : new UringUnavailableException("io_uring is not available: " + dead.getMessage(), 0);
    } catch (LinkageError notLoaded) {
      UringUnavailableException cause = new UringUnavailableException(
          "io_uring is not available: JNA cannot load its native library (" + notLoaded.getMessage()
              + "). Let it unpack into a directory that it may write to and execute from (-Djna.tmpdir=...), or use the"
              + " jdk transport.",
          0);
      cause.initCause(notLoaded);
      return cause;
    }
  }
}
