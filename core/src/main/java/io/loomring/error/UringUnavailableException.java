package io.loomring.error;

import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.KernelVersion;
import io.loomring.sys.SystemCalls;

/**
 * io_uring cannot be had here. The message names the cause and the remedy; {@link #isRefusal} tells a refusal by policy
 * or age, for which falling back to the JDK's sockets is the answer, from a shortage, for which it is not (K-27).
 *
 * @since 0.1
 */
public final class UringUnavailableException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  /** The errno of the refused call, or 0. */
  private final int errno;

  /** Takes the message as it is, which says what to do. */
  public UringUnavailableException(String message, int errno) {
    super(message);
    this.errno = errno;
  }

  /** This operating system or architecture has no io_uring for us. */
  public static UringUnavailableException platform(String reason) {
    return new UringUnavailableException(
        "io_uring is not available: " + reason + ". Use the jdk transport on this platform.", Errno.ENOSYS);
  }

  /** The kernel is older than the oldest that is supported. */
  public static UringUnavailableException tooOld(String release) {
    return new UringUnavailableException(
        "io_uring is not available: Linux " + release + " is too old. Run Linux 6.1 or newer, or use the jdk"
            + " transport.",
        Errno.ENOSYS);
  }

  /** A call of the availability round trip was refused. */
  public static UringUnavailableException refused(String call, int errno) {
    return new UringUnavailableException(
        "io_uring is not available: " + call + " answered " + Errno.name(errno) + " (" + Errno.text(errno) + "). "
            + remedy(errno),
        errno);
  }

  /** The limit of descriptors forbids a table of {@code slots} direct ones (K-65). */
  public static UringUnavailableException tableOfDirectDescriptors(int slots) {
    return new UringUnavailableException(
        "a table of " + slots + " direct descriptors for each ring is more than RLIMIT_NOFILE allows (ulimit -n; it is "
            + limit(Constants.RLIMIT_NOFILE, "") + " now): raise that, or ask for fewer (loomring.directDescriptors).",
        Errno.EMFILE);
  }

  private static String remedy(int errno) {
    return switch (errno) {
      case Errno.EPERM, Errno.EACCES -> "A seccomp filter (the default in Docker, containerd and Kubernetes) or the"
          + " sysctl kernel.io_uring_disabled forbids it: allow system calls 425, 426 and 427 in the container's"
          + " seccomp profile, or set kernel.io_uring_disabled=0. Or use the jdk transport.";
      case Errno.ENOSYS -> "This kernel (" + KernelVersion.current().release() + ") or sandbox (gVisor, say) has no"
          + " io_uring: run Linux 6.1 or newer without a filter on system calls 425, 426 and 427, or use the jdk"
          + " transport.";
      case Errno.EINVAL -> "This kernel (" + KernelVersion.current().release() + ") is too old for the ring that was"
          + " asked for: run Linux 6.1 or newer, or use the jdk transport.";
      case Errno.ENOMEM -> "Memory that may be locked is used up: raise RLIMIT_MEMLOCK (ulimit -l; it is "
          + limit(Constants.RLIMIT_MEMLOCK, " bytes") + " now), give the process CAP_IPC_LOCK, or make the ring"
          + " smaller (loomring.sqEntries).";
      case Errno.EMFILE, Errno.ENFILE -> "Descriptors are used up: raise RLIMIT_NOFILE (ulimit -n; it is "
          + limit(Constants.RLIMIT_NOFILE, "") + " now), or close some.";
      default -> "Use the jdk transport, and report this as it stands.";
    };
  }

  private static String limit(int resource, String unit) {
    long limit = SystemCalls.softLimit(resource);
    return limit == Long.MAX_VALUE ? "unlimited" : limit + unit;
  }

  /** The same anew, with the stack of the caller, for one that was found out earlier. */
  public UringUnavailableException again() {
    UringUnavailableException copy = new UringUnavailableException(String.valueOf(getMessage()), errno);
    copy.initCause(this);
    return copy;
  }

  /** The errno of the call that failed, or 0 where no call did. */
  public int errno() {
    return errno;
  }

  /** Whether policy or age refuses io_uring, rather than a limit that is used up just now. */
  public boolean isRefusal() {
    return errno == Errno.EPERM || errno == Errno.EACCES || errno == Errno.ENOSYS || errno == Errno.EINVAL;
  }
}
