package io.loomring.api;

import io.loomring.buffer.Buffer;
import io.loomring.error.Call;
import io.loomring.error.ErrorTable;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.op.SlotLayout;
import io.loomring.ready.ReadinessQueue;
import io.loomring.ring.Sqe;
import io.loomring.ring.UserData;
import io.loomring.sys.Constants;
import io.loomring.sys.EpollEventLayout;
import io.loomring.sys.SystemCalls;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Waiting for readiness, of one descriptor or of those that an epoll descriptor watches, from {@link Uring#polling}. What
 * all calls share, these share as well: see {@link Uring}.
 *
 * <pre>{@code
 * try (Descriptor epoll = uring.polling().epoll()) {
 *   uring.polling().epollControl(epoll, PollOperations.ADD, socket, POLLIN, 7, CallOptions.NONE);
 *   for (EpollEvent ready : uring.polling().epollWait(epoll, 64, CallOptions.timeout(ofSeconds(1)))) {
 *     served.add(ready.data());
 *   }
 * }
 * }</pre>
 *
 * @since 0.1
 */
public final class PollOperations {
  /** For {@link #epollControl}: watch the descriptor. */
  public static final int ADD = Constants.EPOLL_CTL_ADD;
  /** For {@link #epollControl}: watch it no more. */
  public static final int DELETE = Constants.EPOLL_CTL_DEL;
  /** For {@link #epollControl}: watch it for other events. */
  public static final int MODIFY = Constants.EPOLL_CTL_MOD;

  private static final int MAX_EVENTS = 4096;

  private final Uring uring;

  PollOperations(Uring uring) {
    this.uring = uring;
  }

  /**
   * Waits until the descriptor is ready for one of {@code events} (POLLIN, POLLOUT, ...); an error or hang-up ends the
   * wait too. Urgent data of a socket does not wake who waits for POLLPRI alone (K-74): ask for POLLRDBAND as well, and
   * look which of the two it is; {@link io.loomring.ready.Interest#PRIORITY} does that.
   *
   * @return the events that are there
   */
  public int poll(Descriptor on, int events, CallOptions options) throws IOException {
    int result = new Request(uring, OperationKind.POLL).on(on).until(options).issue(
        (sqe, at, op) -> Sqe.prepPollAdd(sqe, at, on.sqeFd(), events));
    return uring.checked(Call.POLL, result, on);
  }

  /**
   * Has a wait of {@link #poll} wait for other events.
   *
   * @param poll the handle that the call was given
   * @return false if no such wait is in flight: it has not begun, or is over
   */
  public boolean update(OperationHandle poll, int events, CallOptions options) throws IOException {
    OperationTable table = poll.table();
    if (table == null) {
      return false;
    }
    int result = new Request(uring, OperationKind.POLL_UPDATE).in(table).until(options).issue(
        (sqe, at, op) -> Sqe.prepPollUpdate(sqe, at, poll.userData(UserData.MAIN), events));
    return TimerOperations.found(uring, result);
  }

  /** Ends a wait: its call is cancelled. The same as {@link OperationHandle#cancel}. */
  public OperationHandle.Answer remove(OperationHandle poll) {
    return poll.cancel();
  }

  /**
   * Makes a queue of waiters for descriptors of anybody's, by number, and of this library, of both kinds; its user closes
   * it.
   *
   * @throws IOException if there is no descriptor left for it
   */
  public ReadinessQueue readinessQueue() throws IOException {
    return ReadinessQueue.open(uring.nextTable());
  }

  // ---- epoll

  /** Makes an epoll descriptor, close-on-exec, with a plain system call, which does not wait. */
  public Descriptor epoll() throws IOException {
    int fd = SystemCalls.epollCreate();
    if (fd < 0) {
      throw ErrorTable.fileException(-fd);
    }
    try {
      return uring.adopt(fd);
    } catch (IOException | RuntimeException refused) {
      SystemCalls.close(fd);
      throw refused;
    }
  }

  /**
   * Changes what an epoll descriptor watches.
   *
   * @param operation {@link #ADD}, {@link #MODIFY} or {@link #DELETE}
   * @param target the watched descriptor
   * @param events EPOLLIN and so on; of no meaning for {@link #DELETE}
   * @param data comes back with each of its events
   */
  public void epollControl(
      Descriptor epoll, int operation, Descriptor target, int events, long data, CallOptions options)
      throws IOException {
    int result =
        new Request(uring, OperationKind.EPOLL_CTL).on(epoll).with(target).until(options).issue((sqe, at, op) -> {
          EpollEventLayout.write(sqe.asSlice(at + SlotLayout.DATA, EpollEventLayout.BYTES_MAX), events, data);
          Sqe.prepEpollCtl(sqe, at, epoll.fd(), target.fd(), operation, op.addressOf(SlotLayout.DATA));
        });
    checkedFile(result, epoll);
  }

  /**
   * Waits until a watched descriptor has an event; needs Linux 6.15.
   *
   * @param maxEvents how many to report at most, from 1 to 4096
   */
  public List<EpollEvent> epollWait(Descriptor epoll, int maxEvents, CallOptions options) throws IOException {
    if (maxEvents < 1 || maxEvents > MAX_EVENTS) {
      throw new IllegalArgumentException("maxEvents " + maxEvents + ": from 1 to " + MAX_EVENTS);
    }
    long deadline = options.deadlineFromNow();
    Buffer lent = uring.buffers().acquire(maxEvents * EpollEventLayout.BYTES_MAX);
    int result = 0;
    try {
      result = new Request(uring, OperationKind.EPOLL_WAIT)
          .on(epoll)
          .lending(lent)
          .until(deadline, options.isInterruptible(), options.handle())
          .issue((sqe, at, op) -> Sqe.prepEpollWait(sqe, at, epoll.sqeFd(), lent.address(), maxEvents));
      List<EpollEvent> found = new ArrayList<>();
      for (int i = 0; i < result; i++) {
        found.add(new EpollEvent(
            EpollEventLayout.events(lent.segment(), i), EpollEventLayout.data(lent.segment(), i)));
      }
      checkedFile(result, epoll);
      return found;
    } finally {
      uring.giveBack(lent, result);
    }
  }

  private void checkedFile(int result, Descriptor on) throws IOException {
    if (result < 0) {
      throw Outcome.isErrno(result) ? ErrorTable.fileException(-result) : uring.failure(Call.POLL, result, on);
    }
  }
}
