package io.loomring.api;

/**
 * What became of a process, as waitid(2) says it.
 *
 * @param pid the process
 * @param uid whose it is
 * @param code how: {@link #EXITED}, {@link #KILLED}, {@link #DUMPED}, {@link #STOPPED}, {@link #CONTINUED}
 * @param status its exit status, or the signal
 * @since 0.1
 */
public record ProcessStatus(int pid, int uid, int code, int status) {
  /** It ended by itself (CLD_EXITED). */
  public static final int EXITED = 1;
  /** A signal ended it (CLD_KILLED). */
  public static final int KILLED = 2;
  /** The same, and its memory was dumped (CLD_DUMPED). */
  public static final int DUMPED = 3;
  /** A signal stopped it (CLD_STOPPED). */
  public static final int STOPPED = 5;
  /** It goes on (CLD_CONTINUED). */
  public static final int CONTINUED = 6;
}
