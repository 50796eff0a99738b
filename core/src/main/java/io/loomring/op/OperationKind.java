package io.loomring.op;

import io.loomring.error.Call;
import io.loomring.ring.Opcode;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What an operation does: the opcode that does it, the {@link Call} by which the error table knows it, and whether the
 * kernel leaves it to a worker. What a restricted ring may issue comes from here too.
 */
public enum OperationKind {
  NOP(Opcode.NOP, Call.OTHER),
  READ(Opcode.READ, Call.READ),
  READ_MULTISHOT(Opcode.READ_MULTISHOT, Call.READ),
  WRITE(Opcode.WRITE, Call.WRITE),
  RECV(Opcode.RECV, Call.READ),
  SEND(Opcode.SEND, Call.WRITE),
  RECV_ZC(Opcode.RECV_ZC, Call.READ),
  RECVMSG(Opcode.RECVMSG, Call.READ),
  SENDMSG(Opcode.SENDMSG, Call.WRITE),
  SEND_ZC(Opcode.SEND_ZC, Call.WRITE),
  SENDMSG_ZC(Opcode.SENDMSG_ZC, Call.WRITE),
  ACCEPT(Opcode.ACCEPT, Call.ACCEPT),
  CONNECT(Opcode.CONNECT, Call.CONNECT),
  SOCKET(Opcode.SOCKET, Call.SOCKET),
  BIND(Opcode.BIND, Call.BIND),
  LISTEN(Opcode.LISTEN, Call.LISTEN),
  SHUTDOWN(Opcode.SHUTDOWN, Call.SHUTDOWN, true),
  OPENAT(Opcode.OPENAT, Call.OPEN, true),
  FSYNC(Opcode.FSYNC, Call.SYNC, true),
  STATX(Opcode.STATX, Call.STAT, true),
  READV(Opcode.READV, Call.READ),
  WRITEV(Opcode.WRITEV, Call.WRITE),
  READ_FIXED(Opcode.READ_FIXED, Call.READ),
  WRITE_FIXED(Opcode.WRITE_FIXED, Call.WRITE),
  READV_FIXED(Opcode.READV_FIXED, Call.READ),
  WRITEV_FIXED(Opcode.WRITEV_FIXED, Call.WRITE),
  PROVIDE_BUFFERS(Opcode.PROVIDE_BUFFERS, Call.OTHER),
  REMOVE_BUFFERS(Opcode.REMOVE_BUFFERS, Call.OTHER),
  SYNC_FILE_RANGE(Opcode.SYNC_FILE_RANGE, Call.SYNC, true),
  FALLOCATE(Opcode.FALLOCATE, Call.WRITE, true),
  FADVISE(Opcode.FADVISE, Call.OTHER, true),
  MADVISE(Opcode.MADVISE, Call.OTHER, true),
  FTRUNCATE(Opcode.FTRUNCATE, Call.WRITE, true),
  OPENAT2(Opcode.OPENAT2, Call.OPEN, true),
  RENAMEAT(Opcode.RENAMEAT, Call.OTHER, true),
  UNLINKAT(Opcode.UNLINKAT, Call.OTHER, true),
  MKDIRAT(Opcode.MKDIRAT, Call.OTHER, true),
  SYMLINKAT(Opcode.SYMLINKAT, Call.OTHER, true),
  LINKAT(Opcode.LINKAT, Call.OTHER, true),
  GETXATTR(Opcode.GETXATTR, Call.OTHER, true),
  SETXATTR(Opcode.SETXATTR, Call.OTHER, true),
  FGETXATTR(Opcode.FGETXATTR, Call.OTHER, true),
  FSETXATTR(Opcode.FSETXATTR, Call.OTHER, true),
  SPLICE(Opcode.SPLICE, Call.OTHER, true),
  TEE(Opcode.TEE, Call.OTHER, true),
  PIPE(Opcode.PIPE, Call.OTHER),
  POLL(Opcode.POLL_ADD, Call.POLL),
  POLL_UPDATE(Opcode.POLL_REMOVE, Call.POLL),
  EPOLL_CTL(Opcode.EPOLL_CTL, Call.POLL),
  EPOLL_WAIT(Opcode.EPOLL_WAIT, Call.POLL),
  TIMEOUT(Opcode.TIMEOUT, Call.OTHER),
  TIMEOUT_UPDATE(Opcode.TIMEOUT_REMOVE, Call.OTHER),
  FUTEX_WAIT(Opcode.FUTEX_WAIT, Call.OTHER),
  FUTEX_WAKE(Opcode.FUTEX_WAKE, Call.OTHER),
  FUTEX_WAITV(Opcode.FUTEX_WAITV, Call.OTHER),
  WAITID(Opcode.WAITID, Call.OTHER),
  MSG_RING(Opcode.MSG_RING, Call.OTHER),
  URING_CMD(Opcode.URING_CMD, Call.OPTION),
  FILES_UPDATE(Opcode.FILES_UPDATE, Call.OTHER),
  FIXED_FD_INSTALL(Opcode.FIXED_FD_INSTALL, Call.OTHER),
  /** What a user's encoder makes: its parts name their opcodes themselves. */
  CUSTOM(Opcode.NOP, Call.OTHER),
  /** The close chain of a descriptor that we own: cancel, then close. */
  CLOSE(Opcode.CLOSE, Call.CLOSE),
  /** The same for a descriptor that is only lent to us: it is left open. */
  DETACH(Opcode.ASYNC_CANCEL, Call.CLOSE);

  /** What the library issues beside the work of its operations: for their timeouts, their cancel and their close. */
  private static final Set<Opcode> SERVICE = Set.of(
      Opcode.POLL_ADD, Opcode.TIMEOUT, Opcode.TIMEOUT_REMOVE, Opcode.LINK_TIMEOUT, Opcode.ASYNC_CANCEL, Opcode.CLOSE);

  private final Opcode opcode;
  private final Call call;
  private final boolean workers;

  OperationKind(Opcode opcode, Call call) {
    this(opcode, call, false);
  }

  OperationKind(Opcode opcode, Call call, boolean workers) {
    this.opcode = opcode;
    this.call = call;
    this.workers = workers;
  }

  public Opcode opcode() {
    return opcode;
  }

  public Call call() {
    return call;
  }

  /** Every opcode that the library issues: what a restricted ring may. */
  public static Set<Opcode> opcodes() {
    EnumSet<Opcode> all = EnumSet.copyOf(SERVICE);
    for (OperationKind kind : values()) {
      all.add(kind.opcode);
    }
    return Collections.unmodifiableSet(all);
  }

  /**
   * Whether the kernel leaves it to a worker from the start. Its linked timeout would not run while the worker is at it,
   * and it takes its descriptor's file only when the worker begins (K-14, K-44).
   */
  public boolean isWorkers() {
    return workers;
  }

  /** The same for an opcode. */
  public static boolean isWorkers(Opcode opcode) {
    for (OperationKind kind : values()) {
      if (kind.opcode == opcode && kind.workers) {
        return true;
      }
    }
    return false;
  }

  /** Whether its result is a number of bytes. */
  boolean movesBytes() {
    return call == Call.READ || call == Call.WRITE;
  }

  /** Whether it moves bytes of a file. */
  boolean isFileTransfer() {
    return switch (this) {
      case READ, READV, READ_FIXED, READV_FIXED, WRITE, WRITEV, WRITE_FIXED, WRITEV_FIXED -> true;
      default -> false;
    };
  }

  boolean endsDescriptor() {
    return this == CLOSE || this == DETACH;
  }
}
