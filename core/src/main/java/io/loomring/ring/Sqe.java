package io.loomring.ring;

import io.loomring.sys.Constants;
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

  /** Reads into memory that is registered with the ring under {@code index}. */
  public static void prepReadFixed(
      MemorySegment sqe, long at, int fd, long buffer, int bytes, long offset, int index) {
    prep(sqe, at, Opcode.READ_FIXED, fd, buffer, bytes, offset, 0);
    setBufferIndex(sqe, at, index);
  }

  /** Writes from memory that is registered with the ring under {@code index}. */
  public static void prepWriteFixed(
      MemorySegment sqe, long at, int fd, long buffer, int bytes, long offset, int index) {
    prep(sqe, at, Opcode.WRITE_FIXED, fd, buffer, bytes, offset, 0);
    setBufferIndex(sqe, at, index);
  }

  /** Reads into several parts of the memory that is registered under {@code index}. */
  public static void prepReadvFixed(
      MemorySegment sqe, long at, int fd, long iovecs, int count, long offset, int index) {
    prep(sqe, at, Opcode.READV_FIXED, fd, iovecs, count, offset, 0);
    setBufferIndex(sqe, at, index);
  }

  /** Writes from several parts of the memory that is registered under {@code index}. */
  public static void prepWritevFixed(
      MemorySegment sqe, long at, int fd, long iovecs, int count, long offset, int index) {
    prep(sqe, at, Opcode.WRITEV_FIXED, fd, iovecs, count, offset, 0);
    setBufferIndex(sqe, at, index);
  }

  /** Gives a group {@code count} buffers of {@code bytes} each, which lie one behind the other and are counted up. */
  public static void prepProvideBuffers(
      MemorySegment sqe, long at, long memory, int bytes, int count, int group, int firstId) {
    prep(sqe, at, Opcode.PROVIDE_BUFFERS, count, memory, bytes, firstId, 0);
    setBufferIndex(sqe, at, group);
  }

  /** Takes up to {@code count} buffers out of a group again. */
  public static void prepRemoveBuffers(MemorySegment sqe, long at, int count, int group) {
    prep(sqe, at, Opcode.REMOVE_BUFFERS, count, 0, 0, 0, 0);
    setBufferIndex(sqe, at, group);
  }

  private static void setBufferIndex(MemorySegment sqe, long at, int index) {
    sqe.set(ValueLayout.JAVA_SHORT, at + SqeLayout.BUF_INDEX, (short) index);
  }

  public static void prepFsync(MemorySegment sqe, long at, int fd, int flags) {
    prep(sqe, at, Opcode.FSYNC, fd, 0, 0, 0, flags);
  }

  public static void prepOpenat(MemorySegment sqe, long at, int directory, long path, int flags, int mode) {
    prep(sqe, at, Opcode.OPENAT, directory, path, mode, 0, flags);
  }

  public static void prepReadv(MemorySegment sqe, long at, int fd, long iovecs, int count, long offset, int flags) {
    prep(sqe, at, Opcode.READV, fd, iovecs, count, offset, flags);
  }

  public static void prepWritev(MemorySegment sqe, long at, int fd, long iovecs, int count, long offset, int flags) {
    prep(sqe, at, Opcode.WRITEV, fd, iovecs, count, offset, flags);
  }

  public static void prepSyncFileRange(MemorySegment sqe, long at, int fd, int bytes, long offset, int flags) {
    prep(sqe, at, Opcode.SYNC_FILE_RANGE, fd, 0, bytes, offset, flags);
  }

  public static void prepFallocate(MemorySegment sqe, long at, int fd, int mode, long offset, long bytes) {
    prep(sqe, at, Opcode.FALLOCATE, fd, bytes, mode, offset, 0);
  }

  public static void prepFadvise(MemorySegment sqe, long at, int fd, long offset, int bytes, int advice) {
    prep(sqe, at, Opcode.FADVISE, fd, 0, bytes, offset, advice);
  }

  public static void prepMadvise(MemorySegment sqe, long at, long address, int bytes, int advice) {
    prep(sqe, at, Opcode.MADVISE, -1, address, bytes, 0, advice);
  }

  public static void prepFtruncate(MemorySegment sqe, long at, int fd, long bytes) {
    prep(sqe, at, Opcode.FTRUNCATE, fd, 0, 0, bytes, 0);
  }

  /** {@code how} points at a {@code struct open_how}, of {@code howBytes}. */
  public static void prepOpenat2(MemorySegment sqe, long at, int directory, long path, long how, int howBytes) {
    prep(sqe, at, Opcode.OPENAT2, directory, path, howBytes, how, 0);
  }

  public static void prepRenameat(
      MemorySegment sqe, long at, int oldDirectory, long oldPath, int newDirectory, long newPath, int flags) {
    prep(sqe, at, Opcode.RENAMEAT, oldDirectory, oldPath, newDirectory, newPath, flags);
  }

  public static void prepUnlinkat(MemorySegment sqe, long at, int directory, long path, int flags) {
    prep(sqe, at, Opcode.UNLINKAT, directory, path, 0, 0, flags);
  }

  public static void prepMkdirat(MemorySegment sqe, long at, int directory, long path, int mode) {
    prep(sqe, at, Opcode.MKDIRAT, directory, path, mode, 0, 0);
  }

  public static void prepSymlinkat(MemorySegment sqe, long at, long target, int directory, long path) {
    prep(sqe, at, Opcode.SYMLINKAT, directory, target, 0, path, 0);
  }

  public static void prepLinkat(
      MemorySegment sqe, long at, int oldDirectory, long oldPath, int newDirectory, long newPath, int flags) {
    prep(sqe, at, Opcode.LINKAT, oldDirectory, oldPath, newDirectory, newPath, flags);
  }

  public static void prepGetxattr(MemorySegment sqe, long at, long name, long value, long path, int bytes) {
    prep(sqe, at, Opcode.GETXATTR, 0, name, bytes, value, 0);
    sqe.set(ValueLayout.JAVA_LONG, at + SqeLayout.ADDR3, path);
  }

  public static void prepSetxattr(
      MemorySegment sqe, long at, long name, long value, long path, int flags, int bytes) {
    prep(sqe, at, Opcode.SETXATTR, 0, name, bytes, value, flags);
    sqe.set(ValueLayout.JAVA_LONG, at + SqeLayout.ADDR3, path);
  }

  public static void prepFgetxattr(MemorySegment sqe, long at, int fd, long name, long value, int bytes) {
    prep(sqe, at, Opcode.FGETXATTR, fd, name, bytes, value, 0);
  }

  public static void prepFsetxattr(
      MemorySegment sqe, long at, int fd, long name, long value, int flags, int bytes) {
    prep(sqe, at, Opcode.FSETXATTR, fd, name, bytes, value, flags);
  }

  /** Offsets are -1 for what has none: one of the two has to be a pipe. */
  public static void prepSplice(
      MemorySegment sqe, long at, int fromFd, long fromOffset, int toFd, long toOffset, int bytes, int flags) {
    prep(sqe, at, Opcode.SPLICE, toFd, fromOffset, bytes, toOffset, flags);
    sqe.set(ValueLayout.JAVA_INT, at + SqeLayout.FILE_INDEX, fromFd);
  }

  /** Both are pipes. */
  public static void prepTee(MemorySegment sqe, long at, int fromFd, int toFd, int bytes, int flags) {
    prep(sqe, at, Opcode.TEE, toFd, 0, bytes, 0, flags);
    sqe.set(ValueLayout.JAVA_INT, at + SqeLayout.FILE_INDEX, fromFd);
  }

  /** {@code fds} has room for two ints: the end to read from, and the one to write to. */
  public static void prepPipe(MemorySegment sqe, long at, long fds, int flags) {
    prep(sqe, at, Opcode.PIPE, 0, fds, 0, 0, flags);
  }

  /** {@code status} has room for a {@code struct statx}. */
  public static void prepStatx(
      MemorySegment sqe, long at, int directory, long path, int flags, int mask, long status) {
    prep(sqe, at, Opcode.STATX, directory, path, mask, status, flags);
  }

  public static void prepRecv(MemorySegment sqe, long at, int fd, long buffer, int bytes, int flags) {
    prep(sqe, at, Opcode.RECV, fd, buffer, bytes, 0, flags);
  }

  /** Into the memory of the network card's queue {@code queue}, which the ring has registered; always multishot. */
  public static void prepRecvZc(MemorySegment sqe, long at, int fd, int queue) {
    prep(sqe, at, Opcode.RECV_ZC, fd, 0, 0, 0, 0);
    sqe.set(ValueLayout.JAVA_SHORT, at + SqeLayout.IOPRIO, (short) IoPrioFlags.RECV_MULTISHOT);
    sqe.set(ValueLayout.JAVA_INT, at + SqeLayout.FILE_INDEX, queue);
  }

  public static void prepSend(MemorySegment sqe, long at, int fd, long buffer, int bytes, int flags) {
    prep(sqe, at, Opcode.SEND, fd, buffer, bytes, 0, flags);
  }

  /** {@code message} points at a {@code struct msghdr}. */
  public static void prepSendmsg(MemorySegment sqe, long at, int fd, long message, int flags) {
    prep(sqe, at, Opcode.SENDMSG, fd, message, 1, 0, flags);
  }

  /** The kernel keeps the buffer until the completion that bears the NOTIF flag. */
  public static void prepSendZc(MemorySegment sqe, long at, int fd, long buffer, int bytes, int flags) {
    prep(sqe, at, Opcode.SEND_ZC, fd, buffer, bytes, 0, flags);
  }

  /** The same with a {@code struct msghdr} that {@code message} points at. */
  public static void prepSendmsgZc(MemorySegment sqe, long at, int fd, long message, int flags) {
    prep(sqe, at, Opcode.SENDMSG_ZC, fd, message, 1, 0, flags);
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

  /** Closes a slot of the ring's table of direct descriptors; FIXED_FILE must not be set (K-21). */
  public static void prepCloseDirect(MemorySegment sqe, long at, int slot) {
    prep(sqe, at, Opcode.CLOSE, 0, 0, 0, 0, 0);
    sqe.set(ValueLayout.JAVA_INT, at + SqeLayout.FILE_INDEX, slot + 1);
  }

  /** Has an operation that makes a descriptor put it into a free slot of the ring's table; the slot is its result. */
  public static void intoTable(MemorySegment sqe, long at) {
    sqe.set(ValueLayout.JAVA_INT, at + SqeLayout.FILE_INDEX, RegisterOps.FILE_INDEX_ALLOC);
  }

  /** Has an operation that opens a file put it into one slot of the ring's table, in place of what is there (K-77). */
  public static void intoSlot(MemorySegment sqe, long at, int slot) {
    sqe.set(ValueLayout.JAVA_INT, at + SqeLayout.FILE_INDEX, slot + 1);
  }

  /** Puts the descriptors that {@code fds} points at into the slots from {@code slot} on, in place of what is there. */
  public static void prepFilesUpdate(MemorySegment sqe, long at, long fds, int count, int slot) {
    prep(sqe, at, Opcode.FILES_UPDATE, -1, fds, count, slot, 0);
  }

  /** Puts the descriptors that {@code fds} points at into free slots of the ring's table, whose numbers replace them. */
  public static void prepFilesUpdateAlloc(MemorySegment sqe, long at, long fds, int count) {
    prep(sqe, at, Opcode.FILES_UPDATE, -1, fds, count, RegisterOps.FILE_INDEX_ALLOC, 0);
  }

  /** Makes a regular descriptor, close-on-exec, of a slot of the ring's table; needs FIXED_FILE. */
  public static void prepFixedFdInstall(MemorySegment sqe, long at, int slot, int flags) {
    prep(sqe, at, Opcode.FIXED_FD_INSTALL, slot, 0, 0, 0, flags);
  }

  public static void prepPollAdd(MemorySegment sqe, long at, int fd, int events) {
    prep(sqe, at, Opcode.POLL_ADD, fd, 0, 0, 0, events);
  }

  public static void prepPollRemove(MemorySegment sqe, long at, long userData) {
    prep(sqe, at, Opcode.POLL_REMOVE, -1, userData, 0, 0, 0);
  }

  /** Has the poll that bears {@code userData} wait for other events. */
  public static void prepPollUpdate(MemorySegment sqe, long at, long userData, int events) {
    prep(sqe, at, Opcode.POLL_REMOVE, -1, userData, PollFlags.UPDATE_EVENTS, 0, events);
  }

  /** {@code event} points at an {@code struct epoll_event}. */
  public static void prepEpollCtl(MemorySegment sqe, long at, int epollFd, int fd, int operation, long event) {
    prep(sqe, at, Opcode.EPOLL_CTL, epollFd, event, operation, fd, 0);
  }

  public static void prepEpollWait(MemorySegment sqe, long at, int epollFd, long events, int maxEvents) {
    prep(sqe, at, Opcode.EPOLL_WAIT, epollFd, events, maxEvents, 0, 0);
  }

  /** {@code timespec} points at seconds and nanoseconds; {@code completions} of zero: time alone counts. */
  public static void prepTimeout(MemorySegment sqe, long at, long timespec, int completions, int flags) {
    prep(sqe, at, Opcode.TIMEOUT, -1, timespec, 1, completions, flags);
  }

  public static void prepTimeoutRemove(MemorySegment sqe, long at, long userData) {
    prep(sqe, at, Opcode.TIMEOUT_REMOVE, -1, userData, 0, 0, 0);
  }

  /** Gives the timeout that bears {@code userData} another time. */
  public static void prepTimeoutUpdate(MemorySegment sqe, long at, long userData, long timespec, int flags) {
    prep(sqe, at, Opcode.TIMEOUT_REMOVE, -1, userData, 0, timespec, flags | TimeoutFlags.TIMEOUT_UPDATE);
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

  /** The same for a slot of the ring's table of direct descriptors (K-21). */
  public static void prepCancelDirect(MemorySegment sqe, long at, int slot) {
    prep(sqe, at, Opcode.ASYNC_CANCEL, slot, 0, 0, 0, CancelFlags.FD | CancelFlags.ALL | CancelFlags.FD_FIXED);
  }

  /** Cancels every request on what the CLOSE at {@code closeAt} closes. */
  public static void prepCancelOf(MemorySegment sqe, long at, MemorySegment close, long closeAt) {
    int index = close.get(ValueLayout.JAVA_INT, closeAt + SqeLayout.FILE_INDEX);
    if (index == 0) {
      prepCancelFd(sqe, at, close.get(ValueLayout.JAVA_INT, closeAt + SqeLayout.FD));
    } else {
      prepCancelDirect(sqe, at, index - 1);
    }
  }

  /** {@code flags} of {@link FutexFlags}. */
  public static void prepFutexWait(MemorySegment sqe, long at, long word, long expected, long mask, int flags) {
    prep(sqe, at, Opcode.FUTEX_WAIT, flags, word, 0, expected, 0);
    sqe.set(ValueLayout.JAVA_LONG, at + SqeLayout.ADDR3, mask);
  }

  public static void prepFutexWake(MemorySegment sqe, long at, long word, long count, long mask, int flags) {
    prep(sqe, at, Opcode.FUTEX_WAKE, flags, word, 0, count, 0);
    sqe.set(ValueLayout.JAVA_LONG, at + SqeLayout.ADDR3, mask);
  }

  /** {@code waiters} points at {@code struct futex_waitv}s. */
  public static void prepFutexWaitv(MemorySegment sqe, long at, long waiters, int count) {
    prep(sqe, at, Opcode.FUTEX_WAITV, 0, waiters, count, 0, 0);
  }

  /** {@code info} has room for a {@code siginfo_t}. */
  public static void prepWaitid(MemorySegment sqe, long at, int idType, int id, long info, int options) {
    prep(sqe, at, Opcode.WAITID, id, 0, idType, info, 0);
    sqe.set(ValueLayout.JAVA_INT, at + SqeLayout.FILE_INDEX, options);
  }

  /** Makes a completion of the ring {@code ringFd}, with {@code userData} and the result {@code value}. */
  public static void prepMsgRing(MemorySegment sqe, long at, int ringFd, int value, long userData, int flags) {
    prep(sqe, at, Opcode.MSG_RING, ringFd, MsgRing.DATA, value, userData, flags);
  }

  /** {@code command} of {@link SocketCommands}; the rest as of getsockopt(2) and setsockopt(2), or zero. */
  public static void prepSocketCommand(
      MemorySegment sqe, long at, int command, int fd, int level, int name, long value, int bytes) {
    long levelAndName = level & 0xFFFFFFFFL | (long) name << 32;
    prep(sqe, at, Opcode.URING_CMD, fd, levelAndName, 0, command, 0);
    sqe.set(ValueLayout.JAVA_INT, at + SqeLayout.FILE_INDEX, bytes);
    sqe.set(ValueLayout.JAVA_LONG, at + SqeLayout.ADDR3, value);
  }

  /** Accepts one connection after the other; the peers' addresses are not asked for. */
  public static void prepMultishotAccept(MemorySegment sqe, long at, int fd) {
    prep(sqe, at, Opcode.ACCEPT, fd, 0, 0, 0, Constants.SOCK_CLOEXEC);
    sqe.set(ValueLayout.JAVA_SHORT, at + SqeLayout.IOPRIO, (short) IoPrioFlags.ACCEPT_MULTISHOT);
  }

  /** The same into the ring's table of direct descriptors, where close-on-exec means nothing and is refused (K-22). */
  public static void prepMultishotAcceptDirect(MemorySegment sqe, long at, int fd) {
    prepMultishotAccept(sqe, at, fd);
    sqe.set(ValueLayout.JAVA_INT, at + SqeLayout.OP_FLAGS, 0);
    intoTable(sqe, at);
  }

  /** Receives again and again, each time into a buffer of the group. */
  public static void prepMultishotRecv(MemorySegment sqe, long at, int fd, int group) {
    prep(sqe, at, Opcode.RECV, fd, 0, 0, 0, 0);
    sqe.set(ValueLayout.JAVA_SHORT, at + SqeLayout.IOPRIO, (short) IoPrioFlags.RECV_MULTISHOT);
    selectBuffer(sqe, at, group);
  }

  /** Reads again and again at the current position, each time into a buffer of the group. */
  public static void prepMultishotRead(MemorySegment sqe, long at, int fd, int group) {
    prep(sqe, at, Opcode.READ_MULTISHOT, fd, 0, 0, -1, 0);
    selectBuffer(sqe, at, group);
  }

  private static void selectBuffer(MemorySegment sqe, long at, int group) {
    setFlags(sqe, at, SqeFlags.BUFFER_SELECT);
    sqe.set(ValueLayout.JAVA_SHORT, at + SqeLayout.BUF_INDEX, (short) group);
  }

  /** Polls until it is cancelled. */
  public static void prepMultishotPoll(MemorySegment sqe, long at, int fd, int events) {
    prep(sqe, at, Opcode.POLL_ADD, fd, 0, PollFlags.ADD_MULTI, 0, events);
  }

  /** Goes off once every {@code timespec}, so many times; for ever where that is zero. */
  public static void prepMultishotTimeout(MemorySegment sqe, long at, long timespec, int times) {
    prep(sqe, at, Opcode.TIMEOUT, -1, timespec, 1, times, TimeoutFlags.TIMEOUT_MULTISHOT);
  }

  public static void setFlags(MemorySegment sqe, long at, int flags) {
    sqe.set(ValueLayout.JAVA_BYTE, at + SqeLayout.FLAGS, (byte) flags);
  }

  /** Adds flags to those that are set. */
  public static void addFlags(MemorySegment sqe, long at, int flags) {
    setFlags(sqe, at, flags(sqe, at) | flags);
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
