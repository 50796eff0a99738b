package io.loomring.sys;

import com.sun.jna.LastErrorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * System calls as plain functions: each answers the result, or {@code -errno}, taken in the native frame of the call
 * itself (K-31). None of them retries; none throws.
 *
 * <p>A native call from a virtual thread keeps its carrier for as long as it lasts (K-32): whatever can wait is for
 * platform threads only, and says so.
 */
public final class SystemCalls {
  private static final SyscallNumbers NR = SyscallNumbers.current();

  private SystemCalls() {}

  private static long call(long number, long a, long b, long c, long d, long e, long f) {
    try {
      return LibC.syscall(number, a, b, c, d, e, f);
    } catch (LastErrorException failed) {
      return -failed.getErrorCode();
    }
  }

  private static int call(int number, long a, long b, long c) {
    return (int) call(number, a, b, c, 0, 0, 0);
  }

  public static int ioUringSetup(int entries, long params) {
    return call(SyscallNumbers.IO_URING_SETUP, entries, params, 0);
  }

  /** Submits, and waits where {@code minComplete} is above zero. */
  public static int ioUringEnter(int ringFd, int toSubmit, int minComplete, int flags, long arg, long argBytes) {
    return (int) call(SyscallNumbers.IO_URING_ENTER, ringFd, toSubmit, minComplete, flags, arg, argBytes);
  }

  public static int ioUringRegister(int ringFd, int opcode, long arg, int count) {
    return (int) call(SyscallNumbers.IO_URING_REGISTER, ringFd, opcode, arg, count, 0, 0);
  }

  public static long mmap(long bytes, int protection, int flags, int fd, long offset) {
    return call(NR.mmap(), 0, bytes, protection, flags, fd, offset);
  }

  public static int munmap(long address, long bytes) {
    return call(NR.munmap(), address, bytes, 0);
  }

  public static int madvise(long address, long bytes, int advice) {
    return call(NR.madvise(), address, bytes, advice);
  }

  public static int close(int fd) {
    return call(NR.close(), fd, 0, 0);
  }

  public static int dup(int fd) {
    return call(NR.dup(), fd, 0, 0);
  }

  /** May wait: only for descriptors that are ready or non-blocking, or from a platform thread. */
  public static int read(int fd, long buffer, int bytes) {
    return call(NR.read(), fd, buffer, bytes);
  }

  /** May wait: only for descriptors that are ready or non-blocking, or from a platform thread. */
  public static int write(int fd, long buffer, int bytes) {
    return call(NR.write(), fd, buffer, bytes);
  }

  /** The new position; ESPIPE for what has none, such as a pipe. Does not wait with SEEK_CUR and SEEK_SET. */
  public static long lseek(int fd, long offset, int whence) {
    return call(SyscallNumbers.lseek(), fd, offset, whence, 0, 0, 0);
  }

  /** May wait for the device. */
  public static int ftruncate(int fd, long bytes) {
    return call(SyscallNumbers.ftruncate(), fd, bytes, 0);
  }

  /** May wait for a server unless {@code flags} hold AT_STATX_DONT_SYNC. */
  public static int statx(int directoryFd, long path, int flags, int mask, long statx) {
    return (int) call(SyscallNumbers.statx(), directoryFd, path, flags, mask, statx, 0);
  }

  public static int fchmod(int fd, int mode) {
    return call(SyscallNumbers.fchmod(), fd, mode, 0);
  }

  public static int ioctl(int fd, long request, long arg) {
    return call(NR.ioctl(), fd, request, arg);
  }

  public static int fcntl(int fd, int command, long arg) {
    return call(NR.fcntl(), fd, command, arg);
  }

  public static int socket(int domain, int type, int protocol) {
    return call(NR.socket(), domain, type, protocol);
  }

  public static int socketpair(int domain, int type, int protocol, long fds) {
    return (int) call(NR.socketpair(), domain, type, protocol, fds, 0, 0);
  }

  public static int bind(int fd, long address, int bytes) {
    return call(NR.bind(), fd, address, bytes);
  }

  public static int listen(int fd, int backlog) {
    return call(NR.listen(), fd, backlog, 0);
  }

  /** May wait: for non-blocking sockets, or from a platform thread. */
  public static int connect(int fd, long address, int bytes) {
    return call(NR.connect(), fd, address, bytes);
  }

