package io.loomring.samples;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.loomring.api.Uring;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.ready.Interest;
import io.loomring.ready.ReadinessQueue;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * {@code watch}: prints what happens in a directory. The descriptor is inotify's: the library knows nothing of it but its
 * number, and waits for it to be readable; reading it is this program's own affair, by system calls of its own.
 */
final class Watch implements Loomring.Command {
  private static final int TIMED_OUT = 3;
  private static final Duration DEFAULT_TIMEOUT = Duration.ofDays(3650);

  @Override
  public String help() {
    return """
        Usage: ./loomring watch [flags] DIRECTORY

        Prints a line for each file that is made, written, renamed or deleted in a directory, until Ctrl-C or SIGTERM.

          --count N    ends after so many lines
          --timeout T  ends where nothing happens for so long (500ms, 10s, 2m)

        Exit status: 0 after N lines; 1 if the directory cannot be watched, is deleted or renamed, or io_uring cannot be
        had; 2 for wrong arguments; %d if nothing happened in time; 130 after Ctrl-C, 143 after SIGTERM.
        """.formatted(TIMED_OUT);
  }

  @Override
  public Set<String> flags() {
    return Set.of("--count", "--timeout");
  }

  @Override
  public int maxOperands() {
    return 1;
  }

  @Override
  public int run(Arguments arguments) throws UsageException {
    int count = arguments.number("--count", 1, Integer.MAX_VALUE, Integer.MAX_VALUE);
    Duration timeout = arguments.duration("--timeout", DEFAULT_TIMEOUT);
    if (arguments.operands().isEmpty()) {
      throw new UsageException("no directory");
    }
    Path directory = Path.of(arguments.operands().getFirst());
    CountDownLatch over = new CountDownLatch(1);
    AtomicBoolean ends = new AtomicBoolean();
    try (Inotify events = Inotify.of(directory);
        ReadinessQueue queue = Uring.getDefault().polling().readinessQueue()) {
      Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> end(queue, ends, over)));
      System.out.println("watching " + directory);
      for (int printed = 0; printed < count;) {
        queue.await(events.descriptor(), Interest.READABLE, timeout);
        for (String line : events.read()) {
          if (printed++ < count) {
            System.out.println(line);
          }
        }
      }
      return Loomring.OK;
    } catch (OperationTimeoutException e) {
      System.out.println("nothing happened for " + timeout.toMillis() + " ms");
      return TIMED_OUT;
    } catch (OperationCancelledException e) {
      return Loomring.OK;
    } catch (IllegalStateException e) {
      // A queue that was closed between two waits refuses the next one.
      if (!ends.get()) {
        throw e;
      }
      return Loomring.OK;
    } catch (IOException e) {
      Loomring.complain("watch", directory + ": " + e.getMessage());
      return Loomring.FAILED;
    } finally {
      over.countDown();
    }
  }

  /** A close of the queue ends the wait; whoever waits then closes the descriptor. */
  private static void end(ReadinessQueue queue, AtomicBoolean ends, CountDownLatch over) {
    try {
      ends.set(true);
      queue.close();
      over.await();
    } catch (IOException e) {
      Loomring.complain("watch", String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What inotify(7) says, by system calls of this program's own. */
  static final class Inotify implements AutoCloseable {
    private static final int NONBLOCK_CLOEXEC = 0x800 | 0x80000;
    private static final int EAGAIN = 11;
    private static final int IGNORED = 0x8000;
    private static final int MOVE_SELF = 0x800;
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int HEAD_BYTES = 16;
    private static final Map<Integer, String> NAMES = new TreeMap<>(Map.of(
        0x8, "written", 0x40, "renamed from", 0x80, "renamed to", 0x100, "made", 0x200, "deleted"));
    private static final int MASK = NAMES.keySet().stream().reduce(MOVE_SELF, (a, b) -> a | b);

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final MethodHandle INIT = function("inotify_init1", JAVA_INT, JAVA_INT);
    private static final MethodHandle ADD_WATCH =
        function("inotify_add_watch", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle READ = function("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    private static final MethodHandle CLOSE = function("close", JAVA_INT, JAVA_INT);

    private final Arena arena = Arena.ofShared();
    private final MemorySegment state = arena.allocate(STATE);
    private final MemorySegment buffer = arena.allocate(BUFFER_BYTES, 8);
    private final int fd;

    private Inotify() throws IOException {
      fd = (int) call(INIT, NONBLOCK_CLOEXEC);
    }

    static Inotify of(Path directory) throws IOException {
      if (!Files.isDirectory(directory)) {
        throw new IOException("no such directory");
      }
      Inotify made = new Inotify();
      try {
        made.call(ADD_WATCH, made.fd, made.arena.allocateFrom(directory.toString()), MASK);
        return made;
      } catch (IOException e) {
        made.close();
        throw e;
      }
    }

    int descriptor() {
      return fd;
    }

    /** What has happened since, as lines; none where there is nothing. */
    List<String> read() throws IOException {
      List<String> lines = new ArrayList<>();
      long end = call(READ, fd, buffer, (long) BUFFER_BYTES);
      for (long at = 0; at < end;) {
        int mask = buffer.get(JAVA_INT, at + 4);
        int nameBytes = buffer.get(JAVA_INT, at + 12);
        if ((mask & (IGNORED | MOVE_SELF)) != 0) {
          throw new IOException("it is gone");
        }
        String name = nameBytes == 0 ? "" : buffer.getString(at + HEAD_BYTES);
        NAMES.forEach((bit, what) -> {
          if ((mask & bit) != 0) {
            lines.add(what + " " + name);
          }
        });
        at += HEAD_BYTES + nameBytes;
      }
      return lines;
    }

    @Override
    public void close() throws IOException {
      call(CLOSE, fd);
      arena.close();
    }

    private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
      return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name),
          FunctionDescriptor.of(result, arguments), Linker.Option.captureCallState("errno"));
    }

    /** Calls a function of libc's; 0 where there is nothing to be had just now. */
    private long call(MethodHandle function, Object... arguments) throws IOException {
      Object[] all = new Object[arguments.length + 1];
      all[0] = state;
      System.arraycopy(arguments, 0, all, 1, arguments.length);
      long result;
      try {
        result = ((Number) function.invokeWithArguments(all)).longValue();
      } catch (Throwable e) {
        throw new IllegalStateException(Arrays.toString(arguments), e);
      }
      int errno = state.get(JAVA_INT, STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno")));
      if (result < 0 && errno != EAGAIN) {
        throw new IOException("errno " + errno);
      }
      return Math.max(0, result);
    }
  }
}
