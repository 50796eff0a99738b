package io.loomring.testkit;

import io.loomring.sys.Constants;
import io.loomring.sys.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Descriptors that no ring knows of, by number, as another library would have them. Closes what is left of them. */
public final class Foreign implements AutoCloseable {
  private static final int IN_CREATE = 0x100;

  private final Set<Integer> open = ConcurrentHashMap.newKeySet();
  private final Arena arena = Arena.ofShared();
  private final MemorySegment scratch = arena.allocate(4096, 8);

  /** Two numbers: the ends of a pipe, the reading one first, or of a pair of sockets. */
  public record Two(int first, int second) {}

  private static MethodHandle libc(String name, ValueLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().find(name).orElseThrow(),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
  }

  private static int call(MethodHandle function, Object... arguments) {
    try {
      return (int) function.invokeWithArguments(arguments);
    } catch (Throwable thrown) {
      throw new AssertionError(Arrays.toString(arguments), thrown);
    }
  }

  private int own(int fd) {
    if (fd < 0) {
      throw new AssertionError("no descriptor: " + fd);
    }
    open.add(fd);
    return fd;
  }

  /** A counter that is readable while it is above zero. */
  public int eventfd() {
    return own(SystemCalls.eventfd());
  }

  /** Adds one to a counter. */
  public static void signal(int eventfd) {
    try (Arena one = Arena.ofConfined()) {
      MemorySegment value = one.allocateFrom(ValueLayout.JAVA_LONG, 1);
      if (SystemCalls.write(eventfd, value.address(), 8) != 8) {
        throw new AssertionError("eventfd " + eventfd + " takes no more");
      }
    }
  }

  /** Takes what a counter is at, 0 where it is not above. */
  public static long drain(int eventfd) {
    try (Arena one = Arena.ofConfined()) {
      MemorySegment value = one.allocate(ValueLayout.JAVA_LONG);
      return SystemCalls.read(eventfd, value.address(), 8) == 8 ? value.get(ValueLayout.JAVA_LONG, 0) : 0;
    }
  }

  /** A pipe that does not block. */
  public Two pipe() {
    try (Arena one = Arena.ofConfined()) {
      MemorySegment fds = one.allocate(8, 4);
      if (SystemCalls.pipe(fds.address(), Constants.O_CLOEXEC | Constants.O_NONBLOCK) < 0) {
        throw new AssertionError("no pipe");
      }
      return new Two(own(fds.get(ValueLayout.JAVA_INT, 0)), own(fds.get(ValueLayout.JAVA_INT, 4)));
    }
  }

  /** Two sockets that are connected to each other, and do not block. */
  public Two sockets() {
    try (Arena one = Arena.ofConfined()) {
      MemorySegment fds = one.allocate(8, 4);
      int type = Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC | Constants.SOCK_NONBLOCK;
      if (SystemCalls.socketpair(Constants.AF_UNIX, type, 0, fds.address()) < 0) {
        throw new AssertionError("no socket pair");
      }
      return new Two(own(fds.get(ValueLayout.JAVA_INT, 0)), own(fds.get(ValueLayout.JAVA_INT, 4)));
    }
  }

  /** What tells of new files in a directory. */
  public int inotify(Path directory) {
    int fd = own(call(libc("inotify_init1", ValueLayout.JAVA_INT), Constants.O_CLOEXEC | Constants.O_NONBLOCK));
    MethodHandle add =
        libc("inotify_add_watch", ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
    if (call(add, fd, arena.allocateFrom(directory.toString()), IN_CREATE) < 0) {
      throw new AssertionError("no watch of " + directory);
    }
    return fd;
  }

  /** A descriptor of a regular file. */
  public int file(Path path) {
    MethodHandle open = libc("open", ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
    return own(call(open, arena.allocateFrom(path.toString()), Constants.O_CLOEXEC));
  }

  /** Writes so many bytes, at most 4096; answers how many went. */
  public int write(int fd, int bytes) {
    return SystemCalls.write(fd, scratch.address(), bytes);
  }

  /** Sends a byte of urgent data. */
  public void urge(int socket) {
    int flags = Constants.MSG_OOB | Constants.MSG_NOSIGNAL | Constants.MSG_DONTWAIT;
    if (SystemCalls.send(socket, scratch.address(), 1, flags) != 1) {
      throw new AssertionError(socket + " takes no urgent data");
    }
  }

  /** Reads so many bytes at most, up to 4096. */
  public int read(int fd, int bytes) {
    return SystemCalls.read(fd, scratch.address(), bytes);
  }

  /** Has {@code fd} mean the file of another number, without anybody being told. */
  public static void replace(int fd, int by) {
    if (call(libc("dup2", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT), by, fd) != fd) {
      throw new AssertionError(fd + " is not replaced");
    }
  }

  /** Closes one of them. */
  public void close(int fd) {
    if (!open.remove(fd) || SystemCalls.close(fd) < 0) {
      throw new AssertionError(fd + " was not open");
    }
  }

  @Override
  public void close() {
    open.forEach(SystemCalls::close);
    open.clear();
    arena.close();
  }
}
