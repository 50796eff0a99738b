package io.loomring.ring;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One encoder an opcode, named after liburing's {@code prep_*}. Each writes the whole entry, so that nothing is left of
 * the one that lay there before. {@code user_data} stays zero: it is put in when the entry goes into the queue.
 *
 * <p>All memory addresses are the caller's to keep valid until the operation's last completion (I-3).
 */
public final class Sqe {
  private Sqe() {}

  /** Writes every field that operations share. */
  public static void prep(
      MemorySegment sqe, long at, Opcode opcode, int fd, long addr, int len, long off, int opFlags) {
    // Opcode, no flags, no ioprio, and the descriptor make up the first eight bytes.
    sqe.set(ValueLayout.JAVA_LONG, at, opcode.code() | (long) fd << 32);
    sqe.set(ValueLayout.JAVA_LONG, at + SqeLayout.OFF, off);
    sqe.set(ValueLayout.JAVA_LONG, at + SqeLayout.ADDR, addr);
    sqe.set(ValueLayout.JAVA_LONG, at + SqeLayout.LEN, len & 0xFFFFFFFFL | (long) opFlags << 32);
    sqe.set(ValueLayout.JAVA_LONG, at + SqeLayout.USER_DATA, 0);
    sqe.set(ValueLayout.JAVA_LONG, at + SqeLayout.BUF_INDEX, 0);
    sqe.set(ValueLayout.JAVA_LONG, at + SqeLayout.ADDR3, 0);
    sqe.set(ValueLayout.JAVA_LONG, at + SqeLayout.ADDR3 + 8, 0);
  }

  public static void prepNop(MemorySegment sqe, long at) {
    prep(sqe, at, Opcode.NOP, -1, 0, 0, 0, 0);
  }

  public static void prepRead(MemorySegment sqe, long at, int fd, long buffer, int bytes, long offset) {
    prep(sqe, at, Opcode.READ, fd, buffer, bytes, offset, 0);
  }

  public static void prepWrite(MemorySegment sqe, long at, int fd, long buffer, int bytes, long offset) {
    prep(sqe, at, Opcode.WRITE, fd, buffer, bytes, offset, 0);
  }

  public static void prepFsync(MemorySegment sqe, long at, int fd, int flags) {
    prep(sqe, at, Opcode.FSYNC, fd, 0, 0, 0, flags);
  }

  public static void prepOpenat(MemorySegment sqe, long at, int directory, long path, int flags, int mode) {
    prep(sqe, at, Opcode.OPENAT, directory, path, mode, 0, flags);
  }

  /** {@code status} has room for a {@code struct statx}. */
  public static void prepStatx(
      MemorySegment sqe, long at, int directory, long path, int flags, int mask, long status) {
    prep(sqe, at, Opcode.STATX, directory, path, mask, status, flags);
  }

  public static void prepRecv(MemorySegment sqe, long at, int fd, long buffer, int bytes, int flags) {
    prep(sqe, at, Opcode.RECV, fd, buffer, bytes, 0, flags);
  }

  public static void prepSend(MemorySegment sqe, long at, int fd, long buffer, int bytes, int flags) {
    prep(sqe, at, Opcode.SEND, fd, buffer, bytes, 0, flags);
  }

  /** {@code message} points at a {@code struct msghdr}. */
  public static void prepSendmsg(MemorySegment sqe, long at, int fd, long message, int flags) {
    prep(sqe, at, Opcode.SENDMSG, fd, message, 1, 0, flags);
  }

  /** {@code message} points at a {@code struct msghdr}, which says what there is room for, and then what came. */
  public static void prepRecvmsg(MemorySegment sqe, long at, int fd, long message, int flags) {
    prep(sqe, at, Opcode.RECVMSG, fd, message, 1, 0, flags);
  }

  /** {@code address} and {@code addressBytes} may be zero: then the peer's address is not asked for. */
  public static void prepAccept(MemorySegment sqe, long at, int fd, long address, long addressBytes, int flags) {
    prep(sqe, at, Opcode.ACCEPT, fd, address, 0, addressBytes, flags);
  }

