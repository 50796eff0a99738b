package io.loomring.testkit;

import io.loomring.api.Uring;
import io.loomring.fd.Descriptor;
import io.loomring.sys.Constants;
import io.loomring.sys.SystemCalls;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Both ends of a pipe, on a ring. */
public record Pipe(Descriptor source, Descriptor sink) implements AutoCloseable {
  /** Makes one with a plain system call. */
  public static Pipe open(Uring uring) throws IOException {
    return open(uring, uring);
  }

  /** The same, its ends on two. */
  public static Pipe open(Uring sources, Uring sinks) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment fds = arena.allocate(8, 4);
      int result = SystemCalls.pipe(fds.address(), Constants.O_CLOEXEC);
      if (result < 0) {
        throw new IOException("pipe answered " + result);
      }
      return new Pipe(
          sources.adopt(fds.get(ValueLayout.JAVA_INT, 0)), sinks.adopt(fds.get(ValueLayout.JAVA_INT, 4)));
    }
  }

  /** Writes until the pipe takes no byte any more. */
  public void fill() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(1 << 16);
      SystemCalls.fcntl(sink.fd(), 4, Constants.O_NONBLOCK);
      while (SystemCalls.write(sink.fd(), bytes.address(), 1 << 16) > 0) {
        // As much as goes in at once, again and again.
      }
      SystemCalls.fcntl(sink.fd(), 4, 0);
    }
  }

  @Override
  public void close() throws IOException {
    source.close();
    sink.close();
  }
}
