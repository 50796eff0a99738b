package io.loomring.testkit;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.loomring.sys.SystemCalls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.channels.ServerSocketChannel;
import java.util.concurrent.atomic.AtomicInteger;

/** Signals that do nothing but interrupt a system call. */
public final class Signals {
  /** What the JDK itself wakes threads with that are blocked in channels: its handler does nothing. */
  private static final int SIGNAL = 62;

  private static final int SYS_TGKILL = System.getProperty("os.arch").equals("aarch64") ? 131 : 234;

  private static final MethodHandle SYSCALL = Linker.nativeLinker()
      .downcallHandle(
          Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT),
          Linker.Option.firstVariadicArg(1));

  private Signals() {}

  /** Runs {@code body} in a thread of its own, and sends that one signals until {@code body} has come back. */
  public static void interruptUntilEnded(Runnable body) {
    installHandler();
    AtomicInteger id = new AtomicInteger();
    Thread thread = Thread.ofPlatform().start(() -> {
      int self = SystemCalls.gettid();
      id.set(self);
      try {
        body.run();
      } finally {
        id.set(-self);
      }
    });
    Await.until(() -> thread + " has not come back", () -> {
      if (id.get() > 0) {
        send(id.get());
      }
      return thread.getState() == Thread.State.TERMINATED;
    });
  }

  /** The handler is there once a channel has been used. */
  private static void installHandler() {
    try {
      ServerSocketChannel.open().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void send(int threadId) {
    try {
      long ignored = (long) SYSCALL.invokeExact(
          (long) SYS_TGKILL, Math.toIntExact(ProcessHandle.current().pid()), threadId, SIGNAL);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
