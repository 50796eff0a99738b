package io.loomring.sys;

/** System call numbers of the architectures that are supported; only io_uring's own are the same on both. */
record SyscallNumbers(
    int read, int write, int close, int ppoll, int mmap, int munmap, int madvise, int ioctl, int fcntl,
    int socket, int socketpair, int bind, int listen, int connect, int accept4, int shutdown,
    int getsockname, int getpeername, int setsockopt, int getsockopt, int sendto, int recvfrom,
    int uname, int prctl, int prlimit64, int clockGettime, int gettid,
    int epollCreate1, int epollCtl, int epollPwait, int eventfd2, int pipe2, int dup) {

  static final int IO_URING_SETUP = 425;
  static final int IO_URING_ENTER = 426;
  static final int IO_URING_REGISTER = 427;

  private static final SyscallNumbers X86_64 = new SyscallNumbers(
      0, 1, 3, 271, 9, 11, 28, 16, 72,
      41, 53, 49, 50, 42, 288, 48,
      51, 52, 54, 55, 44, 45,
      63, 157, 302, 228, 186,
      291, 233, 281, 290, 293, 32);

  private static final SyscallNumbers AARCH64 = new SyscallNumbers(
      63, 64, 57, 73, 222, 215, 233, 29, 25,
      198, 199, 200, 201, 203, 242, 210,
      204, 205, 208, 209, 206, 207,
      160, 167, 261, 113, 178,
      20, 21, 22, 19, 59, 23);

  static int preadv2() {
    return Platform.isX86() ? 327 : 286;
  }

  static int fchmod() {
    return Platform.isX86() ? 91 : 52;
  }

  static int lseek() {
    return Platform.isX86() ? 8 : 62;
  }

  static int ftruncate() {
    return Platform.isX86() ? 77 : 46;
  }

  static int statx() {
    return Platform.isX86() ? 332 : 291;
  }

  static SyscallNumbers current() {
    return Platform.isX86() ? X86_64 : AARCH64;
  }
}
