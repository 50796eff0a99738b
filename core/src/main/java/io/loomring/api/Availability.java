package io.loomring.api;

import io.loomring.error.UringUnavailableException;
import io.loomring.ring.CompletionBatch;
import io.loomring.ring.EnterFlags;
import io.loomring.ring.KernelRing;
import io.loomring.ring.Sqe;
import io.loomring.sys.Errno;
import io.loomring.sys.Platform;
import org.jspecify.annotations.Nullable;

/**
 * Whether io_uring works here: a whole round trip through a small ring does (K-27), since set-up alone proves nothing
 * and enter or register may be refused by themselves.
 *
 * <p>That it works, or is refused, is found out once. A shortage may pass, so that is looked for again each time.
 */
final class Availability {
  /** Of a call that signals may end, or that a busy kernel refuses (K-03). */
  private static final int MAX_ENTERS = 100;

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

  /** Throws where no kernel could have it: before anything native is loaded, of which there may be none for it. */
  static void requirePlatform() {
    UringUnavailableException cause = wrongPlatform();
    if (cause != null) {
      throw cause;
    }
  }

  private static @Nullable UringUnavailableException wrongPlatform() {
    String reason = Platform.unsupportedReason();
    return reason == null ? null : UringUnavailableException.platform(reason);
  }

  private static @Nullable UringUnavailableException tried() {
    UringUnavailableException wrongPlatform = wrongPlatform();
    if (wrongPlatform != null) {
      return wrongPlatform;
    }
    try {
      // The options of the default, with queues as small as they get, and without threads: a refusal is an answer
      // here, and no failure for the log.
      KernelRing ring = KernelRing.open(UringConfig.defaults().withEntries(2, 2).ringOptions());
      try {
        return roundTrip(ring);
      } finally {
        ring.closeFd();
        ring.unmap();
      }
    } catch (UringUnavailableException refused) {
      return refused;
    } catch (LinkageError notLoaded) {
      UringUnavailableException cause = new UringUnavailableException(
          "io_uring is not available: JNA cannot load its native library (" + firstCause(notLoaded) + "). Allow native"
              + " access (--enable-native-access=ALL-UNNAMED), and a directory that JNA may unpack to and execute from"
              + " (-Djna.tmpdir=...), or use the jdk transport.",
          0);
      cause.initCause(notLoaded);
      return cause;
    }
  }

  private static @Nullable UringUnavailableException roundTrip(KernelRing ring) {
    Sqe.prepNop(ring.sq().memory(), ring.sq().reserve());
    CompletionBatch batch = new CompletionBatch(1);
    for (int i = 0; i < MAX_ENTERS; i++) {
      int result = ring.enter(ring.sq().publish(), 1, EnterFlags.GETEVENTS);
      if (ring.cq().drainTo(batch) == 1) {
        return batch.result(0) == 0 ? null : UringUnavailableException.refused("a NOP", -batch.result(0));
      }
      if (result < 0 && result != -Errno.EINTR && result != -Errno.EAGAIN && result != -Errno.EBUSY) {
        return UringUnavailableException.refused("io_uring_enter", -result);
      }
    }
    return new UringUnavailableException("io_uring is not available: a NOP does not complete", 0);
  }

  private static Throwable firstCause(Throwable thrown) {
    Throwable cause = thrown.getCause();
    return cause == null ? thrown : firstCause(cause);
  }
}
