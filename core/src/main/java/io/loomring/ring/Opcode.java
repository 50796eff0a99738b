package io.loomring.ring;

/** Every operation code, with the kernel version that brought it. */
public enum Opcode {
  NOP(0, "5.1"),
  READV(1, "5.1"),
  WRITEV(2, "5.1"),
  FSYNC(3, "5.1"),
  READ_FIXED(4, "5.1"),
  WRITE_FIXED(5, "5.1"),
  POLL_ADD(6, "5.1"),
  POLL_REMOVE(7, "5.1"),
  SYNC_FILE_RANGE(8, "5.2"),
  SENDMSG(9, "5.3"),
  RECVMSG(10, "5.3"),
  TIMEOUT(11, "5.4"),
  TIMEOUT_REMOVE(12, "5.5"),
  ACCEPT(13, "5.5"),
  ASYNC_CANCEL(14, "5.5"),
  LINK_TIMEOUT(15, "5.5"),
  CONNECT(16, "5.5"),
  FALLOCATE(17, "5.6"),
  OPENAT(18, "5.6"),
  CLOSE(19, "5.6"),
  FILES_UPDATE(20, "5.6"),
  STATX(21, "5.6"),
  READ(22, "5.6"),
  WRITE(23, "5.6"),
  FADVISE(24, "5.6"),
  MADVISE(25, "5.6"),
  SEND(26, "5.6"),
  RECV(27, "5.6"),
  OPENAT2(28, "5.6"),
  EPOLL_CTL(29, "5.6"),
  SPLICE(30, "5.7"),
  PROVIDE_BUFFERS(31, "5.7"),
  REMOVE_BUFFERS(32, "5.7"),
  TEE(33, "5.8"),
  SHUTDOWN(34, "5.11"),
  RENAMEAT(35, "5.11"),
  UNLINKAT(36, "5.11"),
  MKDIRAT(37, "5.15"),
  SYMLINKAT(38, "5.15"),
  LINKAT(39, "5.15"),
  MSG_RING(40, "5.18"),
  FSETXATTR(41, "5.19"),
  SETXATTR(42, "5.19"),
  FGETXATTR(43, "5.19"),
  GETXATTR(44, "5.19"),
  SOCKET(45, "5.19"),
  URING_CMD(46, "5.19"),
  SEND_ZC(47, "6.0"),
  SENDMSG_ZC(48, "6.1"),
  READ_MULTISHOT(49, "6.7"),
  WAITID(50, "6.7"),
  FUTEX_WAIT(51, "6.7"),
  FUTEX_WAKE(52, "6.7"),
  FUTEX_WAITV(53, "6.7"),
  FIXED_FD_INSTALL(54, "6.8"),
  FTRUNCATE(55, "6.9"),
  BIND(56, "6.11"),
  LISTEN(57, "6.11"),
  RECV_ZC(58, "6.15"),
  EPOLL_WAIT(59, "6.15"),
  READV_FIXED(60, "6.15"),
  WRITEV_FIXED(61, "6.15"),
  PIPE(62, "6.16"),
  NOP128(63, "6.19"),
  URING_CMD128(64, "6.19");

  private final int code;
  private final String since;

  Opcode(int code, String since) {
    this.code = code;
    this.since = since;
  }

  /** The number in the SQE. */
  public int code() {
    return code;
  }

  /** Whether its field {@code fd} is a file's, which may be a direct descriptor then (K-67). */
  public boolean takesDirect() {
    return switch (this) {
      case READV, WRITEV, READ, WRITE, READ_FIXED, WRITE_FIXED, READV_FIXED, WRITEV_FIXED, READ_MULTISHOT,
          FSYNC, SYNC_FILE_RANGE, FALLOCATE, FADVISE, FTRUNCATE, FGETXATTR, FSETXATTR, SPLICE, TEE,
          SENDMSG, RECVMSG, SEND, RECV, SEND_ZC, SENDMSG_ZC, RECV_ZC, ACCEPT, CONNECT, BIND, LISTEN, SHUTDOWN,
          URING_CMD, POLL_ADD, EPOLL_WAIT, FIXED_FD_INSTALL -> true;
      default -> false;
    };
  }

  /** The kernel version that has it first, such as {@code 5.19}. */
  public String since() {
    return since;
  }
}