  /** May wait: for non-blocking sockets, or from a platform thread. */
  public static int accept4(int fd, long address, long addressBytes, int flags) {
    return (int) call(NR.accept4(), fd, address, addressBytes, flags, 0, 0);
  }

  public static int shutdown(int fd, int how) {
    return call(NR.shutdown(), fd, how, 0);
  }

  public static int getsockname(int fd, long address, long addressBytes) {
    return call(NR.getsockname(), fd, address, addressBytes);
  }

  public static int getpeername(int fd, long address, long addressBytes) {
    return call(NR.getpeername(), fd, address, addressBytes);
  }

  public static int setsockopt(int fd, int level, int name, long value, int bytes) {
    return (int) call(NR.setsockopt(), fd, level, name, value, bytes, 0);
  }

  public static int getsockopt(int fd, int level, int name, long value, long bytes) {
    return (int) call(NR.getsockopt(), fd, level, name, value, bytes, 0);
  }

  /** May wait unless {@code flags} hold MSG_DONTWAIT. */
  public static int send(int fd, long buffer, int bytes, int flags) {
    return (int) call(NR.sendto(), fd, buffer, bytes, flags, 0, 0);
  }

  /** May wait unless {@code flags} hold MSG_DONTWAIT. */
  public static int recv(int fd, long buffer, int bytes, int flags) {
    return (int) call(NR.recvfrom(), fd, buffer, bytes, flags, 0, 0);
  }

  public static int epollCreate() {
    return call(NR.epollCreate1(), Constants.EPOLL_CLOEXEC, 0, 0);
  }

  public static int epollCtl(int epollFd, int operation, int fd, long event) {
    return (int) call(NR.epollCtl(), epollFd, operation, fd, event, 0, 0);
  }

  /** Waits up to {@code timeoutMillis}, for ever where it is negative. Platform threads only. */
  public static int epollWait(int epollFd, long events, int maxEvents, int timeoutMillis) {
    return (int) call(NR.epollPwait(), epollFd, events, maxEvents, timeoutMillis, 0, 8);
  }

  public static int eventfd() {
    return call(NR.eventfd2(), 0, Constants.EFD_CLOEXEC | Constants.EFD_NONBLOCK, 0);
  }

  public static int pipe(long fds, int flags) {
    return call(NR.pipe2(), fds, flags, 0);
  }

  /** Polls without waiting where {@code timeout} points at zero. */
  public static int ppoll(long pollFds, int count, long timeout) {
    return (int) call(NR.ppoll(), pollFds, count, timeout, 0, 8, 0);
  }

  /** Which of {@code events}, POLLERR, POLLHUP and POLLNVAL a descriptor is ready for now; or {@code -errno}. */
  public static int pollNow(int fd, int events) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pollFd = arena.allocate(8, 8);
      pollFd.set(ValueLayout.JAVA_INT, 0, fd);
      pollFd.set(ValueLayout.JAVA_SHORT, 4, (short) events);
      int result = ppoll(pollFd.address(), 1, arena.allocate(16, 8).address());
      return result < 0 ? result : pollFd.get(ValueLayout.JAVA_SHORT, 6);
    }
  }

  public static int uname(long buffer) {
    return call(NR.uname(), buffer, 0, 0);
  }

  public static int prctl(int option, long a, long b, long c, long d) {
    return (int) call(NR.prctl(), option, a, b, c, d, 0);
  }

  public static int gettid() {
    return call(NR.gettid(), 0, 0, 0);
  }

  /** The soft limit of a resource, {@link Long#MAX_VALUE} where there is none, or {@code -errno}. */
  public static long softLimit(int resource) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment limits = arena.allocate(16, 8);
      long failed = call(NR.prlimit64(), 0, resource, 0, limits.address(), 0, 0);
      long soft = limits.get(ValueLayout.JAVA_LONG, 0);
      return failed < 0 ? failed : soft == -1 ? Long.MAX_VALUE : soft;
    }
  }

  /** CLOCK_MONOTONIC, the clock that the kernel measures ring timeouts with, in nanoseconds. */
  public static long monotonicNanos() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(16, 8);
      call(NR.clockGettime(), Constants.CLOCK_MONOTONIC, time.address(), 0);
      return time.get(ValueLayout.JAVA_LONG, 0) * 1_000_000_000L + time.get(ValueLayout.JAVA_LONG, 8);
    }
  }
}