  public static void prepConnect(MemorySegment sqe, long at, int fd, long address, int addressBytes) {
    prep(sqe, at, Opcode.CONNECT, fd, address, 0, addressBytes, 0);
  }

  public static void prepSocket(MemorySegment sqe, long at, int domain, int type, int protocol) {
    prep(sqe, at, Opcode.SOCKET, domain, 0, protocol, type, 0);
  }

  public static void prepBind(MemorySegment sqe, long at, int fd, long address, int addressBytes) {
    prep(sqe, at, Opcode.BIND, fd, address, 0, addressBytes, 0);
  }

  public static void prepListen(MemorySegment sqe, long at, int fd, int backlog) {
    prep(sqe, at, Opcode.LISTEN, fd, 0, backlog, 0, 0);
  }

  public static void prepShutdown(MemorySegment sqe, long at, int fd, int how) {
    prep(sqe, at, Opcode.SHUTDOWN, fd, 0, how, 0, 0);
  }

  public static void prepClose(MemorySegment sqe, long at, int fd) {
    prep(sqe, at, Opcode.CLOSE, fd, 0, 0, 0, 0);
  }

  public static void prepPollAdd(MemorySegment sqe, long at, int fd, int events) {
    prep(sqe, at, Opcode.POLL_ADD, fd, 0, 0, 0, events);
  }

  /** {@code timespec} points at seconds and nanoseconds; {@code completions} of zero: time alone counts. */
  public static void prepTimeout(MemorySegment sqe, long at, long timespec, int completions, int flags) {
    prep(sqe, at, Opcode.TIMEOUT, -1, timespec, 1, completions, flags);
  }

  public static void prepTimeoutRemove(MemorySegment sqe, long at, long userData) {
    prep(sqe, at, Opcode.TIMEOUT_REMOVE, -1, userData, 0, 0, 0);
  }

  public static void prepLinkTimeout(MemorySegment sqe, long at, long timespec, int flags) {
    prep(sqe, at, Opcode.LINK_TIMEOUT, -1, timespec, 1, 0, flags);
  }

  /** Cancels the one request that bears {@code userData}. */
  public static void prepCancel(MemorySegment sqe, long at, long userData) {
    prep(sqe, at, Opcode.ASYNC_CANCEL, -1, userData, 0, 0, 0);
  }

  /** Cancels every request on {@code fd}; its result is their number, 0 for none (K-12). */
  public static void prepCancelFd(MemorySegment sqe, long at, int fd) {
    prep(sqe, at, Opcode.ASYNC_CANCEL, fd, 0, 0, 0, CancelFlags.FD | CancelFlags.ALL);
  }

  public static void setFlags(MemorySegment sqe, long at, int flags) {
    sqe.set(ValueLayout.JAVA_BYTE, at + SqeLayout.FLAGS, (byte) flags);
  }

  public static int flags(MemorySegment sqe, long at) {
    return sqe.get(ValueLayout.JAVA_BYTE, at + SqeLayout.FLAGS) & 0xFF;
  }

  public static int opcode(MemorySegment sqe, long at) {
    return sqe.get(ValueLayout.JAVA_BYTE, at + SqeLayout.OPCODE) & 0xFF;
  }

  public static void setUserData(MemorySegment sqe, long at, long userData) {
    sqe.set(ValueLayout.JAVA_LONG, at + SqeLayout.USER_DATA, userData);
  }

  public static long userData(MemorySegment sqe, long at) {
    return sqe.get(ValueLayout.JAVA_LONG, at + SqeLayout.USER_DATA);
  }

  /** Copies a staged entry. */
  public static void copy(MemorySegment from, long fromAt, MemorySegment to, long toAt) {
    for (int i = 0; i < SqeLayout.BYTES; i += Long.BYTES) {
      to.set(ValueLayout.JAVA_LONG, toAt + i, from.get(ValueLayout.JAVA_LONG, fromAt + i));
    }
  }
}
