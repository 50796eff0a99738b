package io.loomring.api;

import io.loomring.buffer.Buffer;
import io.loomring.error.Call;
import io.loomring.error.ErrorTable;
import io.loomring.op.OperationKind;
import io.loomring.op.Outcome;
import io.loomring.op.SlotLayout;
import io.loomring.ring.FutexFlags;
import io.loomring.ring.Sqe;
import io.loomring.sys.Errno;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Waiting for processes, and for words of memory that they share, from {@link Uring#processes}; needs Linux 6.7. What all
 * calls share, these share as well: see {@link Uring}.
 *
 * <pre>{@code
 * MemorySegment word = Arena.ofAuto().allocate(4, 4);
 * while (word.get(JAVA_INT, 0) == 0) {
 *   uring.processes().futexWait(word, 0, CallOptions.timeout(ofMinutes(5)));
 * }
 * }</pre>
 *
 * <p>A futex is a word that who waits and who wakes agree on: change the word, then wake. Every wait may come back although
 * nobody woke it, so look at the word again. Waits and wakes are of this process, on private mappings; memory given to a
 * wait is the caller's, is only read, and must stay as long as the wait lasts.
 *
 * @since 0.1
 */
public final class ProcessOperations {
  /** For {@link #waitid}: any child. */
  public static final int ANY = 0;
  /** For {@link #waitid}: the child of that number. */
  public static final int PID = 1;
  /** For {@link #waitid}: a child of that process group. */
  public static final int GROUP = 2;
  /** For {@link #waitid}: the child that a pidfd stands for. */
  public static final int PIDFD = 3;

  /** For {@link #waitid}: do not wait (WNOHANG). */
  public static final int NO_HANG = 1;
  /** For {@link #waitid}: children that were stopped (WSTOPPED). */
  public static final int STOPPED = 2;
  /** For {@link #waitid}: children that ended (WEXITED). */
  public static final int EXITED = 4;
  /** For {@link #waitid}: children that go on (WCONTINUED). */
  public static final int CONTINUED = 8;
  /** For {@link #waitid}: leave it to be waited for again (WNOWAIT). */
  public static final int LEAVE = 0x0100_0000;

  private static final int SI_CODE = 8;
  private static final int SI_PID = 16;
  private static final int SI_UID = 20;
  private static final int SI_STATUS = 24;
  private static final int SIGINFO_BYTES = 128;

  private static final int WAITER_BYTES = 24;
  private static final int MAX_WAITERS = 128;

  private final Uring uring;

  ProcessOperations(Uring uring) {
    this.uring = uring;
  }

  // ---- processes

  /**
   * Waits until a child ends, and leaves it to be waited for again. Of a child of {@link ProcessBuilder} the JDK may learn
   * first, and it is gone then: {@link Process#waitFor} is for those.
   *
   * @throws IOException if there is no such child: it may have ended, and have been waited for by somebody else
   */
  public ProcessStatus waitFor(long pid, CallOptions options) throws IOException {
    ProcessStatus status = waitid(PID, Math.toIntExact(pid), EXITED | LEAVE, options);
    if (status == null) {
      throw ErrorTable.fileException(Errno.ECHILD);
    }
    return status;
  }

  /**
   * Waits for a change of a child. The arguments are those of waitid(2).
   *
   * @param idType {@link #ANY}, {@link #PID}, {@link #GROUP} or {@link #PIDFD}
   * @param what {@link #EXITED}, {@link #STOPPED}, {@link #CONTINUED}, with {@link #NO_HANG}, {@link #LEAVE}
   * @return null where there is none just now, with {@link #NO_HANG} only
   */
  public @Nullable ProcessStatus waitid(int idType, int id, int what, CallOptions options) throws IOException {
    ProcessStatus[] found = new ProcessStatus[1];
    int result = new Request(uring, OperationKind.WAITID)
        .until(options)
        .reading((op, ended) -> found[0] = decode(op.memory(), op.base() + SlotLayout.DATA))
        .issue((sqe, at, op) -> {
          sqe.asSlice(at + SlotLayout.DATA, SIGINFO_BYTES).fill((byte) 0);
          Sqe.prepWaitid(sqe, at, idType, id, op.addressOf(SlotLayout.DATA), what);
        });
    checked(result);
    ProcessStatus status = found[0];
    return status == null || status.pid() == 0 ? null : status;
  }

  private static ProcessStatus decode(MemorySegment memory, long info) {
    return new ProcessStatus(
        memory.get(ValueLayout.JAVA_INT, info + SI_PID),
        memory.get(ValueLayout.JAVA_INT, info + SI_UID),
        memory.get(ValueLayout.JAVA_INT, info + SI_CODE),
        memory.get(ValueLayout.JAVA_INT, info + SI_STATUS));
  }

  // ---- futexes

  /**
   * Waits until the word is woken, if it holds what is expected.
   *
   * @param word four bytes of native memory, aligned to four
   * @return false, at once, if it holds something else
   */
  public boolean futexWait(MemorySegment word, int expected, CallOptions options) throws IOException {
    requireWord(word);
    int result = new Request(uring, OperationKind.FUTEX_WAIT).lending(word).until(options).issue(
        (sqe, at, op) -> Sqe.prepFutexWait(
            sqe, at, word.address(), expected & 0xFFFFFFFFL, FutexFlags.MATCH_ANY, flags()));
    return result != -Errno.EAGAIN && checked(result) >= 0;
  }

  /**
   * Waits until one of several words is woken, if all hold what is expected.
   *
   * @param words 1 to 128
   * @return which, from zero; -1, at once, if one holds something else
   */
  public int futexWaitAny(List<FutexWord> words, CallOptions options) throws IOException {
    if (words.isEmpty() || words.size() > MAX_WAITERS) {
      throw new IllegalArgumentException(words.size() + " words: from 1 to " + MAX_WAITERS);
    }
    words.forEach(each -> requireWord(each.word()));
    long deadline = options.deadlineFromNow();
    Buffer lent = uring.buffers().acquire(words.size() * WAITER_BYTES);
    int result = 0;
    try {
      for (int i = 0; i < words.size(); i++) {
        long at = (long) i * WAITER_BYTES;
        lent.segment().set(ValueLayout.JAVA_LONG, at, words.get(i).expected() & 0xFFFFFFFFL);
        lent.segment().set(ValueLayout.JAVA_LONG, at + 8, words.get(i).word().address());
        lent.segment().set(ValueLayout.JAVA_LONG, at + 16, flags());
      }
      result = new Request(uring, OperationKind.FUTEX_WAITV)
          .lending(List.of(lent, List.copyOf(words)))
          .until(deadline, options.isInterruptible(), options.handle())
          .issue((sqe, at, op) -> Sqe.prepFutexWaitv(sqe, at, lent.address(), words.size()));
    } finally {
      uring.giveBack(lent, result);
    }
    return result == -Errno.EAGAIN ? -1 : checked(result);
  }

  /**
   * Wakes who waits on the word, through the ring or by futex(2).
   *
   * @param count how many at most
   * @return how many
   */
  public int futexWake(MemorySegment word, int count, CallOptions options) throws IOException {
    requireWord(word);
    int result = new Request(uring, OperationKind.FUTEX_WAKE).lending(word).until(options).issue(
        (sqe, at, op) -> Sqe.prepFutexWake(sqe, at, word.address(), count, FutexFlags.MATCH_ANY, flags()));
    return checked(result);
  }

  private static int flags() {
    return FutexFlags.SIZE_U32 | FutexFlags.PRIVATE;
  }

  private static void requireWord(MemorySegment word) {
    CopiedTransfers.requireAccessible(word);
    if (!word.isNative() || word.byteSize() < Integer.BYTES || word.address() % Integer.BYTES != 0) {
      throw new IllegalArgumentException("a futex is four bytes of native memory, aligned to four: " + word);
    }
  }

  private int checked(int result) throws IOException {
    if (result < 0) {
      throw Outcome.isErrno(result) ? ErrorTable.fileException(-result) : uring.failure(Call.OTHER, result, null);
    }
    return result;
  }
}
